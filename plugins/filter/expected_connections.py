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
    description: The variables of all hosts. A host whose facts were not gathered counts as one of two processors.
    type: dict
    required: true
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
postgresql_expected_connections: "{{ resolved | groundcrew.django.expected_connections(inventory_hostname, hostvars) }}"
"""

RETURN = r"""
_value:
  description: The number of connections.
  type: int
"""


def expected(resolved, server, hostvars):
    """Return the number of connections; the processors of a host are among its facts."""
    cores = {host: hostvars[host].get("ansible_facts", {}).get("processor_vcpus") for host in resolved["hosts"]}
    return connections.expected(resolved, server, cores)


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"expected_connections": expected}
