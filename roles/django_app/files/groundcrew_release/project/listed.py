"""Requirements files: which of them is meant, and where the relative paths in them begin."""

import re
from dataclasses import dataclass, field

from ..steps import FailedError
from .names import development, production, sentence, words
from .tree import Tree, join

ENDINGS = (".txt", ".in", ".pip", ".lock", ".frozen", ".freeze")
STEMS = {"requirements", "requirement", "requires", "reqs", "req", "deps", "dependencies", "freeze", "packages"}
FOLDERS = {"requirements", "requirement", "requires", "reqs", "req", "deps", "dependencies"}
LOCKED = {"lock", "locked", "frozen", "freeze", "compiled", "pinned"}
BASE = {
    "base",
    "common",
    "main",
    "core",
    "app",
    "all",
    "default",
    "project",
    "site",
    "web",
    "server",
    "django",
    "pip",
    "python",
    "py3",
}
ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz")
OPTION = re.compile(r"(-r|--requirement|-c|--constraint|-e|--editable|-f|--find-links)(?:\s+|=)(.+)")
NAMED = re.compile(r"([A-Za-z0-9][\w.-]*(?:\[[^]]*\])?)\s*@\s*(?:file:)?(\.{1,2}/[^\s;]*|\.{1,2})(.*)")
PATH = re.compile(r"(?:file:)?(\.{1,2}(?:/[^\s;\[\]]*)?|[\w.-]+(?:/[^\s;\[\]]+)*/?)(\[[^]]*\])?(.*)")
VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")


def rank(path: str, inside: bool) -> tuple[int, int, int] | None:
    """Return how well the name of a file says that production installs it, None when it says nothing of the kind.

    Lower is better: production before what names nobody before a base; a frozen list before the other; `.in` last.
    """
    name = path.rpartition("/")[2].lower()
    ending = next((one for one in ENDINGS if name.endswith(one)), "")
    said = words(name.removesuffix(ending)) if ending else set()
    if not ending or "constraints" in said or not (inside or said & STEMS):
        return None
    if ending == ".lock" and not said & STEMS:
        return None  # poetry.lock and its like
    rest = said - STEMS
    frozen = bool(said & LOCKED) or ending in (".lock", ".frozen", ".freeze")
    rest -= LOCKED
    if any(production(one) for one in rest):
        kind = 0
    elif not rest:
        kind = 1
    elif rest <= BASE:
        kind = 2
    else:
        return None
    return kind, 0 if frozen else 1, 1 if ending == ".in" else 0


def find(tree: Tree, folder: str) -> tuple[str, ...]:
    """Return the requirements file of a folder, or of its folder of requirements; () for none.

    :raises FailedError: several are as good, or there are only some for development.
    """
    candidates: list[tuple[tuple[int, int, int], str]] = []
    only: list[str] = []
    folders = (
        sorted(one.name for one in (tree.folder / folder).iterdir() if one.is_dir()) if tree.has_folder(folder) else []
    )
    places = [(folder, False)] + [(join(folder, one), True) for one in folders if one.lower() in FOLDERS]
    for place, inside in places:
        for name in tree.inside(place):
            path = join(place, name)
            found = rank(path, inside)
            if found and lines(tree, path):
                candidates.append((found, path))
            elif found is None and (inside or words(name) & STEMS) and name.endswith((".txt", ".in")):
                only.append(path)
    if not candidates:
        if serious := [path for path in only if not development(path.rpartition("/")[2]) and "constraints" not in path]:
            raise FailedError(
                f"The requirements of production may be in {sentence(serious)}: "
                "name the file with `requirements_files`."
            )
        return ()
    candidates.sort()
    best = [path for found, path in candidates if found == candidates[0][0]]
    if len(best) > 1 and candidates[0][0][0] != 0:
        # requirements.txt beside requirements/: the outer one is what everybody installs.
        outer = [path for path in best if path.count("/") == min(one.count("/") for one in best)]
        same = [path for path in best if path.rpartition("/")[2] == "requirements.txt"]
        best = outer if len(outer) == 1 else same if len(same) == 1 else best
    if len(best) > 1 and candidates[0][0][0] == 2:
        best = [path for path in best if "base" in words(path.rpartition("/")[2])] or best
    if len(best) > 1:
        raise FailedError(
            f"The requirements of production may be in {sentence(best)}: name the file with `requirements_files`."
        )
    return (best[0],)


