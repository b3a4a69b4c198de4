"""When a timer runs, as systemd's `OnCalendar` (systemd.time(7)): its syntax, without the days of each month."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator
from functools import cache

WORDS = (
    "minutely hourly daily monthly weekly yearly quarterly annually semiannually semi-annually biannually bi-annually"
)
DAY = r"(Mon(day)?|Tue(sday|s)?|Wed(nesday)?|Thu(rsday|rs|r)?|Fri(day)?|Sat(urday)?|Sun(day)?)"
DAYS = re.compile(rf"(?i){DAY}((\.\.|-){DAY})?(,{DAY}((\.\.|-){DAY})?)*,?")
NUMBER = r"\d+(?:\.\d+)?"
ITEM = rf"{NUMBER}(?:\.\.{NUMBER})?(?:/{NUMBER})?"
PART = rf"(?:\*|{ITEM}(?:,{ITEM})*)"
DATE = re.compile(rf"(?:({PART})-)?({PART})([-~])({PART})")
TIME = re.compile(rf"{PART}:{PART}(:{PART})?")
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LARGEST = (23, 59, 59)
YEARS = (1970, 2199)


@cache
def zones() -> frozenset[str]:
    """Return the names of all time zones that this machine knows; none when it has no list of them."""
    return frozenset(zoneinfo.available_timezones())


def is_zone(word: str) -> bool:
    """Say whether this names a time zone, as far as this machine knows."""
    return word in zones() or (not zones() and re.fullmatch(r"[A-Z][\w+-]*(/[\w+-]+)*", word) is not None)


def is_right(text: str) -> bool:
    """Say whether systemd takes it."""
    return parts(text) is not None


def parts(text: str) -> tuple[str, str, str] | None:
    """Return the days of the week, the date and the time of the day of a calendar, "" for any; None when it is none."""
    words, days, date, time = text.split(), "", "", ""
    if words and len(words) > 1 and is_zone(words[-1]):
        words.pop()
    if len(words) == 1 and words[0].lower() in WORDS.split():
        return "", "", ""
    if words and DAYS.fullmatch(words[0]):
        days = words.pop(0)
    if words and re.fullmatch("@[0-9]+", words[0]):
        return ("", words[0], "") if len(words) == 1 else None
    if words and DATE.fullmatch(words[0]):
        date = words.pop(0)
    if words and TIME.fullmatch(words[0]):
        time = words.pop(0)
    if words or not (days or date or time) or not weekdays(days):
        return None
    right = (not date or is_date(date)) and (not time or is_time(time))
    return (days, date, time) if right else None


def weekdays(days: str) -> set[int]:
    """Return the numbers of the days of the week, all of them for "", and none where a range does not go up."""
    found: set[int] = set()
    for span in days.lower().replace("..", "-").rstrip(",").split(",") if days else ("mon-sun",):
        first, _, last = span.partition("-")
        start, stop = WEEK.index(first[:3]), WEEK.index((last or first)[:3])
        if stop < start:
            return set()
        found |= set(range(start, stop + 1))
    return found


def is_date(word: str) -> bool:
    """Say whether the year, the month and the day exist."""
    found = DATE.fullmatch(word)
    if not found:
        return False
    year, month, sign, day = found.groups()
    days = within(day, 1, 28, from_end=True) if sign == "~" else within(day, 1, 31)
    years = not year or within(year, *YEARS)
    return years and within(month, 1, 12) and days and "." not in word.replace("..", "")


def is_time(word: str) -> bool:
    """Say whether hour, minute and second exist."""
    hours = word.split(":")
    whole = not any("." in part.replace("..", "") for part in hours[:2])
    return whole and all(within(part, 0, most) for part, most in zip(hours, LARGEST, strict=False))


def within(part: str, least: int, most: int, *, from_end: bool = False) -> bool:
    """Say whether all numbers of a part are in these bounds, ranges go up, and steps lead to a second number."""
    for start, stop, step in items(part):
        first, last = (century(one) if most == YEARS[1] else one for one in (start, stop))
        if not least <= first <= last < most + 1 or step == 0:
            return False
        reached = first - (step or 0) if from_end else first + (step or 0)
        if stop == start and not least <= reached < most + 1:
            return False
    return True


def items(part: str) -> Iterator[tuple[float, float, float | None]]:
    """Yield where each item of a part starts and stops, and its step, None for none; `*` has no items."""
    for item in part.split(",") if part != "*" else ():
        span, _, step = item.partition("/")
        start, _, stop = span.partition("..")
        yield float(start), float(stop or start), float(step) if step else None


def century(year: float) -> float:
    """Return the year that is meant by two digits, as systemd reads them."""
    return year + (2000 if year < 70 else 1900 if year < 100 else 0)
