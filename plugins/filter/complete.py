"""Fill in the defaults of a role's specification."""

from __future__ import annotations

from ansible_collections.groundcrew.django.plugins.module_utils.applications import specification

DOCUMENTATION = r"""
name: complete
short_description: Fill in the defaults of a role's specification
description:
  - Ansible checks a dictionary against the specification of a role, and fills in none of the defaults inside it.
  - This filter does, at every depth, and converts values to the types of the specification.
positional: role, entry, option
options:
  _input:
    description: Value of the variable.
    type: raw
    required: true
  role:
    description: Name of a role of this collection.
    type: str
    required: true
  entry:
    description: Name of the entry point.
    type: str
    required: true
  option:
    description: Name of the variable.
    type: str
    required: true
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
__nginx_site: "{{ nginx_site | groundcrew.django.complete('nginx', 'site', 'nginx_site') }}"
"""

RETURN = r"""
_value:
  description: The value, complete.
  type: raw
"""


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"complete": specification.complete}
