"""Which Python a project asks for, in every spelling that it is asked for."""

import re
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from ..steps import FailedError
from .tree import Tree, join, table


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
    """Return the version that a file of a version manager names, None when it names no release of CPython."""
    match = re.fullmatch(r"(?:c?python[-@ ]?)?(\d+\.\d+)(?:[.\d]*|-dev|t)?", text.strip(), re.IGNORECASE)
    return Demand(path, match[1], (f"=={match[1]}.*",), strict=False) if match else None


def first_line(text: str) -> str:
    """Return the first line that is no comment."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return next(filter(None, lines), "")


def demands(tree: Tree, places: list[str]) -> tuple[Demand, ...]:
    """Return what is asked for in these folders, the nearest of each kind: requirements first, then preferences."""
    strict: dict[str, Demand] = {}
    loose: dict[str, Demand | None] = {}
    for folder in places:
        path = join(folder, "pyproject.toml")
        if tree.has(path):
            pyproject = tree.toml(path)
            python = table(pyproject, "tool", "poetry", "dependencies").get("python")
            python = python.get("version") if isinstance(python, dict) else python
            if wanted := table(pyproject, "project").get("requires-python"):
                strict.setdefault("pyproject", demand(path, "requires-python", wanted))
            elif python:
                strict.setdefault("pyproject", demand(path, "python", python))
        path = join(folder, "Pipfile")
        if tree.has(path):
            requires = table(tree.toml(path), "requires")
            if wanted := requires.get("python_full_version") or requires.get("python_version"):
                strict.setdefault("Pipfile", demand(path, "python_version", wanted))
        for name in (".python-version", "runtime.txt", ".tool-versions"):
            path = join(folder, name)
            if tree.has(path) and name not in loose:
                text = tree.text(path)
                if name == ".tool-versions":
                    text = "".join(re.findall(r"^python\s+(\S+)", text, re.MULTILINE)[:1])
                loose[name] = named(path, first_line(text))
    return (*strict.values(), *filter(None, loose.values()))


def judge(found: tuple[Demand, ...], version: str, chosen: bool) -> Demand | None:
    """Return the demand that a Python does not meet, None when it will do.

    :param chosen: the inventory names the interpreter, which decides between what developers use and something else.
    """
    strict = [one for one in found if one.strict]
    counted = strict or ([] if chosen else list(found[:1]))
    return next((one for one in counted if not one.takes(version)), None)
