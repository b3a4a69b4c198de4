"""The `files` that the inventory gives a release: where they are, and who may read them.

Nginx is in the group of the application, for static files and uploads. What the inventory gives is often a secret, so
the application itself owns these files and its group has no part in them. One with an absolute path stays root's, since
it may be one that cron, systemd or sudo take from root alone.
"""

import os
from pathlib import Path

from . import host
from .application import Application, File


def absolute(release: Path, path: str) -> Path:
    """Return where a release (its folder) keeps a file with an absolute path, which `activate` installs."""
    return release / "files/.absolute" / path.lstrip("/")


def place(release: Path, file: File) -> Path:
    """Return where a release (its folder) keeps a file; units see `files/` at `/etc/django/NAME`."""
    if file.path.startswith("/"):
        return absolute(release, file.path)
    return release / (file.path if file.path.startswith("source/") else f"files/{file.path}")


def protect(application: Application, release: Path) -> None:
    """Let the application alone read files of which the group may do more than everybody, and what Python made of them.

    It gets the rights that the mode gives the group. The folders are root's by now: nobody puts a link at the place of
    a file that was no link.
    """
    uid, gid = host.user(application.name)
    top = release.resolve()
    for file in (one for one in application.files if not one.path.startswith("/")):
        group, everybody = int(file.mode, 8) >> 3 & 7, int(file.mode, 8) & 7
        path = place(release, file)
        compiled = path.parent.glob(f"__pycache__/{path.stem}.*.pyc") if path.suffix == ".py" else ()
        for one in (path, *compiled):
            # A build step may have removed it, or made something else of it.
            if group & ~everybody and one.is_file() and one.resolve() == top / one.relative_to(release):
                os.chown(one, uid, gid)
                one.chmod(group << 6 | everybody << 3 | everybody)
