"""Errors of web servers, processes and timers reach a receiver of Sentry's protocol, and no secret does."""

import json
import time

import pytest

RECEIVER = """
import gzip, http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        with open("/run/received", "ab") as file:
            file.write(body + bytes([10]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
http.server.ThreadingHTTPServer(("127.0.0.1", 9009), Handler).serve_forever()
"""
VISIT = (
    "curl --silent --output /dev/null --insecure --resolve shop.example.org:443:127.0.0.1"
    " --cookie sessionid=wonderland --header 'X-Shop: wonderland' --referer 'https://a.org/?wonderland'"
    " 'https://shop.example.org/fail/?q=wonderland'"
)


@pytest.fixture
def received(host):
    """Run a receiver; a function that waits for an error of a kind and returns all that was sent until then."""
    host.check_output("rm -f /run/received; systemd-run --quiet --unit=receiver python3 -c %s", RECEIVER)
    host.check_output("timeout 20 sh -c 'until ss -Hltn sport = :9009 | grep -q .; do sleep 0.2; done'")

    def wait(kind):
        for _ in range(60):
            text = host.run("cat /run/received").stdout
            events = [json.loads(line) for line in text.splitlines() if line.startswith('{"event_id"')]
            for event in events:
                if "exception" in event and event["exception"]["values"][-1]["type"] == kind:
                    return event, text
            time.sleep(0.5)
        raise AssertionError(text[-3000:])

    yield wait
    host.check_output("systemctl stop receiver.service")


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("LookupError", VISIT),
        (
            "Entry.DoesNotExist",
            "shop-manage shell --command 'from entries.tasks import count_words; count_words.delay(-1)'",
        ),
        ("OSError", "systemctl start shop-timer-nightly.service"),
    ],
)
def test_error_arrives_without_secrets(host, received, kind, command):
    host.run(command)
    event, text = received(kind)
    assert event["release"] == host.check_output("basename $(readlink /srv/shop/current)")
    assert event["server_name"] == host.check_output("hostname")
    assert event["environment"] == "staging"
    assert "wonderland" not in text
    host.run("systemctl reset-failed shop-timer-nightly.service")
