"""Going back: what serves then, what is kept for going forward, and what is said."""

import pytest
from groundcrew_release import activate, commands, environment, probe, records, rollback
from groundcrew_release.application import Probe
from groundcrew_release.steps import FailedError

PLACES = 80


class Killed(BaseException):
    """The process ends here, as after SIGKILL."""


def kill():
    raise Killed


def fail():
    raise FailedError("it broke")


@pytest.fixture
def pair(fresh, monkeypatch):
    """Return a function that makes a host on which `new` serves and `old` did."""
    monkeypatch.setattr(commands, "ahead", lambda *_: [])

    def make():
        made = fresh("old", "new", old={"files": ["/etc/f"]}, new={"files": ["/etc/f"]})
        made.activate("new")
        made.break_at(None, None)
        return made

    return make


def go_back(host, release="", **keys):
    return rollback.rollback(host.shop(verify=True), release, "alice@laptop", host.steps, **keys)


def assert_whole(host):
    current = host.current
    assert host.web == [current]
    assert host.units.boot == {f"shop-web@{current}.service"}
    assert (host.root / "etc/f").read_text() == f"of {current}"
    assert not records.unfinished(host.shop()).exists()


def test_rollback_serves_as_recorded_and_keeps_the_way_forward(pair):
    host = pair()
    result = go_back(host)
    assert (result["changed"], result["id"], result["before"], result["version"]) == (True, "old", "new", "v-old")
    assert result["site"]["hsts"] == "max-age=60"
    assert_whole(host)
    assert host.log[-2:] == [("new", "left"), ("old", "good")]
    states = {one["id"]: one["state"] for one in records.releases(host.shop())}
    assert states == {"old": "current", "new": "left"}
    # Forward again is a switch.
    host.break_at(None, None)
    host.activate("new")
    assert_whole(host)
    assert host.log[-1] == ("new", "good")


def test_second_rollback_does_not_go_forward(pair):
    host = pair()
    go_back(host)
    host.break_at(None, None)
    with pytest.raises(
        FailedError, match=r"no earlier good release to go back to. On disk are: old \(current\), new \(left\)"
    ):
        go_back(host)
    assert host.current == "old"


def test_named_release_that_serves_already(pair):
    host = pair()
    assert go_back(host, "new")["changed"] is False
    assert host.log == [("old", "good"), ("new", "good")]


def test_recorded_probe_is_asked(pair, release):
    host = pair()
    release("old", files=["/etc/f"], probe={"path": "/health", "status": [200], "timeout": 5})
    asked = []
    host.replace(probe, "wait_until_good", lambda *arguments: asked.append(arguments[3]))
    go_back(host)
    assert asked == [Probe("/health", (200,), 5)]


def test_database_that_is_ahead(pair, monkeypatch):
    host = pair()
    ahead = [{"command": "migrate shop 0001", "irreversible": ["shop.0002_drop"]}]
    asked = []
    monkeypatch.setattr(commands, "ahead", lambda _application, *arguments: asked.append(arguments) or ahead)
    for refused in (lambda: go_back(host), lambda: rollback.target(host.shop())):
        with pytest.raises(FailedError, match="ahead of release old") as caught:
            refused()
        assert caught.value.log.splitlines() == ["shop-manage migrate shop 0001", "irreversible: shop.0002_drop"]
    # It is asked in the release that serves, which knows the migrations.
    assert asked == [("new", {"shop": ["0001"]}, ["default"])] * 2
    assert (host.current, host.log[-1]) == ("new", ("new", "good"))
    host.break_at(None, None)
    assert go_back(host, allow_schema_ahead=True)["id"] == "old"


def test_target_only_reads(pair):
    host = pair()
    host.units.calls.clear()
    found = rollback.target(host.shop())
    assert (found["id"], found["serving"], found["version"]) == ("old", "new", "v-old")
    assert host.units.calls == []


