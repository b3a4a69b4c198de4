"""URLs that lead to the application's own host: only what its groups make there answers, and in one way alone."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import unquote

from . import databases, folders, logins, openings, server_ports, urls
from .findings import Finding
from .resolve import Application

MYSQL = re.compile("mysql|mariadb")
MONITORING = (9090, 9093, 9100)
SOCKET = re.compile("/run/(redis|memcached)-([^/]+)/")
REDIS_DATABASES = 16
EMPTY = ("", "/", "/:memory:")
LITE = ("sqlite", "spatialite")
"""Schemes of databases that are a file."""
NO_POSTGRESQL = re.compile("mysql|mariadb|sqlite|spatialite|oracle|mssql")


def is_local(url: str) -> bool:
    """Say whether a URL names this host by an address or a name that every host has for itself."""
    name = urls.split(url).hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith((".localhost", "localhost.localdomain"))


def server(application: Application, url: str) -> tuple[str, int]:
    """Return the group that makes the server of a database on a host, and the server's port; "" when none does."""
    if urls.is_postgresql(url):
        return "postgresql", server_ports.postgresql(application.host)
    return ("mariadb", server_ports.mariadb(application.host)) if MYSQL.match(url) else ("", 0)


def database(application: Application, key: str, url: str) -> Iterator[tuple[str, str]]:
    """Yield (what is wrong, what to write) of the URL of a database; the sentence goes on from the key."""
    parts, (group, port) = urls.split(url), server(application, url)
    own, name, scheme = application.name, urls.database(url), url.partition(":")[0]
    here = group in application.host.groups
    # What is named behind the `?` is found by other words.
    if "host=" in parts.query or "unix_socket=" in parts.query or "/" in name.strip("/"):
        return
    # A URL among `databases` leads to one that others make.
    made = {one["name"] for one in databases.made(application)} | ({name} if key == "url" else set())
    made |= {one["name"] for one in databases.of_host(application.host.variables) if group == "postgresql"}
    if group and urls.is_alone(url) and not here:
        sentence = f"leads to a socket of this host, which is not in the group `{group}`: nothing answers there"
        yield sentence, f"{key}: {scheme}://{own}:PASSWORD@db.example.org/{name or own}"
    elif group and urls.is_alone(url) and name not in made:
        sentence = f"leads to the database {name or 'without a name'} of this host, where {own} has {', '.join(made)}"
        yield f"{sentence}: its server lets nobody else in", f"{key}: {scheme}:///{own}"
    elif here and is_local(url) and (parts.port or port) == port and not has_password(application, parts.username):
        sentence = f"leads to a port of this host, whose {group} knows {own} by the socket alone, without a password"
        yield sentence, f"{key}: {scheme}:///{name or own}"


def has_password(application: Application, user: str | None) -> bool:
    """Say whether the inventory gives a role of this host's PostgreSQL a password."""
    if "postgresql" not in application.host.groups:
        return False
    listed = databases.of_host(application.host.variables)
    readers = [role for one in (*listed, application.values, *application["databases"]) for role in roles_of(one)]
    known = {one.get("owner") for one in listed if one.get("password")}
    return user in known | {role.get("name") for role in readers if role.get("password")}


def roles_of(one: object) -> list[dict[str, object]]:
    """Return `read_only_roles` of what has them."""
    found = one.get("read_only_roles") if hasattr(one, "get") else None
    return [role for role in found if isinstance(role, dict)] if isinstance(found, list) else []


