"""What pyproject.toml, setup.cfg and the lock files say."""

from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from ..steps import FailedError
from .names import canonical, development, production
from .pythons import valid
from .tree import Tree, join, table, texts

NO_PACKAGES = {
    "ci", "bin", "debian", "doc", "docs", "documentation", "manpages", "news", "newsfragments", "changelog", "test",
    "tests", "unit_test", "unit_tests", "example", "examples", "scripts", "tools", "util", "utils", "python", "build",
    "benchmark", "benchmarks", "exercise", "exercises", "htmlcov", "tasks", "fabfile", "site_scons", "node_modules",
}  # fmt: skip
"""Folders that setuptools passes over."""


def folder(path: str) -> str:
    """Return the folder of a file."""
    return path.rpartition("/")[0] or "."


def serious(names: list[str]) -> tuple[str, ...]:
    """Return the groups or extras that mean production."""
    return tuple(name for name in names if production(name))


def locked_names(tree: Tree, path: str) -> set[str]:
    """Return the packages that a lock holds."""
    name = path.rpartition("/")[2]
    if name == "Pipfile.lock":
        found = tree.json(path)
        return {canonical(one) for part, packages in found.items() if part != "_meta" for one in table(packages)}
    key = "packages" if name.startswith("pylock") else "package"
    packages = tree.toml(path).get(key, [])
    return {canonical(str(one.get("name", ""))) for one in packages if isinstance(one, dict)}


def members(tree: Tree, path: str) -> dict[str, str]:
    """Return the packages of a uv.lock that lie in the source: {folder: name}."""
    found = {}
    for one in tree.toml(path).get("package", []):
        source = table(one, "source")
        place = source.get("editable") or source.get("virtual") or source.get("directory")
        if isinstance(place, str) and isinstance(one.get("name"), str):
            found[join(folder(path), place)] = one["name"]
    return found


def requirements(pyproject: dict[str, Any], path: str) -> list[Requirement]:
    """Return the dependencies of `[project]`; FailedError for one that nobody can read."""
    found = []
    for text in texts(table(pyproject, "project").get("dependencies")):
        try:
            found.append(Requirement(text))
        except InvalidRequirement:
            raise FailedError(f"{path} of the project cannot be read: {text!r} is no requirement.") from None
    return found


def same(one: str, other: str) -> bool:
    """Say whether two version ranges are the same."""
    try:
        return SpecifierSet(one) == SpecifierSet(other)
    except InvalidSpecifier:
        return True


def stale(tree: Tree, lock: str, member: str, pyproject: str) -> str:
    """Return a dependency that pyproject.toml asks for and uv.lock was not made for, "" for none."""
    project = tree.toml(pyproject)
    known: dict[str, list[dict[str, Any]]] = {}
    found = False
    for one in tree.toml(lock).get("package", []):
        if canonical(str(one.get("name"))) == canonical(member):
            metadata = table(one, "metadata")
            found = True
            for entry in metadata.get("requires-dist", []):
                if isinstance(entry, dict):
                    known.setdefault(canonical(str(entry.get("name"))), []).append(entry)
    if not found or "dependencies" in texts(table(project, "project").get("dynamic")):
        return ""
    for one in requirements(project, pyproject):
        entries = known.get(canonical(one.name), [])
        if not entries:
            return str(one)
        plain = [
            entry.get("specifier", "")
            for entry in entries
            if not set(entry) & {"git", "url", "path", "editable", "directory"}
        ]
        if one.url is None and plain and not any(same(str(one.specifier), text) for text in plain):
            return str(one)
    return ""


def groups(pyproject: dict[str, Any]) -> tuple[str, ...]:
    """Return the dependency groups that uv installs beside the project: its default ones but those for development."""
    known = list(table(pyproject, "dependency-groups"))
    default = table(pyproject, "tool", "uv").get("default-groups", ["dev"])
    wanted = known if default == "all" else [name for name in texts(default) if name in known]
    return tuple(dict.fromkeys([*(one for one in wanted if not development(one)), *serious(known)]))


def extras(pyproject: dict[str, Any]) -> tuple[str, ...]:
    """Return the extras that mean production."""
    optional = table(pyproject, "project", "optional-dependencies") or table(pyproject, "tool", "poetry", "extras")
    return serious(list(optional))


