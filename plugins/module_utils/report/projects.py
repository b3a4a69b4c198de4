"""The practices that a Django project can tell of itself: what it is set to, under the environment that serves it."""

from __future__ import annotations

from .observed import Application
from .verdicts import Checks, Verdict, error, good, listed, note, unknown, warning

PROJECTS: Checks[Application] = Checks()
ERROR = 40  # levels of Django's checks
COUNTED = ("LocMemCache", "DummyCache")
EMAIL = {
    "console": "It is printed",
    "locmem": "It is kept in memory",
    "dummy": "It is thrown away",
    "filebased": "It goes into files",
}


@PROJECTS.add(
    "project",
    "The project tells how it is set",
    "What is said below is what serves, not what a file says.",
    "manage: [manage.py]",
)
def project(app: Application) -> Verdict:
    """Judge that it could be asked."""
    return unknown(app.error) if app.error else good(f"Django {app.said['django']}")


@PROJECTS.add(
    "debug",
    "DEBUG is off",
    "Else every error shows source code and settings, and memory grows with each query.",
    "overlay: true",
)
def debug(app: Application) -> Verdict | None:
    """Judge DEBUG."""
    if app.error:
        return None
    return error("DEBUG is on") if app.said["debug"] else good("DEBUG is off")


@PROJECTS.add(
    "allowed-hosts",
    "ALLOWED_HOSTS names the hosts",
    "A forged name gets into links, such as those that reset passwords.",
    "domains: [shop.example.org]",
)
def allowed_hosts(app: Application) -> Verdict | None:
    """Judge ALLOWED_HOSTS."""
    if app.error:
        return None
    hosts = app.said["allowed_hosts"]
    if "*" in hosts:
        return error("It takes every name: *")
    return good(listed(hosts)) if hosts else note("It is empty: with DEBUG off nobody gets a page")


@PROJECTS.add(
    "secret-key",
    "SECRET_KEY is secret",
    "Whoever knows it forges sessions and links that reset passwords.",
    'env: {DJANGO_SECRET_KEY: "{{ vault_shop_secret_key }}"}',
)
def secret_key(app: Application) -> Verdict | None:
    """Judge the key by what the project says of it; the key itself stays there."""
    if app.error:
        return None
    return error(f"SECRET_KEY: {app.said['secret_key']}") if app.said["secret_key"] else good("It is long and random")


@PROJECTS.add(
    "database",
    "The database is a server",
    "SQLite has one writer at a time, is in one file of one host, and waits for no network.",
    "the group postgresql, or database_url: postgresql://shop@db1.example.org/shop",
)
def database(app: Application) -> Verdict | None:
    """Judge the engines."""
    found = {} if app.error else app.said["databases"]
    if not found:
        return None
    files = [alias for alias, one in found.items() if one["engine"] == "sqlite3"]
    if files:
        return error(f"{listed(files)}: SQLite")
    return good(listed([f"{alias}: {one['engine']}" for alias, one in found.items()]))


@PROJECTS.add(
    "connections",
    "Connections to the database are kept",
    "Opening one for each request can take longer than the page.",
    "overlay: true",
)
def connections(app: Application) -> Verdict | None:
    """Judge CONN_MAX_AGE and pools."""
    found = (
        {} if app.error else {alias: one for alias, one in app.said["databases"].items() if one["engine"] != "sqlite3"}
    )
    if not found:
        return None
    opened = [alias for alias, one in found.items() if one["kept"] == 0 and not one["pool"]]
    if opened:
        return (
            note(f"{listed(opened)}: opened for each request, as ASGI takes it")
            if app.said["asgi"]
            else warning(f"{listed(opened)}: opened for each request")
        )
    return good(listed([f"{alias}: {'pool' if one['pool'] else 'kept'}" for alias, one in found.items()]))


@PROJECTS.add(
    "cache",
    "All processes share a cache",
    "Each with its own they disagree, and a limit to log-ins counts in each of them.",
    "the group redis, or cache_url: redis://cache1.example.org/0",
)
def cache(app: Application) -> Verdict | None:
    """Judge the default cache."""
    if app.error:
        return None
    return warning(app.said["cache"]) if app.said["cache"] in COUNTED else good(app.said["cache"])


@PROJECTS.add(
    "sessions",
    "Sessions outlive a restart",
    "Visitors are logged out when they are forgotten.",
    "overrides: {SESSION_ENGINE: django.contrib.sessions.backends.cached_db}",
)
def sessions(app: Application) -> Verdict | None:
    """Judge where sessions are."""
    if app.error or not app.said["uses_sessions"]:
        return None
    engine = app.said["sessions"]
    if engine == "cache":
        return warning("They are in the cache alone, which may forget")
    return note(f"They are in {engine}") if engine in ("file", "signed_cookies") else good(f"They are in {engine}")


@PROJECTS.add(
    "email",
    "Mail is sent",
    "Links that reset passwords never arrive.",
    'env: {EMAIL_URL: "{{ vault_shop_email_url }}"}',
)
def email(app: Application) -> Verdict | None:
    """Judge where mail goes."""
    if app.error:
        return None
    kind = app.said["email"]
    return warning(EMAIL[kind]) if kind in EMAIL else good(kind or "a backend of its own")


@PROJECTS.add(
    "check-deploy", "`check --deploy` has nothing to say", "It is Django's own list for production.", "overlay: true"
)
def check_deploy(app: Application) -> Verdict | None:
    """Judge what Django warns of."""
    if app.error:
        return None
    found = app.said["checks"]
    if not found:
        return good("It has nothing to say")
    seen = listed([f"{name}: {first(text)}" if name else first(text) for name, _, text in found], 3)
    return error(seen) if any(level >= ERROR for _, level, _ in found) else warning(seen)


def first(text: str) -> str:
    """Return the first sentence of a text, without its full stop."""
    return " ".join(text.split()).partition(". ")[0].rstrip(".")


@PROJECTS.add(
    "migrations",
    "The database has all migrations",
    "Pages that read what is missing fail.",
    "commands: [{run: migrate, once: true}]",
)
def migrations(app: Application) -> Verdict | None:
    """Judge what the database lacks."""
    if app.error:
        return None
    if reason := app.said.get("pending_error"):
        return error(f"The database does not say: {reason}")
    missing = app.said["pending"]
    return error(f"{len(missing)} missing: {listed(missing)}") if missing else good("None is missing")
