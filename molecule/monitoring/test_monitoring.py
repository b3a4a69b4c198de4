"""A host that watches itself and another one: what it knows, who hears of an outage, and who may ask what."""

import base64
import html
import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import yaml
from network import settles

WATCHES, WATCHED = "groundcrew-monitoring-13", "groundcrew-monitoring-12"
SERVERS = ["prometheus", "prometheus-alertmanager"]
UNITS = [
    "prometheus-node-exporter",
    "prometheus-postgres-exporter",
    "prometheus-blackbox-exporter",
    "mtail",
]
JOBS = {"node", "postgres", "site", "requests"}
PORTS = (3903, 9090, 9093, 9094, 9100, 9115, 9187, 9999)
SHARED = 9998  # of all exporters of a host, for the one that watches
JOURNALS = 19532  # where the watched host takes those of the other
MAILS = "cat /var/tmp/mails/*.mail"
ASK = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())"
CLIENT = "/etc/ssl/groundcrew/prometheus.client"


def eventually(look, seconds):
    """Look once a second until something is seen; return it and the seconds that it took."""
    begin = time.monotonic()
    while not (seen := look()):
        assert time.monotonic() - begin < seconds, f"not seen in {seconds} s"
        time.sleep(1)
    return seen, time.monotonic() - begin


@pytest.fixture(scope="session")
def watcher(reach):
    """Return the host that watches."""
    return reach(WATCHES)


@pytest.fixture
def ask(host, watcher):
    """Return a function that asks Prometheus of the host, `{host}` in the query: a list of (labels, value)."""

    def run(query):
        words = quote(query.replace("{host}", f'instance="{host.backend.hostname}"'))
        answer = watcher.check_output("python3 -c %s %s", ASK, f"http://127.0.0.1:9090/api/v1/query?query={words}")
        return [(one["metric"], float(one["value"][1])) for one in json.loads(answer)["data"]["result"]]

    return run


def address(one):
    """Return the address of a host."""
    return one.check_output("hostname --all-ip-addresses").split()[0]


def units(host):
    """Return the units of a host."""
    there = ["prometheus-exporter-exporter", "groundcrew-journal", "systemd-journal-remote"]
    return [*UNITS, *([*SERVERS, "systemd-journal-upload"] if host.backend.hostname == WATCHES else there)]


def test_all_that_is_watched_answers(host, ask):
    jobs = JOBS | ({"prometheus", "alertmanager"} if host.backend.hostname == WATCHES else set())
    assert eventually(lambda: {labels["job"] for labels, _ in ask("up{{host}}")} == jobs, 60)
    assert eventually(lambda: ask("up == 0") == [], 30)
    assert eventually(lambda: ask("probe_success{{host}} == 1"), 30)


def test_nothing_listens_for_strangers(host, reach):
    lines = host.check_output("ss --no-header --listening --numeric --tcp").splitlines()
    open_ports = {
        line.split()[3].rpartition(":")[2] for line in lines if not line.split()[3].startswith(("127.", "[::1]"))
    }
    watched = host.backend.hostname == WATCHED
    assert open_ports <= {"22", "80", "443", *([str(SHARED), str(JOURNALS)] if watched else [])}
    other = reach(WATCHES if watched else WATCHED)
    for port in PORTS:
        connect = f"import socket; socket.create_connection(('{address(host)}', {port}), 1)"
        # The firewall of one host drops what the other one refuses.
        assert re.search("refused|timed out", other.run(f'python3 -c "{connect}"').stderr)


# What asks at a port between hosts, as the host of a certificate or as nobody.
CONNECT = """
import http.client, ssl, sys
address, ca, *pair = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
if pair:
    context.load_cert_chain(*pair)
def connect(port):
    return http.client.HTTPSConnection(address, port, context=context, timeout=5)
"""
SCRAPE = (
    f"{CONNECT}connection = connect({SHARED})"
    + """
connection.request("GET", "/proxy?module=node")
print(connection.getresponse().read().decode())
"""
)
# Certificates by another authority, and by the right one for another host and for the one that watches.
FORGE = """
set -eu
mkdir -p /var/tmp/forged
cd /var/tmp/forged
make="openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
$make -x509 -days 2 -subj /CN=foreign -keyout foreign.key -out foreign.pem
sign() {
  $make -subj / -keyout $1.key -out $1.csr
  printf 'subjectAltName=critical,DNS:%s\nextendedKeyUsage=clientAuth\n' $2 > $1.ext
  openssl x509 -req -in $1.csr -CA $3 -CAkey $4 -days 2 -extfile $1.ext -out $1.pem
}
sign stranger groundcrew-monitoring-13 foreign.pem foreign.key
sign other groundcrew-monitoring-99 /etc/ssl/groundcrew/ca.hosts/ca.pem /etc/ssl/groundcrew/ca.hosts/ca.key
sign same groundcrew-monitoring-13 /etc/ssl/groundcrew/ca.hosts/ca.pem /etc/ssl/groundcrew/ca.hosts/ca.key
"""


