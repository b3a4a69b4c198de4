"""Whether a calendar of systemd ever comes again: one of years that are over, or of a 30th of February, does not."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterator

from . import calendars


def comes(text: str) -> bool:
    """Say whether a day from today on is one of a calendar that systemd takes."""
    days, date, _ = calendars.parts(text) or ("", "", "")
    if date.startswith("@"):
        return int(date[1:]) > datetime.datetime.now(tz=datetime.UTC).timestamp()
    found = calendars.DATE.fullmatch(date)
    if not found:
        return True
    year, month, sign, day = found.groups()
    today, of_week = datetime.datetime.now(tz=datetime.UTC).date(), calendars.weekdays(days)
    return any(
        one >= today and one.weekday() in of_week
        for year_ in chosen(year or "*", *calendars.YEARS)
        if year_ >= today.year
        for month_ in chosen(month, 1, 12)
        for one in dates(year_, month_, day, sign)
    )


def dates(year: int, month: int, day: str, sign: str) -> Iterator[datetime.date]:
    """Yield the days of a month; after `~` they are counted from its end."""
    last = calendar.monthrange(year, month)[1]
    for number in chosen(day, 1, 28 if sign == "~" else 31):
        found = last + 1 - number if sign == "~" else number
        if 1 <= found <= last:
            yield datetime.date(year, month, found)


def chosen(part: str, least: int, most: int) -> list[int]:
    """Return the whole numbers that a part of a calendar stands for."""
    if part == "*":
        return list(range(least, most + 1))
    found: set[int] = set()
    for start, stop, step in calendars.items(part):
        first, last = (int(calendars.century(one)) if most > 31 else int(one) for one in (start, stop))
        # A step without an end goes on; backwards when it is counted from the end of a month.
        found |= set(range(first, (most if step and stop == start else last) + 1, int(step or 1)))
        found |= set(range(first, 0, -int(step))) if step and most == 28 else set()
    return sorted(found)
