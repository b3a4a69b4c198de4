"""Releases of one application: started, probed, switched to, drained and stopped."""

import time


def ask(host):
    """Return (body, release named in the header) over the socket that Nginx would use."""
    answer = host.check_output(
        "curl --silent --include --unix-socket /srv/tiny/current/web.sock 'http://tiny.example.org/'"
    )
    headers, body = answer.replace("\r", "").split("\n\n", 1)
    return body, dict(line.split(": ", 1) for line in headers.splitlines()[1:])["X-Release"]


def test_release_answers_over_its_socket(host):
    assert ask(host) == ("one", "one")


def test_socket_is_closed_to_other_users(host):
    refused = host.run(
        "runuser -u nobody -- curl --silent --unix-socket /run/tiny-one/web.sock http://tiny.example.org/"
    )
    assert refused.rc == 7


def test_server_comes_back_after_a_kill(host, unit):
    before = unit("tiny-web@one.service")["MainPID"]
    host.check_output("kill -9 %s", before)
    time.sleep(3)
    assert ask(host) == ("one", "one")
    assert unit("tiny-web@one.service")["MainPID"] not in (before, "0")


def test_release_that_does_not_import_never_takes_traffic(host, unit, play):
    before = unit("tiny-web@one.service")["MainPID"]
    result = play("molecule/gunicorn/converge.yml", release="broken")
    assert result.returncode != 0
    assert "nothing_of_that_name" in result.stdout
    assert "a module that it imports is not installed" in result.stdout
    assert ask(host) == ("one", "one")
    assert unit("tiny-web@one.service")["MainPID"] == before
    assert unit("tiny-web@broken.service")["ActiveState"] in ("inactive", "failed")


def test_switch_lets_the_old_release_finish(host, unit, play):
    host.check_output(
        "systemd-run --unit=slow --property=StandardOutput=file:/tmp/slow "
        "curl --silent --unix-socket /srv/tiny/current/web.sock 'http://tiny.example.org/?8'"
    )
    assert play("molecule/gunicorn/converge.yml", release="two").returncode == 0
    assert ask(host) == ("two", "two")
    assert host.file("/tmp/slow").content_string == "one"
    assert unit("tiny-web@one.service")["ActiveState"] == "inactive"
    assert host.run("systemctl is-enabled tiny-web@one.service").rc == 1
    assert host.run("systemctl is-enabled tiny-web@two.service").rc == 0
