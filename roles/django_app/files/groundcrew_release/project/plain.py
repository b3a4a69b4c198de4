"""A project that needs Django and nothing else, as `django-admin startproject` makes it: its imports say so."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

from .tree import Tree

WITH_DJANGO = {"django", "asgiref", "sqlparse"}
LISTS = {"INSTALLED_APPS", "MIDDLEWARE"}
"""Settings that name modules as text."""
LISTING = re.compile(
    r"(?i)\.(txt|in|pip|toml|cfg|ini|ya?ml|lock|json|nix|sh|bat|ps1)$|(^|/)(setup\.py|makefile|justfile|vagrantfile)$"
    r"|(docker|container)file"
)
"""Names of files that may say what is to be installed, by a name or a tool that nobody knows here."""
TALK = re.compile(r"(?i)(^|/)(\.|readme|change|history|news|install|licen[cs]e|tox\.ini|docs?/)[^/]*")
"""Of those, what people read, and what runs tests and other tools of development."""
NAMED = re.compile(
    r"""(?imx) (^|[\s"'\[(,=:-]) django (\[[^]]*\])? \s* ([=<>~!]=|[<>]) \s* v?\d  # Django==5.2
    | ^\s* (-\s*)? ["']? django ["']? ,? \s*$  # - django
    | \b name["']? \s* [=:] \s* ["'] django ["']  # name = "django"
    | ^\s* ["']? django ["']? \s* = \s* ["'{]  # django = "^5.2"
    | [\[,] \s* ["'] django ["'] \s* [\],]  # ["django"]
    | \b install \b .* \s django (\s|$)  # pip install django"""
)


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


def mention(tree: Tree) -> str:
    """Return a file that asks for Django where no installer looks, such as a Dockerfile; "" for none."""
    for path in tree.files:
        if LISTING.search(path) and not TALK.search(path):
            text = tree.text(path)
            # A service of Compose may be called django.
            if NAMED.search(text) and (not path.endswith((".yml", ".yaml")) or "dependencies:" in text):
                return path
    return ""


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
