"""Make an unpacked image a root that a unit can have: `rootfs.py ROOT NAME UID GID RELEASE [FOLDER…]`.

It runs as the application's user, which owns the tree until it is recorded, so that a hostile image reaches nothing
else. Links are followed as a process inside would, never out of the tree.
"""

import os
import stat
import sys
from pathlib import Path

FOLDERS = ("dev", "proc", "sys", "run", "tmp", "var/tmp", "etc", "usr")
FILES = ("etc/resolv.conf", "etc/hosts", "etc/ssl/certs/ca-certificates.crt")
"""What a unit sees of the host, or of its own, at these places: something has to be there."""
LINKS = 40  # as the kernel has it


def chase(root: Path, path: str) -> Path:
    """Return where a path of an image is in the tree at `root`, a resolved path; the end may not be there yet."""
    parts, found, followed = [one for one in path.split("/") if one not in ("", ".")], root, 0
    while parts:
        name = parts.pop(0)
        if name == "..":
            found = found.parent if found != root else root
            continue
        following = found / name
        if not following.is_symlink():
            found = following
            continue
        followed += 1
        if followed > LINKS:
            raise OSError(f"{path} of the image leads around in a circle")
        target = str(following.readlink())
        found = root if target.startswith("/") else found
        parts = [one for one in target.split("/") if one not in ("", ".")] + parts
    return found


def inside(root: Path, found: Path) -> str:
    """Return the path that a process inside has for a place in the tree."""
    return f"/{found.relative_to(root)}" if found != root else "/"


def open_up(root: Path) -> None:
    """Let the group read what the owner of each file may; no program of an image becomes another user."""
    for place, folders, files in os.walk(root):
        for name in folders + files:
            path = Path(place, name)
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                continue
            if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
                path.unlink()
                continue
            own = mode >> 6 & 7 | (7 if stat.S_ISDIR(mode) else 4)
            path.chmod(own << 6 | (own & 5) << 3 | mode & 5)
    root.chmod(0o755)


def provide(root: Path, path: str, folder: bool) -> None:
    """Make an empty folder or file at a place where the image has none.

    A file that is a link is replaced: it may lead to where the host's own files are seen.
    """
    if folder:
        chase(root, path).mkdir(parents=True, exist_ok=True)
        return
    top, _, name = path.rpartition("/")
    found = chase(root, top) / name
    found.parent.mkdir(parents=True, exist_ok=True)
    if found.is_symlink():
        found.unlink()
    found.touch()


def enter(root: Path, path: str, name: str, line: str, number: str) -> None:
    """Let passwd or group of the image have a line for the application, which libraries look up, and no other of it."""
    found = chase(root, path)
    known = found.read_text(errors="replace").splitlines() if found.is_file() else []
    kept = [one for one in known if one.split(":")[0] != name and one.split(":")[2:3] != [number]]
    found.unlink(missing_ok=True)
    found.write_text("\n".join([*kept, line]) + "\n")
    found.chmod(0o644)


def main(top: str, name: str, uid: str, gid: str, release: str, *folders: str) -> None:
    """Do all of it."""
    root, home = Path(top).resolve(), str(Path(release).parent.parent)
    open_up(root)
    for path in (*FOLDERS, f"etc/django/{name}", release, *folders):
        provide(root, path, folder=True)
    for path in FILES:
        provide(root, path, folder=False)
    enter(root, "etc/passwd", name, f"{name}:x:{uid}:{gid}::{home}/cache:/usr/sbin/nologin", uid)
    enter(root, "etc/group", name, f"{name}:x:{gid}:", gid)
    run = root / "var/run"
    if not run.is_symlink() and not (run.is_dir() and any(run.iterdir())):
        if run.is_dir():
            run.rmdir()
        run.symlink_to("/run")
    current = chase(root, f"{home}/current")
    if not current.exists():
        current.symlink_to(f"releases/{Path(release).name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
