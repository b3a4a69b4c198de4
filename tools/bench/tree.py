"""A checkout of the project and a host that it looks after: what playbooks take there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, TextIO

import yaml

from bench import ROOT
from bench.figures import Spent
from bench.hosts import Host
from bench.measure import Work, measure

GUESTBOOK = ROOT / "examples/guestbook"
NAMES = ("shop", "blog", "wiki", "forum", "tickets")
# For the connections of all applications.
ROOM = {"postgresql_settings": {"max_connections": 500}}
WHEELS = "/srv/shop/packages"


class Tree:
    """A checkout of the project and the host that it looks after, with an inventory of its own.

    Whoever counts tasks has each of them printed.
    """

    def __init__(self, label: str, path: Path, host: Host, counts: bool = False) -> None:
        self.label, self.path, self.host, self.counts, self.generation = label, path, host, counts, 1
        self.inventory = host.folder / f"{label}-inventory"
        self.inventory.mkdir()
        self.source = host.folder / f"{label}-shop"
        shutil.copytree(GUESTBOOK, self.source)

    def describe(self, count: int) -> None:
        """Write an inventory with this many applications."""
        apps: list[dict[str, Any]] = [
            {
                "name": name,
                "source": str(self.source if name == "shop" else GUESTBOOK),
                "domains": [f"{name}.example.org"],
                "env": {"DEBUG": "false", "GENERATION": "{{ generation | string }}" if name == "shop" else "1"},
            }
            for name in NAMES[:count]
        ]
        hosts = {"web1": {"ansible_host": self.host.address}}
        groups = {name: {"hosts": {"web1": None}} for name in ("django", "postgresql", "redis")}
        content = {"all": {"hosts": hosts, "vars": {**ROOM, "generation": 1, "django_apps": apps}}, **groups}
        (self.inventory / "hosts.yml").write_text(yaml.safe_dump(content))

    def edit(self, text: str) -> None:
        """Make the source of `shop` another one, by a line at the end of a module, in place of the one before."""
        module = "entries/admin.py"
        (self.source / module).write_text(f"{(GUESTBOOK / module).read_text()}{text}\n")

    def play(self, playbook: str, *arguments: str) -> Work:
        """Return the work that runs a playbook of this tree."""

        def work(host: Host, log: TextIO) -> int:
            more = {"ANSIBLE_CONFIG": str(self.path / "ansible.cfg")}
            more |= {"ANSIBLE_STDOUT_CALLBACK": "default"} if self.counts else {}
            extra = [word for argument in arguments for word in ("--extra-vars", argument)]
            command = [
                "ansible-playbook",
                f"--inventory={self.inventory}",
                str(self.path / "playbooks" / playbook),
                *extra,
            ]
            environment = {**host.environment(), **more}
            result = subprocess.run(command, cwd=self.path, env=environment, stdout=log, stderr=log, check=False)
            return result.returncode

        return work

    def run(self, what: str, playbook: str, *arguments: str, refused: bool = False) -> tuple[Spent, int]:
        """Run a playbook, with `generation` as it is by now; return what it took, and the tasks."""
        name = f"{self.label} {what}"
        work = self.play(playbook, *arguments, f"generation={self.generation}")
        spent, printed = measure(self.host, work, name, refused)
        if what.startswith("nothing") and not re.search(r"changed=0\s", printed):
            sys.exit(f"{name} changed something.")
        return spent, len(re.findall(r"^TASK \[", printed, re.MULTILINE))
