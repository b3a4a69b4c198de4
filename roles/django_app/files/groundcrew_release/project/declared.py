"""How the dependencies of a project are declared: the nearest declaration, a lock before a list."""

import re
from dataclasses import replace
from typing import Any

from ..steps import FailedError
from . import listed, locks, manifests, plain, serving, setup_cfg
from .flat import flat
from .foreign import FOREIGN, foreign, only_its_tool
from .names import development, production, sentence
from .shape import Asked, Dependencies
from .tree import Tree, inline, join, table, texts, up

KEYS = "name what to install with `requirements` (such as `requirements: [Django==5.2.*]`) or `requirements_files`"


def one(tree: Tree, path: str, places: list[str]) -> Dependencies:
    """Return how a file that the inventory names is installed.

    :raises FailedError: the source has no such file, or it is of no kind that is known.
    """
    path = join(path)
    name, place = path.rpartition("/")[2], manifests.folder(path)
    if not tree.has(path):
        raise FailedError(f"The source has no {path}: `requirements_files` names one that it has.")
    reason = "from the inventory"
    found: Dependencies | None = None
    if name == "uv.lock":
        found = locks.uv(tree, path, places if place in places else up(place))
    elif name == "poetry.lock":
        found = locks.poetry(tree, path)
    elif name == "pdm.lock":
        found = locks.pdm(tree, path)
    elif name == "Pipfile.lock":
        found = locks.pipenv(tree, path)
    elif re.fullmatch(r"pylock(\.[^.]+)?\.toml", name):
        found = Dependencies("pylock", path, place, install=locks.package(tree, place, strict=True))
    elif name == "pyproject.toml":
        found = Dependencies(
            "pyproject",
            path,
            place,
            lines=manifests.lines(tree.toml(path), path, extras=manifests.extras(tree.toml(path))),
        )
    elif name in ("setup.py", "setup.cfg"):
        found = setup(tree, path)
        if found.kind == "files" and not found.lines:
            raise FailedError(f"{path} of the project asks for nothing: {KEYS}.")
    elif name in ("Pipfile", *FOREIGN):
        raise FailedError(f"{path} cannot be installed as it is: {KEYS}.")
    else:
        found = files(tree, path, reason)
    if found is None:
        raise FailedError(
            f"{path} does not lock the project in {places[0]}: name another file with `requirements_files`."
        )
    return replace(found, reason=found.reason if found.reason.startswith(reason) else reason)


def files(tree: Tree, path: str, reason: str, install: str | None = None) -> Dependencies:
    """Return how a requirements file is installed, and why; the reason names the options that uv does not take.

    :param install: the folder of the project that is installed as well, None for none.
    :raises FailedError: it refers to what the source does not have.
    """
    found = flat(tree, path)
    left = f", without {sentence(list(dict.fromkeys(found.left)), 'and')}" if found.left else ""
    place, limits = manifests.folder(path), tuple(found.limits)
    return Dependencies("files", path, place, install=install, lines=found.lines, limits=limits, reason=reason + left)


