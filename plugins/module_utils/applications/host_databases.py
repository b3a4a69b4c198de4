"""`postgresql_databases` of a host: that they are nobody else's, and that no role is the server's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from . import databases, locales, names
from .findings import Finding
from .inventory import Host
from .resolve import Application

EXAMPLES = {
    "name": "postgresql_databases: [{name: reports}]",
    "owner": "postgresql_databases: [{name: reports, owner: reports}]",
    "read_only_roles": "read_only_roles: [{name: bi}]",
    "locale": "locale: de_DE.UTF-8",
}


def is_own(name: str) -> bool:
    """Say whether a database server has a database or a role of this name for itself."""
    return name in names.SERVERS or name.startswith("pg_")


def problems(listed: Sequence[dict[str, object]], applications: list[Application]) -> Iterator[tuple[str, str, str]]:
    """Yield (name, key, what is wrong) of the databases of a host; the sentence goes on from there."""
    belongs = {one["name"]: app.name for app in applications if app.present for one in databases.made(app)}
    for one in listed:
        name = str(one["name"])
        owner = str(one.get("owner") or name)
        if any(other is not one and str(other["name"]) == name for other in listed):
            yield name, "name", "is there more than once: each run would change its owner anew"
        elif is_own(name):
            yield name, "name", "is a database that PostgreSQL has for itself"
        elif name in belongs and owner != belongs[name]:
            whose = belongs[name]
            sentence = (
                f"is {owner}, and the application {whose} makes this database for its own role: write `owner: {whose}`"
            )
            yield name, "owner", sentence
        elif is_own(owner):
            yield name, "owner", f"is {owner}, a role that PostgreSQL has for itself and that would lose its rights"
        yield from ((name, "read_only_roles", sentence) for sentence in readers(one.get("read_only_roles"), owner))
        locale = str(one.get("locale") or "")
        try:
            # What is no locale at all is told of its format.
            locales.read(locale if re.match("[a-z]{2,3}[_-]", locale) else "")
        except ValueError as error:
            yield name, "locale", str(error)


def readers(listed: object, owner: str) -> Iterator[str]:
    """Yield what is wrong with `read_only_roles` of a database."""
    for one in listed if isinstance(listed, list) else ():
        name = str(one.get("name") if isinstance(one, dict) else one)
        if is_own(name):
            yield f"has {name}, a role that PostgreSQL has for itself: name one of its own"
        elif name == owner:
            yield f"has {name}, which owns the database and would lose its right to write: name another"


def findings(host: Host, applications: list[Application]) -> Iterator[Finding]:
    """Yield what is wrong with the databases of a host beside those of its applications."""
    if "postgresql" in host.groups:
        for name, key, sentence in problems(databases.of_host(host.variables), applications):
            yield Finding("database", host.name, "", f"postgresql_databases[{name}].{key}", sentence, EXAMPLES[key])


def of_application(application: Application) -> Iterator[Finding]:
    """Yield roles of an application that a server has for itself, and keys that nothing reads."""
    for one in application["databases"]:
        for sentence in readers(one.get("read_only_roles"), application.name):
            inside = f"[{one['name']}].read_only_roles"
            yield application.finding("database", "databases", sentence, EXAMPLES["read_only_roles"], inside)
    for sentence in readers(application["read_only_roles"], application.name):
        yield application.finding("database", "read_only_roles", sentence, EXAMPLES["read_only_roles"])
    for key in databases.SUPERUSERS:
        # A flat variable is for all applications, and others of them may have such a database.
        if application[key] and application.places[key] == key and (why := dropped(application)):
            sentence = f"is read for a database that this host's PostgreSQL makes, and {why}"
            example = f"postgresql_databases: [{{name: {application.name}, {key}: ...}}] of the host that makes it"
            yield application.finding("not-made", key, sentence, example)


def dropped(application: Application) -> str:
    """Return why the host's PostgreSQL makes no database for an application, "" when it does."""
    if "postgresql" not in application.host.groups:
        return "the host is not in the group `postgresql`"
    url = application["database_url"]
    if re.match("(mysql|mariadb|sqlite|oracle|mssql)", url):
        return f"`database_url` is a {url.partition(':')[0]}"
    return ""
