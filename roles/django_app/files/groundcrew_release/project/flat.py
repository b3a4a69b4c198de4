"""What the lines of a requirements file ask for, with those of the files that it refers to and the paths in them."""

import re
from dataclasses import dataclass, field

from ..steps import FailedError
from .spelling import ABSOLUTE, ARCHIVES, HERE, LONG, MACHINE, OPTION, REMOTE, Place, place, understood, valid
from .tree import Tree, join

VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")


def lines(tree: Tree, path: str) -> list[str]:
    """Return the lines of a requirements file that say something; one that goes on in the next is one."""
    joined = re.sub(r"\\\r?\n", " ", tree.whole(path))
    found = (re.sub(r"(^|\s)#.*$", "", line).strip() for line in joined.splitlines())
    return [line for line in found if line]


@dataclass
class Flat:
    """The lines of requirements files, flattened: a path in them begins at the release, whose source is in `top`.

    `changed` says that uv cannot read the files as they are, `left` which options the lines lack for that reason, and
    `limits` are the lines of the files of constraints that it cannot read. `chain` are those that lead to this one.
    """

    tree: Tree
    top: str = "source"
    out: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    chain: tuple[str, ...] = ()
    changed: bool = False

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that uv gets, () when it can read the file as it is."""
        return tuple(self.out) if self.changed else ()

    def package(self, path: str) -> bool:
        """Say whether a folder of the source is a package that uv can build."""
        return any(self.tree.has(join(path, one)) for one in ("pyproject.toml", "setup.py"))

    def place(self, folder: str, path: str, whole: str) -> str:
        """Return a path of the source that a file in `folder` means: from its own folder, or from the source's top.

        pip counts from the folder that it is called in, which is the top for `-e .` in requirements/base.txt.
        """
        self.changed = True
        tops = [folder]
        while tops[-1] != ".":
            tops.append(tops[-1].rpartition("/")[0] or ".")
        for top in tops:
            found = join(top, path)
            if self.tree.has(found) or self.package(found):
                return f"./{self.top}/{found}" if found != "." else f"./{self.top}"
            if self.tree.has(join(found, "setup.cfg")):
                raise FailedError(
                    f"{whole} of the project asks for {path}, which has a setup.cfg alone: put a setup.py beside it "
                    "that says `from setuptools import setup; setup()`."
                )
        raise FailedError(f"{whole} of the project asks for {path}, and the source has no such package.")

    def slashes(self, value: str) -> str:
        """Return a path as it is on the host; on Windows a backslash separates folders."""
        if "\\" in value and "://" not in value:
            self.changed = True
            return value.replace("\\", "/")
        return value

    def add(self, path: str) -> None:
        """Take the lines of a file."""
        if path in self.seen:
            return
        self.seen.add(path)
        # uv reads UTF-8 alone, comments included.
        self.changed = self.changed or not self.tree.plain(path) or "\ufffd" in self.tree.whole(path)
        folder = path.rpartition("/")[0] or "."
        for line in lines(self.tree, path):
            self.line(folder, path, line)

    def line(self, folder: str, path: str, text: str) -> None:
        """Take one line."""
        line, left = understood(HERE.sub("./", text))
        self.left += left
        self.changed = self.changed or line != text
        match = OPTION.fullmatch(line)
        option = LONG.get(match[1], match[1]) if match else ""
        value = re.sub(r"^(['\"])(.*)\1$", r"\2", match[2].strip()) if match else line
        self.here(path, line, value)
        value = self.slashes(value)
        if option in ("-r", "-c"):
            self.refer(folder, path, option, value)
        elif option == "-f" and "://" not in value and not value.startswith("/"):
            self.changed = True
            self.out.append(f"--find-links ./{self.top}/{join(folder, value)}")
        elif option == "-e" and REMOTE.search(value):
            # uv edits nothing that it has fetched.
            self.changed = True
            self.out.append(value)
        elif option == "-e" and (found := place(value)):
            self.out.append(f"-e {found.line(self.place(folder, found.path, path))}")
        elif not option and (found := place(value)) and self.meant(folder, found):
            self.out.append(found.line(self.place(folder, found.path, path)))
        elif line:
            self.out.append(line if option else valid(path, line))

    def here(self, path: str, line: str, value: str) -> None:
        """Refuse a path of another machine, with the one of the source that it means.

        :raises FailedError: it is one.
        """
        match = ABSOLUTE.match(value)
        if not match:
            return
        parts = re.split(r"[\\/]+", match[1].rstrip("/\\"))[1:]
        tails = ["/".join(parts[at:]) for at in range(len(parts))]
        packages = [one for one in tails if self.package(one)]
        own = packages or [one for one in tails if self.tree.has(one) or self.tree.has_folder(one)]
        if MACHINE.fullmatch(match[1].rstrip("/")):
            own = ["."] if self.package(".") else []
        if packages or MACHINE.match(match[1]):
            remedy = f"write ./{own[0]}".removesuffix("/.") if own else "name the package with its version"
            raise FailedError(
                f"{path} of the project asks for {line}, a path of the machine that it was written on: {remedy} there."
            )

    def meant(self, folder: str, found: Place) -> bool:
        """Say whether what may be a path and the name of a package is a path."""
        archive = found.path.endswith(ARCHIVES) and ("/" in found.path or self.tree.has(join(folder, found.path)))
        return found.explicit or archive or ("/" in found.path and self.package(join(folder, found.path)))

    def refer(self, folder: str, path: str, option: str, value: str) -> None:
        """Take a file that another one refers to."""
        if "://" in value:
            self.out.append(f"{option} {value}")
            return
        found = next((one for one in (join(folder, value), join(value)) if self.tree.has(one)), "")
        if not found and (found := self.alike(folder, value)):
            self.changed = True
        if not found:
            raise FailedError(f"{path} of the project refers to {value}, which the source does not have.")
        if option == "-c":
            self.limit(found)
        else:
            self.add(found)

    def alike(self, folder: str, value: str) -> str:
        """Return the file that is called so but for capitals, as Windows takes it; "" for none."""
        asked = {join(folder, value).lower(), join(value).lower()}
        found = [path for path in self.tree.files if path.lower() in asked]
        return found[0] if len(found) == 1 else ""

    def limit(self, path: str) -> None:
        """Take a file of constraints: its lines where uv cannot read it, else its name."""
        if path in self.chain:
            return
        inner = Flat(self.tree, self.top, chain=(*self.chain, path))
        try:
            inner.add(path)
        except FailedError:
            # It may hold what nothing asks for, such as a path of another machine; else uv names the line.
            inner.changed = False
        if inner.changed:
            self.changed = True
            self.limits += inner.out + inner.limits
            self.left += inner.left
        else:
            self.out.append(f"-c ./{self.top}/{path}")


def flat(tree: Tree, path: str) -> Flat:
    """Return what stands for a requirements file.

    :raises FailedError: it refers to what the source does not have.
    """
    found = Flat(tree)
    found.add(path)
    return found


def variables(texts: list[str]) -> set[str]:
    """Return the variables of the environment that lines refer to, as in `https://${TOKEN}@…`."""
    return {name for text in texts for name in VARIABLE.findall(text)}
