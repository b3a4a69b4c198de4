"""Findings as one HTML page that needs nothing else: light, dark, and on paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template

from .verdicts import LEVELS, Finding

TITLES = {"error": "errors", "warning": "warnings", "note": "notes", "unknown": "unknown", "good": "good"}
HEADS = {
    "error": "{} needs you now",
    "warning": "{} works, and will not always",
    "": "{} is as production Django should be",
}


def write(found: Sequence[Finding], counted: str, when: str) -> str:
    """Return the page; `counted` says how many there are of each level, `when` is the time for people to read."""
    counts = Counter(one.level for one in found)
    abouts = list(dict.fromkeys(one.about for one in found))
    worst = next((level for level in ("error", "warning") if counts[level]), "")
    boxes = [f'<li class="{level}"><b>{counts[level]}</b>{TITLES[level]}</li>' for level in LEVELS]
    page = Template(Path(__file__).with_suffix(".html").read_text())
    return page.substitute(
        title=escape(HEADS[worst].format(abouts[0] if abouts else "Nothing")),
        counted=escape(counted),
        when=escape(when),
        counts="\n".join(boxes),
        sections="\n".join(section(about, list(group)) for about, group in groupby(found, key=lambda one: one.about)),
    )


def section(about: str, found: list[Finding]) -> str:
    """Return all findings of one site, application or server, the gravest first."""
    rows = "\n".join(map(row, sorted(found, key=lambda one: LEVELS.index(one.level))))
    good = sum(one.level == "good" for one in found)
    return f'<h2>{escape(about)} <small>{good} of {len(found)} good</small></h2>\n<div class="card">\n{rows}\n</div>'


def row(one: Finding) -> str:
    """Return one finding."""
    text = f'<b>{escape(one.title)}</b> <span class="seen">{escape(one.seen)}</span>'
    if one.level in ("error", "warning", "note"):
        text += f"<p>{escape(one.why)}</p><p>Mend it: <code>{escape(one.mend)}</code></p>"
    level = f'<span class="level">{one.level}</span>'
    return f'<div class="row {one.level}" id="{escape(one.id)}">{level}<div class="text">{text}</div></div>'