def declares(tree: Tree, place: str) -> Dependencies | None:
    """Return what a pyproject.toml or a setup.py without a lock declares, None for nothing.

    :raises FailedError: only its own tool could read it.
    """
    path, built = join(place, "pyproject.toml"), locks.package(tree, place)
    pyproject = tree.toml(path) if tree.has(path) else {}
    project, free = table(pyproject, "project"), "its dependencies, which no lock decides"
    if not isinstance(project.get("dependencies", []), list):
        raise FailedError(f"{path} of the project cannot be read: its dependencies are no list.")
    wanted, extras, dynamic = texts(project.get("dependencies")), manifests.extras(pyproject), project.get("dynamic")
    chosen = (locks.groups(pyproject), extras)
    if project and "dependencies" not in texts(dynamic):
        chosen = serving.parts(pyproject, path, *chosen)
    if wanted or "dependencies" in texts(dynamic) or chosen[1] or (project and chosen[0]):
        found = manifests.lines(pyproject, path, *chosen)
        return Dependencies("pyproject", path, place, "", *chosen, None if found else built, found, free)
    if alone := group(pyproject, path):
        inner = tuple(manifests.members_of(table(pyproject, "dependency-groups"), alone, path))
        return Dependencies("pyproject", path, place, lines=inner, reason=f"its dependency group {alone}")
    if foreign := only_its_tool(pyproject):
        tool, lock = foreign
        if built and tool in ("Poetry", "Flit"):
            return Dependencies("package", path, place, install=built, reason=free)
        remedy = f" without a poetry.lock: run `{lock}` and commit it, or" if lock else ", and only that reads them:"
        raise FailedError(f"{path} declares dependencies for {tool}{remedy} {KEYS}.")
    pipfile = join(place, "Pipfile")
    if tree.has(pipfile) and table(tree.toml(pipfile), "packages"):
        raise FailedError(f"{pipfile} has no Pipfile.lock beside it: run `pipenv lock` and commit it, or {KEYS}.")
    for name in ("setup.cfg", "setup.py"):
        path = join(place, name)
        if tree.has(path) and re.search(r"\binstall_requires\b", tree.text(path)):
            own = setup(tree, path)
            if built or own.lines:
                return own
    return None


def setup(tree: Tree, path: str) -> Dependencies:
    """Return how a setup.py or a setup.cfg is installed: as a package, or by its lines where nothing builds one."""
    place, reason = manifests.folder(path), "the dependencies of the package"
    if path.endswith(".cfg") and setup_cfg.alone(tree, path):
        return Dependencies("files", path, place, lines=setup_cfg.requirements(tree, path), reason=reason)
    return Dependencies("package", path, place, install=place, reason=reason)


def names_django(tree: Tree, found: Dependencies) -> bool:
    """Say whether what a project declares names Django, itself or in a list that it names."""
    text = tree.text(found.path)
    if found.lines:
        return listed.django(found.lines)
    if found.kind == "pyproject":
        pyproject, code = tree.toml(found.path), join(found.folder, "setup.py")
        if serving.chosen(pyproject, found.path, found.groups, found.extras):
            return True
        if "dependencies" not in texts(table(pyproject, "project").get("dynamic")):
            return False
        text += tree.text(code) if tree.has(code) else ""
    paths = [join(found.folder, name) for name in re.findall(r"[\w./-]+\.(?:txt|in)\b", text)]
    return bool(plain.NAMED.search(text)) or any(tree.has(path) and listed.brings(tree, path) for path in paths)


def hides_django(tree: Tree, place: str) -> bool:
    """Say whether what only Poetry or Pipenv reads in a folder names Django; of what is broken nobody can tell."""
    path, pipfile = join(place, "pyproject.toml"), join(place, "Pipfile")
    try:
        direct = serving.own(tree.toml(path)) if tree.has(path) else []
        direct += list(table(tree.toml(pipfile), "packages")) if tree.has(pipfile) else []
    except FailedError:
        return False
    return serving.brings(direct)


def unlocked(tree: Tree, place: str, lists: listed.Lists, asked: Asked) -> Dependencies | None:
    """Return what no lock decides in a folder: a list, or what is declared where only that brings Django.

    :raises FailedError: nobody can tell which list is meant, or only its own tool reads what is declared.
    """
    found: Dependencies | None = None
    if lists.sure:
        others = [name for name in locks.TOOLS if tree.has(join(place, name))]
        reason = "what pip installs" + (f"; {sentence(others, 'and')} without Django" if others else "")
        found = files(tree, lists.sure, reason, install=locks.package(tree, place, strict=True))
        if lists.django:
            return found
    try:
        said = declares(tree, place) or script(tree, place)
    except FailedError:
        # What it asks for is what the inventory says then, or a list that asks for what needs Django.
        if not asked.requirements and (not found or hides_django(tree, place)):
            raise
        return found
    whole = bool(said and names_django(tree, said))
    if lists.may and lists.django and not whole and not asked.requirements:
        raise listed.unclear(lists.may)
    if said and whole and found:
        return replace(said, reason=f"{said.reason}; {found.path} without Django")
    return found or said


