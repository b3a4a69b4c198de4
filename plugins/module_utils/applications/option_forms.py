"""Values given with `-e` that have a form: what a host would refuse later is refused before a site is closed."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

from . import engine
from .sources.kinds import expanded

EXAMPLES = {
    "time": "2026-11-23T14:00:00+01:00",
    "since": "2h",
    "address": "https://shop.example.org",
    "report": "~/reports",
}


def time(text: str) -> str:
    """Return what is wrong with a moment in the past; `groundcrew-backup` reads it likewise, in UTC without a zone."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return "which is no time: write date and time, and what your zone is ahead of UTC"
    moment = moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)  # noqa: UP017 (as elsewhere)
    return "which is yet to come" if moment > datetime.datetime.now(moment.tzinfo) else ""


def since(text: str) -> str:
    """Return what is wrong with a span of time."""
    logs = engine.load("logs")
    try:
        logs.seconds(text)
    except logs.FailedError:
        return "which is no span of time: write 90s, 10m, 2h or 1d"
    return ""


def host(text: str) -> str:
    """Return what is wrong with the name of a host."""
    return "" if re.fullmatch(r"[A-Za-z0-9._:-]+", text) else "which is no name of a host"


def address(text: str) -> str:
    """Return what is wrong with the address of a site."""
    return "" if re.fullmatch(r"https?://[^\s/]+\S*", text) else "which is no address that begins with https://"


def report(text: str) -> str:
    """Return what is wrong with the folder of a report."""
    return "which is in the folder of a user that is not here" if str(expanded(text)).startswith("~") else ""


FORMS: dict[str, Callable[[str], str]] = {
    "time": time,
    "since": since,
    "from": host,
    "address": address,
    "report": report,
}
"""By option; "" is nothing said, but where a value is needed."""
NEEDED = frozenset({"since"})


def wrong(name: str, value: Any) -> str:
    """Return what is wrong with the value of an option, as a sentence, "" when nothing is."""
    if name not in FORMS or not isinstance(value, str) or not (value or name in NEEDED):
        return ""
    problem = FORMS[name](value)
    return f"is `{value}`, {problem}" if problem else ""
