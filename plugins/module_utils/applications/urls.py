"""URLs of databases, caches and queues, taken apart; and what is wrong with those on this host's own ports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from . import specification, vocabulary
from .findings import Finding
from .resolve import Application

LOCAL = "127.0.0.1"
REDIS_PORT = 6379


def split(url: str) -> SplitResult:
    """Return the parts of a URL; empty ones when it is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


def is_alone(url: str) -> bool:
    """Say whether the URL names no host: such a database is this host's own, and nothing of it is shared."""
    return re.match("[a-z0-9+]+:///", url) is not None


def is_postgresql(url: str) -> bool:
    """Say whether the URL, under whatever scheme Django or GeoDjango knows, leads to PostgreSQL."""
    return re.match("postg", url) is not None


def with_scheme(url: str, scheme: str) -> str:
    """Return a `postgresql:` URL with the scheme that the project asks for, such as `postgis`."""
    return re.sub("^postgresql:", f"{scheme}:", url)


def server(url: str) -> dict[str, Any]:
    """Return how to connect to the server of a database, by libpq's names; nothing of what the URL leaves out."""
    parts = split(url)
    facts = {"host": parts.hostname, "port": parts.port}
    facts |= {"user": unquote(parts.username or ""), "password": unquote(parts.password or "")}
    facts |= {name: value for name, value in parse_qsl(parts.query) if name in facts}
    return {name: value for name, value in facts.items() if value}


def database(url: str) -> str:
    """Return the name of the database."""
    return unquote(split(url).path[1:])


def pooled(url: str, name: str) -> str:
    """Return the URL that leads to the same database through the application's PgBouncer."""
    parts = split(url)
    reached = server(url)
    kept = [part for part in parts.query.split("&") if part and part.partition("=")[0] not in reached]
    # Its socket has the usual port, whatever the server has and the environment says.
    port = ["port=5432"] if dict(parse_qsl(parts.query)).get("port") else []
    return f"{parts.scheme}://{parts.path}?{'&'.join([*kept, f'host=/run/pgbouncer-{name}', *port])}"


def listener(url: str) -> dict[str, Any]:
    """Return {port, password} that a Redis of this host needs for the URL; port 0 for a socket or another host."""
    parts = split(url)
    port = (parts.port or REDIS_PORT) if parts.hostname == LOCAL else 0
    return {"port": port, "password": unquote(parts.password or "")}


def misspelt(key: str, url: str) -> str:
    """Return what is wrong inside of a URL as the end of a sentence, "" when nothing is."""
    # Celery takes several, such as those of Sentinels.
    url = re.split(r";(?=[a-z+]+://)", url)[0]
    parts, schemes = split(url), vocabulary.by_kind("url_schemes")[key]
    # A driver may stand behind the scheme, as in postgresql+psycopg.
    known = parts.scheme in schemes or parts.scheme.partition("+")[0] in schemes
    if re.search(r"\s", url):
        return "has a space or the end of a line: inside of a password a space is written %20"
    if not parts.scheme or not (known or "://" in url):
        return "is no URL"
    if "://" not in url:
        return f"has no `//` behind {parts.scheme}:"
    near = "" if known else specification.nearest(parts.scheme, schemes, 0.75)
    if near:
        return f"begins with {parts.scheme}:, which nothing knows. Did you mean `{near}`?"
    if parts.netloc.count("@") > 1:
        return "has a second `@`: inside of a name or a password it is written %40"
    if re.search("%(?![0-9A-Fa-f]{2})", url):
        return "has a `%` without two digits behind it: inside of a name or a password it is written %25"
    if key == "database_url" and (is_postgresql(url) or url.startswith(("mysql", "mariadb"))):
        return misnamed(url)
    return ""


def misnamed(url: str) -> str:
    """Return what is wrong with the database that a URL names on a server, "" when nothing is."""
    if split(url).hostname and not database(url) and is_postgresql(url):
        return "names no database"
    # Behind a second `/` is a folder with a socket, as django-environ reads it.
    if "/" in split(url).path[1:] and not split(url).path.startswith("//"):
        return f"names the database `{database(url)}`: behind the host there is one name, without a `/`"
    return ""


def said(application: Application) -> Iterator[tuple[str, str, str, str]]:
    """Yield the URLs of an application, (the key that takes such a one, the key, the URL, words before)."""
    for key in EXAMPLES:
        yield key, key, application[key], ""
    for name, value in application["env"].items():
        key = ENV.get(name) or ("database_url" if name.endswith("_DATABASE_URL") else "")
        # Other words under such a name may be for a project that takes them apart by itself.
        schemes = vocabulary.by_kind("url_schemes").get(key, [])
        if key and isinstance(value, str) and ("://" in value or value.partition(":")[0] in schemes):
            yield key, "env", value, f"has {name}, which "


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is wrong with the URLs of one application."""
    for kind, key, url, before in said(application):
        if url and (wrong := misspelt(kind, url)):
            yield application.finding("url", key, before + wrong, EXAMPLES[kind])
    for key in ("cache_url", "broker_url"):
        here = listener(application[key])
        if "redis" in application.host.groups and here["port"] and not here["password"]:
            sentence = "on a port of this host takes a password, since every local user reaches it"
            yield application.finding("open-redis", key, sentence, f"{key}: redis://:PASSWORD@127.0.0.1:6379/0")
    url = application["database_url"]
    if "pgbouncer" in application.host.groups and not is_postgresql(url):
        sentence = "leads to no PostgreSQL, and the host is in the group `pgbouncer`, which pools nothing else"
        yield application.finding("no-pool", "database_url", sentence, EXAMPLES["database_url"])


ENV = {
    "DATABASE_URL": "database_url",
    "CACHE_URL": "cache_url",
    "REDIS_URL": "cache_url",
    "BROKER_URL": "broker_url",
    "CELERY_BROKER_URL": "broker_url",
    "RQ_REDIS_URL": "broker_url",
}
"""Environment variables with URLs, and the keys that take such ones."""
EXAMPLES = {
    "database_url": "database_url: postgresql://shop:PASSWORD@db.example.org/shop",
    "cache_url": "cache_url: redis://:PASSWORD@cache.example.org:6379/0",
    "broker_url": "broker_url: redis://:PASSWORD@queue.example.org:6379/0",
}
