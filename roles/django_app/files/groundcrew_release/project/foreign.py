"""Dependencies that only another tool reads than pip and uv: who has them is told, not guessed at."""

import re
from typing import Any

from .tree import Tree, join, table

CONDA = ("environment.yml", "environment.yaml", "conda-lock.yml", "pixi.toml", "pixi.lock", "meta.yaml")
CONDAS = re.compile(r"(conda|environment|env)[\w.-]*\.ya?ml")
FOREIGN = {
    **dict.fromkeys(CONDA, "conda's"),
    "pants.toml": "Pants'",
    "buildout.cfg": "zc.buildout's",
    "3rdparty/python/default.lock": "Pants'",
    "python-default.lock": "Pants'",
    "flake.nix": "Nix's",
    "shell.nix": "Nix's",
    "MODULE.bazel": "Bazel's",
}


def foreign(tree: Tree, place: str) -> list[tuple[str, str]]:
    """Return the files of a folder that only another package manager reads, each with whose it is."""
    found = [(name, FOREIGN[name]) for name in FOREIGN if tree.has(join(place, name))]
    for inner in (place, join(place, "conda")):
        for name in tree.inside(inner):
            if CONDAS.fullmatch(name) and name not in FOREIGN and "dependencies:" in tree.text(join(inner, name)):
                found.append((join(inner, name), "conda's"))
    return [(name if "/" in name else join(place, name), whose) for name, whose in found]


def only_its_tool(pyproject: dict[str, Any]) -> tuple[str, str] | None:
    """Return the tool that alone reads dependencies of a pyproject.toml, and what locks them; None for none."""
    tool = table(pyproject, "tool")
    poetry = [table(tool, "poetry", "dependencies")]
    poetry += [table(one, "dependencies") for one in table(tool, "poetry", "group").values()]
    if any(set(one) - {"python"} for one in poetry):
        return "Poetry", "poetry lock"
    if table(tool, "flit", "metadata").get("requires"):
        return "Flit", ""
    if any(table(one).get("dependencies") for one in table(tool, "hatch", "envs").values()):
        return "an environment of Hatch", ""
    return ("pixi", "") if "pixi" in tool else None