def sqlite(application: Application, key: str, url: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the file of an SQLite that lies in a release, which nothing writes to."""
    path, home = urls.split(url).path, f"/srv/{application.name}"
    if not url.startswith(LITE) or path in EMPTY or urls.split(url).netloc == ":memory:":
        return
    whole = lite_file(url)
    if not whole or any(folders.lies_in(whole, f"{home}/{name}") for name in folders.ENGINE):
        sentence = f"has the file {path[1:]}, which lies in a release, and nothing writes there"
        yield sentence, beside(application, key)


def shown(application: Application, key: str, url: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the file of an SQLite that lies in a folder which Nginx hands out to everybody."""
    files = lite_file(url)
    # Without the key Nginx serves the whole folder of uploads at the project's own MEDIA_URL.
    served = [*(application["media"].values() or [f"/srv/{application.name}/media"]), *application["static"].values()]
    if folder := next((one for one in map(str, served) if files and folders.lies_in(files, folders.clean(one))), ""):
        sentence = f"has the file {files}, which everybody could fetch: the site shows what is in {folder}"
        yield f"{sentence}. Move it to where only the application reads it", beside(application, key)


def lite_file(url: str) -> str:
    """Return the whole path of the file of an SQLite, "" for a relative one and for another database."""
    path = unquote(urls.split(url).path)
    return folders.clean(path[1:]) if url.startswith(LITE) and path.startswith("//") else ""


def beside(application: Application, key: str) -> str:
    """Return where the file of an SQLite may be: in a folder of its own."""
    folder = f"/srv/{application.name}/data"
    return f"{key}: sqlite:///{folder}/db.sqlite3, with directories: [{folder}]"


def cache(application: Application, key: str, url: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the URL of a cache or a queue."""
    parts, groups, own = urls.split(url), application.host.groups, f"/run/redis-{application.name}"
    right = f"{key}: redis://:PASSWORD@{urls.LOCAL}:6379/0"
    known = {application.name, *([f"{application.name}-broker"] if application["processes"] else [])}
    socket = SOCKET.search(url)
    if socket and (socket[1] not in groups or socket[2] not in (known if socket[1] == "redis" else {application.name})):
        sentence = f"leads to the socket in {socket[0]}, which this host does not make for {application.name}"
        yield f"{sentence}: its own is found without the key", f"{key}: unix://{own}/redis.sock?db=0"
        return
    if not socket and not is_local(url):
        return
    if "memcached" in groups and "memcache" in parts.scheme and not socket:
        sentence = "leads to a port of this host, and its Memcached has a socket alone: leave the key out"
        yield sentence, f"{key}: pymemcache:///run/memcached-{application.name}/memcached.sock"
    if "redis" not in groups or not re.match("(redis|valkey|hiredis|unix)", parts.scheme):
        return
    if not socket and parts.hostname != urls.LOCAL:
        yield f"leads to {parts.hostname}, and the Redis of this host listens on {urls.LOCAL} alone", right
    elif not socket and parts.scheme.startswith(("rediss", "valkeys")):
        yield f"begins with {parts.scheme}:, and the Redis of this host speaks no TLS", right
    elif not socket and (taken := taken_by(application, parts.port or urls.REDIS_PORT)):
        yield f"has the port {parts.port}, on which {taken} of this host listens", right
    number = re.search(r"(?:^|&)(?:db|virtual_host)=([^&]*)", parts.query) or (
        None if socket else re.fullmatch("/(.+)", parts.path)
    )
    if number and not (number[1].isdecimal() and int(number[1]) < REDIS_DATABASES):
        yield f"has the database {number[1]}, and the Redis of this host has 0 to {REDIS_DATABASES - 1}", right


def taken_by(application: Application, port: int) -> str:
    """Return what listens on a port of this host by its groups, "" when nothing does."""
    host = application.host
    taken = dict.fromkeys(logins.ports(host) or [22], "ssh")
    taken |= dict.fromkeys(MONITORING, "monitoring") if "monitoring" in host.groups else {}
    taken |= dict.fromkeys(openings.WEB, "the web server") | server_ports.of_databases(host)
    return taken.get(port, "")


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is wrong with the URLs of one application that lead to its own host."""
    of_databases = (database, sqlite, shown)
    for key, checks in {"database_url": of_databases, "cache_url": (cache,), "broker_url": (cache,)}.items():
        url = application[key]
        if url and application.places[key] and not urls.misspelt(key, url):
            for check in checks:
                for sentence, example in check(application, key, url):
                    yield application.finding("local-url", key, sentence, example)
    for one in application["databases"]:
        url = str(one.get("url") or "")
        if url and not urls.misspelt("database_url", url):
            for check in of_databases:
                for sentence, example in check(application, "url", url):
                    inside = f"[{one['name']}].url"
                    yield application.finding("local-url", "databases", sentence, example, inside)
    for kind, key, url, before in urls.said(application):
        if kind == "database_url" and key == "env":
            for sentence, _ in shown(application, key, url):
                example = beside(application, "database_url")
                yield application.finding("local-url", key, before + sentence, example)
    scheme, main = application["database_scheme"], application["database_url"]
    if main.startswith("postgresql:") and NO_POSTGRESQL.match(scheme):
        sentence = f"is {scheme}, and the database is a PostgreSQL: it takes another word for that, such as `postgis`"
        yield application.finding("local-url", "database_scheme", sentence, "database_scheme: postgis")
