"""The tools of npm's world: which one a package.json is installed with, and how that one runs scripts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

from . import manifests
from .layout import sample
from .tree import Tree, join, table, texts, up

LOCKS = {
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
}
USUAL = {"pnpm": "9", "yarn": "1", "bun": "1"}
BERRY = {"4": "2", "5": "3.1", "6": "3", "8": "4.13", "9": "4.14"}
"""The versions of Yarn that write each version of its lock: a later one would change the lock, and may not."""
CALLED = re.compile(r"(?:^|[&|;]\s*)(pnpm|yarn|bun)\b")


@dataclass(frozen=True)
class Tool:
    """A tool, its version, and what decided for it; `locked` when a lock holds all versions."""

    name: str
    version: str
    reason: str
    locked: bool

    @property
    def berry(self) -> bool:
        """Whether it is a Yarn behind the first."""
        return self.name == "yarn" and self.version.partition(".")[0] != "1"

    @property
    def program(self) -> str:
        """How a command line begins."""
        if self.name == "npm":
            return "npm"
        return f"npx --yes {'@yarnpkg/cli-dist' if self.berry else self.name}@{self.version}"

    @property
    def install(self) -> str:
        """The command that installs what the lock holds."""
        if self.name == "npm":
            return "npm ci" if self.locked else "npm install"
        frozen = " --immutable" if self.berry else " --frozen-lockfile"
        return f"{self.program} install{frozen if self.locked else ''}"

    def run(self, script: str) -> str:
        """Return the command that runs a script, which may call the tool by its bare name."""
        return f"{self.program} run {script}"

    def execute(self, line: str) -> str:
        """Return the command that runs a program of the installed packages."""
        if self.name == "npm":
            return f"npx {line}"
        return f"{self.program} {'exec' if self.name == 'pnpm' else 'run'} {line}"

    def everywhere(self, script: str) -> str:
        """Return the command that runs a script in all workspaces that have it, "" where the tool has none."""
        if self.berry and self.version.partition(".")[0] not in ("2", "3"):
            return f"{self.program} workspaces foreach --all --topological-dev run {script}"
        return {
            "npm": f"npm run {script} --workspaces --if-present",
            "pnpm": f"{self.program} -r {script}",
            "bun": f"{self.program} run --filter=* {script}",
        }.get(self.name, "")


def usual(tree: Tree, place: str, name: str, lock: str | None) -> str:
    """Return the version of a tool to take where nobody names one: that which wrote the lock."""
    text = tree.text(lock) if lock else ""
    if name == "yarn" and (written := re.search(r"(?m)^__metadata:\s+version: (\d+)", text)):
        return BERRY.get(written[1], "4")
    if name == "yarn" and tree.has(join(place, ".yarnrc.yml")):
        return "4"
    if name == "pnpm" and re.search(r"(?m)^lockfileVersion: ['\"]?5", text):
        return "7"
    if name == "pnpm" and tree.has(path := join(place, "pnpm-workspace.yaml")):
        # Settings that pnpm 9 does not look for there, or refuses to find alone.
        keys = set(re.findall(r"(?m)^(\w+):", tree.text(path)))
        return USUAL[name] if "packages" in keys and keys <= {"packages", "catalog", "catalogs"} else "10"
    return USUAL.get(name, "")


def tool(tree: Tree, place: str, package: dict[str, Any]) -> Tool:
    """Return the tool that a folder's package.json is installed with: that of its lock, or that it asks for."""
    asked, _, version = str(package.get("packageManager", "")).partition("+")[0].partition("@")
    locks = {name: join(place, lock) for lock, name in reversed(LOCKS.items()) if tree.has(join(place, lock))}
    called = [match[1] for one in table(package, "scripts").values() if (match := CALLED.search(str(one)))]
    if asked in locks:
        name = asked
    elif locks:
        name = next(one for one in LOCKS.values() if one in locks)
    else:
        name = asked if asked in USUAL else next(iter(called), "npm")
    reason = locks.get(name, f"{join(place, 'package.json')}, which no lock decides")
    return Tool(
        name, version if name == asked and version else usual(tree, place, name, locks.get(name)), reason, name in locks
    )


def patterns(tree: Tree, place: str, package: dict[str, Any]) -> list[str]:
    """Return the patterns of the folders that are workspaces of a folder, as its tool reads them."""
    said = package.get("workspaces")
    found = texts(said) or texts(table(package, "workspaces").get("packages"))
    path = join(place, "pnpm-workspace.yaml")
    if tree.has(path) and (block := re.search(r"(?ms)^packages:(.*?)(?=^\w|\Z)", tree.text(path))):
        found += [one for one in re.findall(r"[\w!.*@{}/-]+", re.sub(r"(?m)#.*$", "", block[1])) if one != "-"]
    return found


def member(place: str, root: str, wanted: list[str]) -> bool:
    """Say whether a folder is one of the workspaces of another."""
    inner = place if root == "." else place.removeprefix(f"{root}/")

    def fits(pattern: str) -> bool:
        return fnmatch(inner, pattern.removeprefix("./").rstrip("/").replace("/**/", "/*"))

    return any(fits(one) for one in wanted if not one.startswith("!")) and not any(
        fits(one[1:]) for one in wanted if one.startswith("!")
    )


@dataclass(frozen=True)
class Front:
    """A folder with a package.json that stands for itself, what that says, and the same of its workspaces."""

    place: str
    package: dict[str, Any]
    members: dict[str, dict[str, Any]]


def fronts(tree: Tree) -> Iterator[Front]:
    """Yield the front ends of a tree, outermost first."""
    paths = tree.named("package.json", "pnpm-workspace.yaml")
    folders = dict.fromkeys(manifests.folder(path) for path in paths if not sample(path))
    said = {one: tree.json(join(one, "package.json")) if has(tree, one) else {} for one in folders}
    taken: set[str] = set()
    for place, package in said.items():
        if place in taken:
            continue
        wanted = patterns(tree, place, package)
        members = {
            one: said[one] for one in said if has(tree, one) and place in up(one)[1:] and member(one, place, wanted)
        }
        taken |= set(members)
        yield Front(place, package, members)


def has(tree: Tree, place: str) -> bool:
    """Say whether a folder has a package.json."""
    return tree.has(join(place, "package.json"))
