"""Which host has the journals of all: one of the group `logs`, to which every other one sends its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import between
from .findings import Finding
from .groups import SERVING
from .inventory import Host

GROUP = "logs"
PORT = 19532
SENDING = frozenset({*SERVING, "monitoring"})
SERVER, CLIENT = "journal.server", "journal.client"
FOLDER = "/etc/ssl/groundcrew"


def collector(hosts: list[Host]) -> Host | None:
    """Return the host that has all journals, None when there is none."""
    return next((host for host in hosts if GROUP in host.groups), None)


def senders(hosts: list[Host]) -> list[Host]:
    """Return the hosts that send their journal."""
    return [host for host in hosts if collector(hosts) and GROUP not in host.groups and host.groups & SENDING]


def findings(hosts: list[Host]) -> Iterator[Finding]:
    """Yield what keeps one host from having the journals of all."""
    collecting = [host for host in hosts if GROUP in host.groups]
    for host in collecting:
        if len(collecting) > 1:
            names = " and ".join(one.name for one in collecting if one is not host)
            sentence = f"is in the group `logs` with {names}, and one host has the journals of all"
            yield Finding("logs", host.name, "", host.name, sentence, f"{GROUP}: {{hosts: {{{host.name}: }}}}")
        elif not senders(hosts):
            sentence = "is in the group `logs`, and no other host would send its journal there"
            yield Finding("logs", host.name, "", host.name, sentence)
        else:
            yield from between.unreachable([host], "all others send their journals to")
            yield from between.unknown(senders(hosts), f"{host.name} takes journals from known addresses alone")


def journal(host: Host, hosts: list[Host], authority: str) -> dict[str, Any]:
    """Return what the roles `certificate` and `journal` take for a host, {} when it has no part in this."""
    to = collector(hosts)
    if to is host:
        names = [host.name, between.address(host)]
        clients = sorted({address for one in senders(hosts) for address in between.sources(one)})
        return {
            "entry": "collect",
            "certificate": between.certificate(SERVER, between.subject(names), "server", authority, "root"),
            "folder": f"{FOLDER}/{SERVER}",
            "clients": clients,
            "url": "",
        }
    if to is None or host not in senders(hosts):
        return {}
    return {
        "entry": "send",
        "certificate": between.certificate(CLIENT, between.subject([host.name]), "client", authority, "root"),
        "folder": f"{FOLDER}/{CLIENT}",
        "clients": [],
        "url": f"https://{between.at(to, PORT)}",
    }
