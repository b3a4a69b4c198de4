"""What the lines of a requirements file ask for, with those of the files that it refers to and the paths in them."""

import re
from dataclasses import dataclass, field

from packaging.requirements import InvalidRequirement, Requirement

from ..steps import FailedError
from .tree import Tree, join

LONG = {"--requirement": "-r", "--constraint": "-c", "--editable": "-e", "--find-links": "-f"}
ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz")
OPTION = re.compile(r"(-[rcef]|--(?:requirement|constraint|editable|find-links)(?=[\s=]))[\s=]*(.+)")
ELSEWHERE = re.compile(
    r"(?:\S+\s*@\s*)?(?:file:/*)?(?:~|[A-Za-z]:[\\/]|/+(?:home|Users|root|tmp|private|croot|builds?)/|/.*feedstock_root/)"
)
"""A path of the machine that somebody wrote the list on, as `pip freeze` has it for what conda or a folder brought."""
NAMED = re.compile(r"([A-Za-z0-9][\w.-]*(?:\[[^]]*\])?)\s*@\s*(?:file:)?(\.{1,2}/[^\s;]*|\.{1,2})(.*)")
PATH = re.compile(r"(?:file:)?(\.{1,2}(?:/[^\s;\[\]]*)?|[\w.-]+(?:/[^\s;\[\]]+)*/?)(\[[^]]*\])?(.*)")
VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")


def lines(tree: Tree, path: str) -> list[str]:
    """Return the lines of a requirements file that say something; one that goes on in the next is one."""
    joined = re.sub(r"\\\r?\n", " ", tree.whole(path))
    found = (re.sub(r"(^|\s)#.*$", "", line).strip() for line in joined.splitlines())
    return [line for line in found if line]


def valid(path: str, line: str) -> str:
    """Return a line that names a package.

    :raises FailedError: it does not, as those of `pip list` and `conda list --export` do not.
    """
    if not line.startswith(("-", "/")) and not re.search(r"://|\$\{", line):
        try:
            Requirement(re.split(r"\s--", line)[0].strip())
        except InvalidRequirement:
            raise FailedError(
                f"{path} of the project has the line {line[:60]!r}, which is no requirement: write the file with "
                "`pip freeze`, or name another one with `requirements_files`."
            ) from None
    return line


@dataclass
class Flat:
    """A requirements file with all that it refers to, its paths counted from the release.

    `relative` says that uv cannot read it as it is: a path is relative, or the text is no UTF-8.
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

    def slashes(self, value: str) -> str:
        """Return a path as it is on the host; on Windows a backslash separates folders."""
        if "\\" in value and "://" not in value:
            self.relative = True
            return value.replace("\\", "/")
        return value

    def add(self, path: str) -> None:
        """Take the lines of a file."""
        if path in self.seen:
            return
        self.seen.add(path)
        # uv reads UTF-8 alone, comments included.
        self.relative = self.relative or not self.tree.plain(path) or "\ufffd" in self.tree.whole(path)
        folder = path.rpartition("/")[0] or "."
        for line in lines(self.tree, path):
            self.line(folder, path, line)

    def line(self, folder: str, path: str, line: str) -> None:
        """Take one line."""
        match = OPTION.fullmatch(line)
        value = match[2].strip().strip("\"'") if match else ""
        if ELSEWHERE.match(value or line):
            raise FailedError(
                f"{path} of the project asks for {line}, a path of the machine that it was written on: "
                "name the package with its version there."
            )
        if match:
            option = LONG.get(match[1], match[1])
            value = self.slashes(value)
            if option in ("-r", "-c"):
                self.refer(folder, path, option, value)
            elif option == "-e" and (found := self.local(folder, path, value)):
                self.out.append(f"-e {found}")
            elif option == "-f" and "://" not in value and not value.startswith("/"):
                self.relative = True
                self.out.append(f"--find-links ./{self.top}/{join(folder, value)}")
            else:
                self.out.append(line)
        elif (match := NAMED.fullmatch(line)) is not None:
            self.out.append(f"{match[1]} @ {self.place(folder, match[2], path)}{match[3]}")
        else:
            self.out.append(self.local(folder, path, line) or valid(path, line))

    def refer(self, folder: str, path: str, option: str, value: str) -> None:
        """Take a file that another one refers to."""
        if "://" in value:
            self.out.append(f"{option} {value}")
            return
        found = next((one for one in (join(folder, value), join(value)) if self.tree.has(one)), "")
        if not found and (found := self.alike(folder, value)):
            self.relative = True
        if not found:
            raise FailedError(f"{path} of the project refers to {value}, which the source does not have.")
        if option == "-c":
            self.out.append(f"-c ./{self.top}/{found}")
        else:
            self.add(found)

    def alike(self, folder: str, value: str) -> str:
        """Return the file that is called so but for capitals, as Windows takes it; "" for none."""
        asked = {join(folder, value).lower(), join(value).lower()}
        found = [path for path in self.tree.files if path.lower() in asked]
        return found[0] if len(found) == 1 else ""

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
