"""A folder as one archive, named by its contents, and what a host is told of a source.

What is packed once is kept in the user's cache, so that an unchanged folder is read once and written never.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from .. import engine
from . import kinds, listing
from .kinds import SourceError

KEPT = 5  # archives that stay in the cache beside a new one
POINTER = re.compile(rb"version https://[^\n]*/spec/v1\n(ext-[^\n]*\n)*oid sha256:[0-9a-f]{64}\nsize \d+\n?")
"""What stands in a work tree for a file that Git LFS has not brought."""
LARGEST = 1024  # bytes of such a pointer
SYSTEM = ("/dev/", "/etc/", "/opt/", "/run/", "/usr/", "/var/")
"""Where links lead that mean a place of the host."""


class Digested(io.BytesIO):
    """A file that is digested while it is read."""

    def __init__(self, file: IO[bytes], digest: hashlib._Hash):
        super().__init__()
        self.file, self.digest = file, digest

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes, b"" at the end."""
        found = self.file.read(-1 if size is None else size)
        self.digest.update(found)
        return found


Keep = Callable[[str, os.stat_result, Digested], None]
"""Is called with the name of a file, its status, and what to read of it: of a link where it leads."""


def describe(source: str, folder: str, include: Sequence[str] = ()) -> dict[str, str]:
    """Return {kind, location, revision, suffix, archive} of a source; what is elsewhere has no revision here.

    :param folder: where relative paths start: the inventory's.
    :raises SourceError: a local one is not there, or not whole.
    """
    kind = kinds.kind(source)
    said = {"kind": kind, "location": source, "revision": "", "suffix": "", "archive": ""}
    if kind not in kinds.LOCAL:
        return said
    path = kinds.place(source, folder)
    if kind in ("archive", "image") and not path.is_file():
        raise SourceError(f"There is no archive at {path}.")
    if kind == "image":
        return said | {"revision": image(path), "suffix": ".tar", "archive": str(path)}
    if kind == "archive":
        digest = hashlib.sha256()
        with path.open("rb") as file:
            exhaust(Digested(file, digest))
        return said | {"revision": digest.hexdigest(), "suffix": kinds.suffix(path.name), "archive": str(path)}
    if not path.is_dir():
        raise SourceError(f"There is no folder at {path}.")
    names = listing.files(path, include)
    if not names:
        raise SourceError(f"The folder {path} has no files to ship.")
    check_links(path, names)
    name = read(path, names)
    return said | {"revision": name, "suffix": ".tar.gz", "archive": str(write(path, names, name))}


def image(path: Path) -> str:
    """Return the digest that names the image in an archive.

    :raises SourceError: there is none.
    """
    oci = engine.load("oci")
    try:
        return str(oci.described(path)[1])
    except oci.ArchiveError as error:
        raise SourceError(str(error)) from None


def check_links(folder: Path, names: Sequence[str]) -> None:
    """Refuse a link to something that this machine has, and a host would not."""
    for name in names:
        path = folder / name
        if not path.is_symlink():
            continue
        target = str(path.readlink())
        lost = not path.resolve().is_relative_to(folder) and not target.startswith(SYSTEM)
        if path.exists() and (lost or target.startswith(f"{folder}/")):
            raise SourceError(
                f"The folder {folder} holds {listing.shown(name)}, a link to {listing.shown(target)}, which only this "
                "machine has: make it a relative link to something in the folder, or let .gitignore leave it out."
            )


def read(folder: Path, names: Sequence[str], keep: Keep | None = None) -> str:
    """Return the hexadecimal SHA-256 of the files' names, executable bits and contents.

    :param keep: reads each file.
    :raises SourceError: there are pointers of Git LFS in place of files.
    """
    digest, pointers = hashlib.sha256(), []
    for name in names:
        path = os.path.join(folder, name)  # noqa: PTH118 - many thousands of them
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            target = os.fsencode(os.readlink(path))  # noqa: PTH115
            content: IO[bytes] = io.BytesIO(target)
            size = len(target)
        else:
            content, size = open(path, "rb"), status.st_size  # noqa: PTH123, SIM115 - closed below
        with content:
            digest.update(os.fsencode(name) + f"\0{status.st_mode & stat.S_IXUSR}\0{size}\0".encode())
            reader = Digested(content, digest)
            if keep:
                keep(name, status, reader)
            elif size < LARGEST:
                if POINTER.fullmatch(reader.read()):
                    pointers.append(name)
            else:
                exhaust(reader)
    if pointers:
        more = f" and {len(pointers) - 1} more" if len(pointers) > 1 else ""
        raise SourceError(
            f"The folder {folder} holds {listing.shown(pointers[0])}{more} as a Git LFS pointer in place of the file: "
            "run `git lfs pull` there."
        )
    return digest.hexdigest()


def exhaust(file: Digested) -> None:
    """Read a file to its end."""
    while file.read(1 << 20):
        pass


def pack(folder: Path, names: Sequence[str], archive: str) -> str:
    """Write the files into `archive`, as root's, and return the digest of what was written."""
    with tarfile.open(archive, "w:gz", compresslevel=3) as tar:

        def add(name: str, status: os.stat_result, content: Digested) -> None:
            member = tarfile.TarInfo(name)
            member.uname = member.gname = "root"
            member.mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
            member.mtime = int(status.st_mtime)
            if stat.S_ISLNK(status.st_mode):
                member.type, member.linkname = tarfile.SYMTYPE, os.fsdecode(content.read())
            else:
                member.size = status.st_size
            tar.addfile(member, content if member.isfile() else None)

        return read(folder, names, add)


def write(folder: Path, names: Sequence[str], name: str) -> Path:
    """Return the archive of the files, whose digest is `name`, in the cache of this user."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "groundcrew/sources"
    archive = cache / f"{name}.tar.gz"
    if not archive.exists():
        cache.mkdir(parents=True, exist_ok=True)
        for old in sorted(cache.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
        with tempfile.NamedTemporaryFile(dir=cache) as part:
            try:
                same = pack(folder, names, part.name) == name
            except OSError:
                same = False
            if not same:
                raise SourceError(f"The folder {folder} changed while it was packed. Run it again.")
            # It is there when it was packed for another host meanwhile.
            with suppress(FileExistsError):
                os.link(part.name, archive)
    return archive
