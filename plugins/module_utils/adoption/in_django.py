"""Print what a project that runs is set to, with its secrets, as JSON: its own `manage.py shell -c` runs it."""

import contextlib
import json
import os
import pwd
import subprocess
import sys
from pathlib import Path


def git(*words):
    """Return what git says of the folder, "" for nothing."""
    # A folder of another user's is not refused; nothing of it runs.
    command = ["git", "-c", "safe.directory=*", *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def database(connection):
    """Return where a database is, with its password, the version of its server and its extensions."""
    settings = connection.settings_dict
    keys = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")
    found = {key.lower(): str(settings.get(key) or "") for key in keys}
    try:
        connection.ensure_connection()
        if connection.vendor == "postgresql":
            found["version"] = connection.pg_version // 10000
            with connection.cursor() as cursor:
                cursor.execute("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1")
                found["extensions"] = [name for (name,) in cursor.fetchall()]
    except Exception as error:
        found["error"] = type(error).__name__ + ": " + str(error).split("\n")[0]
    return found


def elsewhere(media):
    """Return the folders outside of the uploads that fields keep their files in: {APP.MODEL.FIELD: folder}."""
    from django.apps import apps
    from django.core.files.storage import FileSystemStorage
    from django.db.models import FileField

    found, inside = {}, Path(media).resolve() if media else None
    for model in apps.get_models():
        for field in [one for one in model._meta.get_fields() if isinstance(one, FileField)]:
            # A storage that is no folder may fail where it is made.
            with contextlib.suppress(Exception):
                if isinstance(field.storage, FileSystemStorage):
                    place = Path(field.storage.location).resolve()
                    if not inside or not place.is_relative_to(inside):
                        found[f"{model._meta.label}.{field.name}"] = str(place)
    return found


def main():
    """Print everything."""
    import django
    from django.conf import settings
    from django.db import connections

    answer = {
        "module": settings.SETTINGS_MODULE,
        "django": django.get_version(),
        "python": sys.executable,
        "prefix": sys.prefix,
        "folder": str(Path.cwd()),
        "user": pwd.getpwuid(os.getuid()).pw_name,
        "env": dict(os.environ),
        "secret_key": str(settings.SECRET_KEY),
        "allowed_hosts": list(settings.ALLOWED_HOSTS),
        # A relative one is where the process that serves has its working directory: `plan` knows that.
        "media": str(settings.MEDIA_ROOT) if settings.MEDIA_ROOT else "",
        "elsewhere": elsewhere(settings.MEDIA_ROOT),
        "databases": {alias: database(connections[alias]) for alias in connections},
        "remote": git("config", "--get", "remote.origin.url"),
        "branch": git("rev-parse", "--abbrev-ref", "HEAD"),
        "changed": git("status", "--porcelain", "--untracked-files=no").splitlines(),
    }
    print("GROUNDCREW " + json.dumps(answer))


main()
