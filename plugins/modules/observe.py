#!/usr/bin/python
"""Documentation of the action plugin of this name."""

DOCUMENTATION = r"""
module: observe
short_description: Ask a host how it is
description:
  - Asks in one command for what a report needs to know, such as ports, failed units, updates that wait, and the
    settings of the Django projects that run there. The host needs Python 3.9 or newer.
  - Projects are asked by their own C(manage.py), with the environment and the user of the process that serves them.
    No secret is in the answer.
options:
  projects:
    description: Ask the Django projects, too, which takes some seconds each.
    type: bool
    default: true
attributes:
  check_mode:
    support: full
    description: Nothing is ever changed.
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Ask each host how it is
  groundcrew.django.observe:
  register: observed
"""

RETURN = r"""
stdout:
  description: The answer, for the module M(groundcrew.django.report).
  returned: always
  type: str
stderr:
  description: Why there is none.
  returned: always
  type: str
"""
