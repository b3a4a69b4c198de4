"""What is given with `-e`: a misspelt name is silent in Ansible, and ships another version or every application."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from . import specification, variables, words
from .findings import Finding
from .inventory import Request
from .specification import Option, Problem

SELECTION = ("app", "version")
"""Options that say which application is meant, and which version of it."""


def read(options: Mapping[str, Option], given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    """Return the options of a playbook typed, with their defaults, and what is wrong with what was given for them."""
    problems: list[Problem] = []
    taken = {name: given.get(name) for name in options}
    typed = specification.check_keys(dict(options), taken, "", problems)
    return typed, [told(problem) for problem in problems]


def told(problem: Problem) -> Finding:
    """Return the finding of a problem with what was given with `-e`."""
    sentence = "is missing" if problem.id == "missing-key" else problem.sentence
    example = f"-e {problem.path}=shop" if problem.path == "app" else ""
    return Finding(problem.id, "", "", f"-e {problem.path}", sentence, example)


def findings(request: Request) -> Iterator[Finding]:
    """Yield names that neither the playbook nor the inventory nor a role knows."""
    known = request.options | request.known | variables.known()
    for name in sorted(request.extra - known):
        if name.startswith("ansible_"):
            continue
        renamed = next((new for new in words.EXTRA.get(name, ()) if new in request.options), "")
        if renamed:
            yield Finding("renamed", "", "", f"-e {name}", f"is called `-e {renamed}` now")
        elif problem := variables.misspelt(name):
            yield Finding(problem.id, "", "", f"-e {name}", problem.sentence)
        else:
            near = specification.nearest(name, request.options) or specification.nearest(name, known, 0.8)
            options = ", ".join(sorted(request.options)) or "nothing"
            hint = f" Did you mean `{near}`?" if near else f" The playbook reads {options}."
            yield Finding("unknown-extra", "", "", f"-e {name}", f"is read by nothing.{hint}")
