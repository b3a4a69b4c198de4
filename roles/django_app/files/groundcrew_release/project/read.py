"""From a tree of files and an inventory to the plan."""

from dataclasses import replace
from pathlib import Path

from ..steps import FailedError
from . import builds, code, demands, layout, processes, settings, variables
from .declared import declared
from .settings import Files
from .shape import Asked, Choice, Project
from .tree import Tree, up


def tell(tree: Tree, path: str, home: str, asked: Asked) -> code.Read:
    """Read one of the files that name settings; one that is broken matters only when the inventory says nothing."""
    try:
        return code.read(tree, path, home, asked.env)
    except FailedError:
        if asked.settings:
            return code.Read(path)
        raise


def read(folder: Path, asked: Asked) -> Project:
    """Return what the tree in `folder` says of itself, completed by what the inventory says.

    :raises FailedError: one sentence that says what was looked at and which key decides.
    """
    if asked.wheel:
        chosen = settings.choose(Tree(folder), Files(None, ()), asked, ".", ["."])
        return Project(settings=chosen.value, choices=(chosen,))
    tree = Tree(folder)
    home, manage, where = layout.find(tree, asked)
    places = up(home)
    own = tell(tree, manage, home, asked) if manage else None
    found = settings.servers(tree, home, own)
    ordered = {
        name: settings.several([tell(tree, path, home, asked) for path in found[name]], own)
        for name in settings.ORDER[asked.interface]
    }
    served = [one for files in ordered.values() for one in files]
    first = list(dict.fromkeys(one for file in [own, *served] if file for one in file.first))
    last = [
        one
        for one in dict.fromkeys(one for file in [own, *served] if file for one in file.last)
        if one not in first and one != home
    ]
    first = [one for one in first if one != home]
    roots = list(dict.fromkeys([home, *first, *last, *(f"{place}/src".removeprefix("./") for place in places), "."]))
    # Which of several files of the same name is meant only matters where they disagree.
    preferred = next((files for files in ordered.values() if any(one.settings or one.computed for one in files)), [])
    names = dict.fromkeys(one.settings for one in preferred if one.settings)
    if len(names) > 1 and not (asked.settings or "DJANGO_SETTINGS_MODULE" in asked.env):
        known = [f"{one.settings[0]} ({one.path})" for one in preferred if one.settings]
        raise settings.refuse("The source has several files for the server, which name different settings", known)
    chosen = settings.choose(tree, Files(own, tuple(preferred)), asked, home, roots)
    offered = settings.callables(served, asked.interface, roots, chosen.value)
    if asked.application:
        callable_choice: Choice | None = Choice("callable", asked.application, "from the inventory")
    else:
        callable_choice = None
    dependencies = () if asked.installed else declared(tree, places, asked)
    wanted = list(demands.demands(tree, places))
    locks = [one for lock in dependencies if lock.locked for one in demands.of_lock(tree, lock.path)]
    wanted += [one for one in locks if one.alternatives not in [other.alternatives for other in wanted]]
    paths = [
        Choice("on the path of imports", ", ".join(one), f"{word}, as {own.path if own else served[0].path} does")
        for one, word in ((first, "first"), (last, "last"))
        if one and (own or served)
    ]
    told = [Choice("dependencies", one.path, one.reason) for one in dependencies]
    if asked.requirements:
        told.append(Choice("dependencies", ", ".join(asked.requirements), "from the inventory"))
    choices = [where, chosen, *([callable_choice] if callable_choice else []), *told, *paths]
    project = Project(
        working_directory=home,
        settings=chosen.value,
        application=offered.value if offered else "",
        servers=tuple(one.path for one in served if asked.interface in one.path),
        dependencies=dependencies,
        demands=tuple(wanted),
        first=tuple(first),
        last=tuple(last),
        choices=tuple(choices),
        proposed=() if asked.builds or asked.installed else builds.proposed(tree, home),
    )
    needed = variables.needed(tree, project, asked.given) if asked.given else ()
    return replace(project, beside=processes.beside(tree, project, asked), variables=needed)
