"""The databases of an application beside the main one: each with an alias of Django's DATABASES, and a URL."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from . import engine, evaluation, locales, server_ports, specification, urls
from .findings import Finding
from .resolve import Application

ALIAS = re.compile("[A-Za-z][A-Za-z0-9_-]*")
SUPERUSERS = ("locale", "extensions", "read_only_roles")
"""Keys that only PostgreSQL has, for each of its databases."""


def of_host(variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return `postgresql_databases` of a host as the role reads them: a text is a name, or a list of one.

    One without a name is told by the specification.
    """
    said = evaluation.readable(variables.get("postgresql_databases") or [])
    made = specification.complete(said, "postgresql", "main", "postgresql_databases")
    return [one for one in made if isinstance(one, dict) and one.get("name")] if isinstance(made, list) else []


def alias(application: Application, database: dict[str, Any]) -> str:
    """Return the alias of a further database: its name, without that of the application in front of it."""
    name = str(database["name"])
    return str(database.get("alias") or re.sub(f"^{re.escape(application.name)}[-_](?=.)", "", name))


def variable(name: str) -> str:
    """Return the environment variable with the URL of an alias, such as `REPORTS_DATABASE_URL`."""
    return str(engine.load("application").Database("", name).variable)


def url(application: Application, database: dict[str, Any]) -> str:
    """Return the URL of a further database: on the host's own server, else on the server of the main one."""
    if database.get("url"):
        return str(database["url"])
    main, name = application["database_url"], quote(str(database["name"]), safe="")
    parts, groups = urls.split(main), application.host.groups
    if not urls.is_alone(main) and groups & {"postgresql", "mariadb"}:
        has_postgresql = "postgresql" in groups
        made = server_ports.postgresql_url(application.host, name) if has_postgresql else f"mysql:///{name}"
    elif not parts.scheme or parts.scheme == "sqlite":
        return ""
    else:
        query = f"?{parts.query}" if parts.query else ""
        made = f"{parts.scheme}://{parts.netloc}/{name}{query}"
    if not urls.is_postgresql(made):
        return made
    return re.sub("^[a-z]+", "postgis" if "postgis" in database.get("extensions", []) else "postgresql", made)


def further(application: Application) -> list[dict[str, Any]]:
    """Return each further database with its alias and its URL; of what is named twice the last one counts."""
    known = {database["name"]: database for database in application["databases"]}
    return [
        {**database, "alias": alias(application, database), "url": url(application, database)}
        for database in known.values()
    ]


def made(application: Application) -> list[dict[str, Any]]:
    """Return the databases that the host's own server has to have, the main one first.

    It is dropped last, since its owner goes with it. A database whose URL the inventory says is made by others.
    """
    known = {application.name: {"name": application.name}}
    known |= {one["name"]: one for one in application["databases"] if not one.get("url")}
    return list(known.values())


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is wrong with the databases of one application."""
    said = [("locale", "", application["locale"])]
    said += [("databases", f"[{one['name']}].locale", one.get("locale")) for one in application["databases"]]
    for key, inside, locale in said:
        try:
            locales.read(locale or "")
        except ValueError as error:
            yield application.finding("locale", key, str(error), "locale: de_DE.UTF-8", inside)
    counted = Counter(variable(one["alias"]) for one in further(application))
    for database in application["databases"]:
        name = alias(application, database)
        inside = f"[{database['name']}].alias"
        example = f"databases: [{{name: {application.name}_reports, alias: reports}}]"
        if name == "default" or database["name"] == application.name:
            sentence = "is the main database, which has its own keys: `database_url`, `locale`, `extensions`"
            yield application.finding("alias", "databases", sentence, example, f"[{database['name']}]")
        elif not ALIAS.fullmatch(name):
            sentence = f"is `{name}`, and takes letters, digits, `_` and `-`"
            yield application.finding("alias", "databases", sentence, example, inside)
        elif counted[variable(name)] > 1:
            sentence = f"is `{name}`, and so is that of another database: the URL of each is in {variable(name)}"
            yield application.finding("alias", "databases", sentence, example, inside)
        if database.get("url") and (wrong := urls.misspelt("database_url", str(database["url"]))):
            example = "url: postgresql://shop:PASSWORD@db.example.org/reports"
            yield application.finding("url", "databases", wrong, example, f"[{database['name']}].url")
        here = "postgresql" in application.host.groups and not database.get("url")
        if not here and (keys := [key for key in SUPERUSERS if database.get(key)]):
            sentence = f"has {', '.join(keys)}, and this host makes no PostgreSQL database of that name"
            yield application.finding("not-made", "databases", sentence, "", f"[{database['name']}]")