def poetry_groups(pyproject: dict[str, Any]) -> tuple[str, ...]:
    """Return the groups that poetry installs, of PEP 735, too: all that are not optional but those for development."""
    own = table(pyproject, "tool", "poetry", "group")
    names = dict.fromkeys([*own, *table(pyproject, "dependency-groups")])
    return tuple(one for one in names if production(one) or not (table(own, one).get("optional") or development(one)))


def flat(tree: Tree, place: str) -> list[str]:
    """Return the folders that setuptools would take for the packages of a project without a src folder."""
    names = tree.folders(place)
    return [name for name in names if name.isidentifier() and name not in NO_PACKAGES and not name.startswith("_")]


def builds(tree: Tree, place: str) -> bool:
    """Say whether a folder is a package that its build system can build: with code that it will find."""
    path, cfg = join(place, "pyproject.toml"), join(place, "setup.cfg")
    setup = tree.has(join(place, "setup.py")) or (tree.has(path) and tree.has(cfg) and "[metadata]" in tree.text(cfg))
    pyproject = tree.toml(path) if tree.has(path) else {}
    poetry, project = table(pyproject, "tool", "poetry"), table(pyproject, "project")
    system, flit = table(pyproject, "build-system"), table(pyproject, "tool", "flit")
    if not system or not (project or poetry or flit):
        return setup
    tools = table(pyproject, "tool")
    if False in (
        poetry.get("package-mode"),
        table(tools, "uv").get("package"),
        table(tools, "pdm").get("distribution"),
    ):
        return False
    old = table(flit, "metadata")
    name = canonical(str(project.get("name") or poetry.get("name") or old.get("module") or "")).replace("-", "_")
    if not name:
        return False
    backend = str(system.get("build-backend") or "setuptools")
    tool = next(
        (one for one in ("poetry", "hatchling", "flit", "pdm", "maturin", "uv", "setuptools") if one in backend), ""
    )
    if tool == "setuptools":
        said = setup or table(pyproject, "tool", "setuptools") or tree.has_folder(join(place, "src"))
        return bool(said) or len(flat(tree, place)) == 1
    if any(tree.has_folder(join(place, top, name)) or tree.has(join(place, top, f"{name}.py")) for top in ("src", ".")):
        return True
    if tool in ("poetry", ""):
        return bool(poetry.get("packages"))
    keys = {
        "hatchling": ("hatch", "build"),
        "flit": ("flit",),
        "pdm": ("pdm", "build"),
        "uv": ("uv", "build-backend"),
        "maturin": ("maturin",),
    }
    return bool(table(pyproject, "tool", *keys[tool]))


def refused(pyproject: dict[str, Any]) -> str:
    """Return why uv cannot read the `[project]` of a pyproject.toml, "" when it can."""
    project = table(pyproject, "project")
    wanted = project.get("requires-python", "")
    if isinstance(wanted, str) and not valid(wanted):
        return f"its requires-python is {wanted!r}, where a range such as `>=3.11` belongs"
    lacking = [one for one in ("name", "version") if one not in project and one not in texts(project.get("dynamic"))]
    return f"its [project] has no {lacking[0]}" if project and lacking else ""


def lines(
    pyproject: dict[str, Any], path: str, groups: tuple[str, ...] = (), extras: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Return the dependencies as lines where uv cannot read the file, as with Poetry's spelling of `requires-python`.

    :raises FailedError: they come from sources of uv's own.
    """
    why = refused(pyproject)
    if not why:
        return ()
    if table(pyproject, "tool", "uv", "sources"):
        raise FailedError(f"{path} of the project cannot be read: {why}.")
    optional, known = table(pyproject, "project", "optional-dependencies"), table(pyproject, "dependency-groups")
    return tuple(
        [str(one) for one in requirements(pyproject, path)]
        + [line for one in extras for line in texts(optional.get(one))]
        + [line for one in groups for line in members_of(known, one, path)]
    )


def members_of(groups: dict[str, Any], name: str, path: str, seen: tuple[str, ...] = ()) -> list[str]:
    """Return the requirements of a dependency group with those of the groups that it includes (PEP 735).

    :raises FailedError: it includes itself, or one that there is not.
    """
    if name in seen or name not in groups:
        what = "is not there" if name not in groups else "includes itself"
        raise FailedError(f"{path} of the project cannot be read: its dependency group {name} {what}.")
    found = []
    for one in groups[name] if isinstance(groups[name], list) else []:
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, dict) and isinstance(one.get("include-group"), str):
            found += members_of(groups, one["include-group"], path, (*seen, name))
    return found
