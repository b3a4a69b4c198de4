"""Run a command of an application as its user, with its environment, in its sandbox: what NAME-run does."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from . import files, image, records, sandbox, systemd
from .application import Application
from .steps import FailedError


def environment_files(application: Application, release: str, extra: str = "") -> list[str]:
    """Return the environment files of a release: the host's secrets, its own, and one more that wins."""
    found = [f"-{application.config}/secrets/*", f"{application.release(release)}/environment"]
    return [*found, extra] if extra else found


def allowed(application: Application, release: str) -> tuple[str, ...]:
    """Return what the sandbox of a release allows: what its record says, else the inventory."""
    record = records.read(application, release)
    return tuple(record.get("sandbox", ())) if record else application.allow


def properties(application: Application, release: str, allow: Sequence[str] = (), inside: bool = True) -> list[str]:
    """Return the lines of a unit in which a command of a release runs: its sandbox, and its own `/etc/django/NAME`.

    :param allow: words of the sandbox beside those of the release.
    :param inside: whether it runs in the image, where the release is one.
    """
    folder = application.release(release)
    return [
        *sandbox.bans(application.name, application.umask, application.writable),
        *sandbox.allowed((*allowed(application, release), *allow)),
        f"BindReadOnlyPaths=-{folder}/files:{application.config}",
        *files.binds(application, release),
        f"ReadWritePaths={folder}/static {application.dumps}",
        *(image.unit(application, release, [folder / "static", application.dumps]) if inside else []),
    ]


def working_directory(application: Application, release: str) -> Path:
    """Return where a command of a release starts: the folder behind its link `work`."""
    work = application.release(release) / "work"
    return work.readlink() if image.read(application.release(release)) else work.resolve()


def find(application: Application, release: str) -> str:
    """Return the release that is named, or the one that serves; FailedError when there is none."""
    path = application.release(release) if release else application.current
    if not path.exists():
        raise FailedError(f"{application.name} has no such release." if release else f"{application.name} serves none.")
    return path.resolve().name


def run(application: Application, command: list[str]) -> None:
    """Become a command of the application; RELEASE=ID picks another release, ENVIRONMENT=FILE adds variables."""
    release = find(application, os.environ.get("RELEASE", ""))
    transient = systemd.Transient(
        command=["/usr/bin/env", "--", *command],
        description=f"{application.name}: {command[0]}",
        properties=properties(application, release),
        environment_files=environment_files(application, release, os.environ.get("ENVIRONMENT", "")),
        working_directory=working_directory(application, release),
    )
    systemd.replace(transient, terminal=sys.stdin.isatty() and sys.stdout.isatty())
