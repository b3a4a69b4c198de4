"""What the locks of a folder install: those of uv, Poetry, PDM and Pipenv, and those of PEP 751."""

import re

from ..steps import FailedError
from . import listed, manifests, serving
from .names import development, production, sentence
from .shape import Dependencies
from .tree import Tree, join, table

TOOLS = {"uv.lock": "uv", "poetry.lock": "poetry", "pdm.lock": "pdm", "Pipfile.lock": "pipenv"}
"""By the name of a lock: the tool that made it."""


def uv(tree: Tree, path: str, places: list[str]) -> Dependencies | None:
    """Return what a uv.lock installs for the project in these folders, None when it locks another one."""
    top = manifests.folder(path)
    members = manifests.members(tree, path)
    inner = places[: places.index(top) + 1] if top in places else [top]
    own = next((place for place in inner if tree.has(join(place, "pyproject.toml"))), top)
    if own != top and own not in members:
        return None
    pyproject = tree.toml(join(own, "pyproject.toml")) if tree.has(join(own, "pyproject.toml")) else {}
    if not pyproject:
        raise FailedError(f"{path} of the project has no pyproject.toml beside it.")
    name = str(table(pyproject, "project").get("name", ""))
    reason = "the lock of uv"
    member = ""
    if own != top:
        member, reason = members[own], f"the lock of uv's workspace, for its member {members[own]}"
    elif not name and table(pyproject, "tool", "uv", "workspace"):
        member, reason = "*", "the lock of uv's workspace, for all its members"
    if name and (late := manifests.stale(tree, path, member or name, join(own, "pyproject.toml"))):
        raise FailedError(
            f"{path} of the project is older than {join(own, 'pyproject.toml')}, which asks for {late}: "
            "run `uv lock` and commit it."
        )
    manifest = join(own, "pyproject.toml")
    groups, extras = serving.parts(pyproject, manifest, manifests.groups(pyproject), manifests.extras(pyproject))
    return Dependencies("uv", path, own, member, groups, extras, reason=reason)


def poetry(tree: Tree, path: str) -> Dependencies:
    """Return what a poetry.lock installs."""
    place = manifests.folder(path)
    pyproject = tree.toml(join(place, "pyproject.toml")) if tree.has(join(place, "pyproject.toml")) else {}
    if not pyproject:
        raise FailedError(f"{path} of the project has no pyproject.toml beside it.")
    chosen = manifests.poetry_groups(pyproject), manifests.extras(pyproject)
    groups, extras = serving.parts(pyproject, join(place, "pyproject.toml"), *chosen)
    return Dependencies("poetry", path, place, "", groups, extras, package(tree, place), reason="the lock of Poetry")


def pdm(tree: Tree, path: str) -> Dependencies:
    """Return what a pdm.lock installs."""
    place = manifests.folder(path)
    pyproject = tree.toml(join(place, "pyproject.toml")) if tree.has(join(place, "pyproject.toml")) else {}
    if not pyproject:
        raise FailedError(f"{path} of the project has no pyproject.toml beside it.")
    chosen = groups(pyproject), manifests.extras(pyproject)
    # PDM calls both groups.
    both = sum(serving.parts(pyproject, join(place, "pyproject.toml"), *chosen), ())
    install = None if table(pyproject, "tool", "pdm").get("distribution") is False else package(tree, place)
    return Dependencies("pdm", path, place, "", both, (), install, reason="the lock of PDM")


def pipenv(tree: Tree, path: str) -> Dependencies:
    """Return what a Pipfile.lock installs."""
    place = manifests.folder(path)
    if not tree.has(join(place, "Pipfile")):
        raise FailedError(f"{path} of the project has no Pipfile beside it.")
    lock = tree.json(path)
    groups = manifests.serious([one for one in lock if one not in ("_meta", "default", "develop")])
    if not any("django" in table(lock, one) for one in ("default", *groups)):
        # One category may hold what only a server needs.
        others = [one for one in lock if one not in ("_meta", "develop") and "django" in table(lock, one)]
        groups = (*groups, *(others if len(others) == 1 else []))
    return Dependencies("pipenv", path, place, "", groups, reason="the lock of Pipenv")


def package(tree: Tree, place: str, strict: bool = False) -> str | None:
    """Return a folder that is an installable package, else None; a strict one says how it is built, or has a src."""
    path = join(place, "pyproject.toml")
    if (
        strict
        and not (tree.has(path) and "build-system" in tree.toml(path))
        and not tree.has_folder(join(place, "src"))
    ):
        return None
    return place if manifests.builds(tree, place) else None


def groups(pyproject: dict[str, object]) -> tuple[str, ...]:
    """Return the dependency groups that mean production."""
    return manifests.serious(list(table(pyproject, "dependency-groups")))


def pylocks(tree: Tree, place: str) -> list[str]:
    """Return the locks of PEP 751 in a folder, that of production first."""
    names = [name for name in tree.inside(place) if re.fullmatch(r"pylock(\.[^.]+)?\.toml", name)]
    named = [name for name in names if production(name.removeprefix("pylock"))]
    plain = [one for one in names if one == "pylock.toml"]
    others = [one for one in names if not development(one.removeprefix("pylock"))]
    return [join(place, name) for name in (named or plain or others)]


def of_folder(tree: Tree, place: str, places: list[str]) -> list[Dependencies]:
    """Return what the locks of a folder install; one without Django only where no list stands beside it."""
    found = []
    for name, kind in TOOLS.items():
        path = join(place, name)
        if not tree.has(path):
            continue
        makers = {"poetry": poetry, "pdm": pdm, "pipenv": pipenv}
        made = uv(tree, path, places) if kind == "uv" else makers[kind](tree, path)
        if made:
            found.append(made)
    for path in pylocks(tree, place):
        found.append(Dependencies("pylock", path, place, install=package(tree, place), reason="a lock of PEP 751"))
    whole = [one for one in found if "django" in manifests.locked_names(tree, one.path)]
    # Django may come from the inventory, and the lock of a folder may be that of its tools.
    lists = listed.find(tree, place) if found and not whole else listed.Lists()
    return whole or ([] if lists.sure or lists.django else found)


def chosen(tree: Tree, place: str, places: list[str]) -> Dependencies | None:
    """Return the lock of a folder, of several the one whose tool pyproject.toml names; None for none.

    :raises FailedError: several tools have locked the project.
    """
    found = of_folder(tree, place, places)
    if len(found) > 1:
        path = join(place, "pyproject.toml")
        tools = table(tree.toml(path), "tool") if tree.has(path) else {}
        named = [one for one in found if one.kind in tools]
        if len(named) != 1:
            raise FailedError(
                f"The dependencies are locked by {sentence([one.path for one in found], 'and')}: "
                "choose one with `requirements_files`."
            )
        found = named
    return found[0] if found else None
