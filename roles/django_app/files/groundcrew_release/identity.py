"""The name of a release: a hash over all that a build reads, so that the same input is the same release everywhere."""

import ast
import hashlib
import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from . import keys
from .application import Application
from .environment import database_url

FORMAT = 4
"""Raised when the engine builds something else from the same input: every application is built anew then."""

READ = (
    "env",
    "domains",
    "working_directory",
    "python",
    "requirements",
    "requirements_files",
    "constraints",
    "overrides",
    "index_url",
    "node",
    "build",
    "allow",
    "manage",
    "settings",
    "overlay",
    "application",
    "server",
    "databases",
    "cache_url",
    "broker_url",
    "files",
    "commands",
    "cdn_url",
    "hsts_max_age",
)
"""What of an application a build reads, beside its revision and its database. What Nginx, PostgreSQL, the workers or
the switch read builds nothing."""

OVERLAY = Path(__file__).parent / "inside/groundcrew_settings.py"
START = Path(__file__).parent / "inside/groundcrew_start.py"
SENTRY = Path(__file__).parent / "inside/groundcrew_sentry.py"


def shape(node: Any) -> Any:
    """Return a syntax tree as nested lists: no comment, no layout, and the same from every Python from 3.11 on."""
    if isinstance(node, ast.AST):
        parts = [(name, shape(value)) for name, value in ast.iter_fields(node) if value not in (None, [])]
        return [type(node).__name__, *map(list, parts)]
    return [shape(one) for one in node] if isinstance(node, list) else repr(node)


@cache
def code(text: str) -> Any:
    """Return what a program says, apart from its comments and its layout."""
    return shape(ast.parse(text))


def compute(application: Application, revision: str) -> str:
    """Return the name (12 hexadecimal digits) of the release that an application at a revision is."""
    known = asdict(application)
    inputs = {
        "format": FORMAT,
        "revision": revision,
        "database_url": database_url(application),
        "overlay": [code(OVERLAY.read_text()), code(START.read_text())],
        "application": {name: known[name] for name in READ},
    }
    if application.sentry.dsn:
        inputs["sentry"] = [asdict(application.sentry), code(SENTRY.read_text())]
    # A key that the host has changed takes new processes; one that never changed leaves the name as it is.
    if changes := keys.generation(application):
        inputs["keys"] = changes
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:12]
