"""Files of the inventory that are named after the vault, and that were never encrypted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from . import variable_files
from .findings import Finding

HEAD = b"$ANSIBLE_VAULT;"


def clear(folder: Path) -> Iterator[Path]:
    """Yield the files of variables that are called vault and hold plain text, as paths from the folder."""
    for path in sorted(path for name in variable_files.FOLDERS for path in (folder / name).glob("**/*vault*")):
        if path.is_file() and path.suffix in variable_files.SUFFIXES:
            text = path.read_bytes()
            # One that holds encrypted values alone needs no encryption of its own.
            if not text.startswith(HEAD) and b"!vault" not in text and text.strip().strip(b"-"):
                yield path.relative_to(folder)


def findings(folders: Iterable[str]) -> Iterator[Finding]:
    """Yield each of them; `folders` are those of the inventories."""
    for folder in sorted(folders):
        for path in clear(Path(folder)) if folder else ():
            sentence = f"is in plain text: ansible-vault encrypt {Path(folder, path)}"
            yield Finding("vault", "", "", str(path), sentence)
