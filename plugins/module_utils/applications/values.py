"""Values of roles' variables that have an inside of their own: settings by the names of their software, time zones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from . import calendars, deployers, evaluation, logins, networks, openings, server_ports, specification, vocabulary

Wrong = tuple[str, str]
"""(What is wrong, as a sentence that goes on from the variable; an example of the right value or "")."""

SYSCTL = re.compile(r"[a-z0-9_]+([./][A-Za-z0-9_*-]+)+")
VARIABLE = re.compile(r"[a-z][a-z0-9_-]*")
CLIENT = re.compile(r"(all|samenet|samehost|\.?[A-Za-z0-9-]*[A-Za-z][A-Za-z0-9-]*(\.[A-Za-z0-9-]+)*)")


def timezone(value: str) -> Iterator[Wrong]:
    """Yield a time zone that nobody knows."""
    if value and not calendars.is_zone(value):
        near = specification.nearest(value, calendars.zones(), 0.7) or "Europe/Berlin"
        yield f"is {value}, which is no time zone", near


def postgresql_settings(value: dict[str, Any]) -> Iterator[Wrong]:
    """Yield settings that PostgreSQL would refuse; its port is in rules and addresses as well."""
    if "port" in value and not server_ports.port(value["port"]):
        yield f"has port: {specification.spelled(value['port'])}, and takes 1 to {server_ports.LAST}", "{port: 5433}"
    yield from software("postgresql_settings", {name: one for name, one in value.items() if name != "port"})


def mariadb_settings(value: dict[str, Any]) -> Iterator[Wrong]:
    """Yield settings that are none of a server's."""
    for name, one in value.items():
        if not VARIABLE.fullmatch(name) or isinstance(one, (dict, list)):
            yield f"has {name}, and takes names of settings with one value each", "{max_connections: 200}"
        else:
            yield from software("mariadb_settings", {name.replace("-", "_"): one})


def software(name: str, value: dict[str, Any]) -> Iterator[Wrong]:
    """Yield settings of a piece of software that it would refuse."""
    for setting, one in value.items():
        sentence, right = vocabulary.problem(name, setting, one)
        if sentence:
            yield f"has {sentence}", f"{{{right}}}" if right else ""


def sysctl(value: dict[str, Any]) -> Iterator[Wrong]:
    """Yield kernel settings whose name or value is none."""
    for name, one in value.items():
        if not SYSCTL.fullmatch(name) or isinstance(one, (dict, list, bool)) or one is None:
            yield f"has {name}, and takes names of kernel settings with one value each", "{net.core.somaxconn: 4096}"


def addresses(value: list[Any]) -> Iterator[Wrong]:
    """Yield what is no address and no network."""
    for one in networks.wrong(value):
        yield networks.sentence(one), networks.EXAMPLE


def clients(value: list[Any]) -> Iterator[Wrong]:
    """Yield clients of a database that are neither a network nor an address nor a name."""
    for database in value:
        for one in networks.wrong(database.get("clients") or []):
            if not CLIENT.fullmatch(one):
                yield (
                    f"has the client {one}, which is no address, no network and no host name",
                    "clients: [10.0.0.0/24]",
                )
    names = [str(database["name"]) for database in value if "name" in database]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"has `name: {name}` {names.count(name)} times: the last one would win", ""


def repository(value: dict[str, Any]) -> Iterator[Wrong]:
    """Yield parameters that a repository of Debian does not have, or lacks."""
    known = vocabulary.names("deb822_repository")
    for name in value:
        if name not in known:
            near = specification.nearest(name, known)
            yield f"has {name}, which is no parameter." + (f" Did you mean `{near}`?" if near else ""), ""
    if value and (missing := [name for name in ("uris", "suites", "components", "signed_by") if name not in value]):
        yield f"lacks {', '.join(missing)}", ""


CHECKS: dict[str, Callable[[Any], Iterator[Wrong]]] = {
    "base_timezone": timezone,
    "base_sysctl": sysctl,
    "postgresql_settings": postgresql_settings,
    "mariadb_settings": mariadb_settings,
    "postgresql_databases": clients,
    "postgresql_repository": repository,
    "nginx_trusted_proxies": addresses,
    "nginx_monitors": addresses,
    "ssh_administrators": logins.administrators,
    "ssh_deployers": deployers.wrong,
    "ssh_settings": logins.settings,
    "firewall_open": openings.wrong,
    "firewall_rules": openings.lines,
    "firewall_administrators": addresses,
}
"""By variable: what is asked of a value of the right type."""


BY_NAMES = frozenset({"postgresql_repository"})
"""Of which names alone are asked, so that it matters that they are there."""


def wrong(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield (sentence, example) for what is wrong with the value of a variable, as far as it could be evaluated."""
    left = value if name in BY_NAMES else evaluation.readable(value)
    if name not in CHECKS or isinstance(left, specification.Unreadable):
        return
    for sentence, example in CHECKS[name](left):
        # An example that is no dictionary's key stands for the whole value.
        whole = example if ":" in example.partition(" ")[0] and not example.startswith("{") else f"{name}: {example}"
        yield sentence, whole if example else ""
