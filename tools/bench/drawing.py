"""A drawing of bars, as SVG: what each way takes, a part for the controller and one for the host."""

from collections.abc import Sequence
from html import escape

from bench.figures import Row

WIDTH, LABEL, LINE, BAR = 720, 150, 26, 16
COLOURS = {"controller": "#9db4c8", "host": "#2f6690"}
# Read on a light and on a dark page.
TEXT = 'font-family="system-ui, sans-serif" font-size="13" fill="#7a8794"'


def text(x: float, y: float, words: str, more: str = "") -> str:
    """Return a line of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" {TEXT}{more}>{escape(words)}</text>'


def bars(top: int, title: str, rows: Sequence[Row]) -> list[str]:
    """Return a group of bars below its title; the longest fills the width."""
    scale = (WIDTH - LABEL - 70) / max((row.controller + row.host for row in rows), default=1)
    shapes = [text(0, top + 16, title, ' font-weight="bold"')]
    for number, row in enumerate(rows):
        y = top + LINE * (number + 1)
        shapes.append(text(LABEL - 8, y + 13, row.what, ' text-anchor="end"'))
        x = float(LABEL)
        for part, seconds in (("controller", row.controller), ("host", row.host)):
            shape = f'x="{x:.1f}" y="{y}" width="{seconds * scale:.1f}" height="{BAR}" fill="{COLOURS[part]}"'
            shapes.append(f"<rect {shape}/>")
            x += seconds * scale
        shapes.append(text(x + 6, y + 13, f"{row.processor:.1f} s"))
    return shapes


def drawing(groups: dict[str, Sequence[Row]]) -> str:
    """Return an SVG with these groups of bars below each other, and what the colours mean."""
    shapes, top = [], 0
    for title, rows in groups.items():
        shapes += bars(top, title, rows)
        top += LINE * (len(rows) + 1) + 12
    x = LABEL
    for part, colour in COLOURS.items():
        shapes.append(f'<rect x="{x}" y="{top}" width="12" height="12" fill="{colour}"/>')
        shapes.append(text(x + 18, top + 11, part))
        x += 110
    size = f'width="{WIDTH}" height="{top + 20}" viewBox="0 0 {WIDTH} {top + 20}"'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', *shapes, "</svg>", ""])
