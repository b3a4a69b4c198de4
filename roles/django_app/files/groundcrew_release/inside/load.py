"""Replace databases of the release that this runs in by dumps: `python - FOLDER ALIAS=PATH... [--sessions]`.

A dump is what `dump.py` writes: pg_dump's custom format, SQL of mariadb-dump, or a database of SQLite; or JSON of
`manage.py dumpdata`, of whatever database. Of PostgreSQL all of it happens in one transaction. Owners and privileges
are not taken along: those of this host stay. Nor are sessions unless they are asked for, since whoever was logged in
there is not here; and what the caches hold of the data before is forgotten. FOLDER is for files that are needed
meanwhile.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

EMPTY = r"""
SET client_min_messages = warning;
DO $$
DECLARE
  statement text;
BEGIN
  -- All of them before the first one runs, since what is gone has no name; tables first, whose sequences go with them.
  FOREACH statement IN ARRAY (
    SELECT coalesce(array_agg(format('DROP %s IF EXISTS %s CASCADE', kind, name) ORDER BY place), '{}') FROM (
      SELECT 1 AS place, format('%I.%I', nspname, relname) AS name, pg_class.oid, relowner AS owner,
        CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
          ELSE 'TABLE' END AS kind
      FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
      UNION ALL
      SELECT 2, format('%I.%I', nspname, relname), pg_class.oid, relowner, 'SEQUENCE'
      FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE relkind = 'S'
      UNION ALL
      SELECT 3, oid::regprocedure::text, oid, proowner, 'ROUTINE' FROM pg_proc
      UNION ALL
      SELECT 4, oid::regtype::text, oid, typowner, 'TYPE' FROM pg_type
      WHERE typtype IN ('d', 'e', 'r') OR typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c')
      UNION ALL
      SELECT 5, format('%I', nspname), oid, nspowner, 'SCHEMA' FROM pg_namespace WHERE nspname <> 'public'
    ) AS made
    WHERE pg_get_userbyid(owner) = current_user
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = made.oid AND deptype = 'e')
  ) LOOP
    EXECUTE statement;
  END LOOP;
END $$;
"""
"""Drops all that the user of the application made; what an extension made stays, since it belongs to the superuser."""


def main(folder: str, *pairs: str) -> None:
    """Replace the database of each alias by a dump; exits with 3 and one sentence when one cannot be."""
    import django
    from django.core.cache import caches
    from django.core.serializers.base import DeserializationError
    from django.db import Error, connections

    django.setup()
    os.umask(0o077)
    for pair in pairs:
        if pair == "--sessions":
            continue
        alias, _, path = pair.partition("=")
        connection = connections[alias]
        try:
            loader = load_json if path.endswith(".json") else LOADERS[connection.vendor]
            loader(connection, Path(path), Path(folder))
        except (KeyError, OSError, subprocess.CalledProcessError, DeserializationError, Error) as error:
            said = (getattr(error, "stderr", "") or str(error)).strip()
            print(said, file=sys.stderr)
            lines = [line for line in said.splitlines() if "ERROR" in line or "error:" in line] or said.splitlines()
            print(f"The dump of {alias} was not loaded: {lines[0].rstrip('.')}.", file=sys.stderr)
            sys.exit(3)
        with connection.cursor() as cursor:
            if "--sessions" not in pairs and "django_session" in connection.introspection.table_names(cursor):
                cursor.execute("DELETE FROM django_session")
        connection.close()
    for name in caches:
        try:
            caches[name].clear()
        except Exception as error:
            print(f"Groundcrew: The cache {name} was not cleared: {error}", file=sys.stderr)
    print("{}")


def client(connection: Any, program: str, *arguments: str, read: Path | None = None) -> None:
    """Run the client of a database; `read` is a file that it reads from its standard input."""
    named, environment = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    with (read or Path(os.devnull)).open("rb") as source:
        subprocess.run(
            [program, *arguments, *named[1:]],
            env={**os.environ, **(environment or {})},
            stdin=source,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=True,
        )


def load_postgresql(connection: Any, path: Path, folder: Path) -> None:
    """Empty the database and fill it, both or none."""
    empty, full = folder / "empty.sql.part", folder / "full.sql.part"
    try:
        empty.write_text(EMPTY)
        command = ["pg_restore", "--no-owner", "--no-acl", "--no-comments", f"--file={full}", str(path)]
        subprocess.run(command, stderr=subprocess.PIPE, text=True, check=True)
        options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
        client(connection, "psql", *options, f"--file={empty}", f"--file={full}")
    finally:
        empty.unlink(missing_ok=True)
        full.unlink(missing_ok=True)


def load_mysql(connection: Any, path: Path, _folder: Path) -> None:
    """Drop all tables and views, and fill the database."""
    with connection.cursor() as cursor:
        cursor.execute("SET FOREIGN_KEY_CHECKS = 0")
        for one in connection.introspection.get_table_list(cursor):
            what = "VIEW" if one.type == "v" else "TABLE"
            cursor.execute(f"DROP {what} IF EXISTS {connection.ops.quote_name(one.name)}")
    client(connection, "mariadb", read=path)


def load_json(connection: Any, path: Path, _folder: Path) -> None:
    """Empty the tables, which are those of this release, and fill them with what another kind of database held."""
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0, database=connection.alias)
    call_command("loaddata", str(path), verbosity=0, database=connection.alias)


def load_sqlite(connection: Any, path: Path, _folder: Path) -> None:
    """Put the copy in the place of the file."""
    connection.close()
    place = Path(connection.settings_dict["NAME"])
    part = place.with_name(f".{place.name}.part")
    shutil.copyfile(path, part)
    for suffix in ("-wal", "-shm"):
        place.with_name(f"{place.name}{suffix}").unlink(missing_ok=True)
    part.replace(place)


LOADERS = {"postgresql": load_postgresql, "mysql": load_mysql, "sqlite": load_sqlite}

if __name__ == "__main__":
    main(*sys.argv[1:])
