"""Dump the database of the release that this runs in, before its migrations: `python - FOLDER`.

The database and how to reach it are Django's own (https://docs.djangoproject.com/en/stable/ref/settings/#databases), so
that what is dumped is what will be migrated. Prints the file as JSON; `pg_restore --clean --dbname=...` reads it.
"""

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path


def main(folder: str) -> None:
    """Write `folder/TIME-RELEASE.dump`, whole or not at all."""
    import django
    from django.db import connection

    django.setup()
    # psql and pg_dump agree on how to name a database; the password travels in the environment.
    arguments, environment = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    now = datetime.datetime.now(datetime.timezone.utc)  # noqa: UP017 - Django 4.2 runs on Python 3.10
    path = Path(folder) / f"{now:%Y%m%dT%H%M%SZ}-{os.environ['RELEASE']}.dump"
    part = path.with_suffix(".part")
    os.umask(0o077)
    try:
        subprocess.run(
            ["pg_dump", "--format=custom", f"--file={part}", *arguments[1:]],
            env={**os.environ, **(environment or {})},
            stderr=subprocess.PIPE,
            text=True,
            check=True,
        )
        part.rename(path)
    except (OSError, subprocess.CalledProcessError) as error:
        said = (getattr(error, "stderr", "") or str(error)).strip()
        print(said, file=sys.stderr)
        last = said.splitlines()[-1].rstrip(".")
        print(f"The database was not dumped: {last}. To go on without: `dump_before_migrate: false`.", file=sys.stderr)
        sys.exit(3)
    finally:
        part.unlink(missing_ok=True)
    print(json.dumps(str(path)))


if __name__ == "__main__":
    main(*sys.argv[1:])
