"""Find users and groups of a host that an application would take over."""

from __future__ import annotations

from ansible_collections.groundcrew.django.plugins.module_utils.applications import users

DOCUMENTATION = r"""
name: strangers
short_description: Find users and groups of a host that an application would take over
description:
  - Returns a sentence for each name that a user or a group of the host has that no application made.
positional: names
options:
  _input:
    description: What C(getent passwd NAMES) and C(getent group NAMES) print.
    type: str
    required: true
  names:
    description: Names of applications.
    type: list
    elements: str
    required: true
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
strangers: "{{ answer.stdout | groundcrew.django.strangers(['shop']) }}"
"""

RETURN = r"""
_value:
  description: The sentences.
  type: list
  elements: str
"""


def strangers(answer, names):
    """Return the sentences."""
    return users.strangers(str(answer), [str(name) for name in names])


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"strangers": strangers}
