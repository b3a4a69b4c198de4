"""Compile a new release, and share with the one that serves what both have alike.

uv installs each release anew, by hard links to its cache. The cache is the application's, so that no file of it stays:
one with the content and the mode that it has in the serving release becomes a hard link to that, which root owns and
nothing changes any more, and takes its bytecode along; every other one becomes a copy.
"""

import contextlib
import os
import shutil
import stat
from pathlib import Path

from . import host, records
from .application import Application
from .steps import FailedError

CACHE = "__pycache__"
PARTS = ("venv/lib", "source")
"""What of a release is shared and compiled."""
CHUNK = 1 << 20  # bytes


def prepare(application: Application, name: str) -> None:
    """Share and compile the environment and the source of a release that is being built."""
    release, owner, serving = application.release(name), host.user(application.name), records.serving(application)
    known = serving not in ("", name) and records.read(application, serving) is not None
    for part in PARTS:
        share(release / part, (application.release(serving) / part).resolve() if known else None, owner)
    # One process passes over what is compiled in 0.1 s; several take longer to begin.
    workers = [] if known else ["-j", "0"]
    command: list[str | Path] = [release / "venv/bin/python", "-IS", "-m", "compileall", "-qq", *workers, *PARTS]
    try:
        host.run(command, cwd=release, env={}, owner=owner, command="python -m compileall")
    except FailedError:
        # Packages carry templates and tests that are no Python of this version. Without bytecode all works, too.
        return


def share(folder: Path, earlier: Path | None, owner: tuple[int, int]) -> None:
    """Let no file below `folder` be the same as one elsewhere, but for those that `earlier` has as well.

    What was installed may still run as `owner` and exchange folders for links. So root writes through handles of
    folders, which never follow one.
    """
    for path, _, files, handle in os.fwalk(folder):
        other = earlier / Path(path).relative_to(folder) if earlier else None
        # A link of the release before may lead anywhere.
        if other and (other.resolve() != other or not other.is_dir()):
            other = None
        known = {one.name for one in other.iterdir()} if other else set()
        shared = {name for name in files if name in known and is_alike(handle, name, f"{other}/{name}")}
        for name in files:
            if name in shared:
                link(f"{other}/{name}", handle, name)
            else:
                separate(handle, name, owner)
        if other and CACHE in known and any(name.endswith(".py") for name in shared):
            share_bytecode(shared, other / CACHE, handle, owner)


def is_alike(folder: int, name: str, earlier: str) -> bool:
    """Say whether a file of an open folder is a plain one, with the content and the mode that `earlier` has."""
    try:
        found = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        with os.fdopen(found, "rb", buffering=0) as file:
            own, known = os.fstat(found), os.lstat(earlier)
            if not stat.S_ISREG(known.st_mode) or (own.st_mode, own.st_size) != (known.st_mode, known.st_size):
                return False
            with open(earlier, "rb", buffering=0) as other:  # noqa: PTH123 - of ten thousand files, which Path would double
                while content := file.read(CHUNK):
                    if content != other.read(CHUNK):
                        return False
                return True
    except OSError:
        return False


def separate(folder: int, name: str, owner: tuple[int, int]) -> None:
    """Make a file of an open folder one of its own, when it is a hard link to another one of its owner."""
    if os.lstat(name, dir_fd=folder).st_nlink == 1:
        return
    with os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder), "rb") as file:
        found, part = os.fstat(file.fileno()), f".{name}.part"
        if found.st_uid != owner[0]:
            return
        new = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder)
        with os.fdopen(new, "wb") as copy:
            os.fchown(new, *owner)
            os.fchmod(new, stat.S_IMODE(found.st_mode))
            shutil.copyfileobj(file, copy, CHUNK)
    os.unlink(name, dir_fd=folder)
    os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)


def share_bytecode(sources: set[str], earlier: Path, folder: int, owner: tuple[int, int]) -> None:
    """Link the bytecode of `sources` from the `__pycache__` of the release before into that of an open folder."""
    if earlier.is_symlink() or not earlier.is_dir():
        return
    with contextlib.suppress(FileExistsError):
        os.mkdir(CACHE, 0o755, dir_fd=folder)
    try:
        handle = os.open(CACHE, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
    except OSError:
        return
    try:
        # What is missing there, its owner compiles.
        os.fchown(handle, *owner)
        for path in earlier.iterdir():
            if path.suffix == ".pyc" and f"{path.name.partition('.')[0]}.py" in sources:
                link(str(path), handle, path.name)
    finally:
        os.close(handle)


def link(target: str, folder: int, name: str) -> None:
    """Let `name` in an open folder be a hard link to `target`, in place of what is there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    os.link(target, name, dst_dir_fd=folder, follow_symlinks=False)
