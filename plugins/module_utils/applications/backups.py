"""A backup that nobody could read or nobody could reach."""

from __future__ import annotations

from collections.abc import Iterator

from .findings import Finding
from .inventory import Host
from .specification import Unreadable

SHORTEST = 12  # characters
NEEDED = {"s3": ("endpoint", "bucket", "key", "secret"), "sftp": ("host", "user", "private_key", "host_keys")}


def findings(host: Host) -> Iterator[Finding]:
    """Yield what the backups of a host of the group `backup` lack."""
    if "backup" not in host.groups:
        return
    passphrase, repository = host.variables.get("backup_passphrase"), host.variables.get("backup_repository")
    right = isinstance(passphrase, str) and len(passphrase) >= SHORTEST and "\n" not in passphrase
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
        kind = str(repository.get("type", "local"))
        if missing := [key for key in NEEDED.get(kind, ()) if not repository.get(key)]:
            example = f"backup_repository: {{type: {kind}, {', '.join(f'{key}: ...' for key in NEEDED[kind])}}}"
            yield Finding("repository", host.name, "", "backup_repository", f"lacks {', '.join(missing)}", example)
        path = str(repository.get("path", "/"))
        if kind in ("local", "sftp") and not path.startswith("/"):
            sentence = f"has the path {path}, and takes a whole one"
            yield Finding("repository", host.name, "", "backup_repository", sentence, "path: /mnt/nas/groundcrew")
