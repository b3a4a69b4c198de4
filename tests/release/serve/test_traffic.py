"""What a deploy sees of its visitors in Nginx's access log."""

import datetime
import json
import time

import pytest
from groundcrew_release import logs, probe, traffic

BEFORE, NOW = "aaaaaaaaaaaa", "bbbbbbbbbbbb"


def entry(release, status=200, path="/", seconds="0.050", host="shop.example.org", agent="Firefox", ago=0.0):
    moment = datetime.datetime.fromtimestamp(time.time() - ago, datetime.UTC)
    request = f"GET {path} HTTP/2.0"
    return {
        "time": moment.isoformat(timespec="seconds"),
        "host": host,
        "request": request,
        "status": status,
        "seconds": 0.1,
        "upstream_seconds": seconds,
        "release": release,
        "agent": agent,
    }


@pytest.mark.parametrize(
    ("line", "release", "seen"),
    [
        (entry(NOW, 500, "/checkout/"), NOW, (500, 0.05, "/checkout/")),
        (entry(NOW, host="127.0.0.1"), NOW, (200, 0.05, "/")),
        # Gunicorn ended, or answered by itself.
        (entry("", 502, seconds="0.001, 0.002"), "", (502, 0.003, "/")),
        (entry("", 504, host="SHOP.example.org"), "", (504, 0.05, "/")),
        (entry("", 502, host="a.b.wild.example.org"), "", (502, 0.05, "/")),
        (entry("", 502, host="other.example.org"), None, None),
        (entry("", 502, host="wild.example.org"), None, None),
        # Static files, and pages of Nginx.
        (entry("", 200, seconds=""), None, None),
        (entry("", 503, seconds=""), None, None),
        (entry(NOW, 101, seconds="600.0"), None, None),
        (entry("", 499, seconds="0.2"), None, None),
        (entry(NOW, agent="groundcrew-probe"), None, None),
        ({}, None, None),
    ],
)
def test_lines(line, release, seen):
    found = traffic.read(line, ["shop.example.org", "*.wild.example.org"])
    assert (found and found[0]) == release
    assert (found and (found[1].status, round(found[1].seconds, 4), found[1].path)) == seen


@pytest.fixture
def site(root, shop, monkeypatch):
    """Return a site whose visitors come while the engine sleeps: `visits` is asked by seconds since the switch."""

    class Site:
        path = root / logs.ACCESS
        now, visits, slept = 0.0, staticmethod(lambda _: []), []

        def write(self, *entries, path=None):
            with (path or self.path).open("a") as file:
                file.write("".join(json.dumps(one) + "\n" for one in entries))

        def sleep(self, seconds):
            self.slept.append(seconds)
            self.now += seconds
            self.write(*self.visits(self.now))

        def watch(self, **keys):
            application = shop(**{"watch": 30.0, "domains": ("shop.example.org",), **keys})
            return traffic.watch(application, NOW, traffic.past(application, BEFORE))

    made = Site()
    made.path.parent.mkdir(parents=True)
    made.path.touch()
    made.slept = []
    clock = type("Clock", (), {"time": staticmethod(time.time), "monotonic": lambda _: made.now})()
    clock.sleep = made.sleep
    monkeypatch.setattr(traffic, "time", clock)
    return made


def busy(good=8, bad=0, **keys):
    """Return the visits of a second."""
    return [entry(NOW, **keys)] * good + [entry(NOW, 500, "/checkout/", **keys)] * bad


def test_one_path_in_five_fails(site):
    site.write(*[entry(BEFORE, ago=100)] * 4000)
    site.visits = lambda _: busy(8, 2)
    with pytest.raises(probe.WrongError) as raised:
        site.watch()
    told = f"20 of 100 answers of {NOW} were 500, 0 of 4,000 of the one before; first: /checkout/"
    assert str(raised.value) == told
    assert site.now == 10, "not before it had time to settle"


def test_a_good_release_is_watched_to_the_end(site):
    site.write(*[entry(BEFORE, ago=100)] * 400, entry(BEFORE, 500, ago=50))
    site.visits = lambda _: busy(8)
    assert site.watch() == [f"In 30 s 0 of 240 answers of {NOW} were errors, 1 of 401 of the one before."]
    assert site.now == 30


def test_a_slow_start_that_recovers(site):
    site.write(*[entry(BEFORE, ago=100)] * 400)
    site.visits = lambda now: busy(4, 4) if now < 5 else busy(8, seconds="3.0") if now < 7 else busy(8)
    assert site.watch()[0].startswith("In 30 s 16 of 240 answers")


def test_a_release_that_becomes_slow(site):
    site.write(*[entry(BEFORE, ago=100)] * 400)
    site.visits = lambda now: busy(8) if now < 12 else busy(30, seconds="2.5")
    slow = r"^the median of \d+ answers of b+ was 2.50 s, 0.05 s of the one before"
    with pytest.raises(probe.WrongError, match=slow):
        site.watch()
    assert 12 < site.now < 20


def test_errors_of_a_shorter_watch(site):
    site.write(*[entry(BEFORE, ago=100)] * 400)
    site.visits = lambda _: busy(0, 10)
    with pytest.raises(probe.WrongError, match="20 of 20"):
        site.watch(watch=6.0)
    assert site.now == 2


def test_nobody_visits(site):
    assert site.watch() == []
    assert site.now == 2


def test_too_few_visit(site):
    """Ten requests in all are no reason."""
    site.write(*[entry(BEFORE, ago=30)] * 4)
    site.visits = lambda now: [entry(NOW, 500)] if now == 1 else []
    few = ["There were too few visitors to watch the release by: 4 in the minute before, 1 since."]
    assert site.watch(watch=10.0) == few
    assert site.now == 2


def test_ten_requests_say_nothing(site):
    site.write(*[entry(BEFORE, ago=100)] * 400)
    site.visits = lambda now: busy(0, 1) if now <= 10 else []
    assert site.watch() == [f"In 30 s 10 of 10 answers of {NOW} were errors, 0 of 400 of the one before."]


def test_log_that_is_rotated_meanwhile(site):
    site.write(*[entry(BEFORE, ago=100)] * 400)

    def visits(now):
        if now == 5:
            site.path.rename(f"{site.path}.1")
            # Nginx writes there until it is told, and may be in the middle of a line.
            site.write(*busy(5, 5), path=site.path.with_name("access.log.1"))
            with site.path.with_name("access.log.1").open("a") as file:
                file.write('{"half')
            site.path.touch()
            return []
        return busy(5, 5)

    site.visits = visits
    with pytest.raises(probe.WrongError, match=f"50 of 100 answers of {NOW}"):
        site.watch()


def test_past_is_also_in_the_log_of_the_day_before(site):
    site.write(
        *[entry(BEFORE, ago=300)] * 100, entry("cccccccccccc", ago=200), path=site.path.with_name("access.log.1")
    )
    site.write(*[entry(BEFORE, ago=30)] * 20, entry("", 502, ago=20), entry("", 502, host="other.org"))

    class Shop:
        domains = ("shop.example.org",)

    found = traffic.past(Shop, BEFORE)
    assert (len(found.answers), sum(one.bad for one in found.answers), found.minute) == (121, 1, 21)


def test_lines_that_cannot_be_read_and_a_log_that_is_not_there(site):
    def visits(_):
        with site.path.open("ab") as file:
            file.write(b"\xff\n[]\n{}\nnull\n")
        return []

    site.visits = visits
    assert site.watch() == []
    site.path.unlink()
    site.visits = lambda _: site.path.unlink(missing_ok=True) or []
    assert site.watch() == []
