"""When a timer runs, as systemd's `OnCalendar` (systemd.time(7)): its syntax, without the days of each month."""

from __future__ import annotations

import re
import zoneinfo
from functools import cache

WORDS = (
    "minutely hourly daily monthly weekly yearly quarterly annually semiannually semi-annually biannually bi-annually"
)
DAY = r"(Mon(day)?|Tue(sday|s)?|Wed(nesday)?|Thu(rsday|rs|r)?|Fri(day)?|Sat(urday)?|Sun(day)?)"
DAYS = re.compile(rf"(?i){DAY}((\.\.|-){DAY})?(,{DAY}((\.\.|-){DAY})?)*,?")
ITEM = r"(\*|\d+(\.\d+)?)(\.\.\d+(\.\d+)?)?(/\d+(\.\d+)?)?"
PART = rf"{ITEM}(,{ITEM})*"
DATE = re.compile(rf"({PART}-)?{PART}[-~]{PART}")
TIME = re.compile(rf"{PART}:{PART}(:{PART})?")
LARGEST = (23, 59, 59)


@cache
def zones() -> frozenset[str]:
    """Return the names of all time zones that this machine knows; none when it has no list of them."""
    return frozenset(zoneinfo.available_timezones())


def is_zone(word: str) -> bool:
    """Say whether this names a time zone, as far as this machine knows."""
    return word in zones() or (not zones() and re.fullmatch(r"[A-Z][\w+-]*(/[\w+-]+)*", word) is not None)


def is_right(text: str) -> bool:
    """Say whether systemd takes it."""
    words = text.split()
    if words and len(words) > 1 and is_zone(words[-1]):
        words.pop()
    if len(words) == 1 and words[0].lower() in WORDS.split():
        return True
    if words and DAYS.fullmatch(words[0]):
        words.pop(0)
        if not words:
            return True
    if words and re.fullmatch("@[0-9]+", words[0]):
        return len(words) == 1
    found = 0
    if words and DATE.fullmatch(words[0]):
        found += is_date(words.pop(0))
        if not found:
            return False
    if words and TIME.fullmatch(words[0]):
        found += 1
        if not is_time(words.pop(0)):
            return False
    return found > 0 and not words


def is_date(word: str) -> bool:
    """Say whether the month and the day exist."""
    month, day = re.split("[-~]", word)[-2:]
    return within(month, 1, 12) and within(day, 1, 31)


def is_time(word: str) -> bool:
    """Say whether hour, minute and second exist."""
    return all(within(part, 0, most) for part, most in zip(word.split(":"), LARGEST, strict=False))


def within(part: str, least: int, most: int) -> bool:
    """Say whether all numbers of a part are in these bounds, apart from those after `/`, which are steps."""
    numbers = re.findall(r"\d+(?:\.\d+)?", re.sub(r"/[\d.]+", "", part.replace("..", " ")))
    return all(least <= float(number) < most + 1 for number in numbers)
