"""Print as JSON what Django says of the release that this runs in; the environment is the application's own.

The keys: ``django`` and ``python`` (versions), ``application`` and ``asgi`` (callables), ``static_url``,
``static_root``, ``media_url``, ``media_root``, ``hsts`` (the header that Django sends), ``staticfiles`` and
``sessions`` (whether its applications of these names are installed), ``replaced`` (what the overlay replaced),
``front_end`` (what settings name of the files of a front end: {setting: absolute paths}),
``migrations`` (the last ones of each application that the code has), ``databases`` (by alias), ``pending`` (what the
databases lack of the migrations, in order, each with what it does) and ``notes`` (sentences about databases).
Of an alias there are ``engine``, ``local`` (the host's own), ``left`` (why it is not migrated, else ""), ``pending``
(whether it lacks migrations) and ``filled`` (whether it is PostgreSQL and has tables to lose).
The arguments are the interface that is served, and the callable that the inventory names or "".
Settings or applications that do not import end in one sentence on standard error and exit status 3.
"""

import contextlib
import importlib
import importlib.util
import json
import os
import platform
import re
import sys
import traceback
from typing import Any, NoReturn
from urllib.parse import parse_qs, unquote, urlsplit

SPATIAL = {"spatial_ref_sys", "geometry_columns", "geography_columns", "raster_columns", "raster_overviews"}
READ_ONLY = {
    "postgresql": "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'"
    " OR NOT COALESCE(has_schema_privilege(current_schema(), 'CREATE'), true)",
    "mysql": "SELECT @@read_only",
}
"""What a server says of itself to a client that may not write."""


def refuse(sentence: str) -> NoReturn:
    """End with a sentence for people; status 3 tells it from an exception that nobody expected."""
    print(" ".join(sentence.split()), file=sys.stderr)
    sys.exit(3)


def told(error: BaseException | None) -> str:
    """Return an exception with its causes, down to the root."""
    said = list[str]()
    while error is not None and len(said) < 4:
        words = f"{type(error).__name__}: {error}"
        if not any(one.endswith(f": {error}") for one in said):
            said.append(words)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return ", because of ".join(said)


def target(dotted: str | None) -> str:
    """Return ``package.module.callable`` as ``package.module:callable``."""
    module, _, name = (dotted or "").rpartition(".")
    return f"{module}:{name}" if module else ""


def read_migrations() -> dict[str, list[str]]:
    """Return {label of an application: names of its last migrations}."""
    from django.db.migrations.loader import MigrationLoader

    leaves: dict[str, list[str]] = {}
    for label, name in MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes():
        leaves.setdefault(label, []).append(name)
    return leaves


def place(host: str, name: Any) -> tuple[str, str]:
    """Return (host, name) of a database, "" for a server of this host."""
    host = host.lower().partition(",")[0]  # libpq takes several hosts
    return "" if host.startswith("/") or host in ("localhost", "127.0.0.1", "::1") else host, str(name)


def given() -> dict[str, tuple[str, str]]:
    """Return the place of each database whose URL is in the environment, by variable."""
    found = {}
    for variable, value in os.environ.items():
        try:
            url = urlsplit(value) if "://" in value else None
            if url and url.path[1:]:
                host = parse_qs(url.query).get("host", [unquote(url.hostname or "")])[0]
                found[variable] = place(host, unquote(url.path[1:]))
        except ValueError:
            continue
    return found


def touches(alias: str, migration: Any) -> bool:
    """Say whether the routers let a migration do anything in a database."""
    from django.db import router

    def hints(operation: Any) -> dict[str, Any]:
        name = getattr(operation, "model_name", None) or getattr(operation, "name", "")
        # A migration that runs code says itself which model it is about, as contenttypes' 0002 does.
        return {"model_name": str(name).lower() or None} | getattr(operation, "hints", {})

    return any(router.allow_migrate(alias, migration.app_label, **hints(one)) for one in migration.operations)


