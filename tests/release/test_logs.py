"""What was said of an application: by its units and by Nginx, in the order of time."""

import json

import pytest
from groundcrew_release import logs, systemd
from groundcrew_release.steps import FailedError

NOW = 1_800_000_000.0


def entry(moment, unit, message, **more):
    """Return a line of journalctl."""
    return json.dumps(
        {"__REALTIME_TIMESTAMP": str(int(moment * 1e6)), "_SYSTEMD_UNIT": unit, "MESSAGE": message} | more
    )


def answer(clock, host, request="GET / HTTP/2.0", status=200):
    """Return a line of Nginx's log; `clock` is minutes and seconds of one hour that ends at NOW."""
    line = {"time": f"2027-01-15T07:{clock}+00:00", "host": host, "address": "192.0.2.1", "request": request}
    return json.dumps(line | {"status": status, "seconds": 0.012})


@pytest.fixture
def said(root, monkeypatch):
    """Give the host a journal and logs of Nginx; return what journalctl was asked for."""
    folder = root / "etc/systemd/system"
    folder.mkdir(parents=True)
    (folder / "shop-worker-celery.service").write_text("[Unit]\nX-Groundcrew=shop\n")
    (folder / "shop-worker-web@.service").write_text("[Unit]\nX-Groundcrew=shop-worker\n")
    nginx = root / "var/log/nginx"
    nginx.mkdir(parents=True)
    lines = ["2027/01/15 not JSON", answer("55:00", "shop.example.org", "GET /late HTTP/1.1", 502)]
    lines += [answer("56:00", "blog.example.org"), answer("57:00", "SHOP.example.org")]
    (nginx / "access.log").write_text("\n".join(lines) + "\n")
    (nginx / "access.log.1").write_text(answer("10:00", "shop.example.org", "GET /early HTTP/1.1") + "\n")
    asked = []

    def entries(units, since):
        asked.append((units, since))
        return [
            entry(NOW - 60, "shop-web@abc.service", "second\n\tfirst"),
            entry(NOW - 200, "shop-worker-celery.service", list(b"b\xe4d")),
            entry(NOW - 250, "init.scope", "Started the worker.", UNIT="shop-worker-celery.service"),
        ]

    monkeypatch.setattr(systemd, "entries", entries)
    return asked


def test_lines_of_all_come_in_the_order_of_time(shop, said):
    found = logs.read(shop(), NOW, "10m")
    assert [(who, what) for _, who, what in found] == [
        ("nginx", "GET /late HTTP/1.1 502 0.012 s 192.0.2.1"),
        ("worker-celery", "Started the worker."),
        ("worker-celery", "b\ufffdd"),
        ("nginx", "GET / HTTP/2.0 200 0.012 s 192.0.2.1"),
        ("web abc", "second"),
        ("web abc", "\tfirst"),
    ]
    units, since = said[0]
    assert since == NOW - 600
    # An application with a longer name has its own log.
    assert units == [
        "shop-web@*.service",
        "shop-release.service",
        "shop-command.service",
        "shop-worker-celery.service",
    ]
    assert logs.told(found[0], "web1").startswith("2027-01-15 07:55:00.000 web1 nginx: GET /late")


@pytest.mark.usefixtures("said")
def test_a_wildcard_has_the_hosts_below_it(shop):
    hosts = [what for _, who, what in logs.read(shop(domains=("*.example.org",)), NOW, "10m") if who == "nginx"]
    assert len(hosts) == 3


@pytest.mark.usefixtures("said")
def test_the_log_of_the_day_before_counts_when_it_is_asked_for(shop):
    assert "GET /early HTTP/1.1" in str(logs.read(shop(), NOW, "1h"))
    assert "GET /early HTTP/1.1" not in str(logs.read(shop(), NOW, "40m"))


def test_what_a_visitor_sent_commands_no_terminal():
    assert logs.told((NOW, "nginx", "GET /\x1b[2J\r HTTP/1.1")).endswith("nginx: GET /\ufffd[2J\ufffd HTTP/1.1")


def test_a_long_log_is_read_from_its_end(tmp_path):
    path = tmp_path / "log"
    lines = [f"{number} {'ü' * number}" for number in range(400)]
    path.write_text("\n".join(lines) + "\n")
    assert list(logs.backwards(path, block=64)) == lines[::-1]
    path.write_text("")
    assert list(logs.backwards(path)) == []


@pytest.mark.usefixtures("said")
def test_the_newest_lines_are_kept(shop, monkeypatch):
    monkeypatch.setattr(logs, "MOST", 2)
    assert [what for *_, what in logs.read(shop(), NOW, "1d")] == ["second", "\tfirst"]


@pytest.mark.parametrize("span", ["10", "ten minutes", "-1h", "1w", ""])
def test_a_span_that_is_none_is_refused(span):
    with pytest.raises(FailedError, match="no span of time"):
        logs.seconds(span)
