#!/usr/bin/env python3
"""Wait until nobody talks to a Unix socket but its listener.

    drain.py SOCKET SECONDS

Counts the connections in /proc/net/unix that are queued (state 02) or accepted (03): `ss` misses those that
wait in the listen queue. Prints how long it took; after SECONDS it prints how many are left. Exits 0 either way:
the bound is the bound.
"""

import sys
import time
from pathlib import Path

LISTENING = "01"


def connections(socket):
    """Return how many connections (int) the socket at this path has."""
    with Path("/proc/net/unix").open() as table:
        rows = (line.split() for line in table)
        return sum(1 for row in rows if len(row) > 7 and row[7] == socket and row[5] != LISTENING)


def main(socket, seconds):
    """Wait up to ``seconds`` (str of a number) for the last connection to close."""
    start = time.monotonic()
    while (left := connections(socket)) and time.monotonic() - start < float(seconds):
        time.sleep(0.05)
    print(f"{left} connections left after {time.monotonic() - start:.2f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
