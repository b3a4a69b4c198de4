"""What YAML reads as something else than what was written: 0022 is 18 to it, 12:30 is 750, 3.10 is 3.1, `yes` is true.

A number does not say how it was written, so the files of the inventory are asked.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
KINDS = {f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "bool", "timestamp")}

Written = Mapping[tuple[str, str], str]
"""What was written, by (key, what YAML reads): only where the two differ."""


def read(value: Any) -> str:
    """Return a value of YAML as text, as it would have to be written to mean the same text."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def spelling(written: Written, key: str, value: Any) -> str:
    """Return how a value of a key was written, or how it is read when nobody knows better."""
    return written.get((key, repr(value)), read(value))


def differs(written: Written, key: str, value: Any) -> bool:
    """Say whether a number of a key was written in another way than it is read."""
    return (key, repr(value)) in written


def otherwise(written: Written, key: str, value: Any) -> str:
    """Return what was written of a number that nobody means by it, "" for none: 010 is 8, and 1:30 is 90.

    Whoever writes 0x10 or 1_000 knows what it is.
    """
    said = spelling(written, key, value) if differs(written, key, value) else ""
    return said if isinstance(value, int) and re.fullmatch(r"[-+]?0[0-7_]+|[-+]?\d+(:\d+)+", said) else ""


def misread(texts: Iterable[str]) -> dict[tuple[str, str], str]:
    """Return what is read as something else in files of YAML; a file that is none says nothing."""
    found: dict[tuple[str, str], str] = {}
    for text in texts:
        try:
            for node in yaml.compose_all(text, LOADER):
                found |= dict(scalars(node, ""))
        except (yaml.YAMLError, ValueError):
            continue
    return found


def scalars(node: Any, key: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield ((key, what is read), what is written) of what differs below a node; an item has its list's key."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            yield from scalars(value, str(name.value))
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from scalars(item, key)
    elif node is not None and node.tag in KINDS:
        value = yaml.constructor.SafeConstructor().construct_object(node)
        if read(value) != node.value:
            yield (key, repr(value)), node.value
