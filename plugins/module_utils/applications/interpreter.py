"""The Python of a project that lies on the controller: one that no Debian has, and nobody named, is refused at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from . import engine
from .findings import Finding
from .resolve import Application
from .sources import kinds

DEBIAN = {"12": "3.11", "13": "3.13"}
"""The Python of each Debian."""


@cache
def demands(folder: Path, place: str, manage: str) -> tuple[Any, ...]:
    """Return what a project asks for, as the reader of the release engine finds it; () where only a host can tell."""
    try:
        layout, tree = engine.load("project.layout"), engine.load("project.tree")
        reader = engine.load("project.demands")
    except ImportError:
        return ()
    files = tree.Tree(folder)
    try:
        home, _, _ = layout.find(files, engine.load("project").Asked(working_directory=place, manage=manage))
        return tuple(reader.demands(files, tree.up(home)))
    except engine.load("steps").FailedError:
        return ()


def judge(found: tuple[Any, ...], version: str, chosen: bool) -> Any:
    """Return the demand that a version of Python does not meet, None for none."""
    # `3.12` is any release of 3.12, the newest most likely.
    return engine.load("project.pythons").judge(found, version if version.count(".") > 1 else f"{version}.99", chosen)


NUMBER = re.compile(r"(?:c?python)?(\d+)(?:\.(\d+)\S*)?")
MINORS = range(8, 16)
"""The releases of Python 3 that Debian has or that uv installs, with the one that is not out yet."""


def unknown(application: Application) -> Iterator[Finding]:
    """Yield a version of Python that nobody has: one of long ago, or one that is not out."""
    python = str(application["python"])
    found = NUMBER.fullmatch(python)
    known = found and found[1] == "3" and int(found[2] or MINORS[0]) in MINORS
    # `3` alone is no program, and uv is asked for two numbers or three.
    if not found or (known and python != "3"):
        return
    sentence = f"is {python}, and takes python3, a path, or a version from 3.{MINORS[0]} to 3.{MINORS[-1]}"
    yield application.finding("python", "python", sentence, 'python: "3.14"')


def findings(application: Application) -> Iterator[Finding]:
    """Yield a Python that nobody has, and one that the project does not take, whatever the host."""
    yield from unknown(application)
    source, python = application["source"], str(application["python"])
    path = kinds.place(source, application.host.folder)
    version = python.removeprefix("python")
    if kinds.kind(source) != "folder" or not path.is_dir() or path == path.parent:
        return
    if version != "3" and not version.startswith("3."):
        return
    found = demands(path, application["working_directory"], application["manage"])
    if not found:
        return
    chosen = version.startswith("3.")
    wrong = [judge(found, one, chosen) for one in ([version] if chosen else DEBIAN.values())]
    if not all(wrong):
        return
    other = engine.load("project.pythons").proposal(found)
    has = f"is {python}" if chosen else "is not said, and Debian has " + " and ".join(sorted(DEBIAN.values()))
    sentence = f"{has}: {wrong[0].path} of {source} asks for Python {wrong[0].text}"
    example = f'python: "{other}"' if other else ""
    yield application.finding("python", "python", sentence, example)
