"""How many connections to PostgreSQL the applications may open, while two of their releases run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

LEAST_CORES = 2
"""Gunicorn takes a worker for each core, and at least two; a host whose facts are unknown counts as much."""


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
