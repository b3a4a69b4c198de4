"""Which host has the journals of all: one of the group `logs`, to which every other one sends its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import between, groups, openings
from .findings import Finding
from .inventory import Host

GROUP = "logs"
PORT = 19532
SENDING = frozenset({*groups.SERVING, "monitoring"})
SERVER, CLIENT = "journal.server", "journal.client"


def senders(hosts: list[Host]) -> list[Host]:
    """Return the hosts that send their journal."""
    return groups.others(hosts, GROUP, SENDING)


def clients(hosts: list[Host]) -> list[str]:
    """Return the addresses of the hosts that send their journal, sorted."""
    return sorted({address for one in senders(hosts) for address in between.sources(one)})


def let_in(host: Host, hosts: list[Host]) -> Iterator[openings.Entry]:
    """Yield the port of the host that has all journals, for those that send theirs."""
    if host is groups.keeper(hosts, GROUP) and senders(hosts):
        yield openings.opened(PORT, clients(hosts))


def findings(hosts: list[Host]) -> Iterator[Finding]:
    """Yield what keeps one host from having the journals of all."""
    too_many = list(groups.several(hosts, GROUP, "one host has the journals of all"))
    yield from too_many
    host = groups.keeper(hosts, GROUP)
    if host is None or too_many:
        return
    if not senders(hosts):
        sentence = "is in the group `logs`, and no other host would send its journal there"
        yield Finding("logs", host.name, "", host.name, sentence)
    else:
        yield from between.unreachable([host], "all others send their journals to")
        yield from between.unknown(senders(hosts), f"{host.name} takes journals from known addresses alone")


def journal(host: Host, hosts: list[Host], authority: str) -> dict[str, Any]:
    """Return what the roles `certificate` and `journal` take for a host, {} when it has no part in this."""
    to = groups.keeper(hosts, GROUP)
    if to is host:
        names = [host.name, between.address(host)]
        return {
            "entry": "collect",
            "certificate": between.certificate(SERVER, between.subject(names), "server", authority, "root"),
            "folder": f"{between.FOLDER}/{SERVER}",
            "clients": clients(hosts),
            "url": "",
        }
    if to is None or host not in senders(hosts):
        return {}
    return {
        "entry": "send",
        "certificate": between.certificate(CLIENT, between.subject([host.name]), "client", authority, "root"),
        "folder": f"{between.FOLDER}/{CLIENT}",
        "clients": [],
        "url": f"https://{between.at(to, PORT)}",
    }
