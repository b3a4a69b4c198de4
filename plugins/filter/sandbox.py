"""Write the sandbox of an application's units."""

from __future__ import annotations

from ansible_collections.groundcrew.django.plugins.module_utils.applications import sandbox

DOCUMENTATION = r"""
name: sandbox
short_description: Write the sandbox of an application's units
description:
  - The sandbox is that of the release engine, so that every unit has the same one.
options:
  _input:
    description: The application, with C(name), C(umask) and C(directories).
    type: dict
    required: true
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
lines: "{{ app | groundcrew.django.sandbox }}"
"""

RETURN = r"""
_value:
  description: The lines of a unit's C([Service]) section, behind which C(allow) lifts bans.
  type: list
"""


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"sandbox": sandbox.closed}
