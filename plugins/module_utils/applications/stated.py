"""What the inventory says of a host and what is held against its answer, as far as it is known before that."""

from __future__ import annotations

from typing import Any

from . import databases
from .inventory import Host


def of(host: Host) -> dict[str, Any]:
    """Return it by the names of `machines.Machine`, and the time zone that the host is asked for."""
    settings = host.said("postgresql_settings")
    most = str(settings.get("max_connections", "")) if isinstance(settings, dict) else ""
    return {
        "timezone": str(host.said("base_timezone") or "Etc/UTC"),
        "machine": {
            "most_connections": int(most) if most.isdecimal() else 0,
            "databases": databases.of_host(host.variables),
            "has_repository": bool(host.variables.get("postgresql_repository")),
            "administrators": host.said("ssh_administrators") or [],
            "is_behind_proxies": bool(host.variables.get("nginx_trusted_proxies")),
        },
    }
