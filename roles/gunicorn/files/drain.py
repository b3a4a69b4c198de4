#!/usr/bin/env python3
"""Wait until nobody talks to a Unix socket but its listener.

    drain.py SOCKET SECONDS [queued]

Counts the connections in /proc/net/unix that are queued (state 02) or accepted (03): `ss` misses those that
wait in the listen queue. With `queued` it waits for those alone, for three seconds at least, after which Nginx has
closed what it kept: a server that is told to stop finishes what it has accepted. Prints how long it took; after
SECONDS it prints how many are left. Exits 0 either way: the bound is the bound.
"""

import sys
import time
from pathlib import Path

QUEUED, ACCEPTED = "02", "03"
KEPT = 3  # seconds until no connection is used again: keepalive_time and keepalive_timeout of the site in Nginx


def connections(socket, states):
    """Return how many connections (int) in one of these states the socket at this path has."""
    with Path("/proc/net/unix").open() as table:
        rows = (line.split() for line in table)
        return sum(1 for row in rows if len(row) > 7 and row[7] == socket and row[5] in states)


def main(socket, seconds, queued=""):
    """Wait up to ``seconds`` (str of a number) for the last connection to close."""
    start = time.monotonic()
    if queued:
        time.sleep(KEPT)
    states = (QUEUED,) if queued else (QUEUED, ACCEPTED)
    while (left := connections(socket, states)) and time.monotonic() - start < float(seconds):
        time.sleep(0.05)
    print(f"{left} connections left after {time.monotonic() - start:.2f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
