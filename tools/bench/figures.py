"""What was measured: medians of rounds, kept in a file from which the page is written."""

import dataclasses
import json
import statistics
from collections.abc import Iterable
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Spent:
    """What one run took: seconds of processor time of controller and host, and of the clock."""

    controller: float
    host: float
    wall: float

    @property
    def processor(self) -> float:
        """Return the processor time of both."""
        return self.controller + self.host


@dataclasses.dataclass(frozen=True)
class Row:
    """The medians of all rounds of one kind of run; that of the sums need not be the sum of the others."""

    what: str
    run: str
    controller: float
    host: float
    processor: float
    wall: float


@dataclasses.dataclass(frozen=True)
class Section:
    """What was measured together, on which machine, when, and of which commit."""

    name: str
    rows: list[Row]
    rounds: int
    date: str
    commit: str
    machine: str
    debian: str
    load: float  # of the machine when it was measured: what else ran there

    def row(self, what: str, run: str) -> Row:
        """Return the row of this name."""
        return next(row for row in self.rows if (row.what, row.run) == (what, run))


def median(what: str, run: str, rounds: Iterable[Spent]) -> Row:
    """Return the row of these rounds."""
    kept = list(rounds)
    columns = ([one.controller for one in kept], [one.host for one in kept], [one.processor for one in kept])
    middle = [round(statistics.median(column), 2) for column in (*columns, [one.wall for one in kept])]
    return Row(what, run, *middle)


class Rounds:
    """The rounds of a section, row by row, printed as they come."""

    def __init__(self) -> None:
        self.spent: dict[tuple[str, str], list[Spent]] = {}
        print(f"{'':<40} controller    host     sum    wall")

    def add(self, what: str, run: str, spent: Spent) -> None:
        """Keep and print what a run took."""
        self.spent.setdefault((what, run), []).append(spent)
        figures = f"{spent.controller:>10.2f} {spent.host:>7.2f} {spent.processor:>7.2f} {spent.wall:>7.1f}"
        print(f"{what + ', ' + run:<40} {figures}", flush=True)

    def rows(self) -> list[Row]:
        """Return the medians."""
        return [median(what, run, rounds) for (what, run), rounds in self.spent.items()]


def load(path: Path) -> dict[str, Section]:
    """Return the sections that a file holds, by name; none when there is no file."""
    kept = json.loads(path.read_text()) if path.exists() else []
    sections = [Section(**{**one, "rows": [Row(**row) for row in one["rows"]]}) for one in kept]
    return {section.name: section for section in sections}


def store(path: Path, sections: dict[str, Section]) -> None:
    """Write the sections to a file."""
    path.write_text(json.dumps([dataclasses.asdict(section) for section in sections.values()], indent=1) + "\n")
