#!/usr/bin/python
"""The documentation of the action plugin `rotate`, which does the work on the controller."""

DOCUMENTATION = r"""
---
module: rotate
short_description: Move the key that Django signs with one step on, in the file of the inventory that gives it
description:
  - Finds the file of variables that gives the key of an application, encrypted or not, and changes its lines alone.
  - An application whose C(env) has no key has one that the host made up; then nothing is done here.
  - Runs on the controller, and contacts no host.
options:
  name:
    description: Name of the application.
    type: str
    required: true
  env:
    description: Environment variables of the application, as the inventory gave them when the run began.
    type: dict
    required: true
  step:
    description: >-
      C(prepare) adds a new key that is accepted, C(use) signs with it and accepts the old one, C(finish) forgets the
      old one. A step that this run has done already changes nothing.
    type: str
    choices: [prepare, use, finish]
    required: true
attributes:
  check_mode:
    description: The file is not written.
    support: full
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Accept a new key
  groundcrew.django.rotate:
    name: shop
    env: "{{ vault_shop_env }}"
    step: prepare
"""

RETURN = r"""
env:
  description: The variables of the keys after the step; empty where the host made up the key.
  returned: success
  type: dict
"""
