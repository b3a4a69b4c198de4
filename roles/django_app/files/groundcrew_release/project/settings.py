"""Which settings module: what wsgi.py or asgi.py names is what a server runs, and wins over manage.py."""

import ast
from dataclasses import dataclass

from ..steps import FailedError
from . import branches, code, layout
from .layout import folder, sample
from .names import development, production, sentence
from .shape import Asked, Choice
from .tree import Tree, join

ORDER = {"wsgi": ("wsgi.py", "asgi.py"), "asgi": ("asgi.py", "wsgi.py")}
OTHER = {
    "__init__",
    "wsgi",
    "asgi",
    "urls",
    "celery",
    "celery_app",
    "apps",
    "routing",
    "base",
    "common",
    "defaults",
    "env",
}
"""Modules beside settings that are none, or that no server runs by themselves."""


@dataclass(frozen=True)
class Files:
    """The files that may name settings: manage.py, and those of the server in the order of the interface."""

    manage: code.Read | None
    servers: tuple[code.Read, ...]


def module(path: str, roots: list[str]) -> str:
    """Return the dotted name of a file, as imported from the innermost of the folders that hold it."""
    bare = path.removesuffix(".py").removesuffix("/__init__")
    tops = [root for root in roots if root == "." or bare.startswith(f"{root}/")]
    top = max(tops, key=len, default=".")
    return (bare if top == "." else bare[len(top) + 1 :]).replace("/", ".")


def locate(tree: Tree, name: str, roots: list[str], provided: tuple[str, ...] = ()) -> str:
    """Return the file of a module, "" when the source has none."""
    for root in roots:
        place = join(root, *name.split("."))
        for path in (f"{place}.py", f"{place}/__init__.py"):
            if tree.has(path) or path in provided:
                return path
    return ""


def servers(tree: Tree, home: str, manage: code.Read | None = None) -> dict[str, list[str]]:
    """Return the files that are wsgi.py and asgi.py of the project: {name: paths}. `manage` names its package."""
    own = manage.settings[0].partition(".")[0] if manage and manage.settings else ""
    found = {}
    for name in ("wsgi.py", "asgi.py"):
        bare = name.removesuffix(".py")
        inits = [path for path in tree.named("__init__.py", below=home) if folder(path).endswith(f"/{bare}")]
        paths = tree.named(name, below=home) + inits
        # A working directory that is only the place of manage.py, such as bin/.
        paths = paths or tree.named(name)
        top = 0 if home == "." else len(home) + 1
        found[name] = [path for path in paths if not sample(path[top:] if path.startswith(f"{home}/") else path, own)]
    return found


def siblings(tree: Tree, name: str, roots: list[str]) -> list[str]:
    """Return the settings modules beside or inside a module, itself left out."""
    path = locate(tree, name, roots)
    package, _, own = name.rpartition(".")
    if path.endswith("/__init__.py"):
        place, package = folder(path), name
    else:
        place = next(
            (join(root, *package.split(".")) for root in roots if tree.has_folder(join(root, *package.split(".")))), ""
        )
        if not package or not place:
            return []
    inside = [one.removesuffix(".py") for one in tree.inside(place) if one.endswith(".py")]
    related = [one for one in inside if one not in OTHER and one != own and not one.startswith(("wsgi", "asgi"))]
    if "settings" not in package.rpartition(".")[2]:
        # Beside other modules only what says that it is settings counts, or means production.
        related = [one for one in related if "setting" in one or "conf" in one or production(one)]
    return [f"{package}.{one}" for one in related]


def counterparts(tree: Tree, name: str, roots: list[str]) -> list[str]:
    """Return the modules of production that stand where one of a folder for development does: `shop.prod.settings`."""
    parts = name.split(".")
    found = []
    for number, part in enumerate(parts[:-1]):
        place = next(
            (join(root, *parts[:number]) for root in roots if tree.has_folder(join(root, *parts[:number]))), ""
        )
        if place and development(part):
            others = {path[len(place) + 1 :].partition("/")[0] for path in tree.files if path.startswith(f"{place}/")}
            names = [
                ".".join([*parts[:number], one, *parts[number + 1 :]]) for one in sorted(filter(production, others))
            ]
            found += [one for one in names if locate(tree, one, roots)]
    return found


def everything(tree: Tree, home: str, roots: list[str]) -> list[str]:
    """Return the settings modules of the project, as choices for a person."""
    found = []
    for path in tree.files:
        if not path.endswith(".py") or sample(path):
            continue
        name, place = path.rpartition("/")[2].removesuffix(".py"), folder(path).rpartition("/")[2]
        if ("settings" in name and name != "__init__") or (place == "settings" and name not in OTHER):
            found.append(module(path, [home, *roots]))
    return list(dict.fromkeys(found))


def empty(tree: Tree, path: str) -> bool:
    """Say whether a module says nothing, as the `__init__.py` of a package of settings may."""
    try:
        body = ast.parse(tree.text(path)).body
    except (SyntaxError, ValueError):
        return False
    return all(isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in body)


def refuse(what: str, choices: list[str]) -> FailedError:
    """Return the refusal that names the choices and the key."""
    among = f" among {sentence(choices)}" if len(choices) > 1 else f", such as {choices[0]}" if choices else ""
    return FailedError(f"{what}: choose the settings module with `settings`{among}.")


