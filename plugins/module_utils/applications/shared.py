"""What hosts that run the same application share: its database, its secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import urls
from .findings import Finding
from .resolve import Application

SOCKET = re.compile("[a-z]+:///")
HINT = re.compile(r"(^|_)(DATABASES?|DB|SQL|PG[A-Z]*|POSTGRES\w*|MYSQL\w*|MARIADB\w*)(_|$)")
"""Names of environment variables by which a project finds a database by itself."""


def findings(applications: list[Application]) -> Iterator[Finding]:
    """Yield what is wrong with one application that several hosts run; `applications` is it on each of them."""
    if len(applications) < 2:
        return
    yield from own_services(applications)
    for one in applications:
        url = one["database_url"]
        if not url and not finds_its_own(one):
            sentence = (
                f"is missing: {len(applications)} hosts run the application, and each would have a SQLite of its own"
            )
            yield one.finding("no-shared-database", "database_url", sentence, urls.EXAMPLES["database_url"])
        # Each host would make up its own: a session of one host would be worth nothing on the next.
        if urls.split(url).hostname and (unshared := [name for name in one["secrets"] if name not in one["env"]]):
            count = len(applications)
            sentence = f"lacks {', '.join(unshared)}: {count} hosts share the database, so it is the same on all"
            example = f"env: {{{unshared[0]}: '{{{{ vault_secret }}}}'}}, from the vault"
            yield one.finding("unshared-secret", "env", sentence, example)


def own_services(applications: list[Application]) -> Iterator[Finding]:
    """Yield caches and queues that each host has for itself, where the database says that they serve one site."""
    for one in applications:
        for key, name, what in (("cache_url", "cache", "an entry"), ("broker_url", "queue", "a task")):
            if urls.split(one["database_url"]).hostname and SOCKET.match(one[key]) and not one.places[key]:
                sentence = (
                    f"is missing: {len(applications)} hosts share the database, and each would have a {name} of its"
                    f" own: {what} of one is none of the others"
                )
                yield one.finding(f"own-{name}", key, sentence, urls.EXAMPLES[key])


def finds_its_own(application: Application) -> bool:
    """Say whether the project may know its database by itself: by its environment, its files or its settings module."""
    named = any(HINT.search(name.upper()) for name in application["env"])
    return named or bool(application["files"] or application["settings"])
