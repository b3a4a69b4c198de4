"""Whom a run reaches: a playbook that acts on one group would do nothing, without a word, where nobody is in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .findings import Finding
from .inventory import Host, Request
from .resolve import Application


def findings(
    hosts: Sequence[Host], applications: Mapping[str, Sequence[Application]], request: Request
) -> Iterator[Finding]:
    """Yield a group that no host of the run is in, and an application that none of them has."""
    members = [one.name for one in hosts if request.group in one.groups]
    reached = [one for one in members if one in request.reached]
    owners = [one for one in members if any(each.name == request.app for each in applications.get(one, ()))]
    if not request.group or not hosts:
        return
    if not members:
        sentence = f"is the group that this playbook acts on, and no host is in the group `{request.group}`"
        example = f"{request.group}: {{hosts: {{{hosts[0].name}: }}}}"
        yield Finding("nobody", "", "", request.group, sentence, example)
    elif not reached:
        sentence = f"leaves no host of the group `{request.group}`, which this playbook acts on"
        yield Finding("nobody", "", "", "--limit", sentence, f"--limit {members[0]}")
    elif owners and not set(owners) & set(reached):
        sentence = f"leaves no host that has {request.app}"
        yield Finding("nobody", "", "", "--limit", sentence, f"--limit {owners[0]}")
