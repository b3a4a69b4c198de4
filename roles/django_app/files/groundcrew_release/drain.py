"""Wait until nobody talks to a Unix socket but its listener."""

import time
from pathlib import Path

TABLE = Path("/proc/net/unix")
QUEUED, ACCEPTED = "02", "03"
KEPT = 3.0  # seconds until no connection is used again: keepalive_time and keepalive_timeout of the site in Nginx
PAUSE = 0.05  # seconds between two looks


def connections(socket: Path, states: tuple[str, ...]) -> int:
    """Return how many connections in one of these states a socket has.

    `ss` misses those that wait in the listen queue (state 02).
    """
    with TABLE.open() as table:
        rows = (line.split() for line in table)
        return sum(1 for row in rows if len(row) > 7 and row[7] == str(socket) and row[5] in states)


def drain(socket: Path, seconds: float, queued: bool = False) -> int:
    """Wait up to `seconds` for the last connection to close; return how many are left.

    With `queued` wait for those alone that no server has accepted yet, and long enough for Nginx to close what it kept.
    A WebSocket stays open until the server closes it (code 1012) when it is told to stop, and a server that is told to
    stop finishes what it has accepted.
    """
    start = time.monotonic()
    if queued:
        time.sleep(KEPT)
    states = (QUEUED,) if queued else (QUEUED, ACCEPTED)
    while (left := connections(socket, states)) and time.monotonic() - start < seconds:
        time.sleep(PAUSE)
    return left
