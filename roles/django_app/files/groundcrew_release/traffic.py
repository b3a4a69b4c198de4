"""Watch the visitors of a release after the switch, by Nginx's access log on this host.

Each line names the release that answered. What no release answered although it was asked, such as a 502, is counted
for the one that serves.
"""

import json
import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import Any

from . import comparison, logs, probe
from .application import ROOT, Application
from .comparison import Answer

PAST = 600.0  # seconds of the release before that it is compared with
MOST = 50_000  # lines of the log that are read for that
SETTLE = 10.0  # seconds in which a release may start slowly, a third of a shorter watch
LATEST = 5.0  # seconds in which it is still worse
PAUSE = 1.0  # seconds between two looks: Nginx writes its log as often
EARLY = 2.0  # seconds until it is asked whether there are visitors enough
MINUTE = 60.0


class Log:
    """An access log that is read on as it grows, also when it is rotated meanwhile."""

    def __init__(self, path: Path):
        self.path, self.rest = path, b""
        self.file: BufferedReader | None = self.open()
        if self.file:
            self.file.seek(0, 2)

    def open(self) -> BufferedReader | None:
        """Open it at its beginning; None when it is not there."""
        try:
            return self.path.open("rb")
        except FileNotFoundError:
            return None

    def lines(self) -> Iterator[bytes]:
        """Yield the lines that were written since."""
        yield from self.whole()
        if (new := self.open()) and not (self.file and os.path.sameopenfile(new.fileno(), self.file.fileno())):
            if self.file:
                self.file.close()
            self.file, self.rest = new, b""
            yield from self.whole()
        elif new:
            new.close()

    def whole(self) -> Iterator[bytes]:
        """Yield the lines of the file that is open; half a line waits for its end."""
        *lines, self.rest = (self.rest + (self.file.read() if self.file else b"")).split(b"\n")
        yield from lines


def read(entry: dict[str, Any], domains: Iterable[str]) -> tuple[str, Answer] | None:
    """Return (release, answer) of a line; "" is a release that did not say so. None of what no visitor asked it."""
    release, took = str(entry.get("release") or ""), re.findall(r"[\d.]+", str(entry.get("upstream_seconds") or ""))
    status, words = int(entry.get("status") or 0), str(entry.get("request") or "").split()
    asked = bool(release) or (bool(took) and logs.belongs(entry, domains))
    # 101 is a WebSocket, which takes as long as it is open; 499 is a visitor who went away.
    if not asked or not status or status in (101, 499) or str(entry.get("agent", "")).startswith(probe.AGENT):
        return None
    return release, Answer(status, sum(map(float, took)), words[1] if len(words) > 1 else "/")


@dataclass
class Past:
    """What a release is compared with: the answers of the one before in ten minutes, so many of them in the last one.

    `log` goes on where they end.
    """

    answers: list[Answer]
    minute: int
    log: Log


def past(application: Application, release: str) -> Past:
    """Return what visitors got of a release until now, just before another one takes its place."""
    now = time.time()
    found, minute = list[Answer](), 0
    for entry in islice(logs.entries(now - PAST), MOST):
        if (one := read(entry, application.domains)) and one[0] in ("", release):
            found.append(one[1])
            minute += entry["time"] > now - MINUTE
    return Past(found, minute, Log(ROOT / logs.ACCESS))


def watch(application: Application, release: str, before: Past) -> list[str]:
    """Watch for `application.watch` seconds; return notes of what was seen since the switch.

    It ends after two seconds when there are too few visitors for a verdict.

    :raises WrongError: visitors get clearly more errors of the release than of the one before, or wait clearly longer.
    """
    answers, known, minute = list[tuple[float, Answer]](), before.answers, before.minute
    start, settle = time.monotonic(), min(SETTLE, application.watch / 3)
    passed, seen = 0.0, list[Answer]()
    while passed < application.watch:
        time.sleep(min(PAUSE, application.watch - passed))
        passed = time.monotonic() - start
        answers += [(passed, one) for one in follow(before.log, application, release)]
        seen = [one for _, one in answers]
        visits = max(minute / MINUTE, len(seen) / passed) * application.watch
        if EARLY <= passed < application.watch and visits < comparison.LEAST / 2:
            few = f"{minute} in the minute before, {len(seen)} since"
            return [f"There were too few visitors to watch the release by: {few}."] if minute or seen else []
        latest = [one for moment, one in answers if moment > passed - LATEST]
        latest = seen[-max(comparison.LEAST, len(latest)) :]
        if passed >= settle and (reason := comparison.wrong(release, seen, latest, known)):
            raise probe.WrongError(reason)
    told = f"{comparison.told(seen)} answers of {release} were errors, {comparison.told(known)} of the one before"
    return [f"In {passed:.0f} s {told}."]


def follow(log: Log, application: Application, release: str) -> Iterator[Answer]:
    """Yield the answers of a release that the log has got since."""
    for line in log.lines():
        try:
            found = read(json.loads(line), application.domains)
        except (ValueError, TypeError, AttributeError):
            continue
        if found and found[0] in ("", release):
            yield found[1]
