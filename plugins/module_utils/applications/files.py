"""The `files` of an application: each has one place, which is its own to write, and the application may read it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from . import engine, names
from .findings import Finding
from .resolve import Application
from .sources import kinds

MODE = re.compile("0?[0-7]{3,4}")
EXAMPLE = "files: [{path: settings.py, content: ...}]"
FROM_FILE = "content: \"{{ lookup('ansible.builtin.file', inventory_dir ~ '/files/settings.py') }}\""

SYSTEM = re.compile(
    r"/(bin|boot|dev|lib\w*|proc|run|sbin|sys|usr/(s?bin|lib\w*)|var/(lib|log|run))/.*"
    r"|/etc/(nginx|ssh|ssl/groundcrew|postgresql|mysql|redis|pgbouncer|prometheus|apt|pam\.d|security)/.*"
    r"|/etc/(passwd|group|shadow|gshadow|sub[ug]id|sudoers|fstab|host(s|name)|resolv\.conf|nsswitch\.conf|crontab"
    r"|environment|profile|machine-id|shells|login\.defs|ld\.so\.(conf|preload|cache)|nftables\.conf|sysctl\.conf)[-~]?"
)
"""What Debian, a server or another role of this collection writes."""


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is wrong with the files of one application."""
    places = [place(application, str(file.get("path", ""))) for file in application["files"]]
    for path, count in Counter(places).items():
        if count > 1:
            yield application.finding("repeated", "files", f"has `path: {path}` {count} times: the last one would win")
        if inside := next((one for one in places if one.startswith(f"{path}/")), ""):
            sentence = f"has {path}, which is a folder to {inside}: it cannot be a file, too"
            yield application.finding("repeated", "files", sentence, EXAMPLE)
    for file in application["files"]:
        for kind, sentence, example in problems(application, file):
            yield application.finding(kind, "files", f"has {sentence}", example)


def place(application: Application, path: str) -> str:
    """Return the path as it is kept: the whole path of one below `/etc/django/NAME` is as good as a relative one."""
    whole = re.sub("^//+", "/", str(PurePosixPath(path)))
    return whole.removeprefix(f"/etc/django/{application.name}/")


def problems(application: Application, file: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield (id, sentence that goes on from `has`, example) of one file."""
    path, mode, content = str(file.get("path", "")), str(file.get("mode", "0640")), file.get("content")
    kept = place(application, path)
    if path.startswith("~") or path.endswith("/") or kept == ".":
        yield "file-path", f"`{path}`, which names no file", EXAMPLE
    elif ".." in PurePosixPath(path).parts:
        yield "file-outside", f"{path}, which leaves its folder", EXAMPLE
    elif kept not in (path, path.removeprefix(f"/etc/django/{application.name}/")):
        yield "file-path", f"{path}, which is {kept} in plain words", f"path: {kept}"
    elif kept.startswith("/"):
        yield from elsewhere(application, kept)
    if not MODE.fullmatch(mode):
        yield "mode", f"the mode {mode} for {path}, and a mode is octal digits", 'mode: "0640"'
    elif not int(mode, 8) & 0o040:
        sentence = f"the mode {mode} for {path}, which is root's: the application has the rights of the group, and none"
        yield "mode", sentence, 'mode: "0640"'
    if isinstance(content, str) and is_path(application, content, PurePosixPath(path).suffix):
        yield "file-content", f"a path as the content of {path}, and takes the text itself", FROM_FILE


def elsewhere(application: Application, path: str) -> Iterator[tuple[str, str, str]]:
    """Yield what speaks against a file at an absolute path."""
    inside, home = f"path: {PurePosixPath(path).name}", f"/srv/{application.name}/"
    opened = {"/home/": "home", "/root/": "home", "/tmp/": "tmp", "/var/tmp/": "tmp"}  # noqa: S108 - nothing is put there
    hidden = next((one for one in engine.load("files").HIDDEN if path.startswith(one)), "")
    if hidden and opened.get(hidden) not in allowed(application):
        yield "file-hidden", f"{path}, and no application sees the {hidden.rstrip('/')} of its host", inside
    elif path.startswith(home):
        rest = re.sub("^(current|releases/[^/]+)/", "", path.removeprefix(home))
        example = f"path: {rest}" if rest.startswith("source/") else inside
        yield "file-system", f"{path}, which lies among the releases and data of the application", example
    elif SYSTEM.fullmatch(path) or path.startswith("/etc/django/") or path in made(application):
        yield "file-system", f"{path}, which is not the application's: something else of the host writes it", inside


def allowed(application: Application) -> set[str]:
    """Return the words of all bans that are lifted for something of an application."""
    runs = [one for key in ("processes", "timers", "commands") for one in application[key] if isinstance(one, dict)]
    boxes = [application["sandbox"], *(one.get("sandbox") for one in runs)]
    return {str(word) for box in boxes if isinstance(box, dict) for word in box.get("allow") or ()}


def made(application: Application) -> set[str]:
    """Return the paths of the units and commands that an application has by itself."""
    return {one if one.startswith("/") else f"/etc/systemd/system/{one}" for one in names.of(application)}


def is_path(application: Application, content: str, suffix: str) -> bool:
    """Say whether a content is the path of a file on this machine, or looks as if it were."""
    # Longer is a token, and no name that a file system takes.
    if len(content) > 200 or not re.fullmatch(r"[\w./~-]*\w\.\w+", content):
        return False
    if suffix and content.endswith(suffix):
        return True
    return not content.startswith("~") and Path(kinds.place(content, application.host.folder)).is_file()
