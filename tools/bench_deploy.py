"""Compare what a user waits for with an earlier commit: `make bench-deploy base=e38eb59`.

Two bare hosts get the guestbook by `site.yml`, one from this tree and one from that commit. Then, in turns, with warm
wheels and over SSH: a run with nothing to do, a deploy of a changed variable, a rollback; with one application, and
with two. Compared is the least of each: seconds of the clock, of processor time of controller and host, and tasks. What
else a machine does only adds to them.
"""

import argparse
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import bench
import yaml

ROOT = bench.ROOT
GUESTBOOK = ROOT / "examples/guestbook"


class Tree:
    """A checkout of the project and the host that it looks after."""

    def __init__(self, label, path, folder, debian):
        self.label, self.path, self.generation = label, path, 0
        self.host = bench.Host(f"deploy-{label}", debian, folder)
        self.inventory = folder / f"{label}-inventory"
        self.inventory.mkdir()

    def describe(self, count):
        """Write an inventory with this many applications."""
        apps = [
            {
                "name": name,
                "source": str(GUESTBOOK),
                "domains": [f"{name}.example.org"],
                "env": {"DEBUG": "false", "GENERATION": "{{ generation | string }}" if name == "shop" else "1"},
            }
            for name in ("shop", "blog", "wiki", "news", "docs")[:count]
        ]
        hosts = {"web1": {"ansible_host": self.host.address}}
        groups = {name: {"hosts": {"web1": None}} for name in ("django", "postgresql", "redis")}
        content = {"all": {"hosts": hosts, "vars": {"generation": 1, "django_apps": apps}}, **groups}
        (self.inventory / "hosts.yml").write_text(yaml.safe_dump(content))

    def play(self, playbook, *arguments):
        """Return a function for bench.measure that runs a playbook of this tree."""

        def work(host, log):
            environment = {
                # Ansible is compiled where people use it, though perhaps not where this runs.
                **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
                "PYTHONPYCACHEPREFIX": str(self.inventory.parent / "bytecode"),
                "ANSIBLE_CONFIG": str(self.path / "ansible.cfg"),
                "ANSIBLE_SSH_ARGS": " ".join(host.ssh),
                "ANSIBLE_SSH_CONTROL_PATH": str(host.control),
                "ANSIBLE_NOCOLOR": "1",
                # Its lines are counted.
                "ANSIBLE_STDOUT_CALLBACK": "default",
            }
            extra = [word for argument in arguments for word in ("--extra-vars", argument)]
            command = ["ansible-playbook", "--inventory", self.inventory, self.path / "playbooks" / playbook, *extra]
            return subprocess.run(
                command, cwd=self.path, env=environment, stdout=log, stderr=log, check=False
            ).returncode

        return work

    def run(self, what, playbook, *arguments):
        """Run a playbook; return (seconds, controller's, host's, tasks)."""
        name = f"{self.label} {what}"
        wall, here, there, _ = bench.measure(self.host, self.play(playbook, *arguments), name)
        text = (bench.LOGS / f"bench-{name.replace(' ', '-')}.log").read_text()
        if what.startswith("nothing") and not re.search(r"changed=0\s", text):
            sys.exit(f"{name} changed something.")
        return wall, here, there, len(re.findall(r"^TASK \[", text, re.MULTILINE))

    def next(self):
        """Return the extra variable that makes another release."""
        self.generation += 1
        return f"generation={self.generation + 1}"


def measure(trees, rounds):
    """Return {(row, label): [figures]} of everything, in turns."""
    rows = {}

    def note(row, tree, *run):
        rows.setdefault((row, tree.label), []).append(figures := tree.run(row, *run))
        print(f"{row:<22} {tree.label:<6}" + "".join(f"{figure:>9.1f}" for figure in figures), flush=True)

    for tree in trees:
        tree.describe(1)
        note("first run", tree, "site.yml")
        tree.run("warm", "deploy.yml", tree.next())
    for number in range(rounds):
        for tree in trees if number % 2 else trees[::-1]:
            note("deploy", tree, "deploy.yml", "app=shop", tree.next())
            note("rollback", tree, "rollback.yml", "app=shop")
            tree.run("again", "deploy.yml", "app=shop", f"generation={tree.generation + 1}")
            note("nothing to do", tree, "site.yml", f"generation={tree.generation + 1}")
    for tree in trees:
        tree.describe(2)
        tree.run("second application", "site.yml", f"generation={tree.generation + 1}")
    for _ in range(rounds):
        for tree in trees:
            note("nothing, two", tree, "site.yml", f"generation={tree.generation + 1}")
    return rows


def main():
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", default="e38eb59", help="the commit to compare with (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--debian", choices=["12", "13"], default="12")
    options = parser.parse_args()
    # The hosts go, however it ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    if subprocess.run([ROOT / "molecule/shared/image", options.debian], check=False).returncode != 0:
        sys.exit("The image of the hosts could not be built.")
    with tempfile.TemporaryDirectory(prefix="bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        subprocess.run(["ssh-keygen", "-q", "-ted25519", "-N", "", "-f", folder / "key"], check=True)
        git = ["git", "-C", ROOT, "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", folder / "base", options.base], check=True)
        stack.callback(subprocess.run, [*git, "remove", "--force", folder / "base"], check=False)
        trees = []
        for label, path in (("this", ROOT), ("base", folder / "base")):
            stack.callback(bench.podman, "rm", "--force", "--ignore", "--time=0", f"groundcrew-bench-deploy-{label}")
            trees.append(Tree(label, path, folder, options.debian))
        print(f"{'':<29}{'wall':>9}{'contr.':>9}{'host':>9}{'tasks':>9}")
        rows = measure(trees, options.rounds)
    print("\nThe least of each, and the ratio to the commit before")
    for row in dict.fromkeys(row for row, _ in rows):
        own, old = ([min(column) for column in zip(*rows[row, label], strict=True)] for label in ("this", "base"))
        pairs = zip(own, old, strict=True)
        print(f"{row:<22}" + "".join(f"{mine:>9.1f} /{other:>6.1f} ={mine / other:>5.2f}" for mine, other in pairs))


if __name__ == "__main__":
    main()
