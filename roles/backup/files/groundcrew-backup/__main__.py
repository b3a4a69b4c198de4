"""Back up this host, and see that it can be restored.

groundcrew-backup run               what the timer does every night
groundcrew-backup drill             what the timer does every week: restore into a scratch cluster, read, drop
groundcrew-backup status            ages of the last good backup and of the last proved restore; exits with 1 on trouble
groundcrew-backup restore [TIME]    put databases and files back (playbooks/restore.yml closes the sites meanwhile)
groundcrew-backup scratch [TIME]    restore into a scratch cluster to look at; without touching the real one
groundcrew-backup scratch --drop    remove it again
groundcrew-backup init              create what the repository lacks
"""

import datetime
import fcntl
import os
import sys
import time

import drill
import files
import imports
import mariadb
import postgresql
import sqlite
import status
from common import CONFIGURATION, STATE, FailedError, record


def measured(kind, work):
    """Do ``work``, which returns facts (dict), and record how it ended."""
    begin = time.monotonic()
    try:
        facts = work()
    except Exception as error:
        record(kind, result="failed", reason=str(error))
        raise
    record(kind, result="good", seconds=round(time.monotonic() - begin, 1), **facts)


def back_up():
    """Keep databases and files; the role asks for a backup when another version or repository has none.

    What cannot be kept is told after the rest was kept.
    """
    imports.wait()
    parts = [postgresql.backup] if postgresql.CLUSTER else []
    parts += [mariadb.backup] if mariadb.SERVER else []
    left_out, failures = [], []
    parts += [lambda: left_out.extend(sqlite.keep()), lambda: files.backup([*mariadb.DUMPS, sqlite.COPIES], left_out)]
    for part in parts:
        try:
            part()
        except (FailedError, OSError, ValueError) as error:
            failures.append(error)
    if failures:
        raise FailedError(" ".join(map(str, failures))) from failures[0]
    return {"kept": f"{postgresql.CLUSTER.get('version', '')} in {CONFIGURATION['restic']['RESTIC_REPOSITORY']}"}


def prove():
    """Restore into scratch, and read of the files what is due this week."""
    facts = drill.drill() if postgresql.CLUSTER else {"rows": {}}
    if mariadb.SERVER:
        facts["rows"] |= mariadb.drill()
    files.verify()
    return facts


def restore(until=""):
    """Put databases and files back; nothing is touched when PostgreSQL or the files have nothing to give.

    What fails after PostgreSQL leaves that restored: going back to the cluster of before would leave the archive with
    the timeline of the restored one, which no later restore could pass.
    """
    moment = read_time(until)
    files.find(moment)
    imports.stop()
    with sqlite.replaced():
        put_back(moment)


def put_back(moment):
    """Put databases and files of a moment back."""
    if mariadb.SERVER and (before := mariadb.set_aside()):
        print(f"The databases of MariaDB from before this restore are kept in {before}.")
    if postgresql.CLUSTER:
        before = postgresql.restore(moment)
        if before.exists():
            print(f"The databases from before this restore are kept in {before}: remove it when nobody needs it.")
    imports.set_aside()
    try:
        files.restore(moment, [*mariadb.DUMPS, sqlite.COPIES])
        if mariadb.SERVER:
            mariadb.restore()
    except (FailedError, OSError) as error:
        raise FailedError(f"{error} What was restored before that stays: mend this, and restore once more.") from error


def scratch(until=""):
    """Start a scratch cluster, or remove it."""
    if until == "--drop":
        postgresql.stop_scratch()
        return
    postgresql.start_scratch(*postgresql.target(read_time(until)))
    print(f"psql --host={postgresql.SOCKET} --port={postgresql.PORT} DATABASE, as the database's owner or as postgres.")
    print("Remove it afterwards: groundcrew-backup scratch --drop")


def initialize():
    """Create what the repository lacks."""
    files.create()
    if postgresql.CLUSTER:
        postgresql.create()


def read_time(text):
    """Return a time (aware datetime) such as ``2026-11-23 14:00:00+01:00``, in UTC when it names no zone."""
    if not text:
        return None
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise FailedError(f"{text} is no time. Write it as 2026-11-23 14:00:00+00:00.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)  # noqa: UP017 - as elsewhere


VERBS = {
    "run": lambda: measured("backup", back_up),
    "drill": lambda: measured("drill", prove),
    "restore": restore,
    "scratch": scratch,
    "init": initialize,
}


def main(verb="", *arguments):
    """Run one of the verbs above, one at a time."""
    if verb == "status":
        sys.exit(not status.show())
    if verb not in VERBS:
        sys.exit(__doc__)
    os.umask(0o077)
    STATE.mkdir(mode=0o700, exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            VERBS[verb](*arguments)
        except (FailedError, OSError) as error:
            sys.exit(f"groundcrew-backup {verb}: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
