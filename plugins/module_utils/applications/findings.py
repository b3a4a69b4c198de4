"""What is wrong in an inventory, one finding a mistake, and how all of them are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

MOST = 3
"""So many hosts are named; of more, their number."""


@dataclass(frozen=True)
class Finding:
    """One mistake.

    `id` is the kind of mistake, `where` the key of the application or the variable. `application` is "" when the
    mistake belongs to none. The sentence goes on from `where`. Neither it nor the example holds a secret.
    """

    id: str
    host: str
    application: str
    where: str
    sentence: str
    example: str = ""


def grouped(findings: Iterable[Finding]) -> list[tuple[Finding, list[str]]]:
    """Return each finding once, with the names of its hosts; in the order in which they were found."""
    hosts: dict[tuple[str, ...], list[str]] = {}
    first: dict[tuple[str, ...], Finding] = {}
    for one in findings:
        same = (one.id, one.application, one.where, one.sentence, one.example)
        first.setdefault(same, one)
        names = hosts.setdefault(same, [])
        if one.host and one.host not in names:
            names.append(one.host)
    return [(one, hosts[same]) for same, one in first.items()]


def line(finding: Finding, hosts: list[str]) -> str:
    """Return a finding as one line: hosts, application, place, sentence, example."""
    names = ", ".join(hosts[:MOST]) + (f" and {len(hosts) - MOST} more" if len(hosts) > MOST else "")
    place = " ".join(
        part for part in (names and f"[{names}]", finding.application and f"{finding.application}:") if part
    )
    text = " ".join(f"{place} `{finding.where}` {finding.sentence}".split())
    text += "" if text.endswith((".", "?", "!")) else "."
    return text + (f" For example: {finding.example}" if finding.example else "")


def lines(findings: Iterable[Finding], locate: Callable[[Finding], str] = lambda _: "") -> list[str]:
    """Return all findings, a line for each, with what `locate` says of its place: the file of the inventory."""
    found = [(line(one, hosts), locate(one)) for one, hosts in grouped(findings)]
    return [f"{text} ({place})" if place else text for text, place in found]


def summary(count: int) -> str:
    """Return what to say above so many lines."""
    return f"The inventory has {'a mistake' if count == 1 else f'{count} mistakes'}. Nothing was changed."