def find_reason(alias: str, database: dict[str, Any], known: dict[Any, str]) -> tuple[str, bool]:
    """Return why a database beside the default one is not migrated, and whether somebody should read that.

    :param known: the aliases of those that are, by place.
    """
    from django.db import connections
    from django.db.migrations.loader import MigrationLoader

    engine = database.get("ENGINE", "").rpartition(".")[2]
    where = place(database.get("HOST") or "", database.get("NAME") or "")
    if mirrored := (database.get("TEST") or {}).get("MIRROR"):
        return f"it is a mirror of {mirrored}", False
    if where not in given().values():
        key = f"`databases: [{{name: ..., alias: {alias}}}]` makes one for it"
        if engine in ("", "dummy", "sqlite3", "spatialite"):
            return f"{'it is a SQLite file' if 'lite' in engine else 'the settings name none'}; {key}", True
        return "no URL in the environment leads to it", True
    if same := known.get((*where, str(database.get("PORT") or ""))):
        return f"it is the database of {same}", False
    migrations = MigrationLoader(None, ignore_no_migrations=True).disk_migrations.values()
    if not any(touches(alias, one) for one in migrations):
        return "the routers let no migration into it", False
    connection = connections[alias]
    with connection.cursor() as cursor:
        if connection.vendor in READ_ONLY:
            cursor.execute(READ_ONLY[connection.vendor])
            if str(cursor.fetchone()[0]) in ("True", "1", "ON"):
                return "it can only be read", False
        tables = set(connection.introspection.table_names(cursor)) - SPATIAL
    if tables and "django_migrations" not in tables:
        command = f"`{{manage: migrate --noinput --database={alias}, once: true}}` among the `commands`"
        return f"it has tables that no migration of Django made; {command} migrates it all the same", True
    return "", False


def read_databases() -> tuple[dict[str, dict[str, Any]], list[str], list[str]]:
    """Return (databases, pending, notes): facts by alias, the pending migrations of all, sentences."""
    from django.db import OperationalError, connections

    configured = connections.settings
    databases, pending, notes = dict[str, dict[str, Any]](), list[str](), list[str]()
    known = dict[Any, str]()
    for alias in ["default", *(one for one in configured if one != "default")]:
        database = configured[alias]
        host, name = database.get("HOST") or "", database.get("NAME") or ""
        lacks, filled, left, told = list[str](), False, "", False
        try:
            if alias != "default":
                left, told = find_reason(alias, database, known)
            if not left:
                lacks, filled = read_pending(connections[alias])
                known[(*place(host, name), str(database.get("PORT") or ""))] = alias
        except OperationalError as error:
            what = "The database" if alias == "default" else f"The database {alias}"
            refuse(f"{what} does not answer: {str(error).strip()}")
        notes += [f"The database {alias} is not migrated: {left}."] if told else []
        pending += lacks if alias == "default" else [f"{one} (database {alias})" for one in lacks]
        databases[alias] = {
            "engine": database.get("ENGINE", ""),
            "local": not host or host.startswith("/"),
            "left": left,
            "pending": bool(lacks),
            "filled": filled,
        }
    named = {place(one.get("HOST") or "", one.get("NAME") or "") for one in configured.values()}
    for variable, where in given().items():
        if re.fullmatch("[A-Z0-9_]+_DATABASE_URL", variable) and where not in named:
            aliases = ", ".join(databases)
            notes.append(f"{variable} leads to a database that no alias of DATABASES uses: there are {aliases}.")
    return databases, pending, notes


def read_pending(connection: Any) -> tuple[list[str], bool]:
    """Return the pending migrations of a database, and whether it is PostgreSQL and has had some already.

    Of a further database only those that do something there: Django notes the others as applied.
    """
    from django.db import OperationalError
    from django.db.migrations.executor import MigrationExecutor

    if connection.vendor == "unknown":
        return [], False
    try:
        executor = MigrationExecutor(connection)
    except OperationalError:
        if connection.vendor == "sqlite":
            return [], False
        raise
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    pending = [
        f"{migration.app_label}.{migration.name}: {'; '.join(o.describe() for o in migration.operations) or 'nothing'}"
        for migration, _ in plan
        if connection.alias == "default" or touches(connection.alias, migration)
    ]
    return pending, connection.vendor == "postgresql" and bool(executor.loader.applied_migrations)


def read_hsts(settings: Any) -> str:
    """Return the Strict-Transport-Security header that Django's SecurityMiddleware sends, "" for none."""
    if not settings.SECURE_HSTS_SECONDS or "django.middleware.security.SecurityMiddleware" not in settings.MIDDLEWARE:
        return ""
    words = [f"max-age={settings.SECURE_HSTS_SECONDS}"]
    words += ["includeSubDomains"] if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else []
    return "; ".join(words + (["preload"] if settings.SECURE_HSTS_PRELOAD else []))


