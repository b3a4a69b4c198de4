#!/usr/bin/python
"""Documentation of the action plugin of this name."""

DOCUMENTATION = r"""
module: applications
short_description: Check the inventory and resolve its applications
description:
  - Reads the variables of all hosts of the inventory, of other hosts than those of the play, too.
  - Fails with everything that is wrong with them, one line each in C(mistakes), before any host is contacted.
  - Otherwise returns each application complete. What it returns is never printed, since it holds secrets.
options:
  app:
    description: Name of the application that is checked and returned; all of them when empty.
    type: str
    default: ""
  version:
    description: Version to ship instead of the one that the inventory says.
    type: str
    default: ""
  playbook:
    description: Name of the playbook, which decides what may be given with C(-e).
    type: str
    default: ""
attributes:
  check_mode:
    support: full
    description: Nothing is ever changed.
author:
  - Groundcrew contributors (@groundcrew)
"""

EXAMPLES = r"""
- name: Check the inventory
  groundcrew.django.applications:
    app: "{{ app if app is defined else '' }}"
    version: "{{ version if version is defined else '' }}"
    playbook: deploy
  run_once: true
  register: resolved
"""

RETURN = r"""
hosts:
  description: >-
    By name of host C(applications), C(backup) and C(connections). An application has C(name), C(state), C(purge), and
    the dictionary of each role that acts on it.
  returned: success
  type: dict
mistakes:
  description: What is wrong, a line for each mistake.
  returned: failure
  type: list
  elements: str
deployer:
  description: Who runs the playbook, as C(USER@HOST).
  returned: success
  type: str
"""
