"""SQLite: copies that are whole, in place of files that are written meanwhile (https://sqlite.org/backup.html)."""

import contextlib
import itertools
import json
import os
import pwd
import re
import shutil
import stat
import subprocess
from pathlib import Path

import files
from common import CONFIGURATION, STATE, FailedError, run, stamp

COPIES = STATE / "sqlite"
LIST = "databases.json"
BEGIN = b"SQLite format 3\0"
COMPANIONS = ("-wal", "-shm", "-journal")
PATIENCE = 60
NONE = 3
"""How COPY ends where a file only begins as a database."""
COPY = f"""
import sqlite3, shutil, sys, tempfile, time, urllib.parse
end = time.monotonic() + {{patience}}
def wait(status, *_):
    if status and status != sqlite3.SQLITE_DONE and time.monotonic() > end:
        sys.exit("it stays locked")
try:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        live = sqlite3.connect("file:" + urllib.parse.quote(sys.argv[1]) + "?mode=rw", uri=True, timeout=1)
        copy = sqlite3.connect(folder + "/copy")
        live.backup(copy, progress=wait)
        copy.close()
        live.close()
        with open(folder + "/copy", "rb") as whole:
            shutil.copyfileobj(whole, sys.stdout.buffer)
except sqlite3.Error as error:
    known = error.sqlite_errorname.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_CANTOPEN"))
    print(error, file=sys.stderr)
    sys.exit({NONE} if known else 1)
"""
"""Prints the copy of a database, in one step: in steps it would begin anew whenever somebody writes."""
PUT = f"""
import os, shutil, sys
path, before, mode = sys.argv[1:]
os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
with open(path + ".part", "wb") as file:
    shutil.copyfileobj(sys.stdin.buffer, file)
os.chmod(path + ".part", int(mode))
for suffix in {("", *COMPANIONS)}:
    if os.path.lexists(path + suffix):
        os.rename(path + suffix, before + suffix)
os.rename(path + ".part", path)
"""


def find():
    """Yield the databases (Path) in the folders, and among the files, that are kept."""
    tops = CONFIGURATION["data"]
    for folder, inner, names in itertools.chain([("/", [], tops)], *map(os.walk, tops)):
        inner[:] = [name for name in inner if not files.is_left_out(Path(folder, name))]
        for path in (Path(folder, name) for name in names):
            if is_database(path) and not files.is_left_out(path):
                yield path


def is_database(path):
    """Say whether a file begins as a database, of whole pages; no link counts, nor what is gone meanwhile."""
    with contextlib.suppress(OSError):
        known = path.lstat()
        if stat.S_ISREG(known.st_mode) and known.st_size and known.st_size % 512 == 0:
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                return file.read(len(BEGIN)) == BEGIN
    return False


def as_user(name):
    """Return how to run a command as a user: what lies beside a database tells SQLite what to write and to delete."""
    return ["runuser", f"--user={name}", "--"]


def keep():
    """Copy each database as it is at one moment, to below COPIES.

    A file that is none in truth, and one of root's, is kept as any other file.

    :returns: files (list of str) that the copies are kept instead of, as restic's `--exclude` takes them.
    :raises FailedError: when one cannot be copied.
    """
    shutil.rmtree(COPIES, ignore_errors=True)
    COPIES.mkdir(mode=0o700, parents=True)
    known = {}
    for path in find():
        with contextlib.suppress(KeyError, FileNotFoundError):
            facts = path.stat()
            owner = pwd.getpwuid(facts.st_uid).pw_name
            if may_run_as(facts.st_uid) and copy(path, owner):
                known[str(path)] = {"user": owner, "mode": stat.S_IMODE(facts.st_mode)}
    (COPIES / LIST).write_text(json.dumps(known))
    # It reads patterns.
    return [re.sub(r"([\\*?\[])", r"\\\1", path) + suffix for path in known for suffix in ("", *COMPANIONS)]


def may_run_as(number):
    """Say whether a user is not root."""
    return number != 0


def copied(path):
    """Return the path of the copy."""
    return COPIES / "files" / Path(path).relative_to("/")


def copy(path, owner):
    """Copy a database as its owner, and say whether it is one."""
    target = copied(path)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [*as_user(owner), "python3", "-I", "-c", COPY.format(patience=PATIENCE), str(path)]
    with target.open("wb") as file:
        done = subprocess.run(command, stdout=file, stderr=subprocess.PIPE, text=True, cwd="/", check=False)
    if done.returncode == 0:
        return True
    target.unlink()
    said = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
    if done.returncode != NONE:
        raise FailedError(f"The SQLite {path} cannot be copied: {said}.")
    print(f"{path} is kept as a file and not as a database: {said}.")
    return False


