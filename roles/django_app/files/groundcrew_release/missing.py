"""What a source lacks although something names it: files of Git LFS, submodules, what a front end was to build."""

import os
import re
import shutil
from pathlib import Path

from . import image
from .steps import FailedError

POINTER = re.compile(rb"version https://[^\n]*/spec/v1\n(ext-[^\n]*\n)*oid sha256:[0-9a-f]{64}\nsize \d+\n?")
LARGEST = 1024  # bytes of a pointer


def installed() -> bool:
    """Say whether this host has Git LFS."""
    return shutil.which("git-lfs") is not None


def pointers(folder: Path) -> list[str]:
    """Return the files below a folder that are pointers of Git LFS, sorted, as paths from there."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git"]
        for path in (Path(place, name) for name in names):
            if not path.is_symlink() and path.stat().st_size < LARGEST and POINTER.fullmatch(path.read_bytes()):
                found.append(str(path.relative_to(folder)))
    return sorted(found)


def check_pointers(folder: Path, kind: str) -> None:
    """Refuse pointers of Git LFS in place of files: a visitor would get the text of a pointer as a picture.

    :param kind: of the source, for what to do.
    """
    found = pointers(folder)
    if not found:
        return
    what = f"The source holds {found[0]}" + (f" and {len(found) - 1} more" if found[1:] else "")
    if kind != "git":
        remedy = "run `git lfs pull` where the source is made, and ship it again"
    elif installed():
        remedy = "`git lfs pull` did not bring it"
    else:
        remedy = "name git-lfs among the `build_packages`, and they are fetched"
    raise FailedError(f"{what} as a Git LFS pointer in place of the file: {remedy}.")


def check_submodules(folder: Path) -> None:
    """Refuse an archive that was made without the submodules that its `.gitmodules` name."""
    for modules in (one for one in folder.glob("**/.gitmodules") if not one.is_symlink()):
        text = modules.read_text(errors="surrogateescape")
        for name in re.findall(r"^\s*path\s*=\s*(.+?)\s*$", text, re.MULTILINE):
            place = modules.parent / name
            if not place.is_dir() or not any(place.iterdir()):
                raise FailedError(
                    f"The source has nothing of its submodule {name}: make the archive from a clone with "
                    "`git clone --recurse-submodules`, or ship the git repository itself."
                )


def front_end(release: Path, named: dict[str, list[str]]) -> list[str]:
    """Return a sentence for each folder or manifest that settings name and a release (its folder) does not have.

    Django says nothing of it, and the pages have no style. Of an image the paths are those inside, and it is whole.

    :param named: absolute paths by setting, as `inside/describe.py` returns them.
    """
    sentences = list[str]()
    if image.read(release):
        return sentences
    for setting, paths in named.items():
        for path in (Path(path) for path in paths if not on_host(release, path).exists()):
            inside = path.is_relative_to(release / "source")
            shown = str(path.relative_to(release / "source")) if inside else str(path)
            remedy = f" If git ignores it, `include: [{shown}]` ships it from a folder." if inside else ""
            sentences.append(f"{setting} names {shown}, which the release does not have.{remedy}")
    return sentences


def on_host(release: Path, path: str) -> Path:
    """Return where this host has what a process of a release (its folder) sees at an absolute path.

    `/etc/django/NAME` is the folder `files` of its release to each.
    """
    own = f"/etc/django/{release.parents[1].name}/"
    return release / "files" / path.removeprefix(own) if path.startswith(own) else Path(path)
