#!/usr/bin/python
"""Documentation of the action plugin of this name."""

DOCUMENTATION = r"""
module: hosts
short_description: Check what the hosts answered
description:
  - Reads what each host of the play answered to one question, and fails with everything that is wrong with them, one
    line each in C(mistakes). C(playbooks/preflight.yml) asks.
  - Domains for which a public authority is to sign a certificate are looked up on the controller.
options:
  answers:
    description: Name of the variable in which the answers were registered.
    type: str
    required: true
  resolved:
    description: Name of the variable with what the module M(groundcrew.django.applications) returned.
    type: str
    required: true
  summary:
    description: Show what the inventory holds.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Nothing is ever changed.
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Check the hosts
  groundcrew.django.hosts:
    answers: __asked
    resolved: __resolved
  run_once: true
"""

RETURN = r"""
mistakes:
  description: What is wrong, a line for each mistake.
  returned: failure
  type: str
"""
