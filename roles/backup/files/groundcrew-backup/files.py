"""Files: restic, with a repository for each host (https://restic.readthedocs.io)."""

import contextlib
import datetime
import fnmatch
import functools
import json
import os
import pwd
import re
from pathlib import Path

from common import CONFIGURATION, STATE, FailedError, read_record, run

OWNERS = STATE / "owners.json"
NOBODY = 65534  # the group that several users share
DATA, IDENTITY = CONFIGURATION["data"], CONFIGURATION["identity"]


def restic(*arguments, timeout=None):
    """Run restic, and return what it printed (str)."""
    environment = {**os.environ, **CONFIGURATION["restic"], "RESTIC_CACHE_DIR": "/var/cache/groundcrew-backup"}
    options = [f"--cacert={CONFIGURATION['ca']}"] if CONFIGURATION["ca"] else []
    options += [f"--option=sftp.command={CONFIGURATION['sftp']}"] if CONFIGURATION["sftp"] else []
    return run("restic", *arguments, *options, environment=environment, timeout=timeout)


def create():
    """Create the repository where there is none.

    :raises FailedError: when it cannot be read, and when it held backups: then it is somewhere else.
    """
    try:
        # It would try for a quarter of an hour.
        restic("cat", "config", timeout=60)
    except FailedError as error:
        # With a wrong key or without an answer there may be one.
        if "wrong password" in str(error) or "no answer" in str(error):
            raise
        place = CONFIGURATION["restic"]["RESTIC_REPOSITORY"]
        if read_record("backup").get("good", {}).get("kept", "").endswith(f" in {place}"):
            raise FailedError(
                f"{place} held backups, and there is no repository any more: is it mounted? "
                f"To begin a new one: rm {STATE}/backup.json. {error}"
            ) from error
        restic("init")


def backup(dumps, left_out=()):
    """Keep the dumps, what is there of the folders, and who owns it: numbers of users differ on the next host.

    ``left_out`` are files that are kept in another form.

    :raises FailedError: also when something that is to be kept is not, after the rest was.
    """
    paths = [path for path in [*dumps, *DATA, *IDENTITY] if os.path.lexists(path)]
    OWNERS.write_text(json.dumps({user.pw_name: [user.pw_uid, user.pw_gid] for user in pwd.getpwall()}))
    restic("unlock")
    # A pattern means what is there, and none of what is made for the backup: `*.sql` is no word about the dumps.
    exclude = [f"--exclude={path}" for path in [*CONFIGURATION["exclude"], *left_out, f"!{STATE}"]]
    restic("backup", "--quiet", f"--host={CONFIGURATION['name']}", *exclude, OWNERS, *paths)
    # The last of a day is not always the good one: one by hand may follow an accident.
    keep = ["--keep-within=7d", "--keep-daily=7", f"--keep-weekly={CONFIGURATION['weeks']}"]
    restic("forget", "--quiet", "--prune", "--group-by=host", *keep)
    if sentence := next(find_left_out(), ""):
        raise FailedError(sentence)


def find_left_out():
    """Yield what is to be kept and is in no backup, as sentences (str): restic keeps a link, not what it leads to."""
    kept = [Path(path).resolve() for path in [*DATA, *IDENTITY] if not Path(path).is_symlink()]
    for path in CONFIGURATION["named"]:
        if not os.path.lexists(path):
            yield f"{path} of `backup_paths` is not there: is it mounted, and the name right?"
    for root in DATA:
        for link in find_links(Path(root)):
            target = Path(os.path.realpath(link))  # also of a link that leads to itself
            if (target.is_dir() or link == Path(root)) and not any(target.is_relative_to(path) for path in kept):
                yield (
                    f"{link} is a link, and what it leads to is not kept: name {target} in `backup_paths`, "
                    "or the link in `backup_exclude`."
                )


