"""Dump databases of the release that this runs in, such as before its migrations: `python - FOLDER ALIAS...`.

The databases and how to reach them are Django's own (https://docs.djangoproject.com/en/stable/ref/settings/#databases):
what is dumped is what will be migrated. Prints the files as JSON; `pg_restore --clean --dbname=...` reads one of
PostgreSQL, `mariadb` one of MariaDB, and one of SQLite is a database. Without a folder ("") it prints how somebody else
dumps each alias, since an image has no such programs: {alias: [file, command, option for the file, arguments,
variables]}, or null for SQLite.
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
    if not folder:
        print(json.dumps({alias: described(connections[alias], path.name) for alias, path in paths.items()}))
        return
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


def described(connection: Any, name: str) -> tuple[str, list[str], str, list[str], dict[str, str]] | None:
    """Return how a client dumps the database behind a connection into a file of this name; None where none does."""
    if connection.vendor not in PROGRAMS:
        return None
    # Clients of a database agree on how to name one; the password travels in the environment.
    arguments, environment = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    own = {name: value for name, value in os.environ.items() if name.startswith("PG")}
    variables = {**own, **(environment or {})}
    return name, PROGRAMS[connection.vendor], OUTPUT[connection.vendor], arguments[1:], variables


def dump(connection: Any, part: Path) -> None:
    """Dump the database behind a connection of Django into a file; `load.py` and the database's own client read it."""
    known = described(connection, part.name)
    if known is None:
        with sqlite3.connect(connection.settings_dict["NAME"]) as database, sqlite3.connect(part) as copy:
            database.backup(copy)
        return
    _, command, option, arguments, environment = known
    subprocess.run(
        [*command, f"{option}={part}", *arguments],
        env={**os.environ, **environment},
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
