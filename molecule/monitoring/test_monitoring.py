"""A host that watches itself: what it knows, who hears of an outage, what they are told, and that no port is open."""

import base64
import html
import json
import re
import time
from urllib.parse import quote, urlencode

import pytest

UNITS = [
    "prometheus",
    "prometheus-alertmanager",
    "prometheus-node-exporter",
    "prometheus-postgres-exporter",
    "prometheus-redis-exporter",
    "prometheus-blackbox-exporter",
    "mtail",
    "groundcrew-facts",
]
JOBS = {"prometheus", "alertmanager", "node", "postgres", "redis", "site", "requests"}
MAILS = "cat /var/tmp/mails/*.mail"


def eventually(look, seconds):
    """Look once a second until something is seen; return it and the seconds that it took."""
    begin = time.monotonic()
    while not (seen := look()):
        assert time.monotonic() - begin < seconds, f"not seen in {seconds} s"
        time.sleep(1)
    return seen, time.monotonic() - begin


@pytest.fixture
def ask(http):
    """Return a function that asks Prometheus: a list of (labels, value)."""

    def run(query):
        answer = http(f"http://127.0.0.1:9090/api/v1/query?query={quote(query)}")
        return [(one["metric"], float(one["value"][1])) for one in json.loads(answer.text)["data"]["result"]]

    return run


def test_all_that_is_watched_answers(ask):
    assert eventually(lambda: {labels["job"] for labels, _ in ask("up")} == JOBS, 60)
    assert eventually(lambda: ask("up == 0") == [], 30)
    assert eventually(lambda: ask("probe_success == 1"), 30)


def test_nothing_listens_for_strangers(host, reach):
    lines = host.check_output("ss --no-header --listening --numeric --tcp").splitlines()
    open_ports = {
        line.split()[3].rpartition(":")[2] for line in lines if not line.split()[3].startswith(("127.", "[::1]"))
    }
    assert open_ports <= {"22", "80", "443"}
    address = host.check_output("hostname --all-ip-addresses").split()[0]
    other = reach("groundcrew-monitoring-12" if host.backend.hostname.endswith("13") else "groundcrew-monitoring-13")
    for port in (3903, 9090, 9093, 9094, 9100, 9115, 9121, 9187):
        assert (
            "refused"
            in other.run(f"python3 -c \"import socket; socket.create_connection(('{address}', {port}), 3)\"").stderr
        )


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_little_exposed(exposed, name):
    assert exposed(f"{name}.service") <= 2.0


def test_servers_are_asked_without_a_password(ask):
    assert ask('pg_stat_activity_count{datname="guestbook"}')
    assert ask("pg_settings_max_connections")[0][1] > 10
    assert ask("pg_stat_archiver_failed_count")
    assert {labels["redis"] for labels, _ in ask("redis_memory_max_bytes > 0")} == {"guestbook", "guestbook-broker"}
    policies = {labels["redis"]: labels["maxmemory_policy"] for labels, _ in ask("redis_instance_info")}
    assert policies == {"guestbook": "allkeys-lru", "guestbook-broker": "noeviction"}
    assert ask('node_systemd_unit_state{name="nginx.service",state="failed"}')[0][1] == 0


def test_a_queue_is_counted(host, ask):
    host.check_output("redis-cli -s /run/redis-guestbook-broker/redis.sock rpush rq:queue:default a b c")
    host.check_output("systemctl start groundcrew-facts")
    size = 'groundcrew_queue_length{redis="guestbook-broker",queue="rq:queue:default"} == 3'
    eventually(lambda: ask(size), 60)
    host.check_output("redis-cli -s /run/redis-guestbook-broker/redis.sock del rq:queue:default")


CONSOLES = "https://monitor.example.org"
ALICE = {"Authorization": "Basic " + base64.b64encode(b"alice:correct horse").decode()}


@pytest.mark.parametrize(
    "path", ["/", "/consoles/index.html", "/api/v1/query?query=up", "/user/groundcrew.js", "/graph"]
)
def test_consoles_are_not_shown_without_a_password(http, path):
    for headers in ({}, {"Authorization": "Basic " + base64.b64encode(b"alice:wrong").decode()}):
        answer = http(f"{CONSOLES}{path}", headers=headers)
        assert answer.status == 401
        assert "guestbook" not in answer.text


def test_consoles_are_shown_over_https(http, host):
    page = http(f"{CONSOLES}/", headers=ALICE).text
    said = " ".join(re.sub(r"<[^>]*>", " ", page).split())
    name, release = host.backend.hostname, host.check_output("basename $(readlink /srv/guestbook/current)")
    assert re.search(f"guestbook {name} answers {release} .* ago", said), said
    assert re.search(rf"{name} answers [\d.]+% [\d.]+% [\d.]+% \d+ ", said), said
    for page, word in (("application.html?application=guestbook", release), (f"host.html?host={name}", "Processor")):
        assert word in http(f"{CONSOLES}/consoles/{page}", headers=ALICE).text
    script = http(f"{CONSOLES}/user/groundcrew.js", headers=ALICE)
    assert "javascript" in script.headers["Content-Type"]


