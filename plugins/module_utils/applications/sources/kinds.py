"""The kind of a source, by its look: decided here and nowhere else."""

from __future__ import annotations

import os
import re
from pathlib import Path

ARCHIVE = re.compile(r"\.(tar|tar\.gz|tgz|tar\.xz|tar\.bz2|zip|whl)$")
GIT = re.compile(r"((https?|ssh|git|file)://|[^/]+@[^/]+:).*|.*\.git")
URL = re.compile("[a-z]+://")
PREFIXES = {"docker://": "registry", "oci-archive:": "image", "dockerfile:": "dockerfile"}
"""What a source begins with that is an image, and its kind."""
LOCAL = ("archive", "folder", "image", "dockerfile")
"""Kinds of source that this machine has."""


class SourceError(Exception):
    """A source that cannot be shipped: one sentence, with what to do."""


def kind(source: str) -> str:
    """Return the kind of a source: pypi, archive, git or folder, and of images registry, image or dockerfile."""
    for prefix, name in PREFIXES.items():
        if source.startswith(prefix):
            return name
    if source == "pypi":
        return "pypi"
    if ARCHIVE.search(source):
        return "archive"
    return "git" if GIT.fullmatch(source) else "folder"


def suffix(source: str) -> str:
    """Return what the name of an archive ends with; of a wheel that is its name, since installers read it."""
    path, found = Path(source), ARCHIVE.search(source)
    return f"-{path.name}" if path.suffix == ".whl" else found[0] if found else ""


def place(source: str, folder: str) -> Path:
    """Return where a folder or an archive is on this machine; a relative path starts at `folder`, the inventory's."""
    path = next((source.removeprefix(one) for one in PREFIXES if source.startswith(one)), source)
    # No path has a null, and there is nothing at one with another sign in its place.
    return (Path(folder) / expanded(path.replace("\0", "\ufffd"))).resolve()


def expanded(path: str) -> Path:
    """Return a path with the folder of a user for `~` and `~NAME`; one of nobody here stays, and leads nowhere."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 (that of a Path is an error for a user that nobody knows)


def is_image(source: str) -> bool:
    """Say whether a source is an image, which brings all that it needs."""
    return kind(source) in PREFIXES.values()
