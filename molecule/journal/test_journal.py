"""The journal of a host on another, which here is the same one."""

from pathlib import Path

import pytest

CONVERGE = Path(__file__).with_name("converge.yml")
SEND = """
import http.client, ssl, sys
context = ssl.create_default_context(cafile="/etc/ssl/own/ca.pem")
if sys.argv[1:]:
    context.load_cert_chain(*sys.argv[1:])
connection = http.client.HTTPSConnection("localhost", 19532, context=context, timeout=5)
connection.request("POST", "/upload", "SYSLOG_IDENTIFIER=forged", {"Content-Type": "application/vnd.fdo.journal"})
print(connection.getresponse().status)
"""
LOOK = "journalctl --quiet --directory /var/log/journal/remote --output cat --identifier"


def arrives(host, word):
    """Wait until a line is among those that were collected."""
    host.check_output(f"logger --tag {word} 'two words'")
    host.check_output(f"timeout 40 sh -c 'until {LOOK} {word} | grep -q .; do sleep 0.5; done'")
    assert host.check_output(f"{LOOK} {word}").splitlines() == ["two words"]


def test_a_line_arrives_once(host):
    arrives(host, "first")


def test_lines_from_before_the_run_are_there(host):
    host.check_output(f"timeout 40 sh -c 'until {LOOK} systemd | grep -q .; do sleep 0.5; done'")


@pytest.mark.parametrize("authority", ["", "foreign", "own"])
def test_a_stranger_is_refused(host, authority):
    """Only a certificate of the own authority brings an answer, and be it that the line is none."""
    pair = f"/etc/ssl/{authority}/fullchain.pem /etc/ssl/{authority}/privkey.pem" if authority else ""
    result = host.run(f"python3 -c '{SEND}' {pair}")
    assert (result.rc == 0) == (authority == "own"), result.stderr
    assert host.run(f"{LOOK} forged").stdout == ""


def test_what_is_said_while_the_collector_is_away_comes_later(host):
    host.check_output("systemctl stop groundcrew-journal.service")
    host.check_output("logger --tag late 'two words'; sleep 2")
    host.check_output("systemctl start groundcrew-journal.service")
    host.check_output(f"timeout 60 sh -c 'until {LOOK} late | grep -q .; do sleep 0.5; done'")
    arrives(host, "after")


def test_units_are_little_exposed(exposed):
    for name in ("groundcrew-journal", "systemd-journal-remote", "systemd-journal-upload"):
        assert exposed(f"{name}.service") <= 2.0


def test_a_change_is_put_in_force(host, play):
    result = play(CONVERGE, size="2G")
    assert result.returncode == 0, result.stdout[-2000:]
    assert "2G" in host.check_output("systemctl cat groundcrew-journal-vacuum.service")
    arrives(host, "changed")


def test_what_is_removed_listens_nowhere_and_can_come_back(host, play):
    absent = CONVERGE.with_name("absent.yml")
    # One that failed is forgotten, too.
    failing = "/run/systemd/system/groundcrew-journal-vacuum.service.d"
    host.check_output(
        f"mkdir -p {failing}; printf '[Service]\\nExecStart=\\nExecStart=false\\n' > {failing}/failing.conf"
    )
    host.check_output("systemctl daemon-reload; ! systemctl start groundcrew-journal-vacuum.service")
    host.check_output(f"rm -r {failing}")
    result = play(absent)
    assert result.returncode == 0, result.stdout[-2000:]
    assert host.check_output("ss --no-header --listening --numeric --tcp 'sport = :19532'") == ""
    assert "journal" not in host.check_output(
        "systemctl --plain --no-legend list-units 'systemd-journal-[ru]*' 'groundcrew-*'"
    )
    assert host.check_output(f"{LOOK} changed")  # lines stay
    assert "changed=0" in play(absent).stdout
    assert play(CONVERGE).returncode == 0
    arrives(host, "again")
