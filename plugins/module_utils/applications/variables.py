"""The variables of a host: those that nothing reads, and those whose value a role would not take."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from . import keys, networks, specification, words
from .findings import Finding
from .inventory import Host
from .specification import Problem, Unreadable

CERTAIN = 0.9
"""So much alike is a name without the prefix of a role that it is a misspelt one and none of the user's own."""


@cache
def known() -> frozenset[str]:
    """Return the name of every variable that is read."""
    flat = {key.flat for key in keys.keys().values() if key.flat}
    return frozenset(specification.variables()) | flat | {"django_apps"}


@cache
def misspelt(name: str) -> Problem | None:
    """Return what is wrong with the name of a variable, None when nothing is."""
    if name in known() or name.startswith(("ansible_", "_")):
        return None
    new = words.VARIABLES.get(name, "")
    old = name.removeprefix(keys.FLAT)
    if old != name and old in words.KEYS:
        new = keys.FLAT + words.KEYS[old]
    if new in known():
        return Problem("renamed", name, f"is called `{new}` now")
    role = next((role for role in specification.roles() if name.startswith(f"{role}_")), "")
    near = specification.nearest(name, known(), 0.6 if role else CERTAIN)
    if not role and not near:
        return None
    sentence = (
        f"is read by no role, and names that begin with `{role}_` belong to that role."
        if role
        else "is read by no role."
    )
    return Problem("unknown-variable", name, sentence + (f" Did you mean `{near}`?" if near else ""))


def findings(host: Host) -> Iterator[Finding]:
    """Yield what is wrong with the names and the values of a host's variables."""
    for name in sorted(host.names):
        if problem := misspelt(name):
            yield Finding(problem.id, host.name, "", name, problem.sentence)
    for name, option in specification.variables().items():
        value = host.variables.get(name)
        # What needs the facts of a host is known when it has been asked for them.
        if value is None or isinstance(value, Unreadable) or (option.required and option.type == "dict"):
            continue
        problems: list[Problem] = []
        typed = specification.check(option, value, name, problems, host.written)
        if not problems and name in networks.VARIABLES:
            problems = [
                Problem("network", name, networks.sentence(one), f"{name}: {networks.EXAMPLE}")
                for one in networks.wrong(typed)
            ]
        for problem in problems:
            if problem.id != "unreadable":
                yield Finding(problem.id, host.name, "", problem.path, problem.sentence, problem.example)
