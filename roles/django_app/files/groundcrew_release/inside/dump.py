"""Dump databases of the release that this runs in, before its migrations: `python - FOLDER ALIAS...`.

The databases and how to reach them are Django's own (https://docs.djangoproject.com/en/stable/ref/settings/#databases):
what is dumped is what will be migrated. Prints the files as JSON; `pg_restore --clean --dbname=...` reads it.
"""

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


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
        print(f"{what} not dumped: {last}. To go on without: `dump_before_migrate: false`.", file=sys.stderr)
        sys.exit(3)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    print(json.dumps([str(path) for path in paths.values()]))


def dump(connection: Any, part: Path) -> None:
    """Dump the database behind a connection of Django into a file."""
    # psql and pg_dump agree on how to name a database; the password travels in the environment.
    arguments, environment = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    subprocess.run(
        ["pg_dump", "--format=custom", f"--file={part}", *arguments[1:]],
        env={**os.environ, **(environment or {})},
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
