"""The variables of a host: those that nothing reads, and those whose value a role would not take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from . import certificate, consoles, environment, evaluation, keys, shapes, specification, values, vocabulary, words
from .findings import Finding
from .inventory import Host
from .specification import Problem

CERTAIN = 0.9
"""So much alike is a name without the prefix of a role that it is a misspelt one and none of the user's own."""
ALIKE = 0.8
"""So much alike is the rest of a name behind the prefix of a role; SHORT characters may begin one."""
SHORT = 4
FRAME = frozenset({"all", "children", "hosts", "vars"})
"""Words around the variables in a file of hosts, beside the names of groups and hosts."""


@cache
def known() -> frozenset[str]:
    """Return the name of every variable that is read."""
    flat = {key.flat for key in keys.keys().values() if key.flat}
    return frozenset(specification.variables()) | flat | {"django_apps"}


@cache
def misspelt(name: str) -> Problem | None:
    """Return what is wrong with the name of a variable, None when nothing is."""
    if name.startswith("ansible_"):
        near = vocabulary.near("ansible_variables", name, CERTAIN)
        sentence = f"is no variable that Ansible knows. Did you mean `{near}`?"
        return Problem("unknown-variable", name, sentence) if near else None
    if name in known() or name.startswith("_"):
        return None
    new = words.VARIABLES.get(name, "")
    old = name.removeprefix(keys.FLAT)
    if old != name and old in words.KEYS:
        new = keys.FLAT + words.KEYS[old]
    if new in known():
        return Problem("renamed", name, f"is called `{new}` now")
    if name.startswith(keys.FLAT):
        near = specification.nearest(name, known())
        words_ = "is read by no role, and no key of an application is called so."
        return Problem("unknown-variable", name, words_ + (f" Did you mean `{near}`?" if near else ""))
    near = meant(name)
    return Problem("unknown-variable", name, f"is read by no role. Did you mean `{near}`?") if near else None


def meant(name: str) -> str:
    """Return the variable that a misspelt one is meant to be, "" for one of the user's own."""
    role = role_of(name)
    if not role:
        return specification.nearest(name, known(), CERTAIN)
    ours = {one.removeprefix(f"{role}_"): one for one in known() if one.startswith(f"{role}_")}
    rest = name.removeprefix(f"{role}_")
    begun = next((one for one in sorted(ours) if one.startswith(rest)), "") if len(rest) >= SHORT else ""
    return ours.get(begun or specification.nearest(rest, ours, ALIKE), "")


def role_of(name: str) -> str:
    """Return the role whose prefix a variable has, "" for none."""
    return next((role for role in specification.roles() if name.startswith(f"{role}_")), "")


def too_deep(value: Mapping[str, Any], names: frozenset[str], path: str = "") -> Iterator[str]:
    """Yield variables in the frame of a file of hosts, where nothing reads them, such as `vars.django_apps`.

    `value` are all variables of a host, or what stands at `path` in them; `names` are those of groups and hosts.
    """
    for name, inside in value.items():
        if path and name in known():
            yield path + name
        elif name in names | FRAME and isinstance(inside, Mapping):
            yield from too_deep(inside, names, f"{path}{name}.")


CERTIFICATES = {"postgresql_certificate": True, "prometheus_certificate": False}
"""Variables that are a certificate: whether its `domains` have to be said. The role gives its name."""


@cache
def certificate_keys(needs_domains: bool) -> dict[str, specification.Option]:
    """Return the keys of a certificate that a role takes as a variable."""
    options = specification.load("certificate")["domain"]["certificate_domain"].options
    return {name: replace(option, required=needs_domains and name == "domains") for name, option in options.items()}


def certified(host: Host, name: str, said: dict[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with a variable that is a certificate, as of the certificate of an application."""
    domains, folder, shown = list(map(str, said.get("domains") or [])), "", ""
    if name == "prometheus_certificate":
        # It is shown by Nginx, as a site.
        domains, folder, shown = [*filter(None, [consoles.domain(host)])], host.folder, certificate.WEBROOT
    for kind, inside, sentence, example in certificate.problems(said, domains, folder, name, shown):
        yield Problem(kind, f"{name}{inside}", sentence, example)
    for key, value in (said.get("env") or {}).items():
        if found := environment.problem(str(key), value, host.written):
            yield Problem(found[0], f"{name}.env", *found[1:])


def findings(host: Host) -> Iterator[Finding]:
    """Yield what is wrong with the names and the values of a host's variables."""
    for name in sorted(host.names):
        if problem := misspelt(name):
            yield Finding(problem.id, host.name, "", name, problem.sentence)
    for path in sorted(host.too_deep):
        frame, _, name = path.rpartition(".")
        sentence = f"is read by nothing: a file of variables begins with their names, without `{frame.split('.')[0]}:`"
        yield Finding("too-deep", host.name, "", path, sentence, f"{name}: …")
    for name, option in specification.variables().items():
        value = host.variables.get(name)
        if value is None or (option.required and option.type == "dict"):
            continue
        problems: list[Problem] = []
        typed = specification.check(option, value, name, problems, host.written)
        if name in CERTIFICATES and isinstance(typed, dict):
            specification.check_keys(certificate_keys(CERTIFICATES[name]), typed, name, problems)
        problems = [problem for problem in problems if problem.id != "unreadable"]
        if not problems:
            problems += [Problem("value", name, *one) for one in values.wrong(name, typed)]
            problems += shapes.problems(option, typed, name)
        if name in CERTIFICATES and isinstance(typed, dict) and not problems and evaluation.readable(typed) == typed:
            problems += certified(host, name, typed)
        for problem in [*evaluation.problems(value, name), *problems]:
            yield Finding(problem.id, host.name, "", problem.path, problem.sentence, problem.example)
