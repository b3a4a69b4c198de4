"""The files that the variables of an inventory come from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ansible.context import CLIARGS
from ansible_collections.groundcrew.django.plugins.module_utils.applications import variable_files


def files(sources, folder) -> Iterator[Path]:
    """Yield each file of variables of the inventory, of the playbook, and of `-e @FILE`, once.

    `sources` are the inventory's files and folders, `folder` that of the playbook.
    """
    sources = [Path(str(one)) for one in sources or []]
    folders = [one if one.is_dir() else one.parent for one in sources] + [Path(folder)]
    found = [one for one in sources if one.is_file()]
    found += [one for source in sources if source.is_dir() for one in source.iterdir()]
    found += [one for place in folders for name in variable_files.FOLDERS for one in (place / name).rglob("*")]
    found += [Path(str(one)[1:]) for one in CLIARGS.get("extra_vars") or () if str(one).startswith("@")]
    yield from dict.fromkeys(one for one in found if one.suffix in variable_files.SUFFIXES and one.is_file())
