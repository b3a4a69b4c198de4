"""Print what a Django project is set to, as JSON: `manage.py shell -c` runs it. No secret is in the answer."""

import json
from pathlib import Path


def weakness(key):
    """Return what is wrong with a secret key, "" for nothing."""
    if key.startswith("django-insecure-"):
        return "it is the one that startproject wrote"
    if len(key) < 50 or len(set(key)) < 5:
        return "it is short or of few characters"
    return ""


def database(settings):
    """Return what matters of an entry of DATABASES."""
    options = settings.get("OPTIONS") or {}
    return {
        "engine": settings["ENGINE"].rpartition(".")[2],
        "kept": settings.get("CONN_MAX_AGE", 0),
        "pool": bool(options.get("pool")),
    }


def mail(settings):
    """Return the backend for mail: since Django 6.1 MAILERS may name it, and then there is no EMAIL_BACKEND."""
    mailers = getattr(settings, "MAILERS", None)
    return mailers["default"]["BACKEND"] if mailers else settings.EMAIL_BACKEND


def pending(connections):
    """Return the migrations that databases lack, or the reason why that is not known."""
    from django.db.migrations.executor import MigrationExecutor

    found = []
    for connection in connections.all():
        name = str(connection.settings_dict["NAME"])
        # To connect would make the file.
        if connection.vendor == "sqlite" and name[:1] == "/" and not Path(name).exists():
            raise FileNotFoundError(name)
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        found += [migration.app_label + "." + migration.name for migration, _ in plan]
    return found


def main():
    """Print everything."""
    import django
    from django.conf import settings
    from django.core import checks
    from django.db import connections

    answer = {
        "module": settings.SETTINGS_MODULE.partition(".")[0],
        "django": django.get_version(),
        "debug": settings.DEBUG,
        "allowed_hosts": list(settings.ALLOWED_HOSTS),
        "secret_key": weakness(str(settings.SECRET_KEY)),
        "databases": {alias: database(connections[alias].settings_dict) for alias in connections},
        "cache": settings.CACHES["default"]["BACKEND"].rpartition(".")[2],
        "sessions": settings.SESSION_ENGINE.rpartition(".")[2],
        "uses_sessions": "django.contrib.sessions" in settings.INSTALLED_APPS,
        "email": mail(settings).rpartition("backends.")[2].partition(".")[0],
        "asgi": bool(getattr(settings, "ASGI_APPLICATION", None)),
    }
    found = checks.run_checks(include_deployment_checks=True)
    answer["checks"] = [
        [one.id or "", one.level, one.msg] for one in found if one.level >= 30 and not one.is_silenced()
    ]
    try:
        answer["pending"] = pending(connections)
    except Exception as error:
        answer["pending_error"] = type(error).__name__ + ": " + str(error).split("\n")[0]
    print("GROUNDCREW " + json.dumps(answer))


main()