@pytest.fixture(scope="session")
def scrape(reach, watcher):
    """Return a function that asks for the exporter of the watched host from the other, with a certificate or none."""
    watcher.check_output("sh -c %s 2>&1", FORGE)
    there = address(reach(WATCHED))
    pairs = {name: f"/var/tmp/forged/{name}.pem /var/tmp/forged/{name}.key" for name in ("stranger", "other", "same")}
    pairs |= {"own": f"{CLIENT}/fullchain.pem {CLIENT}/privkey.pem", "none": ""}
    return lambda name: watcher.run(f"python3 -c '{SCRAPE}' {there} {CLIENT}/ca.pem {pairs[name]}")


@pytest.mark.parametrize("name", ["none", "stranger", "other"])
def test_the_port_between_hosts_refuses_whom_it_does_not_know(scrape, name):
    assert "node_memory" in scrape("own").stdout
    assert "node_memory" in scrape("same").stdout
    result = scrape(name)
    assert result.rc != 0
    assert "node_memory" not in result.stdout
    assert re.search("alert|eof|reset", result.stderr.lower()), result.stderr


def test_ports_between_hosts_are_open_to_one_host_alone(reach):
    """This machine is neither: it reaches the site, and gets no answer at the port."""
    there = address(reach(WATCHED))
    socket.create_connection((there, 443), 3).close()
    for port in (SHARED, JOURNALS):
        with pytest.raises(OSError, match=r"timed out|refused"):
            socket.create_connection((there, port), 3)


SEND = (
    f"{CONNECT}connection = connect({JOURNALS})"
    + """
lines = "__REALTIME_TIMESTAMP=1790000000000000\\n__MONOTONIC_TIMESTAMP=1\\n_BOOT_ID=%s\\nMESSAGE=%s\\n\\n"
body = lines % ("b7bce445525c46d793c7cba67590bbfe", " ".join(["sent with", *pair]))
connection.request("POST", "/upload", body, {"Content-Type": "application/vnd.fdo.journal"})
print(connection.getresponse().status)
"""
)


def test_journals_come_together(reach, watcher):
    there = reach(WATCHED)
    watcher.check_output("logger --tag together hello")
    look = "journalctl --merge --quiet --identifier together --output json"
    line, _ = eventually(lambda: there.run(look).stdout.splitlines(), 60)
    assert json.loads(line[0])["_HOSTNAME"] == WATCHES
    site = there.check_output(
        "journalctl --merge --quiet --unit 'guestbook-web@*' --output json --output-fields _HOSTNAME"
    )
    assert {json.loads(one)["_HOSTNAME"] for one in site.splitlines()} == {WATCHES, WATCHED}


def test_requests_come_together_without_what_lets_a_reader_in(host, http, reach):
    headers = {"Referer": "https://guestbook.example.org/?code=CANARY"}
    assert http("https://guestbook.example.org/seen-together?token=CANARY", headers=headers).status == 404
    there, name = reach(WATCHED), host.backend.hostname
    find = f"journalctl --merge --quiet --identifier nginx --grep seen-together --output json _HOSTNAME={name}"
    (line, *_), _ = eventually(lambda: there.run(find).stdout.splitlines(), 60)
    entry = json.loads(json.loads(line)["MESSAGE"])
    assert (entry["application"], entry["status"]) == ("guestbook", 404)
    assert entry["release"] == host.check_output("basename $(readlink /srv/guestbook/current)")
    # Neither the journal of the host nor the one of all others has it, nor any file.
    for one in (host, there):
        assert one.run("journalctl --merge --quiet --output json --since -10min | grep CANARY").stdout == ""
        assert one.run("grep --recursive --text --files-with-matches CANARY /var/log").stdout == ""


