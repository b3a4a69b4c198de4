"""What an inventory holds, in a few lines: who asks preflight alone sees that it was read as it was meant."""

from __future__ import annotations

from collections.abc import Mapping

from . import groups, source
from .inventory import Host
from .resolve import Application

MOST = 4
"""So many names are listed; of more, their number."""


def listed(names: list[str]) -> str:
    """Return names in a row."""
    rest = len(names) - MOST
    return ", ".join(names[:MOST]) + (f" and {rest} more" if rest > 0 else "")


def lines(hosts: list[Host], applications: Mapping[str, list[Application]]) -> list[str]:
    """Return a line for each application, and one for each group of hosts."""
    every = [one for of_host in applications.values() for one in of_host]
    found = []
    for name in dict.fromkeys(one.name for one in every):
        same = [one for one in every if one.name == name]
        where = listed([one.host.name for one in same])
        if same[0].present:
            domains = listed([f"https://{domain}" for domain in same[0]["domains"]])
            found.append(f"{name}: {domains} on {where}, from {source.shown(same[0]['source'])}")
        else:
            found.append(f"{name}: to be removed from {where}")
    for group in groups.KNOWN:
        if names := [host.name for host in hosts if group in host.groups]:
            found.append(f"{group}: {listed(names)}")
    if idle := [host.name for host in hosts if not host.groups & set(groups.KNOWN)]:
        found.append(f"in no group that a playbook acts on: {listed(idle)}")
    return found
