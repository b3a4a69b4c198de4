"""The files of a release that stand anywhere on the host: they are put there with it, and put back when it fails.

A release keeps them in `releases/ID/files/.absolute/PATH`, and its commands see them at their place before it serves.
What they take the place of is kept in a folder of the activation until that has ended.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import private, records
from .application import ROOT, Application


def place(path: str) -> Path:
    """Return where an absolute path is on this host."""
    return ROOT / path.lstrip("/")


HIDDEN = ("/home/", "/root/", "/tmp/", "/var/tmp/", "/run/user/")  # noqa: S108
"""What no unit of an application sees of the host."""


def binds(application: Application, release: str) -> list[str]:
    """Return the lines of a unit that sees the absolute files of a release, whatever stands at their places."""
    folder = application.release(release)
    top = folder / "files/.absolute"
    paths = sorted(f"/{path.relative_to(top)}" for path in top.rglob("*") if path.is_file())
    return [
        f"BindReadOnlyPaths={escaped(str(private.absolute(folder, path)))}:{escaped(str(place(path)))}"
        for path in paths
        if not path.startswith(HIDDEN)
    ]


def escaped(path: str) -> str:
    """Return a path as systemd reads it in a list of mounts."""
    return "".join(f"\\{one}" if one in " :\\\"'" else one for one in path)


@contextmanager
def places(paths: Sequence[str]) -> Iterator[None]:
    """Let units that see files of their own at these absolute paths leave nothing: systemd puts an empty file there."""
    absent = [place(path) for path in paths if not place(path).exists()]
    try:
        yield
    finally:
        for path in absent:
            if path.is_file() and not path.stat().st_size:
                path.unlink()


def copy(source: Path, target: Path) -> None:
    """Copy a file with its mode and owner; at every moment the target is whole, old or new."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.groundcrew")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    shutil.copyfile(source, part)
    shutil.copymode(source, part)
    status = source.stat()
    os.chown(part, status.st_uid, status.st_gid)
    part.replace(target)


def keep(paths: list[str], folder: Path) -> dict[str, bool]:
    """Keep in `folder` what stands at these absolute paths; return for each whether there was something."""
    found = {path: place(path).is_file() for path in paths}
    for path in (path for path, there in found.items() if there):
        copy(place(path), folder / path.lstrip("/"))
    return found


def install(application: Application, record: dict[str, Any]) -> None:
    """Put the files of a release where they belong; one that is there already is not touched."""
    for path in record.get("files", []):
        source, target = private.absolute(application.release(record["id"]), path), place(path)
        if not target.is_file() or not same(source, target):
            copy(source, target)


def remove_leftovers(application: Application, release: str) -> list[str]:
    """Remove the files of other releases that this one does not have, and return their paths.

    What somebody has written there since stays.
    """
    wanted, gone = (records.read(application, release) or {}).get("files", []), []
    for record in records.releases(application):
        for path in set(record.get("files", [])) - set(wanted):
            source = private.absolute(application.release(record["id"]), path)
            if place(path).is_file() and source.is_file() and same(source, place(path)):
                place(path).unlink()
                gone.append(path)
    return gone


def same(one: Path, other: Path) -> bool:
    """Say whether two files have the same content, mode and owner."""
    a, b = one.stat(), other.stat()
    return (a.st_mode, a.st_uid, a.st_gid, a.st_size) == (b.st_mode, b.st_uid, b.st_gid, b.st_size) and (
        one.read_bytes() == other.read_bytes()
    )


def put_back(found: dict[str, bool], folder: Path) -> None:
    """Put back what `keep` has kept in `folder`, and remove what was not there; as often as it takes."""
    for path, there in found.items():
        source, target = folder / path.lstrip("/"), place(path)
        if not there:
            target.unlink(missing_ok=True)
        elif not target.is_file() or not same(source, target):
            copy(source, target)
