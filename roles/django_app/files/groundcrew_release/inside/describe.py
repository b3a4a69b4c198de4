"""Print as JSON what Django says of the release that this runs in; the environment is the application's own.

The keys: ``django`` and ``python`` (versions), ``application`` and ``asgi`` (callables), ``static_url``,
``static_root``, ``media_url``, ``media_root``, ``hsts`` (the header that Django sends), ``staticfiles`` and
``sessions`` (whether its applications of these names are installed), ``databases`` (engines by alias), ``replaced``
(what the overlay replaced),
``front_end`` (what settings name of the files of a front end: {setting: absolute paths}),
``migrations`` (the last ones of each application that the code has), ``pending`` (what the default database lacks of
them, in order, each with what it does) and ``filled`` (whether that database is PostgreSQL and has tables to lose).
Settings or applications that do not import end in one sentence on standard error and exit status 3.
"""

import importlib
import json
import os
import platform
import sys
from typing import Any, NoReturn


def refuse(sentence: str) -> NoReturn:
    """End with a sentence for people; status 3 tells it from an exception that nobody expected."""
    print(sentence, file=sys.stderr)
    sys.exit(3)


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


def read_pending() -> tuple[list[str], bool]:
    """Return the pending migrations, and whether a PostgreSQL database has had some already."""
    from django.db import OperationalError, connection
    from django.db.migrations.executor import MigrationExecutor

    if connection.vendor == "unknown":
        return [], False
    try:
        executor = MigrationExecutor(connection)
    except OperationalError as error:
        if connection.vendor == "sqlite":
            return [], False
        refuse(f"The database does not answer: {str(error).strip()}")
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    pending = [
        f"{migration.app_label}.{migration.name}: {'; '.join(o.describe() for o in migration.operations) or 'nothing'}"
        for migration, _ in plan
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


def describe() -> dict[str, Any]:
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
        refuse(f"{what} not import: {type(error).__name__}: {error}")
    overlay = sys.modules.get("groundcrew_settings")
    application = target(settings.WSGI_APPLICATION)
    if overlay and application:
        chosen = os.environ["DJANGO_SETTINGS_MODULE"]
        importlib.import_module(application.partition(":")[0])
        if os.environ["DJANGO_SETTINGS_MODULE"] != chosen:
            refuse(
                f"{application} sets DJANGO_SETTINGS_MODULE by force, past the settings overlay. "
                "Write os.environ.setdefault(...) as Django does, or set `overlay: false`."
            )
    pending, filled = read_pending()
    return {
        "django": django.get_version(),
        "python": platform.python_version(),
        "application": application,
        "asgi": target(getattr(settings, "ASGI_APPLICATION", "")),
        "static_url": settings.STATIC_URL or "",
        "static_root": str(settings.STATIC_ROOT or ""),
        "media_url": settings.MEDIA_URL or "",
        "media_root": str(settings.MEDIA_ROOT or ""),
        "hsts": read_hsts(settings),
        "front_end": read_front_end(settings),
        "staticfiles": "django.contrib.staticfiles" in settings.INSTALLED_APPS,
        "sessions": "django.contrib.sessions" in settings.INSTALLED_APPS,
        "databases": {alias: database.get("ENGINE", "") for alias, database in settings.DATABASES.items()},
        "replaced": overlay.report() if overlay else [],
        "migrations": read_migrations(),
        "pending": pending,
        "filled": filled,
    }


if __name__ == "__main__":
    print(json.dumps(describe()))
