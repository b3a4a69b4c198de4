"""What the settings of a project say, read and not run: the applications that they name, and what they assign."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from . import followed, settings
from .shape import Project
from .tree import Tree

ADDING = ("append", "insert", "add", "extend")
"""Methods that make a list longer."""


@dataclass(frozen=True)
class Written:
    """What the settings say: their file, "" for none, their statements, and the texts that stand in lists or alone."""

    path: str
    statements: tuple[ast.stmt, ...]

    @property
    def texts(self) -> set[str]:
        """The texts that may name an application."""
        return {text for one in self.statements for text in listed(one)}

    @property
    def names(self) -> set[str]:
        """The names that are assigned."""
        nodes = (node for one in self.statements for node in ast.walk(one))
        return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def listed(statement: ast.stmt) -> Iterator[str]:
    """Yield the texts that a statement lists or assigns: no key of a dictionary, and nothing that is compared."""
    for node in ast.walk(statement):
        values: list[ast.expr] = []
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            values = node.elts
        elif isinstance(node, ast.Dict):
            values = node.values
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ADDING:
            values = node.args
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            values = [node.value]
        yield from (one.value for one in values if isinstance(one, ast.Constant) and isinstance(one.value, str))


def written(tree: Tree, project: Project) -> Written:
    """Return what the settings say, with all that they import and include."""
    path = settings.locate(tree, project.settings, project.roots)
    return Written(path, tuple(followed.statements(tree, path, project.roots)) if path else ())


def installed(said: set[str], name: str) -> bool:
    """Say whether settings name an application, in a text of its own or with its configuration."""
    return any(re.fullmatch(rf"{re.escape(name)}(\.apps\.\w+|\.\w*Backend)?", one) for one in said)