def name_them(tree: Tree, files: Files, home: str, roots: list[str]) -> tuple[str, str]:
    """Return the module that the files name and the file that names it.

    :raises FailedError: they name several, or compute it.
    """
    told = [one for one in files.servers if one.settings or one.computed]
    told = told or [one for one in (files.manage,) if one and (one.settings or one.computed)]
    if not told:
        looked = [one.path for one in (files.manage, *files.servers) if one]
        what = f"{sentence(looked, 'and')} {'names' if len(looked) == 1 else 'name'} no settings"
        what = what if looked else "The source has no manage.py, wsgi.py or asgi.py that names settings"
        raise refuse(what, everything(tree, home, roots))
    first = told[0]
    if first.computed:
        choices = list(first.settings) if len(first.settings) > 1 else everything(tree, home, roots)
        raise refuse(f"{first.path} computes its settings", choices)
    named = list(first.settings)
    serious = [one for one in named if not development(one.rpartition(".")[2])] or named
    if len(serious) > 1:
        raise refuse(f"{first.path} names {sentence(serious, 'and')}", serious)
    return serious[0], first.path


def several(files: list[code.Read], manage: code.Read | None) -> list[code.Read]:
    """Return the files of the server, of several that disagree those of the package that manage.py names."""
    names = {one.settings for one in files if one.settings}
    if len(names) < 2 or not manage or not manage.settings:
        return files
    package = manage.settings[0].partition(".")[0]
    own = [one for one in files if any(name.partition(".")[0] == package for name in one.settings)]
    return own or files


def stage(tree: Tree, place: str, home: str, asked: Asked) -> branches.Taken:
    """Return what a settings module takes of several stages; nothing where a file of variables may say which."""
    names = [
        one.rpartition("/")[2] for one in tree.files if one.startswith(f"{folder(place)}/") and one.endswith(".py")
    ]
    if not any(production(one.removesuffix(".py")) for one in names) or asked.provided or tree.named(".env"):
        return branches.Taken()
    return branches.read(tree, place, home, asked.env)


def choose(tree: Tree, files: Files, asked: Asked, home: str, roots: list[str]) -> Choice:
    """Return the settings module and who names it.

    :raises FailedError: nobody can tell; the sentence has the choices and the key.
    """
    if asked.settings:
        return Choice("settings", asked.settings, "from the inventory")
    if given := asked.env.get("DJANGO_SETTINGS_MODULE"):
        return Choice("settings", given, "from `env` of the inventory")
    name, path = name_them(tree, files, home, roots)
    reason = f"from {path}"
    manage = files.manage
    if manage and manage.path != path and manage.settings and name not in manage.settings:
        reason += f", which a server runs; {manage.path} names {sentence(list(manage.settings))}"
    place = locate(tree, name, roots, asked.provided)
    beside = siblings(tree, name, roots)
    serious = [one for one in beside if production(one.rpartition(".")[2])]
    if others := counterparts(tree, name, roots):
        beside, serious = others, others
    inside = stage(tree, place, home, asked)
    if others or development(name.rpartition(".")[2]):
        if len(serious) == 1:
            return Choice("settings", serious[0], f"beside {name}, which {path} names and which is for development")
        more = [one for one in beside if not development(one.rpartition(".")[2])]
        if more:
            raise refuse(f"{path} names {name}, which is for development", more)
    elif place.endswith("/__init__.py") and tree.has(place) and beside and empty(tree, place):
        if len(serious) == 1:
            return Choice("settings", serious[0], f"in {name}, which {path} names and which is empty")
        raise refuse(f"{path} names {name}, which is empty", beside)
    elif inside.development and not inside.variables and len(serious) == 1:
        return Choice("settings", serious[0], f"beside {inside.development}, which {place} takes, for development")
    elif inside.development and inside.variables:
        raise FailedError(
            f"{place} takes the settings {inside.development}, which are for development, as long as "
            f"{inside.variables[0]} says nothing else: `env: {{{inside.variables[0]}: production}}`, or what it calls "
            "that; or choose the settings module with `settings`."
        )
    package = name.partition(".")[0]
    ours = any(
        tree.has(join(root, f"{package}.py"))
        or (tree.has_folder(join(root, package)) and not layout.holds(join(root, package), home))
        for root in roots
    )
    if not place and ours and name.partition(".")[2]:
        raise refuse(f"{path} names {name}, which the source does not have", everything(tree, home, roots))
    return Choice("settings", name, reason)


def callables(files: list[code.Read], interface: str, roots: list[str], chosen: str = "") -> Choice | None:
    """Return the callable that the tree offers for the interface, None when there is no single one.

    Of several files the one beside the settings module that was chosen counts.
    """
    own = [
        one for one in files if interface in one.path.rpartition("/")[2] or folder(one.path).endswith(f"/{interface}")
    ]
    own = [one for one in own if one.callable]
    if len(own) > 1:
        package = chosen.partition(".")[0]
        own = [one for one in own if module(one.path, roots).partition(".")[0] == package]
    if len(own) != 1:
        return None
    return Choice("callable", f"{module(own[0].path, roots)}:{own[0].callable}", f"from {own[0].path}")
