"""Whole numbers that the software behind would refuse: none is negative, and some have other bounds."""

from __future__ import annotations

import re
from functools import lru_cache

MOST = 2**31 - 1
PORT = (1, 65535)
RANGES: dict[str, tuple[int, int]] = {
    "workers": (0, 1000),
    "threads": (0, 1000),
    "timeout": (1, MOST),
    "watch": (0, 3600),
    "keep_releases": (1, 1000),
    "probe.timeout": (1, MOST),
    "probe.status": (100, 599),
    "backup_repository.port": PORT,
    "backup_retention_weeks": (1, 1000),
    "nginx_public_ports": PORT,
    "nginx_requests_per_second": (1, 100_000),
    "nginx_logins_per_minute": (1, 100_000),
    "ssh_port": (0, 65535),
}
"""By the path of the key, without the numbers and names of items: (least, most)."""


@lru_cache(10_000)
def plain(path: str) -> str:
    """Return the path of a value without the items that it goes through, and of a flat variable that of its key."""
    return re.sub(r"\[[^]]*\]", "", path).removeprefix("django_app_")


def problem(path: str, value: int) -> str:
    """Return what is wrong with a number as the end of a sentence, "" when nothing is."""
    least, most = RANGES.get(plain(path), (0, MOST))
    if least <= value <= most:
        return ""
    bounds = f"{least} to {most}" if most < MOST or value > most else f"a number from {least} on"
    return f"is {value}, and takes {bounds}"
