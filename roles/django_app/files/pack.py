#!/usr/bin/env python3
"""Say what kind of source an application has, name a local one by its contents, and pack it.

    pack.py SOURCE FOLDER

prints {"kind": git, folder, archive or pypi, "location": SOURCE, "revision": SHA-256 of names, modes and contents, or
of an archive's bytes, "suffix": such as .tar.gz, "archive": its path on this machine}; what is elsewhere has no
revision here. A relative path starts at FOLDER, the inventory's. What is packed once is kept in the user's cache.

Runs on the controller with the standard library alone. In a git work tree only what git would keep counts; elsewhere
caches, virtual environments and development leftovers stay behind.
"""

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

KEPT = 5  # archives that stay in the cache beside a new one
REMOTE = re.compile(r"(https?|ssh|git|file)://|[^/]+@[^/]+:")
ARCHIVE = re.compile(r"\.(tar|tar\.gz|tgz|tar\.xz|zip|whl)$")
# What never belongs on a server: caches, environments, the developer's own secrets and database.
EXCLUDED = {".git", ".hg", ".tox", ".venv", "venv", "node_modules", "__pycache__", ".env", "db.sqlite3"}


def list_files(folder):
    """Return the sorted relative paths (str) of the files and links below ``folder`` that are shipped."""
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "-C",
        folder,
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    git = subprocess.run(command, capture_output=True, check=False) if shutil.which("git") else None
    # Outside a work tree git fails; in a folder that an outer one ignores it lists nothing.
    if git and git.stdout:
        names = git.stdout.decode().split("\0")
    else:
        names = [str(path.relative_to(folder)) for path in folder.rglob("*")]
    return sorted(
        name
        for name in set(names)
        if name and not EXCLUDED & set(Path(name).parts) and ((folder / name).is_file() or (folder / name).is_symlink())
    )


def revision(folder, names):
    """Return the hexadecimal SHA-256 (str) of the files' names, executable bits and contents."""
    digest = hashlib.sha256()
    for name in names:
        path = folder / name
        executable = path.lstat().st_mode & stat.S_IXUSR
        content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        digest.update(f"{name}\0{executable}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def pack(folder, names, archive):
    """Write the files into ``archive`` with owners and times that say nothing about the controller."""

    def neutral(member):
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        member.mode = 0o755 if member.mode & stat.S_IXUSR else 0o644
        return member

    with tarfile.open(archive, "w:gz", compresslevel=3) as tar:
        for name in names:
            tar.add(folder / name, arcname=name, recursive=False, filter=neutral)


def find(source, folder):
    """Return the kind (str) of ``source`` (str) and where it is: a Path for a folder or an archive, else ``source``."""
    if source == "pypi":
        return "pypi", source
    if REMOTE.match(source) or source.endswith(".git"):
        return "git", source
    path = (Path(folder) / Path(source).expanduser()).resolve()
    return ("archive" if ARCHIVE.search(source) else "folder"), path


def describe(source, folder):
    """Return what is printed of a source (dict); exit with a sentence when a local one is not there."""
    kind, path = find(source, folder)
    said = {"kind": kind, "location": source, "revision": "", "suffix": "", "archive": ""}
    if kind == "archive":
        if not path.is_file():
            sys.exit(f"There is no archive at {path}.")
        # A wheel's name says what is in it: pip reads it.
        suffix = f"-{path.name}" if path.suffix == ".whl" else ARCHIVE.search(path.name)[0]
        said |= {"revision": hashlib.sha256(path.read_bytes()).hexdigest(), "suffix": suffix, "archive": str(path)}
    elif kind == "folder":
        if not path.is_dir():
            sys.exit(f"There is no folder at {path}.")
        names = list_files(path)
        if not names:
            sys.exit(f"The folder {path} has no files to ship.")
        name = revision(path, names)
        said |= {"revision": name, "suffix": ".tar.gz", "archive": str(write(path, names, name))}
    return said


def write(folder, names, name):
    """Return the archive (Path) of the files, whose revision is ``name``, in the cache of this user."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "groundcrew/sources"
    archive = cache / f"{name}.tar.gz"
    if not archive.exists():
        cache.mkdir(parents=True, exist_ok=True)
        for old in sorted(cache.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
        with tempfile.NamedTemporaryFile(dir=cache) as part:
            pack(folder, names, part.name)
            if revision(folder, names) != name:
                sys.exit(f"The folder {folder} changed while it was packed. Run it again.")
            os.link(part.name, archive)
    return archive


if __name__ == "__main__":
    print(json.dumps(describe(*sys.argv[1:])))
