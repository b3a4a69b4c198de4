"""The inventory as a whole: that it has hosts, and that they are in the groups that the playbooks act on."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from . import specification
from .findings import Finding
from .inventory import Host

SERVING = ("django", "postgresql", "mariadb", "pgbouncer", "redis", "memcached")
KNOWN = (*SERVING, "backup", "firewall", "monitoring", "logs")
"""Groups that the playbooks act on."""
NEAR = 0.75
EXAMPLE = "django: {hosts: {web1.example.org: }}"


def meant(group: str) -> str:
    """Return the group that a misspelt one is meant to be, "" when it is known or like none."""
    return "" if group in KNOWN else specification.nearest(group.lower().rstrip("_"), KNOWN, NEAR)


def keeper(hosts: list[Host], group: str) -> Host | None:
    """Return the host of a group that acts for all others, None when there is none."""
    return next((host for host in hosts if group in host.groups), None)


def others(hosts: list[Host], group: str, acting: Collection[str]) -> list[Host]:
    """Return the hosts of the groups `acting` for which the keeper of a group acts, [] when there is none."""
    if not keeper(hosts, group):
        return []
    return [host for host in hosts if group not in host.groups and not host.groups.isdisjoint(acting)]


def several(hosts: list[Host], group: str, why: str) -> Iterator[Finding]:
    """Yield the hosts of a group that may have one alone."""
    keeping = [host for host in hosts if group in host.groups]
    for host in keeping if len(keeping) > 1 else []:
        names = " and ".join(one.name for one in keeping if one is not host)
        sentence = f"is in the group `{group}` with {names}, and {why}"
        yield Finding(group, host.name, "", host.name, sentence, f"{group}: {{hosts: {{{host.name}: }}}}")


def findings(hosts: list[Host], any_host: bool = False) -> Iterator[Finding]:
    """Yield what is wrong with the groups of an inventory; `hosts` are all of it. `any_host` needs no group of ours."""
    if not hosts:
        sentence = "has no hosts: a file that is misspelt, or one whose hosts are not under `hosts:`"
        yield Finding("no-hosts", "", "", "all", sentence, f"all: {{children: {{{EXAMPLE}}}}}")
        return
    if any_host and not any(host.groups & set(KNOWN) for host in hosts):
        return
    misspelt = set()
    for host in hosts:
        for group in sorted(host.groups):
            right = meant(group)
            # A group of the user's own may hold the right one, or stand beside it.
            if right and right not in host.groups:
                misspelt.add(host.name)
                sentence = f"is a group that no playbook acts on. Did you mean `{right}`?"
                yield Finding("group", host.name, "", group, sentence, f"{right}: {{hosts: {{{host.name}: }}}}")
        if not host.groups - {"all", "ungrouped"} and not is_local(host):
            misspelt.add(host.name)
            sentence = f"is in no group, and nothing would run there. There are {', '.join(KNOWN)}"
            yield Finding("no-group", host.name, "", host.name, sentence, f"django: {{hosts: {{{host.name}: }}}}")
    if misspelt:
        return
    if not any(host.groups & set(KNOWN) for host in hosts):
        sentence = f"has no host in a group that the playbooks act on. There are {', '.join(KNOWN)}"
        yield Finding("no-group", "", "", "all", sentence, EXAMPLE)
    elif not any("django" in host.groups for host in hosts):
        for host in hosts:
            if host.variables.get("django_apps"):
                sentence = "lists applications, and no host is in the group `django`"
                yield Finding(
                    "no-group", host.name, "", "django_apps", sentence, f"django: {{hosts: {{{host.name}: }}}}"
                )


def is_local(host: Host) -> bool:
    """Say whether this is the controller itself, which an inventory may name without a group."""
    return host.name in ("localhost", "127.0.0.1") or host.variables.get("ansible_connection") == "local"
