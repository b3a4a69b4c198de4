#!/usr/bin/python
"""The documentation of the action plugin `logs`, which does the work on the controller."""

DOCUMENTATION = r"""
---
module: logs
short_description: Print what several hosts said of an application, in the order of time
description:
  - Takes what C(groundcrew.django.release) with the verb C(logs) has registered on the hosts of the play.
options:
  register:
    description: Name of the variable with what a host said.
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
- name: Read what the host says of the shop
  groundcrew.django.release: {name: shop, verb: logs, release: 10m}
  register: said

- name: Show it
  groundcrew.django.logs: {register: said}
  run_once: true
"""

RETURN = r"""
count:
  description: How many lines there were.
  returned: success
  type: int
"""
