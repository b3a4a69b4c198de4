"""Findings as a table for the terminal: what is not good with its reason and what mends it, the rest as a number."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from .verdicts import LEVELS, Finding

COLUMNS = (9, 19)
"""Widths of the first two: the level and the check. The third takes what is left."""


def lines(found: Sequence[Finding], width: int = 100, whole: bool = False) -> Iterator[tuple[str, str]]:
    """Yield the lines of the table, each with the level that it belongs to, or ""; `whole` shows what is good, too."""
    for about, group in groupby(found, key=lambda one: one.about):
        each = sorted(group, key=lambda one: LEVELS.index(one.level))
        told = [one for one in each if whole or one.level != "good"]
        good = sum(one.level == "good" for one in each)
        yield "", ""
        yield f"{about}: {good} of {len(each)} good", ""
        for one in told:
            yield from ((line, one.level) for line in row(one, max(width, 60)))


def row(one: Finding, width: int) -> Iterator[str]:
    """Yield the lines of one finding."""
    texts = [one.seen]
    if one.level in ("error", "warning", "note"):
        texts += [one.why, f"Mend it: {one.mend}"]
    rest = width - sum(COLUMNS) - 2
    wrapped = [part for text in texts for part in textwrap.wrap(text, rest, break_on_hyphens=False)]
    for number, text in enumerate(wrapped):
        first, second = (one.level, one.id) if number == 0 else ("", "")
        yield f"  {first:<{COLUMNS[0]}}{second:<{COLUMNS[1]}}{text}"
