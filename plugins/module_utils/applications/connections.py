"""How many connections to PostgreSQL the applications may open, while two of their releases run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from . import parts
from .findings import Finding
from .inventory import Host
from .resolve import Application

LEAST_CORES = 2
"""Gunicorn takes a worker for each core, and at least two; a host whose facts are unknown counts as much."""

OWN = 10
"""Connections that the server keeps for its own."""


def expected(resolved: Mapping[str, Any], server: str, cores: Mapping[str, int]) -> int:
    """Return the number for the PostgreSQL of the host `server`: its own applications, and all whose URL names a host.

    `resolved` is what the module `applications` returned, `cores` the processors by host.
    """
    total = 0
    for host, resolved_host in resolved["hosts"].items():
        here = max(int(cores.get(host) or 0), LEAST_CORES)
        for one in resolved_host["connections"]:
            local = re.match("postg[a-z]*:///", one["url"])
            if (local and host == server) or re.match("postg[a-z]*://[^/]", one["url"]):
                web = 2 * (one["workers"] or here) * one["threads"]
                total += (min(web, one["pool"]) if one["pool"] else web) + here * one["processes"]
    return total


def findings(hosts: Iterable[Host], applications: Mapping[str, list[Application]]) -> Iterator[Finding]:
    """Yield a server whose `max_connections` the applications may outgrow on hosts of two cores, at the least."""
    counted = {
        name: {"connections": [each for one in of_host if one.present for each in parts.connections(one)]}
        for name, of_host in applications.items()
    }
    for host in hosts:
        settings = host.variables.get("postgresql_settings")
        most = settings.get("max_connections") if isinstance(settings, dict) else None
        if "postgresql" in host.groups and isinstance(most, int) and not isinstance(most, bool):
            least = expected({"hosts": counted}, host.name, {})
            if least + OWN > most:
                sentence = f"has max_connections: {most}, and the applications may open {least} while two releases run"
                example = f"postgresql_settings: {{max_connections: {least + 2 * OWN}}}"
                yield Finding("connections", host.name, "", "postgresql_settings", sentence, example)