def test_environment_of_today(pair, monkeypatch):
    host = pair()
    written = []
    monkeypatch.setattr(environment, "refresh", lambda _application, record: written.append(record["id"]))
    go_back(host)
    host.break_at(None, None)
    assert written == []
    go_back(host, "new", fresh_environment=True)
    assert written == ["new"]


def test_sandbox_that_differs_is_told(pair, release):
    """Web servers have that of their release; the units of processes are a playbook's."""
    host = pair()
    go_back(host)
    assert not [note for note in host.steps.notes if "sandbox" in note]
    release("new", sandbox=["jit"])
    go_back(host, "new")
    assert "Until a playbook brings theirs, processes and timers have the sandbox of old." in host.steps.notes


def test_site_that_differs_is_told(pair, release):
    host = pair()
    release("new", files=["/etc/f", "/etc/g"], django={"static_url": "/assets/", "media_url": "/media/", "hsts": ""})
    go_back(host)
    notes = " ".join(host.steps.notes)
    assert "Nginx's site is still that of new: static_url, hsts of old differ. Run playbooks/site.yml" in notes


def test_failing_target_leaves_what_served(pair):
    host = pair()
    host.replace(probe, "verify", lambda *_: fail())
    with pytest.raises(FailedError):
        go_back(host)
    assert host.current == "new"
    assert_whole(host)
    assert host.log[-1] == ("old", "bad")
    assert records.is_good(host.shop(), "new")


@pytest.mark.parametrize("fault", [fail, kill], ids=["failure", "kill"])
def test_fault_at_every_place(pair, fault):
    for number in range(1, PLACES):
        host = pair()
        host.break_at(number, fault)
        try:
            go_back(host, "old")
        except (FailedError, Killed):
            assert host.current in host.web, number
            host.break_at(None, None)
            host.recover()
            assert_whole(host)
            assert records.is_good(host.shop(), host.current), number
        else:
            if len(host.passed) < number:
                break
        host.break_at(None, None)
        go_back(host, "old")
        assert host.current == "old"
        assert_whole(host)
        # The way forward is open, and only one is called good of those that served.
        assert records.results(host.shop())["new"]["result"] == "left", number
    else:
        pytest.fail("raise PLACES")
    assert number > 30


def test_unfinished_activation_is_ended_first(pair, release):
    host = pair()
    release("next", files=["/etc/f"])
    interrupt(host, probe, "verify", lambda: host.activate("next"))
    assert host.current == "next"
    go_back(host)
    # What nobody found good was no step forward.
    assert host.current == "new"
    assert_whole(host)
    assert activate.find_before(host.shop(), "next") == "new"


def interrupt(host, module, name, work):
    """Let the power go before a function is called: nothing of the process goes on."""
    real = getattr(module, name)
    host.replace(module, name, lambda *_: kill())
    with pytest.raises(Killed):
        work()
    host.replace(module, name, real)
    host.break_at(None, None)


def test_a_new_release_that_nobody_found_good_is_the_one_that_is_left(pair, release):
    """As after a power cut while it is looked at: what served before it serves again, not what served before that."""
    host = pair()
    release("newest")
    interrupt(host, probe, "verify", lambda: host.activate("newest"))
    assert host.current == "newest"
    assert go_back(host)["id"] == host.current == "new"
    # What is asked for by name is meant.
    release("newest")
    interrupt(host, probe, "verify", lambda: host.activate("newest"))
    assert go_back(host, "old")["id"] == host.current == "old"


def test_a_new_release_that_did_not_serve_yet_is_none_to_leave(pair, release):
    host = pair()
    release("newest")
    interrupt(host, activate, "point", lambda: host.activate("newest"))
    assert (host.current, go_back(host)["id"], host.current) == ("new", "old", "old")


def test_a_rollback_that_was_interrupted_is_done_when_it_is_asked_for_again(pair):
    host = pair()
    interrupt(host, probe, "verify", lambda: go_back(host))
    assert (host.current, go_back(host)["id"], host.current) == ("old", "old", "old")
