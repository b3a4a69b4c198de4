"""Which Python a project asks for: its manifests and its lock, which bind, and what its developers use."""

import ast
import re
from typing import Any

from .pythons import Demand, demand, named
from .setup_cfg import parsed
from .tree import Tree, inline, join, table

PREFERENCES = (".python-version", "runtime.txt", ".tool-versions", "mise.toml", ".mise.toml")
"""Files of version managers."""


def pyproject(tree: Tree, path: str) -> tuple[str, Any]:
    """Return the key of a pyproject.toml that asks for a Python, and what it says; nothing for none."""
    values = tree.toml(path)
    python = table(values, "tool", "poetry", "dependencies").get("python")
    python = python.get("version") if isinstance(python, dict) else python
    wanted = table(values, "project").get("requires-python")
    return ("requires-python", wanted) if wanted else ("python", python)


def pipfile(tree: Tree, path: str) -> tuple[str, Any]:
    """Return what a Pipfile asks for."""
    requires = table(tree.toml(path), "requires")
    return "python_version", requires.get("python_full_version") or requires.get("python_version")


def setup_cfg(tree: Tree, path: str) -> tuple[str, Any]:
    """Return what a setup.cfg asks for."""
    return "python_requires", parsed(tree, path).get("options", "python_requires", fallback="")


def setup_py(tree: Tree, path: str) -> tuple[str, Any]:
    """Return what a setup.py asks for that writes it out."""
    try:
        nodes = list(ast.walk(ast.parse(tree.text(path))))
    except (SyntaxError, ValueError):
        return "", ""
    values = [one.value for one in nodes if isinstance(one, ast.keyword) and one.arg == "python_requires"]
    return "python_requires", next((one.value for one in values if isinstance(one, ast.Constant)), "")


def script(tree: Tree, path: str) -> tuple[str, Any]:
    """Return what manage.py asks for by itself, as PEP 723 has it."""
    return "requires-python", inline(tree, path).get("requires-python")


MANIFESTS = {
    "pyproject.toml": pyproject,
    "Pipfile": pipfile,
    "setup.cfg": setup_cfg,
    "setup.py": setup_py,
    "manage.py": script,
}


def preferred(tree: Tree, path: str) -> str:
    """Return what a file of a version manager says of Python, "" for nothing."""
    name = path.rpartition("/")[2]
    if name.endswith(".toml"):
        wanted = table(tree.toml(path), "tools").get("python", "")
        wanted = wanted.get("version", "") if isinstance(wanted, dict) else wanted
        return str(wanted[0] if isinstance(wanted, list) and wanted else wanted)
    if name == ".tool-versions":
        return "".join(re.findall(r"^python\s+(\S+)", tree.whole(path), re.MULTILINE)[:1])
    lines = (line.partition("#")[0].strip() for line in tree.whole(path).splitlines())
    return next(filter(None, lines), "")


def demands(tree: Tree, places: list[str]) -> tuple[Demand, ...]:
    """Return what is asked for in these folders, the nearest of each kind: requirements first, then preferences."""
    strict: dict[str, Demand] = {}
    loose: dict[str, Demand | None] = {}
    for folder in places:
        for name, read in MANIFESTS.items():
            path = join(folder, name)
            if name not in strict and tree.has(path):
                key, wanted = read(tree, path)
                if wanted:
                    strict[name] = demand(path, key, wanted)
        for name in PREFERENCES:
            path = join(folder, name)
            if tree.has(path) and name not in loose:
                loose[name] = named(path, preferred(tree, path))
    return (*strict.values(), *filter(None, loose.values()))


def of_lock(tree: Tree, path: str) -> tuple[Demand, ...]:
    """Return what a lock was made for; one that does not say takes any Python."""
    name = path.rpartition("/")[2]
    if name == "Pipfile.lock":
        requires = table(tree.json(path), "_meta", "requires")
        wanted = requires.get("python_full_version") or requires.get("python_version")
    else:
        values = tree.toml(path)
        metadata = table(values, "metadata")
        wanted = values.get("requires-python") or metadata.get("python-versions") or metadata.get("requires_python")
        targets = metadata.get("targets")
        if isinstance(targets, list) and targets:
            wanted = "||".join(str(table(one).get("requires_python", "*")) for one in targets)
    return (demand(path, "Python", wanted),) if wanted else ()
