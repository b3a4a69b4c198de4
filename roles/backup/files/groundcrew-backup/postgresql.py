"""PostgreSQL: pgBackRest, and a scratch cluster beside the real one (https://pgbackrest.org/configuration.html)."""

import json
import shutil
import time
from pathlib import Path

from common import CONFIGURATION, FailedError, run, stamp

CLUSTER = CONFIGURATION["cluster"]
SCRATCH = Path("/var/lib/postgresql/groundcrew-scratch")
SOCKET = Path("/run/groundcrew-scratch")
PORT = 5499
LOG = Path(f"/var/log/postgresql/postgresql-{CLUSTER.get('version')}-main.log")
WEEK = 6.5 * 86400
TOO_LATE = "recovery ended before configured recovery target was reached"
CONTROL = [f"/usr/lib/postgresql/{CLUSTER.get('version')}/bin/pg_ctl"]


def pgbackrest(*arguments):
    """Run pgBackRest, and return what it printed (str)."""
    return run("pgbackrest", *arguments, f"--stanza={CONFIGURATION['name']}", user="postgres")


def psql(query, database="postgres", socket="/run/postgresql", port=None, variables=None):
    """Return the rows (list of list of str) of a query, which may have variables of psql."""
    command = ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--field-separator=\t", "--set=ON_ERROR_STOP=1"]
    command += [f"--host={socket}", f"--port={port or CLUSTER['port']}", f"--dbname={database}"]
    command += [f"--set={name}={value}" for name, value in (variables or {}).items()]
    return [line.split("\t") for line in run(*command, user="postgres", stdin=query).splitlines()]


def create():
    """Prepare the repository, also for a version that the cluster has moved up to: older backups stay."""
    stanzas = json.loads(pgbackrest("info", "--output=json"))
    versions = [cluster["version"] for stanza in stanzas for cluster in stanza["db"]]
    moved = versions and float(versions[-1]) < float(CLUSTER["version"])
    pgbackrest("stanza-upgrade" if moved else "stanza-create")


def find():
    """Return the backups (list of dict, oldest first) of this host, as ``pgbackrest info`` describes them."""
    stanzas = json.loads(pgbackrest("info", "--output=json"))
    return [backup for stanza in stanzas for backup in stanza["backup"] if not backup.get("error")]


def backup():
    """Keep what changed since the last full backup, or everything once a week."""
    full = [backup["timestamp"]["stop"] for backup in find() if backup["type"] == "full"]
    try:
        pgbackrest("backup", "--type=diff" if full and time.time() - max(full) < WEEK else "--type=full")
    except FailedError as error:
        # Why the archive takes nothing, the server was told, in two lines.
        said = LOG.read_text(errors="replace").rpartition("ERROR: ")[2].splitlines()[:2]
        because = " ".join(line.strip() for line in said) if "archived" in str(error) else ""
        raise FailedError(f"{error} {because}".strip()) from error


def refuse_another_version():
    """Stop before anything is touched when the backup is of another major version than the server.

    :raises FailedError: then, and when there is no backup.
    """
    stanzas = json.loads(pgbackrest("info", "--output=json"))
    if not find():
        raise FailedError(f"There is no backup of {CONFIGURATION['name']} in the repository.")
    version = stanzas[0]["db"][-1]["version"]
    if version != CLUSTER["version"]:
        raise FailedError(
            f"The backup is of PostgreSQL {version}, and this host has {CLUSTER['version']}: "
            f'set `postgresql_version: "{version}"` for it, or take a host of the same Debian as before.'
        )


