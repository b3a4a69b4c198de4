#!/usr/bin/python
"""Documentation of the action plugin of this name."""

DOCUMENTATION = r"""
module: source
short_description: Say what kind of source an application has, and pack a folder of the controller
description:
  - Runs on the controller. A folder is named by the names, executable bits and contents of its files, and packed; an
    archive is named by its bytes. Of git and PyPI the host itself finds what is there.
  - What is packed once is kept in the user's cache.
options:
  location:
    description: A git URL, C(pypi), or a folder or an archive. A relative path starts at the inventory.
    type: str
    required: true
  include:
    description: Paths or globs inside a folder that are shipped although git ignores them.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: full
    description: Nothing but the cache is ever changed.
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Pack the source
  groundcrew.django.source:
    location: ../shop
    include: [frontend/dist]
  register: packed
"""

RETURN = r"""
source:
  description: >-
    C(kind) (git, folder, archive or pypi), C(location), C(revision) (SHA-256 of what is on the controller), C(suffix)
    such as C(.tar.gz), and C(archive), its path on the controller.
  returned: success
  type: dict
"""
