"""What a check says: how grave it is, what was seen, why it matters, and what of the inventory mends it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

LEVELS = ("error", "warning", "note", "unknown", "good")
"""From the gravest on. `note` is a choice that is worth a word, `unknown` what could not be seen."""


STRANGE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What a terminal would act on, and XML cannot hold. Servers say what they like."""


@dataclass(frozen=True)
class Verdict:
    """What one check found: one of LEVELS, and what was seen as a sentence without its full stop.

    `mend` takes the place of what mends the check as a rule.
    """

    level: str
    seen: str
    mend: str = ""


def error(seen: str, mend: str = "") -> Verdict:
    """Visitors or their data are in danger, or the site is down."""
    return Verdict("error", seen, mend)


def warning(seen: str, mend: str = "") -> Verdict:
    """It works, and will not always."""
    return Verdict("warning", seen, mend)


def note(seen: str) -> Verdict:
    """A choice that may be meant."""
    return Verdict("note", seen)


def unknown(seen: str) -> Verdict:
    """Nobody could see."""
    return Verdict("unknown", seen)


def good(seen: str) -> Verdict:
    """As it should be."""
    return Verdict("good", seen)


@dataclass(frozen=True)
class Finding:
    """The verdict of a check about a site, an application or a server."""

    id: str
    about: str  # such as https://shop.example.org
    title: str
    level: str
    seen: str
    why: str
    mend: str


Subject = TypeVar("Subject")
Judge = Callable[[Subject], "Verdict | None"]


@dataclass(frozen=True)
class Check(Generic[Subject]):
    """A practice. `judge` returns None where it does not apply; `mend` is what mends it, as in an inventory."""

    id: str
    title: str
    why: str
    mend: str
    judge: Judge[Subject]


class Checks(Generic[Subject]):
    """The checks of one kind of subject, in the order in which they are shown."""

    def __init__(self) -> None:
        self.all: list[Check[Subject]] = []

    def add(self, name: str, title: str, why: str, mend: str) -> Callable[[Judge[Subject]], Judge[Subject]]:
        """Return a decorator that makes a check of the function that judges."""

        def keep(judge: Judge[Subject]) -> Judge[Subject]:
            self.all.append(Check(name, title, why, mend, judge))
            return judge

        return keep

    def findings(self, subject: Subject, about: str) -> Iterator[Finding]:
        """Yield what each check finds that applies."""
        for one in self.all:
            if verdict := one.judge(subject):
                mend = verdict.mend or one.mend
                seen = STRANGE.sub(" ", verdict.seen)
                yield Finding(one.id, STRANGE.sub(" ", about), one.title, verdict.level, seen, one.why, mend)


def is_worse(found: Iterable[Finding], least: str) -> bool:
    """Say whether a finding is as grave as `least`, or graver; `never` is no level."""
    grave = LEVELS[: LEVELS.index(least) + 1] if least in LEVELS else ()
    return any(one.level in grave for one in found)


def listed(names: list[str], most: int = 4) -> str:
    """Return names in a row; of more, their number."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
