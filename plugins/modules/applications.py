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
  options:
    description:
      - What the playbook takes with C(-e), by name, as in an argument specification. Other names are refused, unless
        the inventory or a role knows them.
      - C(app) chooses the application that is checked and returned, C(version) ships another version of it than the
        inventory says.
    type: dict
    default: {}
  any_host:
    description: Take hosts that are in no group that the playbooks act on, such as servers that something else set up.
    type: bool
    default: false
  group:
    description: The group that the playbook acts on; refuses a run that reaches no host of it. Nothing for any group.
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
- name: Check the inventory
  groundcrew.django.applications:
    options:
      app: {type: str}
      preview: {type: bool, default: false}
  run_once: true
  register: resolved
"""

RETURN = r"""
hosts:
  description: >-
    By name of host C(applications), C(names), C(backup), C(monitoring), C(connections) and C(stated). An application
    has C(name), C(state), C(purge), and the dictionary of each role that acts on it.
  returned: success
  type: dict
mistakes:
  description: What is wrong, a line for each mistake.
  returned: failure
  type: str
notices:
  description: What is no mistake and worth a word, such as a secret in plain text, a line for each.
  returned: success
  type: list
  elements: str
summary:
  description: What the inventory holds, a line for each application and group.
  returned: success
  type: list
  elements: str
options:
  description: >-
    The options, typed and complete, but for C(app) and C(version); with those of the playbook that imported this one.
  returned: success
  type: dict
deployer:
  description: Who runs the playbook, as C(USER@HOST).
  returned: success
  type: str
"""
