"""A product from PyPI: its `version` is that of the first of its requirements."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .findings import Finding
from .resolve import Application
from .sources.kinds import kind

FIRST = re.compile(r"\s*(?P<product>[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[^]]*\])?)\s*(?P<rest>[;#].*)?")
"""A requirement without a version."""
VERSION = re.compile(r"v?\d[\w.!+-]*")
"""What PEP 440 calls a version, roughly: uv judges the rest."""
ASKED = ("version", "-e version")
"""Places of a version that are of this application alone: a variable of the host is for those from git."""


def has_version(application: Application) -> bool:
    """Say whether somebody names the version of a product."""
    given = application.places["version"] in ASKED and application["version"] and application["requirements"]
    return kind(application["source"] or "") == "pypi" and bool(given)


def requirements(application: Application) -> list[str]:
    """Return the `requirements`, of a product with its version."""
    listed = list(application["requirements"])
    first = FIRST.fullmatch(listed[0]) if has_version(application) else None
    if first:
        rest = f" {first['rest']}" if first["rest"] else ""
        listed[0] = f"{first['product'].strip()}=={application['version']}{rest}"
    return listed


def findings(application: Application) -> Iterator[Finding]:
    """Yield a version that no product has, or that the requirements say, too."""
    if not has_version(application):
        return
    version, first = application["version"], str(application["requirements"][0])
    name = re.split(r"[\s;#<>=!~@]", first.strip(), maxsplit=1)[0]
    if not VERSION.fullmatch(version):
        yield application.finding(
            "no-version", "version", f"is {version}, and takes a version of {name}", "version: 1.4.0"
        )
    elif not FIRST.fullmatch(first) and not re.fullmatch(rf"[^;=]*==\s*{re.escape(version)}\s*([;#].*)?", first):
        sentence = f"is {version}, and `requirements` have {first}: one of them would be dropped"
        yield application.finding("contradiction", "version", sentence, f"requirements: [{name}]")
