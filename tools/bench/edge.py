"""Compare what the edge costs with the best it could cost, in turns, on the host of `make demo` (`make bench-edge`).

Hashed static files with a second Nginx, tuned by hand to serve nothing else; pages over Nginx and TLS with Gunicorn
alone over plain HTTP. Throughput, and processor time of the servers for a request, as the median of the rounds.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

APP, DOMAIN = sys.argv[1:]
ROUNDS, SECONDS = 9, 3
CURRENT = Path(f"/srv/{APP}/current").resolve()
FILES = (("js/vendor/jquery/jquery.min.*.js", "gzip"), ("css/base.*.css", "gzip"), ("img/icon-yes.*.svg", "identity"))
# What somebody writes who wants to serve these files as fast as Nginx can, with the headers that ours have.
TUNED = f"""
user www-data;
worker_processes auto;
pid /run/tuned.pid;
error_log /dev/null;
events {{ }}
http {{
    include /etc/nginx/mime.types;
    sendfile on;
    tcp_nopush on;
    access_log off;
    server_tokens off;
    gzip_static on;
    gzip_vary on;
    open_file_cache max=1000 inactive=60s;
    open_file_cache_valid 60s;
    open_file_cache_errors on;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ecdh_curve X25519:prime256v1:secp384r1;
    ssl_prefer_server_ciphers off;
    ssl_session_cache shared:S:10m;
    ssl_session_tickets off;
    server {{
        listen 127.0.0.1:8444 ssl;
        server_name {DOMAIN};
        ssl_certificate /etc/ssl/groundcrew/{APP}/fullchain.pem;
        ssl_certificate_key /etc/ssl/groundcrew/{APP}/privkey.pem;
        location /static/ {{
            root {CURRENT};
            add_header Strict-Transport-Security "max-age=31536000" always;
            add_header X-Content-Type-Options nosniff always;
            add_header X-Frame-Options SAMEORIGIN always;
            add_header Referrer-Policy same-origin always;
            add_header Cache-Control "public, max-age=31536000, immutable";
        }}
    }}
}}
"""


def ask(*command):
    """Return what a command prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def family(pid):
    """Return the ids of a process and its children."""
    return [pid, *ask("ps", "-o", "pid=", "--ppid", pid).split()]


def unit(name):
    """Return the ids of the processes of a unit."""
    return family(ask("systemctl", "show", "--property=MainPID", "--value", name))


def cpu(pids):
    """Return the processor seconds that these processes have taken."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(field[11]) + int(field[12]) for field in fields) / os.sysconf("SC_CLK_TCK")


def load(url, pids, header):
    """Ask for one page for some seconds; return requests per second, and microseconds of processor time for each."""
    before = cpu(pids)
    said = ask("wrk", "--threads=1", "--connections=20", f"--duration={SECONDS}s", f"--header={header}", url)
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(f"{url} does not answer well:\n{said}")
    requests = int(re.search(r"(\d+) requests in", said)[1])
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]), (cpu(pids) - before) / requests * 1e6


def compare(what, aim, ours, best):
    """Ask both in turns, and print the comparison."""
    pairs = []
    for number in range(ROUNDS):
        turn = [load(*side) for side in ((ours, best) if number % 2 else (best, ours))]
        pairs.append(turn if number % 2 else turn[::-1])
    rate = statistics.median(our[0] / other[0] for our, other in pairs) * 100
    cost = statistics.median(other[1] / our[1] for our, other in pairs) * 100
    rates, costs = ([statistics.median(pair[side][column] for pair in pairs) for side in (0, 1)] for column in (0, 1))
    print(f"{what:<34} {rates[0]:>7.0f} {rates[1]:>7.0f} {rate:>5.1f} %", end="   ")
    print(f"{costs[0]:>7.1f} {costs[1]:>7.1f} {cost:>5.1f} %   {'met' if rate >= aim else 'MISSED'}: at least {aim} %")
    sys.stdout.flush()


def static():
    """Compare the static files with an Nginx that serves nothing else."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as configuration:
        configuration.write(TUNED)
        configuration.flush()
        ask("nginx", "-c", configuration.name)
    ours, best = unit("nginx"), family(Path("/run/tuned.pid").read_text().strip())
    try:
        for pattern, encoding in FILES:
            found = CURRENT.glob(f"static/admin/{pattern}")
            path = next(file for file in found if re.search(r"\.[0-9a-f]{12}\.\w+$", file.name)).relative_to(CURRENT)
            accepted = f"Accept-Encoding: {encoding}"
            sides = (f"https://{DOMAIN}/{path}", ours, accepted), (f"https://{DOMAIN}:8444/{path}", best, accepted)
            compare(f"{path.name} {encoding}", 95, *sides)
    finally:
        os.kill(int(best[0]), 15)


def pages():
    """Compare pages with Gunicorn alone."""
    ours, pid = unit("nginx") + unit(f"{APP}-web@{CURRENT.name}"), f"/srv/{APP}/cache/bench.pid"
    gunicorn = [
        f"{APP}-run",
        "gunicorn",
        f"--config={CURRENT}/gunicorn.conf.py",
        "--bind=127.0.0.1:8000",
        f"--pid={pid}",
    ]
    with subprocess.Popen(gunicorn, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        time.sleep(8)
        alone = family(Path(pid).read_text().strip())
        secure = "X-Forwarded-Proto: https"
        try:
            for path in ("/", "/admin/login/"):
                sides = (f"https://{DOMAIN}{path}", ours, secure), (f"http://{DOMAIN}:8000{path}", alone, secure)
                compare(path, 85, *sides)
        finally:
            os.kill(int(alone[0]), 15)


def main():
    """Do it on this host."""
    ask("apt-get", "install", "-qqy", "--no-install-recommends", "wrk")
    hosts, name = Path("/etc/hosts"), f"127.0.0.1 {DOMAIN}\n"
    if name not in hosts.read_text():
        with hosts.open("a") as file:
            file.write(name)
    print(f"{'':<34} requests per second        microseconds of processor")
    print(f"{'':<34} {'ours':>7} {'best':>7}           {'ours':>7} {'best':>7}")
    static()
    pages()


main()
