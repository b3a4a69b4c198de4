"""The names that Nginx, PostgreSQL and Gunicorn know, as they stand in `data/`, and the kinds of their values."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from . import specification

DATA = Path(__file__).parent / "data"
SURE = 0.8
"""So much alike is a word that nobody knows that it is a misspelt one; others may be those of a module or extension."""

SWITCH = re.compile("(?i)on|off|true|false|yes|no|1|0")
UNITS = "( ?(B|kB|MB|GB|TB|us|ms|s|min|h|d))?"
KINDS = {
    "boolean": (SWITCH, "on or off"),
    "integer": (re.compile(rf"-?\d+(\.\d+)?{UNITS}"), "a number, which may have a unit such as 64MB or 30s"),
    "real": (re.compile(rf"-?\d+(\.\d+)?(e-?\d+)?{UNITS}"), "a number"),
}


@cache
def by_kind(software: str) -> dict[str, list[str]]:
    """Return what a file such as `postgresql_settings` lists: {kind: names}."""
    found: dict[str, list[str]] = {}
    kind = ""
    for line in (DATA / f"{software}.txt").read_text().splitlines():
        if line.endswith(":"):
            kind = line[:-1]
        elif not line.startswith("#"):
            found.setdefault(kind, []).extend(line.split())
    return found


@cache
def names(software: str) -> dict[str, str]:
    """Return what a piece of software knows: {name: kind}."""
    return {name: kind for kind, listed in by_kind(software).items() for name in listed}


def near(software: str, name: str, cutoff: float = SURE) -> str:
    """Return the name that a misspelt one is meant to be, "" when it is known or like none."""
    known = names(software)
    return "" if name.lower() in known else specification.nearest(name.lower(), known, cutoff)


def problem(software: str, name: str, value: Any) -> tuple[str, str]:
    """Return (what is wrong with a setting, the right example), "" for nothing; the sentence goes on from `has`."""
    if not isinstance(value, (str, int, float)) or value == "":
        # What a list or a function is to the software is not known here.
        return (
            ("", "") if isinstance(value, (list, dict)) or value == "" else (f"{name} without a value", f"{name}: ...")
        )
    if right := near(software, name):
        return f"{name}, which it does not know. Did you mean `{right}`?", f"{right}: {specification.spelled(value)}"
    kind = names(software).get(name.lower(), "")
    pattern, words = KINDS.get(kind, (None, ""))
    text = str(value).lower() if isinstance(value, bool) else str(value)
    number = kind in ("integer", "real")
    if pattern and (not pattern.fullmatch(text) or (number and isinstance(value, bool))):
        return f"{name}: {text}, and {name} takes {words}", ""
    return "", ""
