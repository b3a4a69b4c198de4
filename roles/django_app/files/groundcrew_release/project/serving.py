"""Which dependency groups and extras a server needs: those of production, and the one that alone brings Django."""

from typing import Any

from ..steps import FailedError
from . import manifests
from .names import development, named, production, sentence
from .tree import table, texts

Parts = tuple[tuple[str, ...], tuple[str, ...]]
"""Groups and extras."""


def brings(lines: list[str]) -> bool:
    """Say whether a list of requirements has Django itself."""
    return any(named(line) == "django" for line in lines)


def known(pyproject: dict[str, Any], path: str) -> dict[tuple[str, str], list[str]]:
    """Return what each group and extra of a pyproject.toml asks for: {(kind, name): requirements}."""
    groups, extras = table(pyproject, "dependency-groups"), table(pyproject, "project", "optional-dependencies")
    poetry = table(pyproject, "tool", "poetry")
    found = {("group", name): manifests.members_of(groups, name, path) for name in groups}
    found |= {("extra", name): texts(lines) for name, lines in (extras or table(poetry, "extras")).items()}
    for name, group in table(poetry, "group").items():
        found.setdefault(("group", name), []).extend(table(group, "dependencies"))
    return found


def own(pyproject: dict[str, Any]) -> list[str]:
    """Return what a pyproject.toml asks for outside of groups and extras."""
    direct = texts(table(pyproject, "project").get("dependencies"))
    return direct + list(table(pyproject, "tool", "poetry", "dependencies"))


def chosen(pyproject: dict[str, Any], path: str, groups: tuple[str, ...], extras: tuple[str, ...]) -> bool:
    """Say whether a pyproject.toml brings Django itself, with these groups and extras."""
    every = known(pyproject, path)
    parts = [("group", one) for one in groups] + [("extra", one) for one in extras]
    return brings(own(pyproject)) or any(brings(every.get(one, [])) for one in parts)


def parts(pyproject: dict[str, Any], path: str, groups: tuple[str, ...], extras: tuple[str, ...]) -> Parts:
    """Return groups and extras, completed by the one that brings Django where nothing else does.

    :raises FailedError: several bring it.
    """
    every, direct = known(pyproject, path), own(pyproject)
    if chosen(pyproject, path, groups, extras):
        return groups, extras
    others = [one for one, lines in every.items() if brings(lines) and not development(one[1])]
    others = [one for one in others if production(one[1])] or others
    if len(others) > 1 and (direct or "dependencies" in texts(table(pyproject, "project").get("dynamic"))):
        # What it asks for may bring Django, too.
        return groups, extras
    if len(others) > 1:
        names = sentence([f"{kind} {name}" for kind, name in others])
        raise FailedError(
            f"{path} of the project brings Django by its {names}: call the one for production `prod`, or name what to "
            "install with `requirements`."
        )
    more_groups, more_extras = (tuple(name for one, name in others if one == kind) for kind in ("group", "extra"))
    return (*groups, *more_groups), (*extras, *more_extras)
