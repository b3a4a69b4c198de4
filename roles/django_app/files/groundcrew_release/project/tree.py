"""A tree of files: which there are, and what their text says. A broken file is one sentence that names it."""

import ast
import json
import os
import re
import tomllib
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from ..steps import FailedError

SKIPPED = {"node_modules", "bower_components", "__pycache__", "site-packages", "__pypackages__"}
"""Folders that hold somebody else's code; so do those that begin with a dot, and virtual environments of any name."""
ENVIRONMENT = ("pyvenv.cfg", "bin/activate", "Scripts/activate", "lib/site-packages", "Lib/site-packages")
"""What a virtual environment has, one that is old or of Windows, too."""
LIMIT = 1_000_000  # characters of a source file or a manifest that is read
NOWHERE = Path("/nonexistent")


def up(folder: str) -> list[str]:
    """Return a folder and those above it, the source itself (".") last."""
    path = PurePosixPath(folder)
    return [str(one) for one in (path, *path.parents)]


def join(folder: str, *names: str) -> str:
    """Return a path inside a folder of the source, normalised; one that leaves the source begins with `..`."""
    return os.path.normpath(str(PurePosixPath(folder, *names)))


def leaves(path: Path, folder: Path) -> bool:
    """Say whether a path leads out of a folder, itself or by a link on its way."""
    try:
        return not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
    except ValueError:
        # A name with NUL.
        return True


class Tree:
    """The files below a folder. A link that leads out of it is as good as not there: root reads, and hands on."""

    def __init__(self, folder: Path):
        self.folder = folder
        # A lock or a module of settings is asked several times, and a lock takes tenths of a second.
        self.parsed: dict[str, dict[str, Any]] = {}
        self.modules: dict[str, list[ast.stmt]] = {}

    @cached_property
    def files(self) -> tuple[str, ...]:
        """All files of the project itself, outermost first."""
        found = []
        for place, folders, names in os.walk(self.folder):
            folders[:] = [
                name
                for name in folders
                if name not in SKIPPED
                and not name.startswith((".", "{{", "{%"))
                and not any(Path(place, name, one).exists() for one in ENVIRONMENT)
            ]
            paths = [Path(place, name) for name in names]
            paths = [path for path in paths if not (path.is_symlink() and leaves(path, self.folder))]
            found += [path.relative_to(self.folder).as_posix() for path in paths]
        return tuple(sorted(found, key=lambda path: (path.count("/"), path)))

    def named(self, *names: str, below: str = ".") -> list[str]:
        """Return the files of these names below a folder, outermost first."""
        top = "" if below == "." else f"{below}/"
        return [path for path in self.files if path.startswith(top) and path.rpartition("/")[2] in names]

    def inside(self, folder: str) -> list[str]:
        """Return the names of the files in one folder, sorted."""
        return [name for name in self.names(folder) if self.has(join(folder, name))]

    def folders(self, folder: str) -> list[str]:
        """Return the names of the folders in one folder, sorted."""
        return [name for name in self.names(folder) if self.has_folder(join(folder, name))]

    def names(self, folder: str) -> list[str]:
        """Return the names of all that is in one folder, sorted."""
        return sorted(path.name for path in self.at(folder).iterdir()) if self.has_folder(folder) else []

    def has(self, path: str) -> bool:
        """Say whether the source has a file."""
        return self.at(path).is_file()

    def has_folder(self, path: str) -> bool:
        """Say whether the source has a folder."""
        return self.at(path).is_dir()

    def at(self, path: str) -> Path:
        """Return where a path of the source is on the disk, NOWHERE for one that leaves the source."""
        return NOWHERE if leaves(self.folder / path, self.folder) else self.folder / path

    def text(self, path: str) -> str:
        """Return the text of a file; a byte order mark is none of it."""
        try:
            with self.at(path).open(encoding="utf-8-sig", errors="replace") as file:
                return file.read(LIMIT)
        except OSError as error:
            raise FailedError(f"{path} of the project cannot be read: {error.strerror}.") from None

    def whole(self, path: str) -> str:
        """Return the text of a lock, which may be long."""
        encoding = "utf-8-sig" if self.plain(path) else "utf-16"
        try:
            return self.at(path).read_text(encoding=encoding, errors="replace")
        except OSError as error:
            raise FailedError(f"{path} of the project cannot be read: {error.strerror}.") from None

    def plain(self, path: str) -> bool:
        """Say whether a file is UTF-8; PowerShell writes what `pip freeze` prints as UTF-16."""
        try:
            with self.at(path).open("rb") as file:
                return file.read(2) not in (b"\xff\xfe", b"\xfe\xff")
        except OSError:
            return True

    def python(self, path: str) -> list[ast.stmt]:
        """Return the statements of a module, [] for one that is no Python."""
        if path not in self.modules:
            try:
                self.modules[path] = ast.parse(self.text(path)).body
            except (SyntaxError, ValueError):
                self.modules[path] = []
        return self.modules[path]

    def toml(self, path: str) -> dict[str, Any]:
        """Return what a TOML file says."""
        if path not in self.parsed:
            try:
                self.parsed[path] = tomllib.loads(self.whole(path))
            except ValueError as error:
                raise FailedError(f"{path} of the project cannot be read: {error}.") from None
        return self.parsed[path]

    def json(self, path: str) -> dict[str, Any]:
        """Return what a JSON file says, an object."""
        try:
            found = json.loads(self.whole(path))
        except ValueError as error:
            raise FailedError(f"{path} of the project cannot be read: {error}.") from None
        if not isinstance(found, dict):
            raise FailedError(f"{path} of the project cannot be read: it holds no object.")
        return found


def table(values: Any, *names: str) -> dict[str, Any]:
    """Return a table inside tables, {} where there is none of this name or something else stands there."""
    for name in names:
        values = values.get(name) if isinstance(values, dict) else None
    return values if isinstance(values, dict) else {}


def texts(value: Any) -> list[str]:
    """Return the texts of a list, [] for anything else."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def inline(tree: Tree, path: str) -> dict[str, Any]:
    """Return what a script says of itself, as PEP 723 has it: its block `script`, {} without one."""
    match = re.search(r"(?m)^# /// script$\s(?P<content>(^#(| .*)$\s)+)^# ///$", tree.text(path))
    if not match:
        return {}
    lines = (line[2:] if line.startswith("# ") else line[1:] for line in match["content"].splitlines(True))
    try:
        return tomllib.loads("".join(lines))
    except ValueError as error:
        raise FailedError(f"{path} of the project cannot be read: {error} in its block `script`.") from None
