"""The roles of monitoring alone: ports that were open close, facts reach Prometheus, bad settings change nothing."""

import json
import time
from urllib.parse import quote

import pytest
from network import settles

PLAYBOOK = "molecule/prometheus/converge.yml"
UNITS = ["prometheus", "prometheus-alertmanager", "prometheus-node-exporter", "prometheus-blackbox-exporter"]


@pytest.fixture
def ask(http):
    """Return a function that asks Prometheus, for half a minute until it answers: a list of (labels, value)."""

    def run(query):
        for _ in range(30):
            answer = http(f"http://127.0.0.1:9090/api/v1/query?query={quote(query)}")
            if found := json.loads(answer.text)["data"]["result"]:
                return [(one["metric"], float(one["value"][1])) for one in found]
            time.sleep(1)
        return []

    return run


def test_what_was_open_is_closed(host):
    lines = host.check_output("ss --no-header --listening --numeric --tcp").splitlines()
    listening = {line.split()[3] for line in lines}
    assert {"127.0.0.1:9090", "127.0.0.1:9093", "127.0.0.1:9100", "127.0.0.1:9115"} <= listening
    assert [one for one in listening if not one.startswith(("127.0.0.1:", "[::1]:")) and not one.endswith(":22")] == []


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_little_exposed(exposed, name):
    assert exposed(f"{name}.service") <= 2.0


def test_prometheus_hears_of_the_host_as_it_is(ask):
    assert ask('node_memory_MemTotal_bytes{instance="own"}')[0][1] > 1e8
    # A file system that its own sandbox has read-only.
    assert ask('node_filesystem_readonly{mountpoint="/etc/hosts"}')[0][1] == 0
    assert ask('node_systemd_unit_state{name="ssh.service",state="failed"}')
    assert ask('up{job="node"} == 1')


def test_facts(host, ask):
    host.check_output("mkdir -p /srv/shop/releases/abc123 /etc/ssl/own/mail /var/lib/own")
    host.check_output("ln -sfn releases/abc123 /srv/shop/current")
    made = "openssl req -x509 -newkey ed25519 -nodes -days 5 -subj /CN=x -keyout k -out fullchain.pem"
    host.check_output(f"cd /etc/ssl/own/mail && {made}")
    host.check_output("chmod 0600 /etc/ssl/own/mail/fullchain.pem")
    host.check_output("""echo '{"good": {"time": 1790000000.5}}' > /var/lib/own/backup.json""")
    # A run that has begun would tell of the time before.
    host.check_output("systemctl restart groundcrew-facts")
    assert ask('groundcrew_release_info{application="shop",release="abc123"}')
    assert ask('groundcrew_last_good_timestamp_seconds{kind="backup"} > 0')[0][1] == pytest.approx(1790000000, abs=1)
    left = ask('groundcrew_certificate_expiry_timestamp_seconds{certificate="mail"} - time()')[0][1]
    assert left == pytest.approx(5 * 86400, abs=600)
    assert ask("groundcrew_reboot_required")[0][1] == 0
    assert ask("groundcrew_security_updates")[0][1] >= 0


def test_a_heartbeat_is_sent(host):
    serve = "import socket; s = socket.create_server(('127.0.0.1', 8999)); s.accept(); open('/run/beat', 'w')"
    host.run(f'systemd-run --unit=heart python3 -c "{serve}"')
    assert host.run("timeout 90 sh -c 'until test -e /run/beat; do sleep 1; done'").rc == 0


def test_environment_reaches_the_exporter_exactly(host, unit):
    pid = unit("prometheus-blackbox-exporter")["MainPID"]
    environment = host.check_output(f"tr '\\0' '\\n' < /proc/{pid}/environ").splitlines()
    assert 'GENERATION=1 50% "x"' in environment


@pytest.mark.split
def test_a_bad_rule_changes_nothing(host, play, unit):
    before = unit("prometheus")["MainPID"]
    result = play(PLAYBOOK, rules={"Own": {"expr": "up ==="}})
    assert result.returncode != 0
    assert "Own" in result.stdout
    assert unit("prometheus")["MainPID"] == before
    assert "Own" not in host.file("/etc/prometheus/groundcrew-alerts.yml").content_string


def test_a_change_restarts_what_reads_it_alone(play, unit):
    before = {name: unit(name)["MainPID"] for name in UNITS}
    assert play(PLAYBOOK, generation=2).returncode == 0
    after = {name: unit(name)["MainPID"] for name in UNITS}
    assert {name for name in UNITS if before[name] != after[name]} == {"prometheus-blackbox-exporter"}


@pytest.mark.split
def test_an_interrupted_run_is_made_up_for(host, play, unit):
    """The files are as they should be, and the run that wrote them was killed before the restart."""
    before = {name: unit(name)["MainPID"] for name in UNITS}
    host.check_output("touch /etc/prometheus/groundcrew.yml")
    # A certificate that somebody renewed.
    host.check_output("mkdir -p /etc/ssl/own && touch /etc/ssl/own/certificate.pem")
    assert play(PLAYBOOK, generation=2).returncode == 0
    after = {name: unit(name)["MainPID"] for name in UNITS}
    assert {name for name in UNITS if before[name] != after[name]} == {"prometheus", "prometheus-blackbox-exporter"}
    assert "changed=0" in play(PLAYBOOK, generation=2).stdout


LISTENING = "ss --no-header --listening --numeric --tcp 'sport >= :9000'"


@pytest.fixture
def busy_facts(host):
    """Have the host write its facts at this moment, and for longer than the test takes."""
    folder = "/run/systemd/system/groundcrew-facts.service.d"
    again = "systemctl daemon-reload && systemctl restart --no-block groundcrew-facts.service"
    host.check_output(
        f"mkdir -p {folder} && printf '[Service]\\nExecStartPre=/bin/sleep 600\\n' > {folder}/slow.conf && {again}"
    )
    yield
    host.check_output(f"rm -r {folder} && {again}")


@pytest.mark.usefixtures("busy_facts")
def test_what_is_removed_listens_nowhere_and_can_come_back(host, play, unit):
    result = play("molecule/prometheus/absent.yml")
    assert result.returncode == 0, result.stdout[-2000:]
    assert host.check_output(LISTENING) == ""
    assert {unit(name)["ActiveState"] for name in [*UNITS, "groundcrew-facts"]} <= {"inactive", "failed"}
    assert host.run("find /etc/systemd/system /etc/prometheus /usr/local/lib -name 'groundcrew*' -type f").stdout == ""
    # What Prometheus knew is for whoever brings it back.
    assert host.check_output("ls /var/lib/prometheus/metrics2")
    assert "changed=0" in play("molecule/prometheus/absent.yml").stdout
    assert play(PLAYBOOK).returncode == 0
    assert settles(host, f"[ $({LISTENING} | grep -c 127.0.0.1:9) = {len(UNITS)} ]", 30)