@pytest.mark.parametrize("name", ["none", "stranger", "own"])
def test_a_journal_is_taken_from_hosts_of_the_authority(reach, watcher, scrape, name):
    """`scrape` made the certificates of strangers."""
    assert scrape
    own = "/etc/ssl/groundcrew/journal.client"
    pair = {"none": "", "stranger": "/var/tmp/forged/stranger.pem /var/tmp/forged/stranger.key"}
    pair["own"] = f"{own}/fullchain.pem {own}/privkey.pem"
    result = watcher.run(f"python3 -c '{SEND}' {address(reach(WATCHED))} {own}/ca.pem {pair[name]}")
    assert (result.stdout.strip() == "202") == (name == "own"), result.stderr
    # Nobody comes in behind the server that asks for certificates either.
    assert reach(WATCHED).run("setpriv --reuid nobody --clear-groups test -w /run/groundcrew-journal/socket").rc != 0


def test_no_key_has_left_its_host(reach, watcher):
    there = reach(WATCHED)
    assert there.run("ls /etc/ssl/groundcrew/ca.hosts").rc != 0
    assert watcher.run("ls /etc/ssl/groundcrew/exporter.server").rc != 0
    for one, folder in ((there, "/etc/ssl/groundcrew/exporter.server"), (watcher, CLIENT)):
        mode = one.check_output(f"stat --format='%a %U %G' {folder}/privkey.pem")
        assert mode == "640 root prometheus"
    assert watcher.check_output("stat --format='%a %U' /etc/ssl/groundcrew/ca.hosts/ca.key") == "600 root"


def test_a_unit_is_little_exposed(host, exposed):
    for name in [*units(host), "groundcrew-facts"]:
        assert exposed(f"{name}.service") <= 2.0, name


def test_servers_are_asked_without_a_password(ask):
    assert ask('pg_stat_activity_count{{host},datname="guestbook"}')
    assert ask("pg_settings_max_connections{{host}}")[0][1] > 10
    assert ask("pg_stat_archiver_failed_count{{host}}")
    assert ask('pg_role_connections{{host},role="guestbook"}')
    assert ask('pg_role_connection_limit{{host},role="guestbook"}')[0][1] > 10
    assert {value for _, value in ask("pg_up{{host}}")} == {1}
    assert ask('node_systemd_unit_state{{host},name="nginx.service",state="failed"}')[0][1] == 0


def test_a_redis_is_asked_by_root_alone(host, ask):
    """Its exporter would be in the group of each application, and answer each."""
    assert not host.package("prometheus-redis-exporter").is_installed
    host.check_output("systemctl restart groundcrew-facts")
    both = {"guestbook", "guestbook-broker"}
    eventually(lambda: {labels["redis"] for labels, _ in ask("redis_memory_max_bytes{{host}} > 0")} == both, 60)
    assert {labels["redis"] for labels, _ in ask("redis_up{{host}} == 1")} == both
    assert {labels["redis"] for labels, _ in ask("redis_memory_used_bytes{{host}} > 0")} == both
    assert {labels["redis"] for labels, _ in ask("redis_evicted_keys_total{{host}}")} == both
    policies = {labels["redis"]: labels["maxmemory_policy"] for labels, _ in ask("redis_instance_info{{host}}")}
    assert policies == {"guestbook": "allkeys-lru", "guestbook-broker": "noeviction"}


def test_a_queue_is_counted(host, ask):
    host.check_output("redis-cli -s /run/redis-guestbook-broker/redis.sock rpush rq:queue:default a b c")
    host.check_output("systemctl restart groundcrew-facts")
    size = 'groundcrew_queue_length{{host},redis="guestbook-broker",queue="rq:queue:default"} == 3'
    eventually(lambda: ask(size), 60)
    host.check_output("redis-cli -s /run/redis-guestbook-broker/redis.sock del rq:queue:default")


CONSOLES = "https://monitor.example.org"
ALICE = {"Authorization": "Basic " + base64.b64encode(b"alice:correct horse").decode()}


@pytest.fixture
def show(host, http, watcher):
    """Return a function that gets a page of the consoles, over the network or on their own host."""
    how = {"connect": address(watcher)} | ({} if host.backend.hostname == WATCHES else {"ca": None})
    return lambda path, headers=ALICE: http(f"{CONSOLES}{path}", headers=headers, **how)


