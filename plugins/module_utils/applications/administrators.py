"""Administrators of a host beside what the host has: users of its own, and ports that something else listens on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from . import names, openings, server_ports
from .findings import Finding
from .inventory import Host
from .resolve import Application

NAMES, PORT = "ssh_administrators", "ssh_port"
CLOUD = ("admin", "debian")
"""Users of people that the images of clouds bring."""
SERVERS = {"postgresql": "PostgreSQL", "mariadb": "MariaDB"}


def findings(host: Host, applications: Iterable[Application]) -> Iterator[Finding]:
    """Yield administrators who are somebody else, and a port of SSH that is taken."""
    listed, port = host.said(NAMES), host.said(PORT)
    owners = {one.name: f"the application {one.name}" for one in applications}
    for name in [str(one.get("name")) for one in listed if isinstance(one, dict)] if isinstance(listed, list) else ():
        taken = owners.get(name, "")
        if (names.is_reserved(name) or name.startswith("groundcrew")) and name not in (*CLOUD, "root"):
            taken = "Debian, a server or this collection"
        if taken:
            sentence = f"has {name}, who is a user of {taken} already, and would do everything by sudo"
            yield Finding("reserved-name", host.name, "", NAMES, sentence, "name: ops")
    if owner := listeners(host).get(server_ports.port(port)):
        yield Finding("range", host.name, "", PORT, f"is {port}, which {owner} listens on", f"{PORT}: 2222")


def listeners(host: Host) -> dict[int, str]:
    """Return who listens on the ports of a host."""
    web = openings.WEB if openings.is_web(host) else ()
    return dict.fromkeys(web, "Nginx") | {
        port: SERVERS[group] for port, group in server_ports.of_databases(host).items()
    }
