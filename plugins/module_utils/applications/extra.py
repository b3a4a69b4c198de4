"""Names given with `-e`: a misspelt one is silent in Ansible, and ships another version or every application."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from . import option_forms, specification, variables, words
from .findings import Finding
from .inventory import Request

SELECTION = {"app": "name the application", "version": "name a version, or leave it out"}
"""Options that the resolver acts on itself, and what to do about an empty one: it would mean all applications."""
EXAMPLES = {"app": "shop", "version": "v1.5.0", "maintenance": "on", "from": "web1.example.org"}
EXAMPLES |= option_forms.EXAMPLES
CUT = "_raw_params"
"""Where Ansible puts what of an argument is no NAME=VALUE."""


def findings(request: Request) -> Iterator[Finding]:
    """Yield names that neither the playbook nor the inventory nor a role knows, and values that it refuses."""
    yield from strange(request)
    yield from refused(request)


def strange(request: Request) -> Iterator[Finding]:
    """Yield names that nothing reads, and what is no NAME=VALUE."""
    own = set(request.options)
    known = own | request.known | variables.known()
    cut = str(request.extra.get(CUT) or "")
    if cut:
        yield behind_space(cut, known)
    for name in sorted(set(request.extra) - known - {CUT}):
        if not name.startswith("ansible_"):
            yield unknown(name, own, known)


def refused(request: Request) -> Iterator[Finding]:
    """Yield values that an option of the playbook does not take, and options that it needs."""
    hollow = [name for name in request.options if is_hollow(request, name)]
    for name in hollow:
        yield finding(name, "empty-extra", f"is empty: {SELECTION.get(name, 'it needs a value')}")
    problems: list[specification.Problem] = []
    typed = complete(request, problems)
    told = {*hollow, *re.split(r"[\s=:]+", str(request.extra.get(CUT) or ""))}
    for problem in problems:
        if problem.id != "missing-key" or problem.path not in told:
            yield finding(problem.path, problem.id, problem.sentence)
    for name, value in typed.items():
        if sentence := option_forms.wrong(name, value) if name in given(request) else "":
            yield finding(name, "option-form", sentence)


def finding(name: str, kind: str, sentence: str) -> Finding:
    """Return the finding of an option of the playbook."""
    return Finding(kind, "", "", f"-e {name}", sentence, f"-e {name}={EXAMPLES[name]}" if name in EXAMPLES else "")


def behind_space(cut: str, known: set[str]) -> Finding:
    """Return the finding of text that Ansible cuts off: one without `=`, or one behind a space."""
    name = re.split(r"[\s=:]", cut)[0]
    if name in known:
        sentence = (
            f"is no NAME=VALUE: write it with `=` and without spaces, such as `-e {name}={EXAMPLES.get(name, '…')}`"
        )
        return Finding("cut-extra", "", "", f"-e {cut}", sentence)
    sentence = (
        "stands behind a space, where Ansible ends a value: write it without the space,"
        " such as `-e time=2026-11-23T14:00:00+01:00`, or in quotes of its own, `-e \"name='two words'\"`"
    )
    return Finding("cut-extra", "", "", cut, sentence)


def unknown(name: str, own: set[str], known: set[str]) -> Finding:
    """Return the finding of a name that nothing reads."""
    new = next((word for word in words.EXTRA.get(name, ()) if word in own), "")
    if new:
        return Finding("renamed", "", "", f"-e {name}", f"is called `-e {new}` now")
    if problem := variables.misspelt(name):
        return Finding(problem.id, "", "", f"-e {name}", problem.sentence)
    near = specification.nearest(name, own) or specification.nearest(name, known, 0.8)
    reads = f" The playbook reads {', '.join(sorted(own))}." if own else ""
    hint = f" Did you mean `{near}`?" if near else reads
    return Finding("unknown-extra", "", "", f"-e {name}", f"is read by nothing.{hint}")


def is_hollow(request: Request, name: str) -> bool:
    """Say whether an option is given without a value that it cannot be without, as `-e app=$APP` may be."""
    value = request.extra.get(name)
    empty = name in request.extra and (value is None or (isinstance(value, str) and not value.strip()))
    return empty and (name in SELECTION or request.options[name].required)


def given(request: Request) -> dict[str, Any]:
    """Return the options that have a value on the command line."""
    named = [name for name in request.options if request.extra.get(name) is not None]
    return {name: request.extra[name] for name in named if not is_hollow(request, name)}


def complete(request: Request, problems: list[specification.Problem]) -> dict[str, Any]:
    """Return the options of the playbook, typed and complete: "" is a text that nobody gave."""
    made = specification.check_keys(dict(request.options), given(request), "", problems)
    return {name: made.get(name, option.empty) for name, option in request.options.items()}


def selected(options: Mapping[str, Any], extra: Mapping[str, Any], name: str) -> str:
    """Return what chooses an application or a version, "" where the playbook does not take it or nobody gives it."""
    value = extra.get(name)
    return str(value) if name in options and isinstance(value, (str, int, float)) and str(value).strip() else ""