@pytest.mark.parametrize(
    "path", ["/", "/consoles/index.html", "/api/v1/query?query=up", "/user/groundcrew.js", "/graph"]
)
def test_consoles_are_not_shown_without_a_password(show, path):
    for headers in ({}, {"Authorization": "Basic " + base64.b64encode(b"alice:wrong").decode()}):
        answer = show(path, headers)
        assert answer.status == 401
        assert "guestbook" not in answer.text


def test_consoles_are_shown_over_https(show, host):
    page = show("/").text
    said = " ".join(re.sub(r"<[^>]*>", " ", page).split())
    name, release = host.backend.hostname, host.check_output("basename $(readlink /srv/guestbook/current)")
    assert re.search(f"guestbook {name} answers {release} .* ago", said), said
    assert re.search(rf"{name} answers [\d.]+% [\d.]+% [\d.]+% \d+ ", said), said
    for page, word in (("application.html?application=guestbook", release), (f"host.html?host={name}", "Processor")):
        assert word in show(f"/consoles/{page}").text
    script = show("/user/groundcrew.js")
    assert "javascript" in script.headers["Content-Type"]


def test_graphs_have_points(show, host):
    """What the pages ask for, as their script asks it: a range of time."""
    queries = []
    for page in ("application.html?application=guestbook", f"host.html?host={host.backend.hostname}"):
        text = show(f"/consoles/{page}").text
        queries += [html.unescape(one) for one in re.findall('<data value="([^"]*)"', text)]
        queries += [html.unescape(one) for one in re.findall('data-marks="([^"]*)"', text)][:1]
    assert len(queries) > 10
    now = int(time.time())
    for query in queries:
        words = urlencode({"query": query.replace("WINDOW", "120s"), "start": now - 600, "end": now, "step": 15})
        answer = json.loads(show(f"/api/v1/query_range?{words}").text)
        assert any(len(one["values"]) > 1 for one in answer["data"]["result"]), query


def test_facts_are_told(host, ask):
    serving = host.check_output("basename $(readlink /srv/guestbook/current)")
    assert {labels["release"] for labels, _ in ask("groundcrew_release_info{{host}}")} == {serving}
    assert 0 < ask("time() - groundcrew_deploy_timestamp_seconds{{host}}")[0][1] < 3600
    assert (
        ask('groundcrew_certificate_expiry_timestamp_seconds{{host},certificate="guestbook"} - time()')[0][1]
        > 20 * 86400
    )
    assert ask("groundcrew_reboot_required{{host}}")
    assert ask("groundcrew_security_updates{{host}} >= 0")
    assert ask("groundcrew_package_lists_timestamp_seconds{{host}} > 0")
    (file,) = ask('time() - node_textfile_mtime_seconds{{host},file=~".*/groundcrew[.]prom"}')
    assert file[1] < 120


def test_mounts_and_restarts_are_told(ask):
    assert ask('node_systemd_unit_state{{host},name=~".+[.]mount"}')
    assert ask('node_systemd_service_restart_total{{host},name="guestbook-worker-celery.service"}')


def test_requests_are_counted_by_application_release_and_status(host, http, ask):
    serving = host.check_output("basename $(readlink /srv/guestbook/current)")
    for path, status in (("/", 200), ("/nowhere", 404)):
        for _ in range(3):
            assert http(f"https://guestbook.example.org{path}").status == status
    labels = f'{{host}},application="guestbook",release="{serving}"'
    for code in (200, 404):
        eventually(lambda code=code: ask(f'groundcrew_requests_total{{{labels},code="{code}"}} >= 3'), 30)
    assert ask(f"groundcrew_request_duration_seconds_count{{{labels}}} >= 6")


@pytest.fixture(scope="session")
def outage(reach, watcher):
    """Stop the site on both hosts, and start it again; return by host what was mailed, and after how many seconds."""
    hosts = {name: reach(name) for name in (WATCHED, WATCHES)}
    told = {name: {} for name in hosts}
    for verb, word in (("stop", "Alert"), ("start", "Resolved")):
        begin = time.monotonic()
        for one in hosts.values():
            release = one.check_output("basename $(readlink /srv/guestbook/current)")
            one.check_output(f"systemctl {verb} guestbook-web@{release}")
        for name in hosts:
            of_host = f"$(grep -l 'SiteDown of {name}' /var/tmp/mails/*.mail) /dev/null"
            look = f"grep -l '^Subject: {word}: guestbook: ' {of_host}"
            eventually(lambda look=look: watcher.run(look).stdout, 180)
            told[name][word] = (time.monotonic() - begin, watcher.check_output(f"cat $({look})"))
    return told


