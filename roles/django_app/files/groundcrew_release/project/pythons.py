"""What is asked of Python, in every spelling that it is asked in, and whether a version will do."""

import re
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from ..steps import FailedError

RELEASES = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
"""The releases of CPython that a project may be told to name."""

PREFIX = re.compile(r"(?:prefix:)?(?:c?python|cpy?|py)?[-@ ]?v?(?=[\d<>=!~])", re.IGNORECASE)
"""What version managers write before a version."""


@dataclass(frozen=True)
class Demand:
    """What one file asks for: the text that stands there, and what it takes, any of the `alternatives`.

    One that is not `strict` is what its developers use: it decides only where nothing else does.
    """

    path: str
    text: str
    alternatives: tuple[str, ...]
    strict: bool = True

    def takes(self, version: str) -> bool:
        """Say whether a Python will do."""
        return any(SpecifierSet(one).contains(version, prereleases=True) for one in self.alternatives)


def caret(version: str) -> str:
    """Return what poetry's `^3.11` means."""
    return f">={version},<{Version(version).major + 1}"


def tilde(version: str) -> str:
    """Return what poetry's `~3.11` means."""
    parts = Version(version).release
    after = f"{parts[0]}.{parts[1] + 1}" if len(parts) > 1 else f"{parts[0] + 1}"
    return f">={version},<{after}"


def constraint(text: str) -> str:
    """Return one part of a constraint as PEP 440 spells it; InvalidSpecifier when it is none."""
    text = text.strip()
    if text in ("", "*"):
        return ""
    text = re.sub(r"^(>=?|<=?)(.*)\.\*$", r"\1\2", text)  # of old setup.py files
    if match := re.fullmatch(r"(\^|~)\s*v?(\d+(?:\.\d+)*)", text):
        return caret(match[2]) if match[1] == "^" else tilde(match[2])
    if match := re.fullmatch(r"v?(\d+(?:\.\d+){0,1})(\.\*)?", text):
        return f"=={match[1]}.*"
    if re.fullmatch(r"\d+(\.\d+)+", text):
        return f"=={text}"
    return str(SpecifierSet(text))


def alternatives(text: str) -> tuple[str, ...]:
    """Return what a constraint takes; several are set apart by `||`, and the parts of one by commas or spaces."""
    found = []
    for one in re.split(r"\s*\|\|?\s*", text):
        joined = re.sub(r"(?<=[\d*])\s+(?=[<>=!~^])", ",", re.sub(r"([<>=!~^])\s+", r"\1", one.strip()))
        found.append(",".join(filter(None, map(constraint, joined.split(",")))))
    return tuple(found)


def valid(text: str) -> bool:
    """Say whether PEP 440 knows a constraint."""
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return False
    return True


def demand(path: str, key: str, text: object) -> Demand:
    """Return what a key of a file asks for; FailedError when nobody can tell."""
    try:
        return Demand(path, str(text), alternatives(str(text)))
    except (InvalidSpecifier, ValueError):
        raise FailedError(
            f"{path} of the project cannot be read: its {key} is {text!r}, where a range such as `>=3.11` belongs."
        ) from None


def named(path: str, text: str) -> Demand | None:
    """Return the version or range that a file of a version manager names, None when it names no release of CPython.

    What follows a release decides nothing here: a patch, `rc1`, a platform of uv's, an environment of pyenv's.
    """
    bare = PREFIX.sub("", text.strip())
    bare = re.sub(r"^3(\d+)$", r"3.\1", bare)  # cp312
    if match := re.fullmatch(r"(\d\.\d+)(?:\D.*)?", bare):
        return Demand(path, match[1], (f"=={match[1]}.*",), strict=False)
    return Demand(path, bare, alternatives(bare), strict=False) if bare[:1] in tuple("<>=!~") and valid(bare) else None


def fitting(release: str, counted: tuple[Demand, ...]) -> str:
    """Return what to name of a release, such as 3.12, for demands: the release, else its newest version that will do.

    "" when none will do. What names a release gets its newest version, so `>=3.12.4` takes 3.12.
    """
    for patch in range(99, -1, -1):
        if all(demand.takes(f"{release}.{patch}") for demand in counted):
            return release if patch == 99 else f"{release}.{patch}"
    return ""


def proposal(found: tuple[Demand, ...]) -> str:
    """Return the version of Python to have for what is asked, the developers' own where that will do.

    Of several it is the newest; where any newer one will do, too, it is the oldest, for which there are most wheels.
    "" when no release of RELEASES meets all demands.
    """
    strict, loose = tuple(one for one in found if one.strict), tuple(one for one in found if not one.strict)
    for counted in (found, strict, loose):
        good = [version for one in RELEASES if counted and (version := fitting(one, counted))]
        # A whole release gets fixes, and an exact version never does.
        if good := [one for one in good if one in RELEASES] or good:
            return good[0] if good[-1] == RELEASES[-1] else good[-1]
    return ""


def refusal(found: tuple[Demand, ...], wrong: Demand, has: str) -> str:
    """Return the sentence that refuses a Python, and the key that brings another one.

    :param has: what there is, such as `python3 of this host is 3.11.2`.
    """
    other = proposal(found)
    key = f'say `python: "{other}"`, which uv installs where Debian has none' if other else "no Python does"
    return f"{wrong.path} of the project asks for Python {wrong.text}, and {has}: {key}."


def judge(found: tuple[Demand, ...], version: str, chosen: bool) -> Demand | None:
    """Return the demand that a Python does not meet, None when it will do.

    :param chosen: the inventory names the interpreter, which decides between what developers use and something else.
    """
    strict = [one for one in found if one.strict]
    counted = strict or ([] if chosen else list(found[:1]))
    return next((one for one in counted if not one.takes(version)), None)