def find_links(path):
    """Yield a path (Path) if it is a link, or the links in it, without those that no backup holds."""
    if is_left_out(path):
        return
    if path.is_symlink():
        yield path
        return
    # What goes meanwhile has none.
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(path) as entries:
        for entry in entries:
            if entry.is_symlink() or entry.is_dir(follow_symlinks=False):
                yield from find_links(Path(entry))


def is_left_out(path):
    """Say whether restic leaves a path (Path) out: the last pattern that matches decides, and one with "!" takes it in.

    A pattern is of whole names, from the root where it begins with "/" and from anywhere else, and means all below.
    """
    left_out = False
    for pattern in filter(None, CONFIGURATION["exclude"]):
        wanted = Path(pattern.removeprefix("!")).parts
        if matches(path.parts, wanted if wanted[:1] == ("/",) else ("**", *wanted)):
            left_out = not pattern.startswith("!")
    return left_out


def matches(names, wanted):
    """Say whether names (tuple of str) begin as is wanted; "**" is any number of them."""
    if not wanted:
        return True
    if wanted[0] == "**":
        return any(matches(names[number:], wanted[1:]) for number in range(len(names) + 1))
    # Python's sets of characters have another sign for "none of them", and stand for what restic takes as it is.
    first = re.sub(r"\\(.)", r"[\1]", wanted[0].replace("[^", "[!"))
    return bool(names) and fnmatch.fnmatchcase(names[0], first) and matches(names[1:], wanted[1:])


def find(until=None):
    """Return the newest snapshot (dict), not younger than ``until`` (aware datetime).

    :raises FailedError: when there is none.
    """
    snapshots = json.loads(restic("snapshots", "--json", f"--host={CONFIGURATION['name']}"))
    # Local times with their offsets: as text, the hour that comes twice in autumn has no order.
    times = {snapshot["id"]: datetime.datetime.fromisoformat(snapshot["time"]) for snapshot in snapshots}
    for snapshot in sorted(snapshots, key=lambda snapshot: times[snapshot["id"]], reverse=True):
        if until is None or times[snapshot["id"]] <= until:
            return snapshot
    when = f" from before {until}" if until else ""
    raise FailedError(f"There are no files of {CONFIGURATION['name']} in the repository{when}.")


def restore(until, dumps):
    """Put dumps and data back, and of what makes the host itself - secrets, certificates - only what is missing.

    What came after the backup stays. Owners are found by their names, and made where they are missing.
    """
    snapshot = find(until)["id"]
    folders = [*DATA, *(path for path in IDENTITY if not Path(path).exists())]
    # A dump that is there afterwards is that of the backup.
    for path in dumps:
        path.unlink(missing_ok=True)
    with set_links_aside(folders):
        restic("restore", snapshot, "--target=/", *[f"--include={path}" for path in [OWNERS, *dumps, *folders]])
    known = json.loads(OWNERS.read_text())
    names = {user: name for name, (user, _) in known.items() if user}
    # What is root's, such as the folder of an application, lets its group in.
    groups = {group: name for name, (_, group) in known.items() if group not in (0, NOBODY)}
    find_here = functools.cache(find_user)
    # What was added since is not in the backup.
    for folder in filter(os.path.lexists, folders):
        for path in (Path(folder), *Path(folder).rglob("*")):
            status = path.lstat()
            if status.st_uid in names:
                os.chown(path, *find_here(names[status.st_uid]), follow_symlinks=False)
            elif status.st_gid in groups:
                os.chown(path, -1, find_here(groups[status.st_gid])[1], follow_symlinks=False)


@contextlib.contextmanager
def set_links_aside(folders):
    """Take away the links that are there, and put back those that did not come: restic 0.14 stumbles over them."""
    found = [path for folder in folders for path in find_links(Path(folder))]
    links = {path: (path.readlink(), path.lstat()) for path in found}
    try:
        for path in links:
            path.unlink()
        yield
    finally:
        for path, (target, status) in links.items():
            if not os.path.lexists(path):
                path.symlink_to(target)
                os.chown(path, status.st_uid, status.st_gid, follow_symlinks=False)


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
