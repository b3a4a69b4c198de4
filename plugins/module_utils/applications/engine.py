"""The release engine's own modules on the controller: what both have to decide is decided by one piece of code."""

from __future__ import annotations

import importlib
import sys
from functools import cache
from typing import Any

from .specification import ROLES

FOLDER = str(ROLES / "django_app/files")


@cache
def load(name: str) -> Any:
    """Return a module of the release engine, such as `project.pythons`.

    :raises ImportError: this Python is too old for it; the reader of projects asks for 3.11, which has `tomllib`.
    """
    # It is a part of a role, and on no path of imports here.
    sys.path.append(FOLDER)
    try:
        return importlib.import_module(f"groundcrew_release.{name}")
    finally:
        sys.path.remove(FOLDER)
