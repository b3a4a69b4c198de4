"""Which version of Node a project asks for."""

import re

from .tree import Tree, join, table

DEBIAN = 18
"""The major version that every supported Debian has at least."""
OFFERED = (22, 24, 20, 18)
"""Major versions on PyPI, the best choice first."""


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


def chosen(tree: Tree, place: str) -> tuple[str, str]:
    """Return the major version that a file for version managers names, and that file; ("", "") for none."""
    for folder in dict.fromkeys((place, ".")):
        for name, sign in (
            (".nvmrc", r"v?(\d+)"),
            (".node-version", r"v?(\d+)"),
            (".tool-versions", r"(?m)^nodejs\s+(\d+)"),
        ):
            path = join(folder, name)
            if tree.has(path) and (match := re.search(sign, tree.text(path))):
                return match[1], path
    return "", ""


def demand(tree: Tree, places: list[str]) -> tuple[str, str] | None:
    """Return the major version of Node to name, and why; None where Debian's does, as far as one can tell.

    :param places: folders with a package.json that is built.
    """
    for place in places:
        named, path = chosen(tree, place)
        if named:
            return named, path
    ranges: list[tuple[str, str]] = []
    for place in places:
        path, lock = join(place, "package.json"), join(place, "package-lock.json")
        ranges.append((str(table(tree.json(path), "engines").get("node", "")), path))
        for name, one in table(tree.json(lock), "packages").items() if tree.has(lock) else ():
            if name and not table({"": one}, "").get("optional"):
                ranges.append(
                    (str(table(one, "engines").get("node", "")), f"{name.rpartition('node_modules/')[2]} of {lock}")
                )
    ranges = [(text, path) for text, path in ranges if text]
    late = next(((text, path) for text, path in ranges if not admits(text, DEBIAN)), None)
    if not late:
        return None
    best = next((major for major in OFFERED if all(admits(text, major) for text, _ in ranges)), max(OFFERED))
    return str(best), f"{late[1]} asks for {late[0]}"
