"""A backup that nobody could read or nobody could reach."""

from __future__ import annotations

from collections.abc import Iterator

from . import repositories
from .findings import Finding
from .inventory import Host
from .specification import Unreadable

SHORTEST = 12  # characters


def findings(host: Host) -> Iterator[Finding]:
    """Yield what the backups of a host of the group `backup` lack."""
    if "backup" not in host.groups:
        return
    passphrase, repository = host.variables.get("backup_passphrase"), host.said("backup_repository")
    right = isinstance(passphrase, str) and len(passphrase.strip()) >= SHORTEST and "\n" not in passphrase
    if not right and not isinstance(passphrase, Unreadable):
        sentence = (
            f"is a line of at least {SHORTEST} characters, which a host of the group `backup` needs: without it none"
            " can be read. It belongs into the vault, with a copy where no server is needed to read it"
        )
        yield Finding(
            "passphrase",
            host.name,
            "",
            "backup_passphrase",
            sentence,
            "backup_passphrase: '{{ vault_backup_passphrase }}'",
        )
    if isinstance(repository, dict):
        for sentence, example in repositories.problems(host, repository):
            yield Finding("repository", host.name, "", "backup_repository", sentence, example)
