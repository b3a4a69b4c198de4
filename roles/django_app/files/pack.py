#!/usr/bin/env python3
"""Name the state of a source folder by its contents, and pack it.

    pack.py FOLDER             prints {"revision": SHA-256 of names, modes and contents, "files": count}
    pack.py FOLDER ARCHIVE     writes those files as a gzipped tar, too

An archive in place of the folder is named by the SHA-256 of its bytes and left as it is.
Runs on the controller with the standard library alone. In a git work tree only what git would keep
counts; elsewhere caches, virtual environments and development leftovers stay behind.
"""

import hashlib
import json
import shutil
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

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


def main(source, archive=None):
    """Print the state of ``source``; write ``archive`` when it is named. Exit with a sentence if there is no source."""
    folder = Path(source).resolve()
    if folder.is_file():
        print(json.dumps({"revision": hashlib.sha256(folder.read_bytes()).hexdigest(), "files": 1}))
        return
    if not folder.is_dir():
        sys.exit(f"There is no folder or archive at {folder}.")
    names = list_files(folder)
    if not names:
        sys.exit(f"The folder {folder} has no files to ship.")
    if archive:
        pack(folder, names, archive)
    print(json.dumps({"revision": revision(folder, names), "files": len(names)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