@contextlib.contextmanager
def replaced():
    """Put the copies that are restored meanwhile in the place of the databases, which nobody has open then.

    A copy of today is no copy of the backup: those that are here go first.
    """
    shutil.rmtree(COPIES, ignore_errors=True)
    stopped = []
    try:
        present = list(find())
        close(present, stopped)
        settle(present)
        yield
        put_back()
    finally:
        for unit in stopped:
            try:
                run("systemctl", "start", unit)
            except FailedError as error:
                # That of a command that somebody ran is gone for good.
                print(error)


def settle(paths):
    """Let what a process that was killed has left in a journal go into its database, as the next one to open it would.

    A backup from before there were copies brings the file without it, and the journal of today would spoil that.
    """
    for path in paths:
        number = path.stat().st_uid
        if may_run_as(number) and any(Path(f"{path}{suffix}").exists() for suffix in COMPANIONS):
            read = (
                "import sqlite3, sys; one = sqlite3.connect(sys.argv[1]); one.execute('PRAGMA user_version').fetchone()"
            )
            command = [*as_user(pwd.getpwuid(number).pw_name), "python3", "-I", "-c", f"{read}; one.close()", str(path)]
            subprocess.run(command, capture_output=True, cwd="/", check=False)


def put_back():
    """Put each copy in its place; what was there is beside it, with its journals.

    A backup from before `backup_exclude` was asked holds copies of what is left out, or names copies that it lacks.

    :raises FailedError: when one cannot be put back, after the others were.
    """
    known = json.loads((COPIES / LIST).read_text()) if (COPIES / LIST).exists() else {}
    failures = []
    for path, facts in known.items():
        if not copied(path).exists():
            print(f"The backup holds no copy of the SQLite {path}: it was left out, and what is there stays.")
        elif files.is_left_out(Path(path)):
            print(f"`backup_exclude` has the SQLite {path}: what is there stays. Its copy lies in {copied(path)}.")
        else:
            try:
                put(path, **facts)
            except (FailedError, OSError) as error:
                failures.append(f"The SQLite {path} cannot be put back: {error}. Its copy lies in {copied(path)}.")
    if failures:
        raise FailedError(" ".join(failures))


def put(path, user, mode):
    """Put a copy in its place, as its owner.

    :raises FailedError: with what was said, when that fails.
    """
    before = path + stamp()
    provide(Path(path).parent, files.find_user(user))
    command = [*as_user(user), "python3", "-I", "-c", PUT, path, before, str(mode)]
    with copied(path).open("rb") as whole:
        done = subprocess.run(command, stdin=whole, stderr=subprocess.PIPE, text=True, cwd="/", check=False)
    if done.returncode:
        raise FailedError((done.stderr.strip().splitlines() or ["it says nothing"])[-1])
    if Path(before).exists():
        print(f"The SQLite from before this restore is kept in {before}: remove it when nobody needs it.")


def provide(folder, owner):
    """Make a folder (Path) for its owner (int, int): restic makes none for a file that it lacks.

    Below what others than root can write the owner makes it: one of them could lead root to any other place by a link.
    """
    there = next(one for one in (folder, *folder.parents) if os.path.lexists(one))
    if there != folder and all(is_roots(one) for one in (there, *there.parents)):
        folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
        os.chown(folder, *owner)


def is_roots(path):
    """Say whether a path (Path) is a folder in which root alone makes and removes what is there."""
    facts = path.lstat()
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == 0 and not facts.st_mode & 0o022


def close(paths, stopped):
    """Stop the services that have one of the databases open, and put their names into ``stopped``.

    :raises FailedError: when something else has, or they come again: it would write its journal beside the copy.
    """
    for _ in range(5):
        found = holders(paths)
        for number, (path, unit) in found.items():
            if not unit:
                raise FailedError(f"{path} is open in the process {number}, which is no service: end it first.")
        units = sorted({unit for _, unit in found.values()})
        if not units:
            return
        stopped += [unit for unit in units if unit not in stopped]
        run("systemctl", "stop", *units)
    raise FailedError(f"{', '.join(units)} cannot be stopped for long enough: its database is open.")


def holders(paths):
    """Return the processes that have one of the files open: {number: (path, service or "")} (dict)."""
    wanted, found = {}, {}
    for path in [Path(f"{path}{suffix}") for path in paths for suffix in ("", *COMPANIONS)]:
        with contextlib.suppress(OSError):
            facts = path.stat()
            wanted[facts.st_dev, facts.st_ino] = path
    for process in Path("/proc").glob("[0-9]*") if wanted else ():
        with contextlib.suppress(OSError):
            for link in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    facts = link.stat()
                    if path := wanted.get((facts.st_dev, facts.st_ino)):
                        found[process.name] = (path, service(process))
    return found


def service(process):
    """Return the name of the service of a process (Path in /proc), "" for none."""
    unit = re.search(r"/system\.slice/(?:.*/)?([^/\n]+\.service)", (process / "cgroup").read_text())
    return unit[1] if unit else ""
