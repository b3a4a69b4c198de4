"""What a host lets in: the ports that its roles need, and how nft names addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

from . import databases, networks, server_ports
from .inventory import Host
from .resolve import Application

Entry = dict[str, Any]
"""`port`, `protocol` and `from`, as in `firewall_open`."""

WEB = (80, 443)


def needed(host: Host) -> list[Entry]:
    """Return the ports that the roles of a host need from outside."""
    entries: list[Entry] = [opened(port) for port in WEB] if is_web(host) else []
    if "postgresql" in host.groups:
        clients = [str(client) for one in databases.of_host(host.variables) for client in one.get("clients") or ()]
        # Who is named by a host name or as `all` may be anywhere: PostgreSQL itself asks who it is.
        named = networks.wrong(clients) or "all" in clients
        entries += [opened(server_ports.postgresql(host), [] if named else clients)] if clients else []
    return entries


def is_web(host: Host) -> bool:
    """Say whether a host shows sites: those of applications, or the consoles of the one that watches."""
    return "django" in host.groups or ("monitoring" in host.groups and bool(host.variables.get("prometheus_domain")))


REACHING = frozenset({"dblink", "http", "pg_net", "postgres_fdw", "mysql_fdw", "tds_fdw", "redis_fdw", "plproxy"})
"""Extensions by which a PostgreSQL server connects to others."""


def database_dials(host: Host, applications: Iterable[Application]) -> bool:
    """Return whether the PostgreSQL server of a host connects to other machines by itself."""
    repository = host.variables.get("backup_repository")
    away = isinstance(repository, dict) and repository.get("type", "local") != "local"
    extensions = [one.get("extensions") or () for one in databases.of_host(host.variables)]
    extensions += [
        database.get("extensions") or ()
        for one in applications
        if one.present
        for database in ({"extensions": one["extensions"]}, *one["databases"])
    ]
    return (
        bool(host.variables.get("postgresql_networked"))
        or (away and "backup" in host.groups)
        or any(REACHING.intersection(names) for names in extensions)
    )


def opened(port: int, sources: Iterable[str] = ()) -> Entry:
    """Return the entry of a TCP port."""
    return {"port": str(port), "protocol": "tcp", "from": list(dict.fromkeys(sources))}


def sources(addresses: Iterable[str]) -> list[str]:
    """Return what nft matches addresses and networks by: a text for each family that is among them."""
    found: dict[int, set[ipaddress.IPv4Network | ipaddress.IPv6Network]] = {4: set(), 6: set()}
    for address in addresses:
        network = ipaddress.ip_network(str(address), strict=False)
        found[network.version].add(network)
    words = {4: "ip saddr", 6: "ip6 saddr"}
    # A network inside of another one would be refused.
    return [
        f"{words[version]} {{ {', '.join(str(one) for one in collapsed(list(of_family)))} }}"
        for version, of_family in found.items()
        if of_family
    ]


def collapsed(of_family: list[Any]) -> list[Any]:
    """Return the fewest networks of a family that are the same addresses."""
    return list(ipaddress.collapse_addresses(of_family))


def wrong(value: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield (sentence, example) for entries that nft would refuse."""
    for one in value:
        for address in one.get("from") or ():
            if networks.wrong([address]) or address in ("all", "unix:"):
                yield networks.sentence(address), "from: [192.0.2.7, 10.0.0.0/8]"
        first, dash, last = str(one.get("port", "")).partition("-")
        numbers = [server_ports.port(part) for part in (first, last if dash else first)]
        if "port" in one and not 1 <= numbers[0] <= numbers[1]:
            yield f"has the port {one.get('port')}, and takes 1 to 65535 or a range", 'port: "6000-6010"'


def lines(value: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield rules that are no single line of a chain."""
    for rule in value:
        if isinstance(rule, str) and (any(sign in rule for sign in "\n{}#") and not balanced(rule)):
            yield f"has `{rule.splitlines()[0]}`, and takes one rule of nft on a line", "ip saddr 203.0.113.0/24 drop"


def balanced(rule: str) -> bool:
    """Say whether a rule leaves the chain that it stands in as it is: one line, and as many braces closed as opened."""
    depth = 0
    for sign in rule:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            return False
    return depth == 0 and "\n" not in rule and "#" not in rule
