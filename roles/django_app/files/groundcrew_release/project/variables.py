"""Variables of the environment that the settings cannot do without: a failed start would name one at a time."""

import ast
import re
from collections.abc import Iterable
from dataclasses import replace

from . import followed, settings
from .readers import Module, defined, found, made
from .shape import Project
from .tree import Tree, join


def read(tree: Tree, path: str, roots: list[str], seen: dict[str, Module], scope: Module | None = None) -> Module:
    """Read a module and those of the project that it imports or includes; one that is included shares a scope."""
    module = seen[path] = Module(path)
    if scope:
        module = seen[path] = replace(scope, path=path, needs={}, lines={}, choices={}, given=set())
    body = tree.python(path)
    for node in body:
        if isinstance(node, ast.Import):
            module.imported |= {one.asname or one.name: one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            module.imported |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
        imported(tree, module, node, roots, seen)
        defined(module, node)
        made(module, node)
        found(module, node)
        for other in followed.included(tree, path, node) if followed.splits(body) else ():
            if other not in seen:
                read(tree, other, roots, seen, module)
    return module


def imported(tree: Tree, module: Module, node: ast.stmt, roots: list[str], seen: dict[str, Module]) -> None:
    """Take what a statement imports from modules of the project, and these modules where they get a name."""

    def of(place: str) -> Module | None:
        return None if not place else seen[place] if place in seen else read(tree, place, roots, seen)

    if isinstance(node, ast.Import):
        for one in node.names:
            if other := of(settings.locate(tree, one.name, roots)):
                module.modules[one.asname or one.name] = other
    if not isinstance(node, ast.ImportFrom):
        return
    if inner := of(followed.origin(tree, module.path, node, roots)):
        every = any(one.name == "*" for one in node.names)
        names = {one.name: one.asname or one.name for one in node.names}
        names = {one: one for one in inner.names} if every else names
        module.take(inner, names)
    for one in node.names:
        if other := of(followed.origin(tree, module.path, node, roots, one.name)):
            module.modules[one.asname or one.name] = other


def needed(tree: Tree, project: Project, given: Iterable[str]) -> tuple[str, ...]:
    """Return keys of the inventory, as YAML, with the variables that the settings need and that nobody gives."""
    home, known = project.working_directory, set(given)
    path = settings.locate(tree, project.settings, project.roots)
    seen: dict[str, Module] = {}
    if path:
        read(tree, path, project.roots, seen)
    known |= {name for module in seen.values() for name in module.given}
    # One that git tracks is shipped.
    files = [one for one in (join(home, ".env"), ".env") if tree.has(one)]
    known |= {name for one in files for name in re.findall(r"(?m)^\s*(?:export\s+)?(\w+)\s*=", tree.text(one))}
    env, secrets = dict[str, str](), dict[str, str]()
    for module in seen.values():
        for name, setting in module.needs.items():
            if known.isdisjoint(module.choices.get(name, (name,))):
                kept = secrets if setting == "SECRET_KEY" else env
                kept.setdefault(name, module.lines[name])
    lines = ["  env:", *(f"    {name}: ...  # {reason}" for name, reason in env.items())] if env else []
    if secrets:
        lines += ["  secrets:  # made up on the host", *(f"    {one}: 50  # {why}" for one, why in secrets.items())]
    return tuple(lines)