def read_front_end(settings: Any) -> dict[str, list[str]]:
    """Return the folders and manifests that something has to build, by the setting that names them.

    No static file of a folder that is not there is missed by Django itself.
    """
    named: dict[str, list[Any]] = {"STATICFILES_DIRS": []}
    for one in settings.STATICFILES_DIRS:
        named["STATICFILES_DIRS"].append(one[1] if isinstance(one, (list, tuple)) else one)
    if "webpack_loader" in settings.INSTALLED_APPS:
        loaders = getattr(settings, "WEBPACK_LOADER", {})
        named["WEBPACK_LOADER"] = [one.get("STATS_FILE", "webpack-stats.json") for one in loaders.values()]
    if "django_vite" in settings.INSTALLED_APPS:
        bundles = getattr(settings, "DJANGO_VITE", {})
        named["DJANGO_VITE"] = [one["manifest_path"] for one in bundles.values() if one.get("manifest_path")]
        named["DJANGO_VITE_ASSETS_PATH"] = [getattr(settings, "DJANGO_VITE_ASSETS_PATH", "")]
        named["DJANGO_VITE_MANIFEST_PATH"] = [getattr(settings, "DJANGO_VITE_MANIFEST_PATH", "")]
    return {name: [os.path.abspath(path) for path in paths if path] for name, paths in named.items()}  # noqa: PTH100


def beside(name: str | None, interface: str) -> str:
    """Return the callable of the package that a settings module belongs to, as products have it; "" for none."""
    package = (name or "").rpartition(".")[0]
    while package:
        module = f"{package}.{interface}"
        try:
            if importlib.util.find_spec(module):
                return f"{module}:application"
        except (ImportError, ValueError):
            return ""
        package = package.rpartition(".")[0]
    return ""


def check_overlay(dotted: str) -> None:
    """Refuse a callable of the server that has other settings than the overlay."""
    chosen = os.environ["DJANGO_SETTINGS_MODULE"]
    importlib.import_module(dotted.partition(":")[0])
    if (named := os.environ["DJANGO_SETTINGS_MODULE"]) != chosen:
        refuse(
            f"{dotted} sets DJANGO_SETTINGS_MODULE by force to {named}, past the settings overlay. Choose {named} with "
            "`settings`, write os.environ.setdefault(...) as Django does, or set `overlay: false`."
        )


def describe(interface: str = "wsgi", served: str = "") -> dict[str, Any]:
    """Import the settings and the applications, and return the description."""
    import django
    from django.conf import settings

    name = os.environ.get("GROUNDCREW_SETTINGS_MODULE") or os.environ.get("DJANGO_SETTINGS_MODULE")
    what = f"The settings {name or '(none named)'} do"
    try:
        settings.INSTALLED_APPS  # noqa: B018 - imports the settings module
        what = "The applications in INSTALLED_APPS do"
        django.setup()
    except Exception as error:
        traceback.print_exception(error)
        refuse(f"{what} not import: {told(error)}")
    overlay = sys.modules.get("groundcrew_settings")
    named = {"wsgi": target(settings.WSGI_APPLICATION), "asgi": target(getattr(settings, "ASGI_APPLICATION", ""))}
    if overlay and served:
        # Why what the inventory names does not import is told by the server, which cannot start.
        with contextlib.suppress(Exception):
            check_overlay(served)
    elif overlay and named[interface]:
        check_overlay(named[interface])
    databases, pending, notes = read_databases()
    return {
        "django": django.get_version(),
        "python": platform.python_version(),
        "application": named["wsgi"],
        "asgi": named["asgi"],
        "beside": {one: beside(name, one) for one in named},
        "static_url": settings.STATIC_URL or "",
        "static_root": str(settings.STATIC_ROOT or ""),
        "media_url": settings.MEDIA_URL or "",
        "media_root": str(settings.MEDIA_ROOT or ""),
        "hsts": read_hsts(settings),
        "front_end": read_front_end(settings),
        "staticfiles": "django.contrib.staticfiles" in settings.INSTALLED_APPS,
        "sessions": "django.contrib.sessions" in settings.INSTALLED_APPS,
        "replaced": overlay.report() if overlay else [],
        "migrations": read_migrations(),
        "databases": databases,
        "pending": pending,
        "notes": notes,
    }


if __name__ == "__main__":
    print(json.dumps(describe(*sys.argv[1:])))
