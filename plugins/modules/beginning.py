#!/usr/bin/python
"""Documentation of the action plugin of this name."""

DOCUMENTATION = r"""
module: beginning
short_description: Check what a new inventory is made of
description:
  - Fails with everything that is wrong with what C(new_inventory.yml) is given, one line each in C(mistakes).
options:
  given:
    description: The options of the playbook by name; an empty one is not looked at.
    type: dict
    required: true
  here:
    description: The folder in which a relative path starts.
    type: str
    required: true
attributes:
  check_mode:
    support: full
    description: Nothing is ever changed.
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Refuse what makes no inventory
  groundcrew.django.beginning:
    given: {host: web1.example.org, domain: shop.example.org}
    here: /home/me
"""

RETURN = r"""
mistakes:
  description: What is wrong, a line for each mistake.
  returned: failure
  type: str
"""
