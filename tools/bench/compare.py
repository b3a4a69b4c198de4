"""Compare what a user waits for with an earlier commit: `make bench-deploy base=e38eb59`.

Two bare hosts get the guestbook by `site.yml`, one from this tree and one from that commit. Then, in turns, with warm
wheels and over SSH: a run with nothing to do, a deploy of a changed variable, a rollback; with one application, and
with two. Compared is the least of each: seconds of the clock, of processor time of controller and host, and tasks. What
else a machine does only adds to them.
"""

import argparse
import contextlib
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import ROOT
from bench.hosts import build_image, fresh
from bench.tree import Tree

# Of each row and tree, the rounds: seconds, controller's, host's, tasks.
Figures = dict[tuple[str, str], list[tuple[float, ...]]]


def measure(trees: Sequence[Tree], rounds: int) -> Figures:
    """Return the figures of everything, in turns."""
    rows: Figures = {}

    def note(row: str, tree: Tree, *run: str) -> None:
        spent, tasks = tree.run(row, *run)
        figures = (spent.wall, spent.controller, spent.host, float(tasks))
        rows.setdefault((row, tree.label), []).append(figures)
        print(f"{row:<22} {tree.label:<6}" + "".join(f"{figure:>9.1f}" for figure in figures), flush=True)

    for tree in trees:
        tree.describe(1)
        note("first run", tree, "site.yml")
        tree.generation += 1
        tree.run("warm", "deploy.yml")
    for number in range(rounds):
        for tree in trees if number % 2 else trees[::-1]:
            tree.generation += 1
            note("deploy", tree, "deploy.yml", "app=shop")
            note("rollback", tree, "rollback.yml", "app=shop")
            tree.run("again", "deploy.yml", "app=shop")
            note("nothing to do", tree, "site.yml")
    for tree in trees:
        tree.describe(2)
        tree.run("second application", "site.yml")
    for _ in range(rounds):
        for tree in trees:
            note("nothing, two", tree, "site.yml")
    return rows


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--base", default="e38eb59", help="the commit to compare with (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--debian", choices=["12", "13"], default="12")
    options = parser.parse_args()
    # The hosts go, however it ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    build_image(options.debian)
    with contextlib.ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))) / "base"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(base), options.base], check=True)
        stack.callback(lambda: subprocess.run([*git, "remove", "--force", str(base)], check=False))
        hosts = stack.enter_context(fresh(options.debian, "deploy-this", "deploy-base"))
        paths = (("this", ROOT), ("base", base))
        trees = [Tree(label, path, host, counts=True) for (label, path), host in zip(paths, hosts, strict=True)]
        print(f"{'':<29}{'wall':>9}{'contr.':>9}{'host':>9}{'tasks':>9}")
        rows = measure(trees, options.rounds)
    print("\nThe least of each, and the ratio to the commit before")
    for row in dict.fromkeys(row for row, _ in rows):
        own, old = ([min(column) for column in zip(*rows[row, label], strict=True)] for label in ("this", "base"))
        pairs = zip(own, old, strict=True)
        print(f"{row:<22}" + "".join(f"{mine:>9.1f} /{other:>6.1f} ={mine / other:>5.2f}" for mine, other in pairs))


if __name__ == "__main__":
    main()