def group(pyproject: dict[str, Any], path: str) -> str:
    """Return the dependency group (PEP 735) that a server runs, where there is no project: the one with Django.

    :raises FailedError: several have it.
    """
    known = table(pyproject, "dependency-groups")
    found = [
        name for name in known if not development(name) and serving.brings(manifests.members_of(known, name, path))
    ]
    found = [name for name in found if production(name)] or found
    if len(found) > 1:
        raise FailedError(f"The requirements of production may be in the groups {sentence(found)} of {path}: {KEYS}.")
    return "".join(found)


def script(tree: Tree, place: str) -> Dependencies | None:
    """Return what manage.py declares of itself, as PEP 723 has it, None for nothing."""
    path = join(place, "manage.py")
    if not tree.has(path):
        return None
    wanted = texts(inline(tree, path).get("dependencies"))
    if wanted and tree.has(f"{path}.lock"):
        raise FailedError(f"{path}.lock is the lock of a script, which no release is installed from: {KEYS}.")
    reason = "the dependencies of the script (PEP 723)"
    return Dependencies("files", path, place, lines=tuple(wanted), reason=reason) if wanted else None


def declared(tree: Tree, places: list[str], asked: Asked) -> tuple[Dependencies, ...]:
    """Return how the dependencies of the project are declared: the nearest folder that declares any decides.

    :param places: the working directory and the folders above it.
    :raises FailedError: nothing is declared, or nobody can tell which declaration is meant.
    """
    if asked.requirements_files:
        return tuple(one(tree, path, places) for path in asked.requirements_files)
    passed: list[tuple[str, str]] = []
    unsure: list[str] = []
    for place in places:
        if found := locks.chosen(tree, place, places) or workspace(tree, place, places):
            return (found,)
        lists = listed.find(tree, place)
        if found := unlocked(tree, place, lists, asked):
            return (found,)
        unsure += lists.may
        passed += foreign(tree, place)
    if asked.requirements:
        return ()
    if unsure:
        raise listed.unclear(unsure)
    if passed:
        raise FailedError(f"{passed[0][0]} is {passed[0][1]}, which no host of ours has: {KEYS}.")
    others = listed.anywhere(tree)
    named = others or [path for path in tree.files if "requirements" in path.rpartition("/")[2]]
    said = "" if others else plain.mention(tree)
    if not named and not said and plain.needs_django_alone(tree):
        reason = "the newest that this Python takes, since the project imports nothing else and names no version"
        return (Dependencies("files", "Django", places[0], lines=("Django",), reason=reason),)
    if said:
        raise FailedError(
            f"The source declares no dependencies where installers look, and {said} names Django: {KEYS}."
        )
    seen = f"; there {'is' if len(others) == 1 else 'are'} {sentence(others, 'and')} elsewhere" if others else ""
    raise FailedError(f"The source declares no dependencies, not even Django: {KEYS}{seen}.")


def workspace(tree: Tree, place: str, places: list[str]) -> Dependencies | None:
    """Return what the lock of a folder above installs for the package in this one, None when it is no member."""
    if not tree.has(join(place, "pyproject.toml")):
        return None
    for top in places[places.index(place) + 1 :]:
        path = join(top, "uv.lock")
        if tree.has(path):
            return locks.uv(tree, path, places)
        path = join(top, "requirements.lock")
        if tree.has(path) and f"-e ./source/{place}" in flat(tree, path).lines:
            return files(tree, path, "the lock of Rye's workspace")
    return None