def test_an_outage_is_mailed_with_what_to_do(host, outage):
    seconds, mail = outage[host.backend.hostname]["Alert"]
    assert seconds < 90
    serving = host.check_output("basename $(readlink /srv/guestbook/current)")
    assert "To: ops@example.org" in mail
    for words in (
        f"https://guestbook.example.org/ does not answer on {host.backend.hostname}",
        "sudo guestbook-release rollback",
        f"Release {serving}",
    ):
        assert words in " ".join(mail.replace("=\n", "").replace("=\r\n", "").split()), mail


def test_the_end_of_an_outage_is_mailed(host, outage):
    seconds, mail = outage[host.backend.hostname]["Resolved"]
    assert seconds < 150
    assert "Over since" in mail


def test_nobody_is_told_what_is_no_trouble(watcher, outage):
    assert outage
    subjects = re.findall(r"^Subject: (.*)$", watcher.check_output(MAILS), re.MULTILINE)
    assert {one.partition(":")[2].strip().partition(" ")[0] for one in subjects} == {"guestbook:"}, subjects


def test_memory(host):
    """Not a limit, but a number for who plans a host; with one it would be seen when it doubles."""
    pids = [host.check_output(f"systemctl show --value --property=MainPID {name}") for name in units(host)]
    assert all(int(pid) > 0 for pid in pids)
    resident = sum(int(host.check_output(f"awk '/^VmRSS/ {{print $2}}' /proc/{pid}/status")) for pid in pids)
    print(f"{resident // 1024} MB")
    assert resident < 500 * 1024


REPOSITORY = Path(__file__).resolve().parents[2]
FAILED = "systemctl list-units --state=failed --plain --no-legend 'prometheus*'"
SERVING = "systemctl show --value --property=MainPID nginx.service 'guestbook-web@*.service'"
PACKAGES = (
    "dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' 'prometheus*' mtail systemd-journal-remote"
)


def test_all_goes_when_no_group_asks_for_it(reach, watcher):
    """The last one, since nothing is watched after it."""
    inventory = Path(os.environ["MOLECULE_INVENTORY_FILE"])
    given = yaml.safe_load(inventory.read_text())
    for group in ("monitoring", "logs"):
        del given[group]
    (inventory.parent / "emptied.yml").write_text(yaml.safe_dump(given))
    command = ["ansible-playbook", "--inventory", inventory.parent / "emptied.yml", "playbooks/site.yml"]
    hosts = [watcher, reach(WATCHED)]
    before = [one.check_output(SERVING) for one in hosts]
    # One of them failed before.
    once = "/run/systemd/system/prometheus-node-exporter.service.d"
    for one in hosts:
        one.check_output(
            f"mkdir -p {once}; printf '[Service]\\nRestart=no\\n' > {once}/once.conf; systemctl daemon-reload"
        )
        one.check_output("systemctl kill --signal=KILL prometheus-node-exporter")
        assert settles(one, "systemctl --quiet is-failed prometheus-node-exporter", 20)
        one.check_output("rm -r %s", once)
        assert "node-exporter" in one.check_output(FAILED)
    for changed in (True, False):
        result = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert result.returncode == 0, result.stdout[-3000:]
        assert [int(one) > 0 for one in re.findall(r"changed=(\d+)", result.stdout)] == [changed, changed], (
            result.stdout
        )
    for one in hosts:
        lines = one.check_output("ss --no-header --listening --numeric --tcp").splitlines()
        listening = {line.split()[3].rpartition(":")[2] for line in lines}
        assert listening & {str(port) for port in (*PORTS, SHARED, JOURNALS)} == set()
        assert " installed" not in one.run(PACKAGES).stdout
        names = one.check_output("ls /etc/ssl/groundcrew").split()
        assert [name for name in names if name not in ("ca", "guestbook")] == []
        names = [*units(one), "groundcrew-facts.timer"]
        assert [name for name in names if one.run(f"systemctl is-active {name}").rc == 0] == []
        assert one.check_output(FAILED) == ""
    after = [one.check_output(SERVING) for one in hosts]
    assert after == before
