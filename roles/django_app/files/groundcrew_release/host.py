"""Files and processes of this host: owners, whole writes, programs that run to their end."""

import os
import pwd
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from . import causes
from .steps import FailedError

SUPERUSER = 0
"""Who owns what the application may only read."""


def user(name: str) -> tuple[int, int]:
    """Return the ids of an application's user and of its group; FailedError when this host has no such user."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise FailedError(f"This host has no user {name}: run playbooks/site.yml first.") from None
    return entry.pw_uid, entry.pw_gid


def give(path: Path, uid: int, gid: int) -> None:
    """Make `path` and everything below it belong to a user and a group; links stay what they are."""
    os.chown(path, uid, gid, follow_symlinks=False)
    # Through handles of folders: who owns them may exchange one for a link meanwhile.
    for _, folders, files, handle in os.fwalk(path):
        for name in folders + files:
            os.chown(name, uid, gid, dir_fd=handle, follow_symlinks=False)


def sync(path: Path) -> None:
    """Put the entries of a folder on the disk, so that a rename in it outlives a power failure."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush(path: Path) -> None:
    """Put all that the file system of `path` holds on the disk."""
    subprocess.run(["sync", "--file-system", str(path)], check=True)


def write(path: Path, text: str, gid: int, mode: int = 0o640) -> None:
    """Write a file of root and of a group, whole or not at all; a link at its place is replaced, not followed."""
    handle, part = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            os.fchown(file.fileno(), SUPERUSER, gid)
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    sync(path.parent)


def link(path: Path, target: str) -> None:
    """Make `path` a link to `target`, whatever was there but a folder."""
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with all that is in it; what is not there is no error.

    The record of a release goes first: a removal that is cut short must not leave half a release that counts as one. A
    process that just dies may write into the folder once more, so it is tried again.
    """
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    (path / "release.json").unlink(missing_ok=True)
    for _ in range(3):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return
    shutil.rmtree(path)


def last_line(log: str) -> str:
    """Return the line of a log that says why a program failed: of a traceback the exception, else the last one."""
    lines = [line.rstrip() for line in log.splitlines() if line.strip()]
    traces = [number for number, line in enumerate(lines) if line.startswith("Traceback (most recent call last)")]
    for line in lines[traces[-1] + 1 :] if traces else []:
        if not line.startswith((" ", "\t")):
            return line
    errors = [line for line in lines if re.match(r"[\w.]*(Error|Exception): |(fatal|error): ", line)]
    return (errors or lines or [""])[-1].strip()


def failure(command: str, log: str, status: int, hint: str = "") -> FailedError:
    """Return the failure of a program: the command (str), what it said last, why, what helps, and a hint."""
    said = last_line(log) + causes.explain(log)
    sentence = f"`{command}` failed: {said}" if said else f"`{command}` failed with status {status}."
    return FailedError(f"{sentence}\n{hint}" if hint else sentence, log, command)


def run(
    arguments: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str],
    owner: tuple[int, int] | None = None,
    stdin: Path | None = None,
    stdout: IO[bytes] | None = None,
    command: str = "",
) -> str:
    """Run a program to its end and return its standard output; FailedError when its status is not zero.

    Args:
        arguments: the program and its arguments, which every user of the host may read.
        cwd: the working directory.
        env: variables beside those of this process; an empty one is taken away.
        owner: user and group that it runs as, when they are not this process's own.
        stdin: file that it reads; nothing by default.
        stdout: open file that it writes, and nothing is returned.
        command: how a failure names it; the arguments by default.
    """
    words = [str(argument) for argument in arguments]
    environment = {name: value for name, value in {**os.environ, **env}.items() if value}
    other = owner is not None and owner[0] != os.geteuid()
    uid, gid = owner if owner and other else (None, None)
    with Path(stdin or os.devnull).open("rb") as source:
        process = subprocess.Popen(
            words,
            cwd=cwd,
            env=environment,
            stdin=source,
            stdout=stdout or subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
            umask=0o022,
            user=uid,
            group=gid,
            extra_groups=[] if other else None,
        )
        try:
            output, errors = process.communicate()
        except BaseException:
            # With all that it started: a compiler must not go on in a folder that is about to go.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    output = output or ""
    if process.returncode:
        raise failure(command or shlex.join(words), output + errors, process.returncode)
    return output
