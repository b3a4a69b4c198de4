"""The journal of a host on another, which here is the same one."""

from pathlib import Path

import pytest

CONVERGE = Path(__file__).with_name("converge.yml")
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


@pytest.mark.parametrize("words", ["", "--cert /etc/ssl/foreign/fullchain.pem --key /etc/ssl/foreign/privkey.pem"])
def test_a_stranger_is_refused(host, words):
    send = "curl --silent --cacert /etc/ssl/own/ca.pem --header 'Content-Type: application/vnd.fdo.journal'"
    own = "--cert /etc/ssl/own/fullchain.pem --key /etc/ssl/own/privkey.pem"
    url = "--data-binary @- --output /dev/null --write-out '%{http_code}' https://localhost:19532/upload"
    line = r"printf '__REALTIME_TIMESTAMP=1790000000000000\nMESSAGE=forged\nSYSLOG_IDENTIFIER=forged\n\n'"
    assert host.run(f"{line} | {send} {words} {url}").stdout in ("000", "")
    assert host.run(f"{LOOK} forged").stdout == ""
    # With the right one it is not the request that is refused.
    assert host.run(f"printf '\n' | {send} {own} {url}").stdout not in ("000", "")


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
