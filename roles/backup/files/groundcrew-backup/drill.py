"""The drill: prove that the newest backup can be restored, on a scratch cluster, and that the application knows it."""

import json
import os
import re
import uuid
from pathlib import Path

from common import CONFIGURATION, FailedError, run
from postgresql import PORT, SOCKET, pgbackrest, psql, start_scratch, stop_scratch

SCRATCH = {"socket": SOCKET, "port": PORT}
LARGEST = """
SELECT quote_ident(nspname) || '.' || quote_ident(relname) FROM pg_class
JOIN pg_namespace space ON space.oid = relnamespace
WHERE relkind = 'r' AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
ORDER BY pg_total_relation_size(pg_class.oid) DESC LIMIT 5
"""


def drill():
    """Restore what was committed a moment ago, read it, and drop it again.

    :returns: ``{"rows": {"DATABASE TABLE": number}, "migrations": {APPLICATION: sentence}}`` (dict).
    :raises FailedError: when the archive does not lead to that moment, or what it leads to cannot be read.
    """
    # A moment with a name: a recovery that ends before it has missed a part of the archive.
    point = f"groundcrew-{uuid.uuid4()}"
    psql("SELECT pg_create_restore_point(:'point')", variables={"point": point})
    pgbackrest("check")  # ends the segment, and waits until it is in the archive
    try:
        start_scratch("--type=name", f"--target={point}", "--target-action=promote")
        databases = [name for (name,) in psql("SELECT datname FROM pg_database WHERE datallowconn", **SCRATCH)]
        return {
            "rows": {key: count for name in databases for key, count in count_rows(name).items()},
            "migrations": {name: check_migrations(name) for name in CONFIGURATION["applications"] if name in databases},
        }
    finally:
        stop_scratch()


def count_rows(database):
    """Return the numbers of rows (dict of int) in the largest tables: what is read is checked, page by page."""
    counts = {}
    for (table,) in psql(LARGEST, database, **SCRATCH):
        ((count,),) = psql("SELECT count(*) FROM :table", database, variables={"table": table}, **SCRATCH)
        counts[f"{database} {table}"] = int(count)
    return counts


def check_migrations(name):
    """Ask the release of an application that serves whether it could work with the restored database."""
    manage = Path(f"/usr/local/bin/{name}-manage")
    if not manage.exists() or not Path(f"/srv/{name}/current").exists():
        return "not asked: nothing serves it on this host"
    environment = SOCKET / f"{name}.env"
    environment.write_text(
        f"DATABASE_URL=postgresql:///{name}?host={SOCKET}&port={PORT}\nPGHOST={SOCKET}\nPGPORT={PORT}\n"
    )
    asked = {**os.environ, "ENVIRONMENT": str(environment)}
    for alias in find_aliases(name):
        where = f"from django.db import connections as c; k = c[{alias!r}].cursor(); k.execute('SHOW port'); "
        where += "print('port', *k.fetchone())"
        if re.search(rf"port {PORT}\b", run(manage, "shell", "--command", where, environment=asked)):
            try:
                run(manage, "migrate", "--check", f"--database={alias}", environment=asked)
            except FailedError as error:
                raise FailedError(f"{name} lacks migrations in the restored database {alias}: {error}") from error
        elif alias == "default":
            return "not asked: the project takes no DATABASE_URL"
    return "all applied"


def find_aliases(name):
    """Return the databases (list of str) that the release of an application migrates on this host's PostgreSQL."""
    path = Path(f"/srv/{name}/current/release.json")
    try:
        record = json.loads(path.read_text())
    except ValueError as error:
        raise FailedError(f"{path} cannot be read: {error}. Deploy {name} once more.") from error
    known = {alias: facts for alias, facts in record["django"].get("databases", {}).items() if isinstance(facts, dict)}
    further = [
        alias
        for alias, facts in known.items()
        if alias != "default" and facts["local"] and not facts["left"] and "postg" in facts["engine"]
    ]
    return ["default", *further]
