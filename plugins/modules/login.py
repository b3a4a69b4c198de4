#!/usr/bin/python
"""Documentation of the action plugin of this name."""

DOCUMENTATION = r"""
module: login
short_description: Log in to a host over a new SSH connection
description:
  - Tries users and ports in turn, each over a connection of its own that shares nothing with the one of the run, and
    runs a command there. Options, keys and jump hosts are those of the run. Fails when nobody can log in, with the
    reason of each.
  - No password is used for logging in, unless O(passwords=true).
options:
  ways:
    description: Pairs of a user and a port, such as C([ops, 22]). An empty user or a port of 0 is the run's own.
    type: list
    elements: list
    required: true
  command:
    description: Shell command. A way is good when it ends with 0.
    type: str
    default: "true"
  passwords:
    description: Use the password of the run for its own user.
    type: bool
    default: false
  tries:
    description: How often the ways are tried, a second apart.
    type: int
    default: 1
attributes:
  check_mode:
    support: full
    description: The command runs in check mode, too.
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Log in as an administrator
  groundcrew.django.login:
    ways: [[ops, 22], [dev, 22]]
    command: sudo -n true
"""

RETURN = r"""
user:
  description: Who could log in.
  returned: success
  type: str
port:
  description: Over which port.
  returned: success
  type: int
own:
  description: Whether these are the run's own.
  returned: success
  type: bool
"""
