"""An asynchronous project: its pages, its WebSockets, and what a deploy means for both."""

import json
import time
from pathlib import Path

import pytest

LISTEN = (Path(__file__).parent / "listen.py").read_text()
LOAD = (Path(__file__).parent.parent / "deploy/load.py").read_text()


@pytest.fixture
def python(host):
    """Return the path of the interpreter of the release that serves now, which has websockets from uvicorn's extra."""
    return host.check_output("readlink -f /srv/chat/current/venv") + "/bin/python"


@pytest.fixture
def listen(host, python):
    """Return a function that runs `listen.py` on the host and returns what it heard.

    Its interpreter is that of the release that served at the beginning, since the link moves on meanwhile.
    """

    def run():
        return json.loads(host.check_output("printf %s %s | %s -", "%s", LISTEN, python).splitlines()[-1])

    return run


def test_pages_name_their_release(host, http):
    answer = http("https://chat.example.org/")
    assert answer.text == "generation 1"
    assert answer.headers["X-Release"] == host.check_output("basename $(readlink /srv/chat/current)")


def test_websocket_through_nginx(listen):
    assert listen()["answer"] == "hello 1"


def test_no_connection_to_the_database_outlives_its_request(http):
    assert http("https://chat.example.org/database").text == "chat, 0 s, pool None"


def test_deploy_tells_sockets_to_connect_again_and_finishes_requests(host, http, play, listen, python):
    host.check_output("printf %s %s > /tmp/listen.py; printf %s %s > /tmp/load.py", "%s", LISTEN, "%s", LOAD)
    host.check_output("systemd-run --quiet --unit=load python3 /tmp/load.py chat.example.org /tmp/load.json")
    output = "--property=StandardOutput=file:/tmp/heard"
    host.check_output(f"systemd-run --quiet --unit=listen {output} {python} /tmp/listen.py wait")
    host.check_output("timeout 20 sh -c 'until grep -sq open /tmp/heard; do sleep 0.2; done'")
    begin = time.time()
    result = play("playbooks/deploy.yml", generation=2)
    assert result.returncode == 0, result.stdout[-3000:]
    host.check_output("timeout 30 sh -c 'until grep -sq answer /tmp/heard; do sleep 0.2; done'")
    heard = json.loads(host.file("/tmp/heard").content_string.splitlines()[-1])
    assert heard["code"] == 1012
    assert begin < heard["at"] < time.time()
    assert listen()["answer"] == "hello 2"
    host.check_output("touch /tmp/load.json.stop; timeout 60 sh -c 'until test -e /tmp/load.json; do sleep 1; done'")
    counts = json.loads(host.file("/tmp/load.json").content_string)
    assert counts["requests"] > 100
    assert counts["failures"] == []
    assert http("https://chat.example.org/").text == "generation 2"
    assert host.check_output("systemctl list-units --no-legend --state=active 'chat-web@*' | wc -l") == "1"


def test_granian_serves_it_as_well(host, http, play, listen):
    result = play("playbooks/deploy.yml", generation=3, server="granian")
    assert result.returncode == 0, result.stdout[-3000:]
    assert host.check_output("pgrep --full --count venv/bin/granian") != "0"
    answer = http("https://chat.example.org/")
    assert (answer.text, answer.headers["X-Release"]) == (
        "generation 3",
        host.check_output("basename $(readlink /srv/chat/current)"),
    )
    assert listen()["answer"] == "hello 3"
    assert http("https://chat.example.org/database").text == "chat, 0 s, pool None"
