"""Values that could not be evaluated: which of them are mistakes, and what is left to check beside them.

Facts of a host are unknown when the inventory is read. A value that waits for them is right, but where the resolver
itself has to know it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from . import ranges, specification
from .specification import Problem, Unreadable

FACT = re.compile(r"\bansible_(?!(?:host|port|user|password|connection)\b|ssh_(?!host_key)|become|sudo_|su_)\w+")
"""The name of a fact, or of all of them; others say how Ansible reaches a host."""
UNDEFINED = re.compile("undefined|has no (attribute|element)")
LATER = re.compile("'_[A-Za-z0-9_]*' is undefined")
"""Names of the playbooks' own, which come while they run."""

NEEDED = """
    backup_repository backup_repository.type base_address nginx_journal
    postgresql_databases postgresql_databases.clients postgresql_databases.name
    postgresql_networked postgresql_settings.port
    prometheus_basic_auth prometheus_basic_auth.* prometheus_certificate prometheus_certificate.* prometheus_domain
    ssh_administrators ssh_administrators.name ssh_administrators.keys ssh_port
"""
EARLY = frozenset(NEEDED.split())
"""What the resolver has to know of a host that it has not asked yet, by path (`ranges.plain`)."""


def waits(one: Unreadable) -> bool:
    """Say whether facts of the host, or what a playbook finds, may give a value later."""
    named = one.facts or FACT.search(one.reason)
    return bool(LATER.search(one.reason) or (named and UNDEFINED.search(one.reason)))


def facts(words: Iterable[str]) -> frozenset[str]:
    """Return those of the words in a template that are names of facts."""
    return frozenset(word for word in words if FACT.fullmatch(word))


def problems(value: Any, path: str) -> Iterator[Problem]:
    """Yield what of a value cannot be evaluated, and never will be, or is asked for too early."""
    if isinstance(value, Unreadable):
        if not waits(value):
            yield Problem("unreadable", path, f"cannot be evaluated: {value.reason}")
        elif EARLY.intersection((ranges.plain(path), ranges.plain(path).rpartition(".")[0] + ".*")):
            sentence = "takes facts of the host, and is needed before the host is asked for them: write it without"
            yield Problem("early", path, f"{sentence} ({value.reason})")
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from problems(one, f"{path}.{name}")
    elif isinstance(value, (list, tuple)):
        for number, one in enumerate(value):
            yield from problems(one, specification.name_item(path, number, one))


def readable(value: Any) -> Any:
    """Return a value without what could not be evaluated; Unreadable when nothing of it is left."""
    if not isinstance(value, (dict, list)) or not value:
        return value
    if isinstance(value, dict):
        kept: Any = {name: one for name, each in value.items() if not isinstance(one := readable(each), Unreadable)}
    else:
        kept = [one for each in value if not isinstance(one := readable(each), Unreadable)]
    return kept or Unreadable("")
