"""What `site.yml` brought for the groups `monitoring` and `logs`, and what of it no group asks for any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from . import between, consoles, machines, monitoring

NODE = "prometheus-node-exporter"
FILES = {
    "prometheus-postgres-exporter": monitoring.QUERIES,
    "prometheus-blackbox-exporter": monitoring.PROBES,
    "mtail": monitoring.PROGRAMS,
    between.PACKAGE: between.CONF,
}
"""What exporters read, by their packages."""
AUTHORITY = "ca.hosts"


def parts(watched: dict[str, Any], journal: dict[str, Any], authority: bool) -> list[str]:
    """Return what is asked of a host as lines `KIND NAME`; the host keeps them, to know later what was brought.

    :param watched: what `monitoring.watched` returns.
    :param journal: what `central.journal` returns.
    :param authority: whether it signs for other hosts.
    """
    return sorted([*of_monitoring(watched), *of_journal(journal), *([f"certificate {AUTHORITY}"] if authority else [])])


def of_monitoring(watched: dict[str, Any]) -> Iterator[str]:
    """Yield what a host has to be watched, and to watch others."""
    if not watched:
        return
    yield from (f"exporter {name}" for name in (NODE, *(one["package"] for one in watched["exporters"])))
    if watched["certificate"]:
        yield f"certificate {watched['certificate']['name']}"
    if "targets" in watched:
        yield from ("server prometheus", "server alertmanager")
        if watched["consoles"]["site"]["state"] == "present":
            yield from (f"site {consoles.NAME}", f"certificate {consoles.NAME}")


def of_journal(journal: dict[str, Any]) -> Iterator[str]:
    """Yield what a host has to send its journal, or to collect those of others."""
    if journal:
        yield from (f"journal {journal['entry']}", f"certificate {journal['certificate']['name']}")


def left(answer: str, wanted: Sequence[str]) -> dict[str, Any]:
    """Return what has to go from a host, by kind; {} when the host has recorded what is wanted already.

    :param answer: what the host said of itself; each `part` is a line of what was brought.
    :param wanted: what `parts` returns.
    """
    brought = machines.parse(answer).get("part", [])
    if brought == list(wanted):
        return {}
    gone: dict[str, list[str]] = {kind: [] for kind in ("site", "server", "exporter", "journal", "certificate")}
    for part in brought:
        kind, _, name = part.partition(" ")
        if part not in wanted and kind in gone:
            gone[kind].append(name)
    files = [FILES[name] for name in gone["exporter"] if name in FILES]
    sites = [consoles.withdrawn() for name in gone["site"] if name == consoles.NAME]
    return {**gone, "site": sites, "files": files, "record": "".join(f"{part}\n" for part in wanted)}
