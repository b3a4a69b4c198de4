"""A whole site: a first run and one with nothing to do, with one application and with five; what a deploy takes."""

from bench import ROOT
from bench.figures import Rounds, Row
from bench.hosts import fresh
from bench.tree import NAMES, WHEELS, Tree

ONE, FIVE, FURTHER = "one application", "five applications", "each further application"
FIRST, SECOND = "first run", "nothing to do"
DEPLOY = "deploy.yml"
# How often a round has nothing to do: that is short.
AGAIN = 3


def further(one: Row, five: Row) -> Row:
    """Return what each application beyond the first costs."""
    parts = ("controller", "host", "processor", "wall")
    count = len(NAMES) - 1
    return Row(FURTHER, one.run, *(round((getattr(five, part) - getattr(one, part)) / count, 2) for part in parts))


def measured_site(rounds: int, debian: str) -> list[Row]:
    """Return the medians of these rounds, each on fresh hosts."""
    kept = Rounds()
    for _ in range(rounds):
        with fresh(debian, "one", "five") as hosts:
            for host, count, what in zip(hosts, (1, len(NAMES)), (ONE, FIVE), strict=True):
                tree = Tree(f"site {what}", ROOT, host)
                tree.describe(count)
                kept.add(what, FIRST, tree.run("first run", "site.yml")[0])
                for _ in range(AGAIN):
                    kept.add(what, SECOND, tree.run("nothing to do", "site.yml")[0])
    rows = kept.rows()
    found = {(row.what, row.run): row for row in rows}
    return [*rows, *(further(found[ONE, run], found[FIVE, run]) for run in (FIRST, SECOND))]


def measured_deploy(rounds: int, debian: str) -> list[Row]:
    """Return the medians of what `shop` goes through."""
    kept = Rounds()
    with fresh(debian, "deploy") as (host,):
        tree = Tree("deploy", ROOT, host)
        tree.describe(1)
        tree.run("first run", "site.yml")
        for number in range(rounds):
            tree.edit(f"# warm {number}")
            kept.add("deploy", "new source, warm wheels", tree.run("warm", DEPLOY, "app=shop")[0])
            tree.edit(f"# cold {number}")
            host.run(f"rm -rf {WHEELS}/*")
            kept.add("deploy", "new source, cold wheels", tree.run("cold", DEPLOY, "app=shop")[0])
            tree.generation += 1
            kept.add("preview", "of a changed variable", tree.run("preview", DEPLOY, "app=shop", "preview=true")[0])
            kept.add("deploy", "changed variable", tree.run("variable", DEPLOY, "app=shop")[0])
            kept.add("rollback", "to the release before", tree.run("rollback", "rollback.yml", "app=shop")[0])
            tree.run("again", DEPLOY, "app=shop")
            tree.edit("this is no Python")
            kept.add("deploy", "refused", tree.run("refused", DEPLOY, "app=shop", refused=True)[0])
            tree.edit("")
    return kept.rows()
