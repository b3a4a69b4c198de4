"""Files: restic, with a repository for each host (https://restic.readthedocs.io)."""

import datetime
import json
import os
import pwd
from pathlib import Path

from common import CONFIGURATION, STATE, FailedError, run

OWNERS = STATE / "owners.json"
DATA, IDENTITY = CONFIGURATION["data"], CONFIGURATION["identity"]


def restic(*arguments, timeout=None):
    """Run restic, and return what it printed (str)."""
    environment = {**os.environ, **CONFIGURATION["restic"], "RESTIC_CACHE_DIR": "/var/cache/groundcrew-backup"}
    options = [f"--cacert={CONFIGURATION['ca']}"] if CONFIGURATION["ca"] else []
    options += [f"--option=sftp.command={CONFIGURATION['sftp']}"] if CONFIGURATION["sftp"] else []
    return run("restic", *arguments, *options, environment=environment, timeout=timeout)


def create():
    """Create the repository where there is none."""
    try:
        # It would try for a quarter of an hour.
        restic("cat", "config", timeout=60)
    except FailedError as error:
        # With a wrong key or without an answer there may be one.
        if "wrong password" in str(error) or "no answer" in str(error):
            raise
        restic("init")


def backup(dumps):
    """Keep the dumps, what is there of the folders, and who owns it: numbers of users differ on the next host."""
    folders = [path for path in [*DATA, *IDENTITY] if Path(path).exists()]
    OWNERS.write_text(json.dumps({user.pw_name: [user.pw_uid, user.pw_gid] for user in pwd.getpwall()}))
    restic("unlock")
    exclude = [f"--exclude={path}" for path in CONFIGURATION["exclude"]]
    restic("backup", "--quiet", f"--host={CONFIGURATION['name']}", *exclude, OWNERS, *dumps, *folders)
    restic(
        "forget", "--quiet", "--prune", "--group-by=host", "--keep-daily=7", f"--keep-weekly={CONFIGURATION['weeks']}"
    )


def find(until=None):
    """Return the newest snapshot (dict), not younger than ``until`` (aware datetime).

    :raises FailedError: when there is none.
    """
    snapshots = json.loads(restic("snapshots", "--json", f"--host={CONFIGURATION['name']}"))
    for snapshot in sorted(snapshots, key=lambda snapshot: snapshot["time"], reverse=True):
        if until is None or datetime.datetime.fromisoformat(snapshot["time"]) <= until:
            return snapshot
    when = f" from before {until}" if until else ""
    raise FailedError(f"There are no files of {CONFIGURATION['name']} in the repository{when}.")


def restore(until, dumps):
    """Put dumps and data back, and of what makes the host itself - secrets, certificates - only what is missing.

    What came after the backup stays. Owners are found by their names, and made where they are missing.
    """
    snapshot = find(until)["id"]
    folders = [*DATA, *(path for path in IDENTITY if not Path(path).exists())]
    restic("restore", snapshot, "--target=/", *[f"--include={path}" for path in [OWNERS, *dumps, *folders]])
    names = {numbers[0]: name for name, numbers in json.loads(OWNERS.read_text()).items()}
    owners = {}
    for folder in folders:
        for path in (Path(folder), *Path(folder).rglob("*")):
            number = path.lstat().st_uid
            if number and number in names:
                if number not in owners:
                    owners[number] = find_user(names[number])
                os.chown(path, *owners[number], follow_symlinks=False)


def find_user(name):
    """Return the numbers (int, int) of a user and its group on this host; an application that comes next needs both."""
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        home = [f"--home-dir=/srv/{name}", "--no-create-home", "--shell=/usr/sbin/nologin"]
        run("useradd", "--system", "--user-group", *home, name)
        user = pwd.getpwnam(name)
    return user.pw_uid, user.pw_gid


def verify():
    """Read a tenth of the repository, another one each week, and see that it is what was written.

    :raises FailedError: when something is missing or differs.
    """
    week = datetime.date.today().isocalendar().week
    restic("check", "--quiet", f"--read-data-subset={week % 10 + 1}/10")
