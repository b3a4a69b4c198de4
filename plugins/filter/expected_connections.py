"""Count the connections that applications may open to PostgreSQL."""

from __future__ import annotations

from ansible_collections.groundcrew.django.plugins.module_utils.applications import connections

DOCUMENTATION = r"""
name: expected_connections
short_description: Count the connections that applications may open to PostgreSQL
description:
  - Counts what the applications may open to the PostgreSQL of one host while two of their releases run.
  - These are the applications on that host, and all that name a host in their URL.
  - Web servers behind PgBouncer open as many as its pool has.
positional: server, cores
options:
  _input:
    description: What the module C(groundcrew.django.applications) returned.
    type: dict
    required: true
  server:
    description: Name of the host of PostgreSQL.
    type: str
    required: true
  cores:
    description: Processors by name of host; a host that is missing counts as one of two.
    type: dict
    required: true
author:
  - Groundcrew contributors (@groundcrew)
"""

EXAMPLES = r"""
postgresql_expected_connections: "{{ resolved | groundcrew.django.expected_connections('db1', {'web1': 4}) }}"
"""

RETURN = r"""
_value:
  description: The number of connections.
  type: int
"""


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"expected_connections": connections.expected}
