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
positional: server, hostvars
options:
  _input:
    description: What the module C(groundcrew.django.applications) returned.
    type: dict
    required: true
  server:
    description: Name of the host of PostgreSQL.
    type: str
    required: true
  hostvars:
    description: Variables by name of host, with the facts about its processors; a host without them counts as one of two.
    type: dict
    required: true
author:
  - Groundcrew contributors (@groundcrew)
"""

EXAMPLES = r"""
postgresql_expected_connections: "{{ resolved | groundcrew.django.expected_connections('db1', hostvars) }}"
"""

RETURN = r"""
_value:
  description: The number of connections.
  type: int
"""


def count(resolved, server, hostvars):
    """Return how many connections (int) the applications of ``resolved`` may open to the host ``server``."""
    facts = {host: hostvars[host].get("ansible_facts", {}) for host in resolved["hosts"]}
    return connections.expected(resolved, server, {host: f.get("processor_vcpus", 0) for host, f in facts.items()})


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"expected_connections": count}
