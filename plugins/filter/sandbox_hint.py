"""Find the ban of the sandbox that a program met."""

from __future__ import annotations

from ansible_collections.groundcrew.django.plugins.module_utils.applications import sandbox

DOCUMENTATION = r"""
name: sandbox_hint
short_description: Find the ban of the sandbox that a program met
description:
  - The sandbox is that of the release engine, so that every unit has the same one.
options:
  _input:
    description: What the program said last.
    type: str
    required: true
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
note: "{{ log | groundcrew.django.sandbox_hint }}"
"""

RETURN = r"""
_value:
  description: A sentence, empty when it met none.
  type: str
"""


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"sandbox_hint": sandbox.hint}
