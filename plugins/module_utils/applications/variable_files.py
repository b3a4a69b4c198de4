"""Files below `group_vars` and `host_vars` that no group and no host is called after: Ansible passes them over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from . import groups, specification
from .findings import Finding
from .inventory import Host

FOLDERS = ("group_vars", "host_vars")
SUFFIXES = ("", ".yml", ".yaml", ".json")
"""Of files that Ansible reads as variables."""
ALIKE = 0.75


def names(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield (name of the group or host, path) of the files and folders in one folder of variables."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not path.name.startswith(".") and (path.is_dir() or path.suffix in SUFFIXES or "." in path.name):
            suffix = path.suffix if path.is_file() and path.suffix in SUFFIXES else ""
            yield path.name.removesuffix(suffix) if suffix else path.name, path


def meant(name: str, known: set[str]) -> str:
    """Return the group or host that a file is meant for, also by the first part of its name; "" for none."""
    begun = [one for one in sorted(known) if one.startswith(f"{name}.")]
    # Another number or another first part is another host, which may well be away.
    alike = {one for one in known if digits(one) == digits(name)}
    alike = {one for one in alike if specification.nearest(name.partition(".")[0], [one.partition(".")[0]], ALIKE)}
    return begun[0] if begun else specification.nearest(name, alike, ALIKE)


def digits(name: str) -> str:
    """Return the digits of a name."""
    return "".join(letter for letter in name if letter.isdecimal())


def findings(hosts: list[Host]) -> Iterator[Finding]:
    """Yield each file whose name is nearly that of a group or a host."""
    known = {
        "group_vars": {"all", "ungrouped", *groups.KNOWN, *(group for host in hosts for group in host.groups)},
        "host_vars": {host.name for host in hosts},
    }
    for folder in sorted({host.folder for host in hosts if host.folder}):
        for kind, right in known.items():
            for name, path in names(Path(folder, kind)):
                if name not in right and (near := meant(name, right)):
                    what = "group" if kind == "group_vars" else "host"
                    sentence = f"is read for no {what}: none is called {name}. Did you mean `{near}`?"
                    yield Finding("variable-file", "", "", str(path.relative_to(folder)), sentence)
