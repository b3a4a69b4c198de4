"""The page of figures: tables and a drawing, in the prose of a template."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import BENCH, ROOT
from bench.drawing import drawing
from bench.figures import Row, Section, load

FIGURES = BENCH / "figures.json"
TEMPLATE = BENCH / "performance.md"
PAGE = ROOT / "docs/performance.md"
PICTURE = ROOT / "docs/pictures/performance.svg"
HEAD = ["| what | run | controller | host | both | beside the first | clock |", "|---|---|--:|--:|--:|--:|--:|"]


def seconds(value: float) -> str:
    """Return a time that can be compared at a glance."""
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def lines(rows: Sequence[Row], ratios: bool) -> Iterator[str]:
    """Yield the lines of a table. A ratio is to the first row of the same run: who makes the same in less."""
    head = HEAD if ratios else [re.sub(r" beside the first \||--:\|$", "", line) for line in HEAD]
    yield from head
    first: dict[str, Row] = {}
    for row in rows:
        base = first.setdefault(row.run, row)
        ratio = f" {row.processor / base.processor:.2f} |" if ratios else ""
        figures = f"{seconds(row.controller)} | {seconds(row.host)} | **{seconds(row.processor)}** |{ratio}"
        yield f"| {row.what} | {row.run} | {figures} {seconds(row.wall)} |"


def table(section: Section) -> str:
    """Return the table of a section, with where and when it was measured and how to repeat it."""
    # By run, so that those that make the same stand below each other.
    runs = list(dict.fromkeys(row.run for row in section.rows))
    ratios = section.name == "core"
    rows = sorted(section.rows, key=lambda row: runs.index(row.run)) if ratios else section.rows
    rounds = f"{section.rounds} round{'s' if section.rounds > 1 else ''}"
    where = f"{section.machine}, load {section.load:.0f}"
    note = f"{section.date}, commit {section.commit}, Debian {section.debian}, {rounds}; {where}."
    command = f"make bench s={section.name} n={section.rounds} docs=yes"
    return "\n".join([*lines(rows, ratios), "", f"`{command}`: {note}"])


def groups(core: Section) -> dict[str, Sequence[Row]]:
    """Return what the drawing shows: the ways to the core stack, by run."""
    runs = dict.fromkeys(row.run for row in core.rows)
    return {f"Core stack, {run}": [row for row in core.rows if row.run == run] for run in runs}


def page(template: str, sections: dict[str, Section]) -> str:
    """Return the page: each mark in the template gives way to the table of its section."""

    def put(found: re.Match[str]) -> str:
        section = sections.get(found[1])
        return table(section) if section else "Not measured yet."

    return re.sub(r"<!-- (\w+) -->", put, template)


def write(sections: dict[str, Section]) -> list[Path]:
    """Write the page and its drawing; return the files that changed."""
    texts = {PAGE: page(TEMPLATE.read_text(), sections)}
    if "core" in sections:
        texts[PICTURE] = drawing(groups(sections["core"]))
    changed = [path for path, text in texts.items() if not path.exists() or path.read_text() != text]
    for path in changed:
        path.write_text(texts[path])
    return changed


if __name__ == "__main__":
    for written in write(load(FIGURES)):
        print(f"Wrote {written.relative_to(ROOT)}")
