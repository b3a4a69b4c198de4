"""The files of a folder that are shipped: in a git work tree what git would keep, elsewhere all but leftovers.

What git tracks is shipped whatever its name, submodules as well. Names are paths relative to the folder as Python
has them: bytes that are no UTF-8 become surrogates (`os.fsencode` brings them back).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from .kinds import SourceError

EXCLUDED = frozenset(
    {".git", ".hg", ".tox", ".venv", "venv", "node_modules", "__pycache__", ".env", ".vault-password", "db.sqlite3"}
)
"""What never belongs on a server unless git tracks it: caches, environments, the developer's secrets and database."""
SUBMODULE = "160000"  # mode of a submodule in git's index
OWN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
"""Variables of a hook of git that calls us: they mean its own repository."""


def files(folder: Path, include: Sequence[str] = ()) -> list[str]:
    """Return the sorted names of the files and links that are shipped, with what `include` names beside them.

    :raises SourceError: a submodule is empty, or an item of `include` matches nothing.
    """
    names = set(listed(folder)) | {name for pattern in include for name in included(folder, pattern)}
    return sorted(name for name in names if shippable(folder / name))


def shippable(path: Path) -> bool:
    """Say whether this is a file or a link: git may know a file that is gone, and nobody ships a socket."""
    return path.is_symlink() or path.is_file()


def shown(name: str) -> str:
    """Return a name for a sentence: one line, whatever its bytes."""
    return re.sub(r"[\x00-\x1f\x7f]", "?", os.fsencode(name).decode(errors="replace"))


def listed(folder: Path) -> list[str]:
    """Return the names of what is shipped by itself; some of it may be gone."""
    tracked, others = git(folder, "--stage"), git(folder, "--others", "--exclude-standard")
    # A folder that an outer work tree ignores has nothing of git's.
    if not tracked and not others:
        check_exported(folder)
        return list(walk(folder))
    found = [name for name in others or [] if not EXCLUDED & set(Path(name).parts) and not in_environment(folder, name)]
    for name in [name for name in found if name.endswith("/")]:
        # A repository of its own, which is no submodule.
        found += below(name.rstrip("/"), listed(folder / name))
    for entry in tracked or []:
        head, _, name = entry.partition("\t")
        found += below(name, submodule(folder, name)) if head.startswith(SUBMODULE) else [name]
    return found


def below(folder: str, names: Sequence[str]) -> list[str]:
    """Return names as seen from above their folder."""
    return [f"{folder}/{name}" for name in names]


def git(folder: Path, *options: str) -> list[str] | None:
    """Return what `git ls-files` prints, None where the folder is in no work tree.

    :raises SourceError: it is in one, and git cannot read it.
    """
    environment = {name: value for name, value in os.environ.items() if name not in OWN} | {"LC_ALL": "C"}
    command = ["git", "-c", "safe.directory=*", "-C", str(folder), "ls-files", "-z", *options]
    if not shutil.which("git"):
        if any((one / ".git").exists() for one in (folder, *folder.parents)):
            raise SourceError(f"The folder {folder} is in a git work tree, and this machine has no git to read it.")
        return None
    result = subprocess.run(command, env=environment, capture_output=True, check=False)
    if result.returncode:
        said = result.stderr.decode(errors="replace").strip()
        if "not a git repository" in said:
            return None
        raise SourceError(f"git cannot read the folder {folder}: {' '.join(said.split())}")
    return [os.fsdecode(name) for name in result.stdout.split(b"\0") if name]


def in_environment(folder: Path, name: str) -> bool:
    """Say whether a file that git does not track lies in a virtual environment."""
    return any((folder / one / "pyvenv.cfg").is_file() for one in Path(name).parents if one != Path())


def submodule(folder: Path, name: str) -> list[str]:
    """Return the names of what a submodule ships; SourceError when it is empty."""
    place = folder / name
    if (place / ".git").exists():
        return listed(place)
    names = list(walk(place)) if place.is_dir() else []
    if not names:
        raise SourceError(
            f"The folder {folder} holds the submodule {shown(name)}, which is empty here: run `git submodule update "
            "--init --recursive` there."
        )
    return names


def check_exported(folder: Path) -> None:
    """Refuse what was exported without its submodules, as an archive of a repository is."""
    path = folder / ".gitmodules"
    text = path.read_text(errors="surrogateescape") if path.is_file() else ""
    for name in re.findall(r"^\s*path\s*=\s*(.+?)\s*$", text, re.MULTILINE):
        if not (folder / name).is_dir() or not any((folder / name).iterdir()):
            raise SourceError(
                f"The folder {folder} is a copy of a repository without its submodule {shown(name)}: take a clone "
                "(`git clone --recurse-submodules`)."
            )


def walk(folder: Path, leave: frozenset[str] = EXCLUDED) -> Iterator[str]:
    """Yield the names of all files and links below a folder, without names to `leave` and virtual environments."""
    for place, folders, names in os.walk(folder):
        links = [name for name in folders if Path(place, name).is_symlink()]
        folders[:] = [
            name
            for name in folders
            if name not in leave and name not in links and not Path(place, name, "pyvenv.cfg").exists()
        ]
        start = os.path.relpath(place, folder)
        for name in names + links:
            if name not in leave:
                yield os.path.normpath(f"{start}/{name}")


def included(folder: Path, pattern: str) -> list[str]:
    """Return the names of what an item of `include` matches: files, and all files below folders.

    :raises SourceError: it matches nothing, or leaves the folder.
    """
    if pattern.startswith("/") or ".." in Path(pattern).parts or not pattern.strip():
        raise SourceError(f"`include` has {pattern!r}, and takes paths inside the source, such as frontend/dist.")
    literal = folder / pattern
    found = []
    for path in [literal] if os.path.lexists(literal) else folder.glob(pattern):
        name = os.path.relpath(path, folder)
        inside = path.is_dir() and not path.is_symlink()
        found += below(name, list(walk(path, frozenset({".git"})))) if inside else [name]
    if not found:
        raise SourceError(
            f"`include` has {pattern}, and the source {folder} has no such file: build it first, or leave it out."
        )
    return found
