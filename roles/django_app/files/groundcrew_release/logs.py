"""What was said of an application lately: by its units in the journal, and by Nginx, in the order of time."""

import datetime
import json
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from . import systemd, workers
from .application import ROOT, Application
from .steps import FailedError

ACCESS = "var/log/nginx/access.log"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}  # seconds
MOST = 2000
"""Lines that are told, the newest."""

Line = tuple[float, str, str]
"""When (seconds of the Unix epoch), who (`web 4f1c0a9b77e2`, `worker-celery`, `nginx`), and what."""


def seconds(text: str) -> float:
    """Return how long `90s`, `10m`, `2h` or `1d` is; FailedError for anything else."""
    found = re.fullmatch(r"(\d+)([smhd])", text)
    if not found:
        raise FailedError(f"`{text}` is no span of time: write 90s, 10m, 2h or 1d.")
    return float(found[1]) * UNITS[found[2]]


def who(name: str, unit: str) -> str:
    """Return what a unit of an application is called here."""
    return unit.removeprefix(f"{name}-").removesuffix(".service").replace("web@", "web ")


def words(message: Any) -> str:
    """Return a message of the journal, which tells one that is no UTF-8 as a list of bytes."""
    return bytes(message).decode(errors="replace") if isinstance(message, list) else str(message or "")


def journal(application: Application, since: float) -> Iterator[Line]:
    """Yield the lines of the application's units, and what systemd says of them."""
    own = [f"{application.name}-{unit}.service" for unit in ("web@*", "release", "command")]
    for line in systemd.entries([*own, *workers.units(application)], since):
        entry = json.loads(line)
        unit = entry.get("UNIT") or entry.get("_SYSTEMD_UNIT") or ""
        moment = int(entry["__REALTIME_TIMESTAMP"]) / 1e6
        yield from ((moment, who(application.name, unit), one) for one in words(entry.get("MESSAGE")).splitlines())


def newest(path: Path, since: float) -> Iterator[dict[str, Any]]:
    """Yield the entries of an access log that are not older, the newest first: such a log may be long."""
    for line in backwards(path):
        try:
            entry = json.loads(line)
            moment = datetime.datetime.fromisoformat(entry["time"]).timestamp()
        except (ValueError, KeyError, TypeError):
            continue
        if moment < since:
            return
        yield entry | {"time": moment}


def backwards(path: Path, block: int = 1 << 16) -> Iterator[str]:
    """Yield the lines of a file from its end, read in blocks of so many bytes."""
    with path.open("rb") as file:
        place, rest = file.seek(0, 2), b""
        while place:
            size = min(block, place)
            place -= size
            file.seek(place)
            rest, *lines = (file.read(size) + rest).split(b"\n")
            yield from (line.decode(errors="replace") for line in reversed(lines) if line)
        if rest:
            yield rest.decode(errors="replace")


def entries(since: float) -> Iterator[dict[str, Any]]:
    """Yield what Nginx logged since a time, the newest first, also in the log of the day before."""
    for path in (ROOT / ACCESS, ROOT / f"{ACCESS}.1"):
        if path.exists():
            yield from newest(path, since)


def belongs(entry: dict[str, Any], domains: Iterable[str]) -> bool:
    """Say whether an entry names a host of some domains, or one below a domain that begins with `*.`."""
    host = str(entry.get("host", "")).lower()
    return any(host == one or (one.startswith("*.") and host.endswith(one[1:])) for one in map(str.lower, domains))


def access(domains: Collection[str], since: float) -> Iterator[Line]:
    """Yield what Nginx answered for some domains."""
    for entry in entries(since):
        if belongs(entry, domains):
            asked = f"{entry.get('request')} {entry.get('status')} {entry.get('seconds')} s {entry.get('address')}"
            yield entry["time"], "nginx", asked


def read(application: Application, now: float, span: str) -> list[Line]:
    """Return the lines of a span of time that ends `now`, at most MOST of them.

    :raises FailedError: the span cannot be read.
    """
    since = now - seconds(span)
    found = [*journal(application, since), *reversed(list(access(application.domains, since)))]
    # The lines of one message have one time, and stay as they are.
    return sorted(found, key=lambda line: line[0])[-MOST:]


def told(line: Line, host: str = "") -> str:
    """Return a line for people: when in UTC, on which host, who, and what; nothing in it commands a terminal."""
    moment = datetime.datetime.fromtimestamp(line[0], datetime.UTC)
    place = f"{host} " if host else ""
    what = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line[2].expandtabs())
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} {place}{line[1]}: {what}"
