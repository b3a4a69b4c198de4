"""The ports of the database servers that a host makes; that of PostgreSQL names its socket, too."""

from __future__ import annotations

import re

from .inventory import Host

POSTGRESQL, MARIADB = 5432, 3306
LAST = 65535


def port(text: object) -> int:
    """Return a number or text as the number of a port, 0 when it is none."""
    word = "" if isinstance(text, bool) else str(text)
    return int(word) if re.fullmatch("[0-9]{1,5}", word) and 1 <= int(word) <= LAST else 0


def said(host: Host, variable: str) -> int:
    """Return the port among the settings of a server, 0 without one; a wrong one is told elsewhere."""
    settings = host.said(variable)
    return port(settings.get("port")) if isinstance(settings, dict) else 0


def postgresql(host: Host) -> int:
    """Return the port of PostgreSQL."""
    return said(host, "postgresql_settings") or POSTGRESQL


def mariadb(host: Host) -> int:
    """Return the port of MariaDB."""
    return said(host, "mariadb_settings") or MARIADB


def of_databases(host: Host) -> dict[int, str]:
    """Return the ports on which the database servers of a host listen, with the group that makes each."""
    made = {"postgresql": postgresql(host), "mariadb": mariadb(host)}
    return {number: group for group, number in made.items() if group in host.groups}


def postgresql_url(host: Host, name: str) -> str:
    """Return the URL of a database of the host's own PostgreSQL, over its socket; the name is percent-encoded."""
    number = postgresql(host)
    return f"postgresql:///{name}" + (f"?port={number}" if number != POSTGRESQL else "")
