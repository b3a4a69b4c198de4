"""Compare web servers by processor time and seconds of a page with one query, on the host of the scenario `servers`.

In turns, over the socket that Nginx uses, four clients at a time. Printed is the median of the rounds: milliseconds of
processor time for a request, which other work of the machine disturbs least, its ratio to the first server, the median
and the slowest hundredth of the answers, and the memory of the unit.
"""

import http.client
import socket
import statistics
import subprocess
import threading
import time
from pathlib import Path

SERVERS = ("gunicorn", "granian", "uwsgi")
ROUNDS, CLIENTS, REQUESTS = 5, 4, 250  # of each client


class Connection(http.client.HTTPConnection):
    """A connection over a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def ask(name, seconds):
    """Ask for the page again and again, and append how long each answer took."""
    connection = Connection(f"/srv/{name}/current/web.sock")
    headers = {"Host": f"{name}.example.org", "X-Forwarded-Proto": "https"}
    for _ in range(REQUESTS):
        begin = time.perf_counter()
        connection.request("GET", "/", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        seconds.append(time.perf_counter() - begin)
        if answer.status != 200 or b"rows" not in body:
            raise SystemExit(f"{name} answers {answer.status}: {body[:200]!r}")
    connection.close()


def group(name):
    """Return the control group of the web servers of an application."""
    unit = f"{name}-web@{Path(f'/srv/{name}/current').readlink().name}.service"
    path = subprocess.check_output(["systemctl", "show", "--value", "--property=ControlGroup", unit], text=True)
    return Path("/sys/fs/cgroup") / path.strip().lstrip("/")


def used(name):
    """Return the milliseconds of processor time that the web servers have used."""
    return int((group(name) / "cpu.stat").read_text().split()[1]) / 1000


def held(name):
    """Return the memory (MB) of the web servers; what processes share is counted once."""
    rollups = [
        Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in (group(name) / "cgroup.procs").read_text().split()
    ]
    return sum(int(text.partition("\nPss:")[2].split()[0]) for text in rollups) / 1024


def measure(name):
    """Return (milliseconds of processor time, median, 99th percentile, MB) of one round."""
    before, seconds = used(name), []
    clients = [threading.Thread(target=ask, args=(name, seconds)) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    if len(seconds) != CLIENTS * REQUESTS:
        raise SystemExit(f"{name}: {CLIENTS * REQUESTS - len(seconds)} requests failed.")
    spent = (used(name) - before) / len(seconds)
    cuts = statistics.quantiles(seconds, n=100)
    return spent, cuts[49] * 1000, cuts[98] * 1000, held(name)


def main():
    """Warm up, measure in turns, print the table."""
    rows = {name: [] for name in SERVERS}
    for name in SERVERS:
        measure(name)
    for number in range(ROUNDS):
        for name in SERVERS if number % 2 else SERVERS[::-1]:
            rows[name].append(measure(name))
    print(f"{'server':<10}{'CPU ms':>9}{'ratio':>8}{'p50 ms':>9}{'p99 ms':>9}{'MB':>7}")
    first = None
    for name in SERVERS:
        spent, median, slow, memory = (statistics.median(column) for column in zip(*rows[name], strict=True))
        first = first or spent
        print(f"{name:<10}{spent:>9.2f}{spent / first:>8.2f}{median:>9.1f}{slow:>9.1f}{memory:>7.0f}")


if __name__ == "__main__":
    main()