def anywhere(tree: Tree) -> list[str]:
    """Return the requirements files of the whole source, for a refusal that names them."""
    inside = {path: path.split("/")[-2].lower() in FOLDERS for path in tree.files if "/" in path}
    return [path for path in tree.files if rank(path, inside.get(path, False)) and lines(tree, path)][:5]


def lines(tree: Tree, path: str) -> list[str]:
    """Return the lines of a requirements file that say something; one that goes on in the next is one."""
    joined = re.sub(r"\\\r?\n", " ", tree.whole(path))
    found = (re.sub(r"(^|\s)#.*$", "", line).strip() for line in joined.splitlines())
    return [line for line in found if line]


@dataclass
class Flat:
    """A requirements file with all that it refers to, its paths counted from the release.

    `relative` says that uv cannot read it as it is: a path is relative, or the text is UTF-16.
    """

    tree: Tree
    top: str = "source"
    out: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    relative: bool = False

    def place(self, folder: str, path: str, whole: str) -> str:
        """Return a path of the source that a file in `folder` means: from its own folder, or from the source's top.

        pip counts from the folder that it is called in, which is the top for `-e .` in requirements/base.txt.
        """
        self.relative = True
        tops = [folder]
        while tops[-1] != ".":
            tops.append(tops[-1].rpartition("/")[0] or ".")
        for top in tops:
            found = join(top, path)
            if self.tree.has(found) or any(
                self.tree.has(join(found, one)) for one in ("pyproject.toml", "setup.py", "setup.cfg")
            ):
                return f"./{self.top}/{found}" if found != "." else f"./{self.top}"
        raise FailedError(f"{whole} of the project asks for {path}, and the source has no such package.")

    def add(self, path: str) -> None:
        """Take the lines of a file."""
        if path in self.seen:
            return
        self.seen.add(path)
        self.relative = self.relative or not self.tree.plain(path)
        folder = path.rpartition("/")[0] or "."
        for line in lines(self.tree, path):
            self.line(folder, path, line)

    def line(self, folder: str, path: str, line: str) -> None:
        """Take one line."""
        if match := OPTION.fullmatch(line):
            option, value = match[1], match[2].strip().strip("\"'")
            if option in ("-r", "--requirement", "-c", "--constraint"):
                self.refer(folder, path, option, value)
            elif option in ("-e", "--editable") and (found := self.local(folder, path, value)):
                self.out.append(f"-e {found}")
            elif option in ("-f", "--find-links") and "://" not in value and not value.startswith("/"):
                self.relative = True
                self.out.append(f"--find-links ./{self.top}/{join(folder, value)}")
            else:
                self.out.append(line)
        elif (match := NAMED.fullmatch(line)) is not None:
            self.out.append(f"{match[1]} @ {self.place(folder, match[2], path)}{match[3]}")
        else:
            self.out.append(self.local(folder, path, line) or line)

    def refer(self, folder: str, path: str, option: str, value: str) -> None:
        """Take a file that another one refers to."""
        if "://" in value:
            self.out.append(f"{option} {value}")
            return
        found = next((one for one in (join(folder, value), join(value)) if self.tree.has(one)), "")
        if not found:
            raise FailedError(f"{path} of the project refers to {value}, which the source does not have.")
        if option in ("-c", "--constraint"):
            self.out.append(f"-c ./{self.top}/{found}")
        else:
            self.add(found)

    def local(self, folder: str, path: str, text: str) -> str:
        """Return a line that names a path of the source, as counted from the release; "" when it names none."""
        match = PATH.fullmatch(text)
        value = match[1] if match else ""
        if not match or "://" in text or value.startswith("/") or not value:
            return ""
        explicit = value in (".", "..") or value.startswith(("./", "../")) or text.startswith("file:")
        archive = value.endswith(ARCHIVES) and ("/" in value or self.tree.has(join(folder, value)))
        package = "/" in value and any(
            self.tree.has(join(folder, value, one)) for one in ("pyproject.toml", "setup.py")
        )
        if not (explicit or archive or package):
            return ""
        return f"{self.place(folder, value, path)}{match[2] or ''}{match[3]}"


def flat(tree: Tree, path: str) -> tuple[str, ...]:
    """Return the lines that stand for a requirements file, () when uv can read it as it is: it has no relative path.

    :raises FailedError: it refers to what the source does not have.
    """
    found = Flat(tree)
    found.add(path)
    return tuple(found.out) if found.relative else ()


def variables(texts: list[str]) -> set[str]:
    """Return the variables of the environment that lines refer to, as in `https://${TOKEN}@…`."""
    return {name for text in texts for name in VARIABLE.findall(text)}
