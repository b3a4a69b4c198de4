"""MariaDB: dumps that restic keeps, and a scratch server that proves them (https://mariadb.com/kb/en/mariadb-dump/)."""

import contextlib
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import files
from common import CONFIGURATION, STATE, FailedError, run, settle, stamp

SERVER = CONFIGURATION["mariadb"]
USERS, DATABASES = STATE / "mariadb-users.sql", STATE / "mariadb.sql"
DUMPS = [USERS, DATABASES] if SERVER else []
SYSTEM = ("information_schema", "mysql", "performance_schema", "sys")
LARGEST = """
SELECT CONCAT(table_schema, ' ', table_name), CONCAT('SELECT COUNT(*) FROM `',
  REPLACE(table_schema, '`', '``'), '`.`', REPLACE(table_name, '`', '``'), '`')
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY table_schema ORDER BY data_length + index_length DESC) AS place
  FROM information_schema.tables WHERE table_type = 'BASE TABLE'
    AND table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')) AS tables
WHERE place <= 5
"""


def sql(query, *options):
    """Return the rows (list of list of str) of a query."""
    said = run("mariadb", *options, "--batch", "--raw", "--skip-column-names", stdin=query)
    return [line.split("\t") for line in said.splitlines()]


def find_databases():
    """Return the databases (list of str) that are not the server's own."""
    return [name for (name,) in sql("SHOW DATABASES") if name not in SYSTEM]


def backup():
    """Dump accounts and databases; what was there stays until the new files are whole.

    :raises FailedError: also when there is nothing that could be kept.
    """
    names = find_databases()
    if not names:
        raise FailedError("MariaDB has no database that could be kept.")
    for path, options in list_dumps(USERS, DATABASES, names):
        dump(path, *options)


def list_dumps(users, databases, names):
    """Return the files (Path) and what to write into each of them (list of str): all databases of one moment."""
    whole = ["--add-drop-database", "--single-transaction", "--routines", "--events", "--hex-blob"]
    return (users, ["--system=users", "--insert-ignore"]), (databases, [*whole, "--databases", *names])


def dump(path, *options):
    """Write a dump; a file of that name stays until the new one is whole."""
    part = path.with_suffix(".part")
    run("mariadb-dump", f"--result-file={part}", *options)
    settle(part, path)


def set_aside():
    """Dump what a restore is going to replace, as far as it can be read: it may be broken, which is why one restores.

    :returns: the dump (Path) of the databases, none when there are none, as on a host that was bare.
    :raises FailedError: when the disk is full.
    """
    names = find_databases()
    before = STATE / f"mariadb{stamp()}.sql"
    for path, options in list_dumps(before.with_suffix(".users.sql"), before, names) if names else ():
        part = path.with_suffix(".part")
        try:
            dump(path, "--force", *options)
        except FailedError as error:
            if " on write" in str(error):
                part.unlink()
                raise
            print(f"Not all that MariaDB holds can be kept from before this restore: {error}")
            if part.exists():
                settle(part, path)
    return before if before.exists() else None


def load(users, databases, *options):
    """Put accounts and databases into a server."""
    for path in (users, databases):
        run("mariadb", *options, f"--execute=source {path}")


def restore():
    """Put back what files.restore() has brought."""
    if DATABASES.exists():
        load(USERS, DATABASES)
    else:
        print("The backup holds no dump of MariaDB: its databases stay as they are.")


@contextlib.contextmanager
def scratch():
    """Run an empty server, reached by its socket alone; yield the options (list of str) that lead a client there."""
    with tempfile.TemporaryDirectory(dir="/var/lib/mysql", prefix=".groundcrew-scratch-") as folder:
        shutil.chown(folder, "mysql", "mysql")
        data, options = f"{folder}/data", [f"--socket={folder}/socket"]
        run("mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={data}", "--skip-test-db")
        command = ["mariadbd", "--no-defaults", "--user=mysql", f"--datadir={data}", "--skip-networking", *options]
        with Path(folder, "log").open("w") as log:
            server = subprocess.Popen([*command, f"--pid-file={folder}/pid"], stdout=log, stderr=log)
        try:
            for _ in range(120):
                if (
                    server.poll() is None
                    and not subprocess.run(["mariadb-admin", *options, "--silent", "ping"]).returncode
                ):
                    break
                time.sleep(0.5)
            yield options
        finally:
            server.terminate()
            server.wait()


def drill():
    """Load the newest backup into a scratch server, and read it.

    :returns: the numbers of rows (dict of int) in the largest tables of each database.
    :raises FailedError: when there is no dump in the repository, or the server does not take it.
    """
    with tempfile.TemporaryDirectory(dir=STATE) as folder:
        files.restic("restore", files.find()["id"], f"--target={folder}", *[f"--include={path}" for path in DUMPS])
        users, databases = (Path(folder, *path.parts[1:]) for path in DUMPS)
        if not databases.exists():
            raise FailedError("The newest backup holds no dump of MariaDB.")
        with scratch() as options:
            load(users, databases, *options)
            return {table: int(sql(count, *options)[0][0]) for table, count in sql(LARGEST, *options)}
