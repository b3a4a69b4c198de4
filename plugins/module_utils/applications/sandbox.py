"""The sandbox of units: that of the release engine, whose module the roles read as it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import engine


def closed(application: Mapping[str, Any]) -> list[str]:
    """Return the lines of a unit of an application whose sandbox is closed, from its `name`, `umask`, `directories`."""
    home = f"/srv/{application['name']}"
    writable = [f"{home}/media", f"{home}/cache", *map(str, application["directories"])]
    lines: list[str] = engine.load("sandbox").bans(application["name"], application["umask"], writable)
    return lines


def allowed(words: Sequence[str]) -> list[str]:
    """Return the lines of a unit that lift the bans of these words."""
    lines: list[str] = engine.load("sandbox").allowed(words)
    return lines


def service(words: Sequence[str]) -> list[str]:
    """Return the lines of a unit of no application, with the bans of these words lifted."""
    return [*engine.load("sandbox").BANS, *allowed(words)]


def hint(words: str) -> str:
    """Return the sentence about the ban that a program met, by its last words; "" when it met none."""
    sentence: str = engine.load("sandbox").hint(words)
    return sentence
