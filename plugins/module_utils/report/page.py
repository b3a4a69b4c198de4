"""Findings as one HTML page that needs nothing else: light, dark, and on paper."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template

from .verdicts import LEVELS, Finding, listed

TITLES = {"error": "errors", "warning": "warnings", "note": "notes", "unknown": "unknown", "good": "good"}
HEADS = {"error": "Mend now: {}", "warning": "Mend soon: {}", "": "As it should be: {}"}


def write(found: Sequence[Finding], counted: str, when: str) -> str:
    """Return the page; `counted` says how many there are of each level, `when` is the time for people to read."""
    counts = Counter(one.level for one in found)
    worst = next((level for level in ("error", "warning") if counts[level]), "")
    abouts = list(dict.fromkeys(one.about for one in found if one.level == worst or not worst))
    boxes = [f'<li class="{level}"><b>{counts[level]}</b>{TITLES[level]}</li>' for level in LEVELS]
    page = Template(Path(__file__).with_suffix(".html").read_text())
    return page.substitute(
        title=escape(HEADS[worst].format(listed(abouts, 2))),
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
    """Return one finding: what was seen comes first where it is not what is wanted."""
    if one.level in ("good", "unknown"):
        text = f'<b>{marked(one.title)}</b> <span class="seen">{marked(one.seen)}</span>'
    else:
        text = f"<b>{marked(one.seen)}</b><p>Wanted: {marked(one.title)}. {marked(one.why)}</p>"
        text += f"<p>Mend it: <code>{escape(one.mend)}</code></p>"
    return f'<div class="row {one.level}"><span class="level">{one.level}</span><div class="text">{text}</div></div>'


def marked(text: str) -> str:
    """Return a text as HTML, with the code in it as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))
