"""Names given with `-e`: a misspelt one is silent in Ansible, and ships another version or every application."""

from __future__ import annotations

from collections.abc import Iterator

from . import specification, variables, words
from .findings import Finding
from .inventory import Request

SITE = frozenset({"app", "version"})
RESTORE = frozenset({"confirm", "time"})
UPGRADE = frozenset({"method", "drop_old"})
PLAYBOOKS = {
    # restore.yml and upgrade_postgresql.yml end with site.yml, which sees their names, too.
    "site": SITE | RESTORE | UPGRADE,
    "deploy": frozenset({"app", "version", "preview"}),
    "rollback": frozenset({"app", "release", "allow_schema_ahead", "fresh_environment"}),
    "releases": frozenset({"app"}),
    "maintenance": frozenset({"app", "maintenance"}),
    "backup": frozenset({"status_only", "drill"}),
    "restore": SITE | RESTORE,
    "upgrade_postgresql": SITE | UPGRADE,
}
"""What each playbook reads of the command line."""


def findings(request: Request) -> Iterator[Finding]:
    """Yield names that neither the playbook nor the inventory nor a role knows."""
    own = PLAYBOOKS.get(request.playbook, frozenset().union(*PLAYBOOKS.values()))
    known = own | request.known | variables.known()
    for name in sorted(request.extra - known):
        if name.startswith("ansible_"):
            continue
        new = "status_only" if (name, request.playbook) == ("check_only", "backup") else words.EXTRA.get(name, "")
        if new in own:
            yield Finding("renamed", "", "", f"-e {name}", f"is called `-e {new}` now")
            continue
        if problem := variables.misspelt(name):
            yield Finding(problem.id, "", "", f"-e {name}", problem.sentence)
            continue
        near = specification.nearest(name, own) or specification.nearest(name, known, 0.8)
        hint = f" Did you mean `{near}`?" if near else f" The playbook reads {', '.join(sorted(own))}."
        yield Finding("unknown-extra", "", "", f"-e {name}", f"is read by nothing.{hint}")
