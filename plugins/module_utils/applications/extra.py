"""Names given with `-e`: a misspelt one is silent in Ansible, and ships another version or every application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import specification, variables, words
from .findings import Finding
from .inventory import Request

SELECTION = ("app", "version")
"""Options that the resolver acts on itself."""
EXAMPLES = {"app": "shop", "version": "v1.5.0", "maintenance": "on"}


def findings(request: Request) -> Iterator[Finding]:
    """Yield names that neither the playbook nor the inventory nor a role knows, and values that it refuses."""
    own = set(request.options)
    known = own | request.known | variables.known()
    for name in sorted(set(request.extra) - known):
        if not name.startswith("ansible_"):
            yield unknown(name, own, known)
    problems: list[specification.Problem] = []
    complete(request, problems)
    for problem in problems:
        example = f"-e {problem.path}={EXAMPLES[problem.path]}" if problem.path in EXAMPLES else ""
        yield Finding(problem.id, "", "", f"-e {problem.path}", problem.sentence, example)


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


def complete(request: Request, problems: list[specification.Problem]) -> dict[str, Any]:
    """Return the options of the playbook, typed and complete: "" is a text that nobody gave."""
    given = {name: request.extra[name] for name in request.options if request.extra.get(name) is not None}
    made = specification.check_keys(dict(request.options), given, "", problems)
    return {name: made.get(name, option.empty) for name, option in request.options.items()}