def test_graphs_have_points(http, host):
    """What the pages ask for, as their script asks it: a range of time."""
    queries = []
    for page in ("application.html?application=guestbook", f"host.html?host={host.backend.hostname}"):
        text = http(f"{CONSOLES}/consoles/{page}", headers=ALICE).text
        queries += [html.unescape(one) for one in re.findall('<data value="([^"]*)"', text)]
        queries += [html.unescape(one) for one in re.findall('data-marks="([^"]*)"', text)][:1]
    assert len(queries) > 10
    now = int(time.time())
    for query in queries:
        words = urlencode({"query": query.replace("WINDOW", "120s"), "start": now - 600, "end": now, "step": 15})
        answer = json.loads(http(f"{CONSOLES}/api/v1/query_range?{words}", headers=ALICE).text)
        assert any(len(one["values"]) > 1 for one in answer["data"]["result"]), query


def test_facts_are_told(host, ask):
    serving = host.check_output("basename $(readlink /srv/guestbook/current)")
    assert {labels["release"] for labels, _ in ask("groundcrew_release_info")} == {serving}
    assert 0 < ask("time() - groundcrew_deploy_timestamp_seconds")[0][1] < 3600
    assert ask('groundcrew_certificate_expiry_timestamp_seconds{certificate="guestbook"} - time()')[0][1] > 20 * 86400
    assert ask("groundcrew_reboot_required")


def test_requests_are_counted_by_application_release_and_status(host, http, ask):
    serving = host.check_output("basename $(readlink /srv/guestbook/current)")
    for path, status in (("/", 200), ("/nowhere", 404)):
        for _ in range(3):
            assert http(f"https://guestbook.example.org{path}").status == status
    labels = f'application="guestbook",release="{serving}"'
    for code in (200, 404):
        eventually(lambda code=code: ask(f'groundcrew_requests_total{{{labels},code="{code}"}} >= 3'), 30)
    assert ask(f"groundcrew_request_duration_seconds_count{{{labels}}} >= 6")


@pytest.fixture(scope="session")
def outage(reach):
    """Stop the site on both hosts, and start it again; return by host what was mailed, and after how many seconds."""
    hosts = {name: reach(name) for name in ("groundcrew-monitoring-12", "groundcrew-monitoring-13")}
    told = {name: {} for name in hosts}
    for verb, word in (("stop", "Alert"), ("start", "Resolved")):
        begin = time.monotonic()
        for one in hosts.values():
            release = one.check_output("basename $(readlink /srv/guestbook/current)")
            one.check_output(f"systemctl {verb} guestbook-web@{release}")
        for name, one in hosts.items():
            subject = f"grep --files-with-matches '^Subject: {word}: guestbook: ' /var/tmp/mails/*.mail"
            eventually(lambda one=one, subject=subject: one.run(subject).stdout, 120)
            told[name][word] = (time.monotonic() - begin, one.check_output(f"cat $({subject})"))
    return told


def test_an_outage_is_mailed_with_what_to_do(host, outage):
    seconds, mail = outage[host.backend.hostname]["Alert"]
    assert seconds < 60
    serving = host.check_output("basename $(readlink /srv/guestbook/current)")
    assert "To: ops@example.org" in mail
    for words in (
        "https://guestbook.example.org/ does not answer",
        "sudo guestbook-release rollback",
        f"Release {serving}",
    ):
        assert words in mail.replace("=\n", "").replace("=\r\n", ""), mail


def test_the_end_of_an_outage_is_mailed(host, outage):
    seconds, mail = outage[host.backend.hostname]["Resolved"]
    assert seconds < 90
    assert "Over since" in mail


def test_nobody_is_told_what_is_no_trouble(host, outage):
    assert outage
    subjects = re.findall(r"^Subject: (.*)$", host.check_output(MAILS), re.MULTILINE)
    assert {one.partition(":")[2].strip().partition(" ")[0] for one in subjects} == {"guestbook:"}, subjects


def test_memory(host):
    """Not a limit, but a number for who plans a host; with one it would be seen when it doubles."""
    total = sum(int(host.check_output(f"systemctl show --value --property=MainPID {name}")) > 0 for name in UNITS[:-1])
    assert total == len(UNITS) - 1
    pids = [host.check_output(f"systemctl show --value --property=MainPID {name}") for name in UNITS[:-1]]
    resident = sum(int(host.check_output(f"awk '/^VmRSS/ {{print $2}}' /proc/{pid}/status")) for pid in pids)
    print(f"{resident // 1024} MB")
    assert resident < 500 * 1024
