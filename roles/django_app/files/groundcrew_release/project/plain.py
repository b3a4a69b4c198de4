"""A project that needs Django and nothing else, as `django-admin startproject` makes it: its imports say so."""

import ast
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

from .tree import Tree

WITH_DJANGO = {"django", "asgiref", "sqlparse"}
LISTS = {"INSTALLED_APPS", "MIDDLEWARE"}
"""Settings that name modules as text."""


def named(node: ast.AST) -> Iterator[str]:
    """Yield the modules that a statement imports, or names in one of LISTS."""
    if isinstance(node, ast.Import):
        yield from (one.name for one in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        yield node.module or ""
    elif isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(one, ast.Name) and one.id in LISTS for one in targets) and node.value:
            inner = ast.walk(node.value)
            yield from (one.value for one in inner if isinstance(one, ast.Constant) and isinstance(one.value, str))


def needs_django_alone(tree: Tree) -> bool:
    """Say whether all that a tree imports is Django, of the standard library, or in the tree itself.

    A file that cannot be read says nothing, and so does a tree that does not import Django.
    """
    files = [path for path in tree.files if path.endswith(".py")]
    own = {part for path in files for part in (*PurePosixPath(path).parts[:-1], PurePosixPath(path).stem)}
    try:
        modules = {
            name.partition(".")[0]
            for path in files
            for node in ast.walk(ast.parse(tree.text(path)))
            for name in named(node)
        }
    except (SyntaxError, ValueError):
        return False
    return "django" in modules and not modules - WITH_DJANGO - own - sys.stdlib_module_names
