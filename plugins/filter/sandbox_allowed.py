"""Lift bans of the sandbox by their names."""

from __future__ import annotations

from ansible_collections.groundcrew.django.plugins.module_utils.applications import sandbox

DOCUMENTATION = r"""
name: sandbox_allowed
short_description: Lift bans of the sandbox by their names
description:
  - The sandbox is that of the release engine, so that every unit has the same one.
options:
  _input:
    description: Words such as C(jit).
    type: list
    required: true
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
lines: "{{ ['jit'] | groundcrew.django.sandbox_allowed }}"
"""

RETURN = r"""
_value:
  description: The lines of a unit's C([Service]) section, behind those of C(groundcrew.django.sandbox).
  type: list
"""


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"sandbox_allowed": sandbox.allowed}
