"""Read a Django project on the controller: the release engine's reader, on a folder or on what git serves."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible_collections.groundcrew.django.plugins.module_utils.applications import engine
from ansible_collections.groundcrew.django.plugins.module_utils.applications.sources import git
from ansible_collections.groundcrew.django.plugins.module_utils.applications.sources.kinds import expanded
from ansible_collections.groundcrew.django.plugins.plugin_utils.given import given

host = engine.load("host")
project = engine.load("project")
processes = engine.load("project.processes")
tree = engine.load("project.tree")
FailedError = engine.load("steps").FailedError
TIMEOUT = 120  # seconds that git may take


def fetch(source: str, folder: str) -> None:
    """Clone the newest state of a repository.

    :raises FailedError: git cannot.
    """
    command = ["git", "clone", "--quiet", "--depth=1", "--", source, folder]
    options = {"env": git.environment(), "timeout": TIMEOUT}
    try:
        result = subprocess.run(command, **options, capture_output=True, text=True, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FailedError(f"{source} was not looked at: {error}.") from None
    if result.returncode:
        raise FailedError(f"{source} was not looked at, since git cannot clone it: {host.last_line(result.stderr)}")


def title(source: str) -> str:
    """Return the name that an application of this source has: "my-shop" for git@example.org:team/My_Shop.git."""
    last = re.split(r"[/:]", source.rstrip("/"))[-1].removesuffix(".git")
    return re.sub(r"[^a-z0-9]+", "-", last.lower()).strip("-0123456789") or "site"


def describe(folder: str, name: str) -> dict[str, object]:
    """Return what the project in a folder says of itself.

    :raises FailedError: a sentence for what the inventory has to decide.
    """
    files = tree.Tree(Path(folder))
    read = project.read(files.folder, project.Asked(name=name, given=given(name)))
    found = [
        {"name": one.name, "run": one.run, **({"singleton": True} if one.singleton else {})}
        for one in processes.processes(files, read, name)
    ]
    lines = [line.removeprefix("  ") for line in read.variables]
    cut = next((number for number, line in enumerate(lines) if line.startswith("secrets:")), len(lines))
    return {
        "choices": [str(one) for one in read.choices],
        "interface": processes.interface(files, read),
        "processes": found,
        "proposed": [line.removeprefix("  ") for line in read.proposed],
        "variables": [line.strip() for line in lines[:cut] if line.startswith("  ")],
        "secrets": lines[cut:],
    }


def look(source: str, name: str) -> dict[str, object]:
    """Return what one source says of itself."""
    place = expanded(source)
    name = name or title(str(place.resolve()) if place.is_dir() else source)
    nothing = {"name": name, "choices": [], "interface": "wsgi", "processes": [], "refused": ""}
    try:
        if place.is_dir():
            return nothing | describe(str(place), name)
        with tempfile.TemporaryDirectory() as folder:
            fetch(source, folder)
            return nothing | describe(folder, name)
    except FailedError as error:
        return nothing | {"refused": str(error)}


class ActionModule(ActionBase):
    """The action plugin."""

    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Return what the source says of itself."""
        result = super().run(tmp, task_vars)
        _, given = self.validate_argument_spec(
            {"source": {"type": "str", "required": True}, "name": {"type": "str", "default": ""}}
        )
        return result | {"changed": False} | look(given["source"], given["name"])
