#!/usr/bin/python
"""Documentation of the action plugin of this name."""

DOCUMENTATION = r"""
module: project
short_description: Read what a Django project says of itself
description:
  - Reads the text of a project in a folder of this machine, or of one that git serves. Nothing of it runs.
options:
  source:
    description: The folder, or the URL of the repository.
    type: str
    required: true
  name:
    description: Name of the application; by default it follows from that of the source.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
    description: Nothing is ever changed.
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Read the project
  groundcrew.django.project:
    source: https://git.example.org/shop.git
  register: project
"""

RETURN = r"""
name:
  description: Name of the application.
  returned: always
  type: str
choices:
  description: What was found, such as the settings, each with its reason; lines for people.
  returned: always
  type: list
  elements: str
interface:
  description: C(asgi) for a project that is made for it, else C(wsgi).
  returned: always
  type: str
processes:
  description: The processes that empty its queues, as the key of an application.
  returned: always
  type: list
  elements: dict
refused:
  description: What the inventory has to decide, a sentence; empty when all is clear.
  returned: always
  type: str
"""
