"""Dump databases of the release that this runs in, such as before its migrations: `python - FOLDER ALIAS...`.

The databases and how to reach them are Django's own (https://docs.djangoproject.com/en/stable/ref/settings/#databases):
what is dumped is what will be migrated. Prints the files as JSON; `pg_restore --clean --dbname=...` reads one of
PostgreSQL, `mariadb` one of MariaDB, and one of SQLite is a database.
"""

import datetime
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

PROGRAMS = {
    "postgresql": ["pg_dump", "--format=custom"],
    "mysql": ["mariadb-dump", "--single-transaction", "--no-tablespaces", "--hex-blob"],
}
OUTPUT = {"postgresql": "--file", "mysql": "--result-file"}


def main(folder: str, *aliases: str) -> None:
    """Write `folder/TIME-RELEASE.dump`, and `TIME-RELEASE.ALIAS.dump` of another database: all of them or none."""
    import django
    from django.db import connections

    django.setup()
    now = datetime.datetime.now(datetime.timezone.utc)  # noqa: UP017 - Django 4.2 runs on Python 3.10
    paths = {
        alias: Path(folder)
        / f"{now:%Y%m%dT%H%M%SZ}-{os.environ['RELEASE']}{'' if alias == 'default' else f'.{alias}'}.dump"
        for alias in aliases
    }
    parts = {alias: path.with_suffix(".part") for alias, path in paths.items()}
    os.umask(0o077)
    try:
        for alias, part in parts.items():
            dump(connections[alias], part)
        for alias, part in parts.items():
            part.rename(paths[alias])
    except (OSError, subprocess.CalledProcessError) as error:
        said = (getattr(error, "stderr", "") or str(error)).strip()
        print(said, file=sys.stderr)
        last = said.splitlines()[-1].rstrip(".")
        what = "The database was" if len(aliases) == 1 else "The databases were"
        print(f"{what} not dumped: {last}.", file=sys.stderr)
        sys.exit(3)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    print(json.dumps([str(path) for path in paths.values()]))


def dump(connection: Any, part: Path) -> None:
    """Dump the database behind a connection of Django into a file; `load.py` and the database's own client read it."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        with sqlite3.connect(settings["NAME"]) as database, sqlite3.connect(part) as copy:
            database.backup(copy)
        return
    # Clients of a database agree on how to name one; the password travels in the environment.
    arguments, environment = connection.client.settings_to_cmd_args_env(settings, [])
    subprocess.run(
        [*PROGRAMS[connection.vendor], f"{OUTPUT[connection.vendor]}={part}", *arguments[1:]],
        env={**os.environ, **(environment or {})},
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
