"""The parts of a site: who answers for the paths that begin alike, and who may come in there.

A rule of `restricted_paths` holds for its part of the site whoever answers there: the application, the static files or
the uploads. Nginx takes the longest path, and each path once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PRIVATE = "private/"
"""The folder of uploads that the application alone hands out."""

Location = dict[str, Any]
"""{path, kind: application, static, media or private, folder, base: folder that no link leaves, rule: None for all}."""


def prefix(path: str) -> str:
    """Return a URL prefix as Nginx takes it: `/static/` for `/static`."""
    return f"/{path.strip('/')}/" if path.strip("/") else "/"


def folder(path: str) -> str:
    """Return a folder with the slash at its end."""
    return path.rstrip("/") + "/"


def files(static: Mapping[str, str], media: Mapping[str, str]) -> dict[str, Location]:
    """Return the locations of files by path."""
    made: dict[str, Location] = {}
    for kind, folders in (("static", static), ("media", media)):
        for path, place in folders.items():
            base = folder(place)
            made[prefix(path)] = {"kind": kind, "folder": base, "base": base}
            if kind == "media":
                inner = base + PRIVATE
                made[prefix(path) + PRIVATE] = {"kind": "private", "folder": inner, "base": inner}
    return made


def under(path: str, made: Mapping[str, Location]) -> Location:
    """Return what answers for a path that a rule names: the files that it lies in, or the application."""
    outer = max((one for one in made if path.startswith(one)), key=len, default="")
    if not outer:
        return {"kind": "application", "folder": "", "base": ""}
    return {**made[outer], "folder": made[outer]["folder"] + path[len(outer) :]}


def locations(static: Mapping[str, str], media: Mapping[str, str], rules: list[dict[str, Any]]) -> list[Location]:
    """Return all parts of a site but `/`, each with the rule of the longest path that it lies in.

    What is private is asked for by the application alone, which decides: only a rule that names it holds there.
    """
    known = files(static, media)
    by_path = {rule["path"]: rule for rule in rules if rule["path"] != "/"}
    made = known | {path: under(path, known) for path in by_path if path not in known}

    def rule(path: str, kind: str) -> dict[str, Any] | None:
        within = [one for one in by_path if path.startswith(one) and (kind != "private" or PRIVATE in one)]
        return by_path[max(within, key=len)] if within else None

    return [{"path": path, **one, "rule": rule(path, one["kind"])} for path, one in made.items()]