def restore(until=None):
    """Put the cluster back to its newest state, or to ``until`` (aware datetime).

    What was there before stays beside it. When it does not work out, that is put back.

    :returns: the folder (Path) of what was there before, if anything was.
    :raises FailedError: with what PostgreSQL or pgBackRest said.
    """
    refuse_another_version()
    unit, data = f"postgresql@{CLUSTER['version']}-main.service", Path(CLUSTER["data"])
    before = data.with_name(data.name + stamp())
    run("systemctl", "stop", unit)
    if data.exists():
        data.rename(before)
    try:
        run("install", "--directory", "--mode=0700", data, user="postgres")
        pgbackrest("restore", *target(until))
        # Not as a unit: systemd would start a server that gives up again and again.
        control = ["pg_ctlcluster", "--skip-systemctl-redirect", CLUSTER["version"], "main"]
        play_back(data, LOG, [*control, "start", "--options=-c hot_standby=off"])
        run(*control, "stop", "--mode=fast", user="postgres")
    except BaseException:
        shutil.rmtree(data, ignore_errors=True)
        if before.exists():
            before.rename(data)
            run("systemctl", "start", unit)
        raise
    run("systemctl", "start", unit)
    return before


def target(until):
    """Return the arguments (list of str) that end the recovery at a time, or at the end of the archive."""
    return ["--type=time", f"--target={until:%Y-%m-%d %H:%M:%S.%f%z}", "--target-action=promote"] if until else []


def play_back(data, log, start, **where):
    """Start a restored cluster whose standby mode is off, and wait until all is played back: then it takes connections.

    :raises FailedError: with what the server wrote into its log last, when it gives up.
    """
    size = log.stat().st_size if log.exists() else 0
    try:
        run(*start, user="postgres")
        while True:
            try:
                psql("SELECT 1", **where)
                return
            except FailedError:
                run(*CONTROL, "status", f"--pgdata={data}", user="postgres")
            time.sleep(0.5)
    except FailedError as error:
        with log.open(errors="replace") as lines:
            lines.seek(size)
            said = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
        said = [line for line in said if "not accepting connections" not in line and "starting up" not in line]
        hint = (
            ": the archive ends before that time; leave it out for the newest state"
            if TOO_LATE in "".join(said)
            else ""
        )
        raise FailedError(f"PostgreSQL: {said[-1]}{hint}" if said else str(error)) from error


def start_scratch(*arguments):
    """Restore into a scratch cluster, reached by its socket alone, and start it.

    :raises FailedError: when there is no room, a file is damaged or missing, or the archive does not reach the target.
    """
    refuse_another_version()
    stop_scratch()
    size = find()[-1]["info"]["size"]
    if shutil.disk_usage(SCRATCH.parent).free < size * 1.1:
        raise FailedError(f"{SCRATCH.parent} has no room for a scratch cluster of {size >> 20} MB.")
    run("install", "--directory", "--mode=0700", SCRATCH, user="postgres")
    # Each application connects as its own user.
    run("install", "--directory", "--mode=0755", "--owner=postgres", SOCKET)
    pgbackrest("restore", f"--pg1-path={SCRATCH}", "--archive-mode=off", *arguments)
    libraries = psql("SHOW shared_preload_libraries")[0][0]
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": SOCKET,
        "port": PORT,
        "shared_buffers": "64MB",
        "hot_standby": "off",
        "logging_collector": "off",
        "shared_preload_libraries": libraries,
    }
    lines = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
    for name, text in {"postgresql.conf": lines, "pg_hba.conf": "local all all peer\n", "pg_ident.conf": ""}.items():
        (SCRATCH / name).write_text(text)
        shutil.chown(SCRATCH / name, "postgres")
    log = SCRATCH / "log"
    try:
        play_back(SCRATCH, log, [*CONTROL, "start", f"--pgdata={SCRATCH}", f"--log={log}"], socket=SOCKET, port=PORT)
    except FailedError:
        stop_scratch()
        raise


def stop_scratch():
    """Stop the scratch cluster and remove it, also what a run that was killed left of it."""
    if (SCRATCH / "postmaster.pid").exists():
        try:
            run(*CONTROL, "stop", f"--pgdata={SCRATCH}", "--mode=immediate", user="postgres")
        except FailedError:
            (SCRATCH / "postmaster.pid").unlink(missing_ok=True)  # of a boot before this one
    shutil.rmtree(SCRATCH, ignore_errors=True)
    shutil.rmtree(SOCKET, ignore_errors=True)
