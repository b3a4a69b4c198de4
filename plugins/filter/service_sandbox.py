"""Write the sandbox of a service that belongs to no application."""

from __future__ import annotations

from ansible_collections.groundcrew.django.plugins.module_utils.applications import sandbox

DOCUMENTATION = r"""
name: service_sandbox
short_description: Write the sandbox of a service that belongs to no application
description:
  - The sandbox is that of the release engine, so that every unit has the same one.
options:
  _input:
    description: Words of bans to lift, such as C(ports).
    type: list
    required: true
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
lines: "{{ ['ports'] | groundcrew.django.service_sandbox }}"
"""

RETURN = r"""
_value:
  description: The lines of a unit's C([Service]) section; the unit says its user and where it writes.
  type: list
"""


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"service_sandbox": sandbox.service}
