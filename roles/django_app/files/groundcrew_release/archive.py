"""Unpack an archive that came from elsewhere: `archive.py FOLDER [links]`, with the archive on standard input.

It runs as the application's user, which owns the folder, so that a hostile archive reaches nothing else; and it
refuses what would leave the folder, with a sentence; a link is judged at the end, when all that it leads over is there.
With `links`, links may lead anywhere. Owners in the archive are ignored, of modes only the executable bit is kept.
Python's own `tarfile.data_filter` does the same, but Debian 12 has a Python without it. Tar (gz, xz, bz2) and zip.
"""

import os
import shutil
import stat
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import IO


def place(folder: Path, name: str) -> Path:
    """Return where a member of the archive goes; exit when that is outside of `folder` (a resolved path)."""
    path = folder / name
    if path == folder:
        return path
    if name.startswith("/") or ".." in Path(name).parts or not path.parent.resolve().is_relative_to(folder):
        sys.exit(f"The archive holds {name}, which is outside of its folder.")
    return path


def link(path: Path, target: str) -> None:
    """Make a symbolic link, in place of what is there."""
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def check(folder: Path) -> None:
    """Exit when a link leads out of `folder`."""
    for top, folders, files in os.walk(folder):
        for path in (Path(top, name) for name in folders + files):
            if not path.is_symlink():
                continue
            target = os.fspath(path.readlink())
            if target.startswith("/") or not Path(os.path.realpath(path)).is_relative_to(folder):
                sys.exit(f"The archive holds {path.relative_to(folder)}, a link to {target} outside of its folder.")


def write(path: Path, content: IO[bytes], mode: int) -> None:
    """Write a file; a link that is there already is replaced, not followed."""
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        shutil.copyfileobj(content, file)
    path.chmod(0o755 if mode & stat.S_IXUSR else 0o644)


def untar(folder: Path, source: IO[bytes]) -> None:
    """Unpack a tar archive."""
    with tarfile.open(fileobj=source) as archive:
        for member in archive:
            path = place(folder, member.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            if member.isdir():
                path.mkdir(exist_ok=True)
            elif member.issym():
                link(path, member.linkname)
            elif member.isfile() or member.islnk():
                content = archive.extractfile(member)
                if content:
                    write(path, content, member.mode)
                    os.utime(path, (member.mtime, member.mtime))
            else:
                sys.exit(f"The archive holds {member.name}, which is neither a file nor a folder nor a link.")


def unzip(folder: Path, source: IO[bytes]) -> None:
    """Unpack a zip archive; its modes are in the upper half of an attribute that not every program writes."""
    with zipfile.ZipFile(source) as archive:
        for member in archive.infolist():
            path, mode = place(folder, member.filename), member.external_attr >> 16
            path.parent.mkdir(parents=True, exist_ok=True)
            if member.is_dir():
                path.mkdir(exist_ok=True)
            elif stat.S_ISLNK(mode):
                link(path, archive.read(member).decode())
            else:
                with archive.open(member) as content:
                    write(path, content, mode)


def main(target: str, links: str = "") -> None:
    """Unpack standard input into `target`."""
    folder, source = Path(target).resolve(), sys.stdin.buffer
    try:
        unpack = unzip if zipfile.is_zipfile(source) else untar
        source.seek(0)
        unpack(folder, source)
        if not links:
            check(folder)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        # tarfile lists what it tried in further lines.
        sys.exit(f"The archive cannot be unpacked: {str(error).partition(chr(10))[0].rstrip(':.')}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
