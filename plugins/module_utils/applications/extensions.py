"""Extensions of PostgreSQL that the host's Debian has no package of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from . import vocabulary
from .findings import Finding


def asked(
    applications: Sequence[Mapping[str, Any]], databases: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, str, str]]:
    """Yield each extension that a host's PostgreSQL is to have: the application, the key that asks, the extension.

    `databases` is `postgresql_databases`, which belongs to no application.
    """
    for application in applications:
        for database in application.get("postgresql", ()):
            own = database["name"] == application["name"]
            key = "extensions" if own else f"databases[{database['name']}].extensions"
            yield from ((application["name"], key, one) for one in database.get("extensions", ()))
    for database in databases:
        key = f"postgresql_databases[{database['name']}].extensions"
        yield from (("", key, one) for one in database.get("extensions") or ())


def findings(
    host: str, debian: str, applications: Sequence[Mapping[str, Any]], databases: Sequence[Mapping[str, Any]]
) -> Iterator[Finding]:
    """Yield the extensions that this release of Debian lacks."""
    lacking = vocabulary.by_kind("debian_extensions").get(debian, [])
    for application, key, extension in asked(applications, databases):
        if extension in lacking:
            sentence = (
                f"has {extension}, of which Debian {debian} has no package: use a host of Debian {int(debian) + 1}, "
                "or say in `postgresql_repository` where its packages come from"
            )
            example = "postgresql_repository: {uris: ..., suites: ..., signed_by: ...}"
            yield Finding("extension", host, application, key, sentence, example)
