"""The modules that settings are made of: those that they import, and those that django-split-settings includes."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch

from . import settings
from .names import development, production
from .tree import Tree, join


def origin(tree: Tree, path: str, node: ast.ImportFrom, roots: list[str], name: str = "") -> str:
    """Return the file of the module that an import takes names from, or of one of the names; "" for none of ours."""
    folder = path.rpartition("/")[0] or "."
    for _ in range(node.level - 1):
        folder = folder.rpartition("/")[0] or "."
    whole = ".".join(filter(None, (node.module, name)))
    return settings.locate(tree, whole, [folder] if node.level else roots) if whole else ""


def imported(tree: Tree, path: str, node: ast.AST, roots: list[str]) -> list[str]:
    """Return the files of the project that an import runs."""
    if isinstance(node, ast.Import):
        found = [settings.locate(tree, one.name, roots) for one in node.names]
    elif isinstance(node, ast.ImportFrom):
        found = [origin(tree, path, node, roots, name) for name in ("", *(one.name for one in node.names))]
    else:
        found = []
    return [one for one in found if one]


def splits(body: list[ast.stmt]) -> bool:
    """Say whether a module includes others by django-split-settings."""
    return any(isinstance(one, ast.ImportFrom) and (one.module or "").startswith("split_settings") for one in body)


def pattern(node: ast.AST) -> str:
    """Return the pattern of files that a text is; what only the running program knows of it may be anything."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "*" for one in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def serious(files: list[str]) -> list[str]:
    """Return the files that a server takes where the environment chooses among them."""
    stems = {one: one.rpartition("/")[2].removesuffix(".py") for one in files}
    return [one for one in files if production(stems[one])] or [one for one in files if not development(stems[one])]


def included(tree: Tree, path: str, statement: ast.stmt) -> list[str]:
    """Return the files that the texts of a statement name, of a module that includes files."""
    place, found = path.rpartition("/")[0] or ".", list[str]()
    parts = {id(part) for one in ast.walk(statement) if isinstance(one, ast.JoinedStr) for part in one.values}
    for node in ast.walk(statement):
        if id(node) not in parts and (said := pattern(node)).endswith(".py"):
            wanted = join(place, said)
            files = [one for one in tree.files if one.count("/") == wanted.count("/") and fnmatch(one, wanted)]
            found += serious(files) if isinstance(node, ast.JoinedStr) else files
    return [one for one in found if one != path]


def statements(tree: Tree, path: str, roots: list[str], seen: set[str] | None = None) -> Iterator[ast.stmt]:
    """Yield the statements of a module in the order in which they run, each behind those of what it imports."""
    seen = set() if seen is None else seen
    if path in seen:
        return
    seen.add(path)
    body = tree.python(path)
    for statement in body:
        inner = imported(tree, path, statement, roots)
        # One of several ways, or a function.
        nested = [one for node in ast.walk(statement) for one in imported(tree, path, node, roots) if one not in inner]
        inner += serious(nested)
        for other in inner + (included(tree, path, statement) if splits(body) else []):
            yield from statements(tree, other, roots, seen)
        yield statement
