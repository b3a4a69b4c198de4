#!/usr/bin/python
"""The documentation of the action plugin `closing`, which does the work on the controller."""

DOCUMENTATION = r"""
---
module: closing
short_description: Print where the applications answer, and what waits for somebody
description:
  - Runs once for all hosts of the play, on what each has answered to one question of C(site.yml).
options:
  answers:
    description: Name of the variable with a host's answer.
    type: str
    required: true
  resolved:
    description: Name of the variable with the resolved applications.
    type: str
    required: true
attributes:
  check_mode:
    description: It only reads.
    support: full
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Say where the applications answer
  groundcrew.django.closing:
    answers: __closed
    resolved: __resolved
  run_once: true
"""

RETURN = r"""
"""
