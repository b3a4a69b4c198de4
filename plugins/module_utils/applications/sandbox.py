"""The sandbox of units: that of the release engine, whose module the roles read as it stands."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from .specification import ROLES


@cache
def engine() -> Any:
    """Return the engine's module, which imports nothing of the engine."""
    path = ROLES / "django_app/files/groundcrew_release/sandbox.py"
    found = importlib.util.spec_from_file_location("groundcrew_sandbox", path)
    if not found or not found.loader:
        raise ImportError(str(path))
    # Dataclasses look for their module there.
    module = sys.modules[found.name] = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def closed(application: Mapping[str, Any]) -> list[str]:
    """Return the lines of a unit of an application whose sandbox is closed, from its `name`, `umask`, `directories`."""
    home = f"/srv/{application['name']}"
    writable = [f"{home}/media", f"{home}/cache", *map(str, application["directories"])]
    lines: list[str] = engine().bans(application["name"], application["umask"], writable)
    return lines


def allowed(words: Sequence[str]) -> list[str]:
    """Return the lines of a unit that lift the bans of these words."""
    lines: list[str] = engine().allowed(words)
    return lines


def hint(words: str) -> str:
    """Return the sentence about the ban that a program met, by its last words; "" when it met none."""
    sentence: str = engine().hint(words)
    return sentence
