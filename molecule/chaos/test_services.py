"""Each service that is killed comes back by itself, and few visitors notice: ten times in turn, under light load."""

import json
import time
from pathlib import Path

import pytest
from network import settles

LOAD = (Path(__file__).parents[1] / "deploy/load.py").read_text()
TIMES = 10
SITE = "guestbook.example.org"
MAIN = "systemctl show --value --property=MainPID "
CHILD = "systemctl show --value --property=MainPID %s | xargs pgrep --oldest --parent"
# What is killed, how to find it, and for how many seconds at most a kill is noticed, on a machine that does much else.
SERVICES = [
    ("nginx", f"{MAIN} nginx", 3),
    ("worker of nginx", CHILD % "nginx", 3),
    ("web server", f"{MAIN} 'guestbook-web@*'", 5),
    ("worker of the web server", CHILD % "'guestbook-web@*'", 1),
    ("postgresql", f"{MAIN} 'postgresql@*'", 10),
    ("backend of postgresql", "pgrep --oldest --full 'postgres: .* guestbook guestbook '", 10),
    ("redis", f"{MAIN} redis-server@guestbook", 1),
]


@pytest.mark.parametrize(("name", "find", "seconds"), SERVICES, ids=[name for name, *_ in SERVICES])
def test_service_that_is_killed_comes_back(host, http, name, find, seconds):
    host.check_output("printf %s %s > /tmp/load.py", "%s", LOAD)
    load = f"systemd-run --quiet --unit=load python3 /tmp/load.py {SITE} /tmp/load.json /"
    host.check_output(f"rm -f /tmp/load.json*; {load}")
    moments = []
    for _ in range(TIMES):
        time.sleep(3)
        killed = host.check_output(f"{find} | head -n 1").strip()
        assert int(killed) > 1
        moments.append(float(host.check_output("cut -d' ' -f1 /proc/uptime")))
        host.check_output(f"kill -9 {killed}")
        another = f'new=$({find} | head -n 1); [ "${{new:-0}}" -gt 1 ] && [ $new != {killed} ]'
        assert settles(host, another, 30)
        page = f"--resolve {SITE}:443:127.0.0.1 https://{SITE}/ --output /dev/null"
        assert settles(host, f"curl --silent --fail --insecure {page}", 30)
    host.check_output("touch /tmp/load.json.stop; while systemctl --quiet is-active load; do sleep 0.2; done")
    counts = json.loads(host.check_output("cat /tmp/load.json"))
    failures = counts["failures"]
    after = [one["at"] - max((moment for moment in moments if moment < one["at"]), default=0) for one in failures]
    print(
        f"{name}: {len(failures)} of {counts['requests'] + counts['kept_requests']} failed, the last "
        f"{max(after, default=0):.1f} s after a kill; longest {max(counts['longest'].values())} s"
    )
    assert max(after, default=0) <= seconds, failures
    assert host.run("systemctl --failed --no-legend").stdout == ""
    assert http(f"https://{SITE}/").status == 200
