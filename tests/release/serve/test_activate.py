"""A release takes the traffic whole or leaves it with the one before, wherever the process fails or is killed."""

import json
import os
from pathlib import Path

import pytest
from groundcrew_release import activate, commands, migrations, probe, records, rollback, systemd, traffic
from groundcrew_release.steps import FailedError, StoppedError

FILE = "/etc/shop/token.txt"
PLACES = 60  # more than an activation has; the tests fail when it does not


class Killed(BaseException):
    """The process ends here, as after SIGKILL: nothing that catches failures sees it."""


def kill():
    raise Killed


def fail():
    raise FailedError("it broke", "last words")


def surprise():
    raise OSError("no space left on device")


@pytest.fixture
def pair(fresh):
    """Return a function that makes a host on which `old` serves, with a file of its own, and `new` waits."""
    return lambda: fresh("old", "new", old={"files": [FILE]}, new={"files": [FILE, "/etc/shop/only-new.txt"]})


@pytest.fixture
def two(pair):
    """Return such a host."""
    return pair()


def token(machine):
    return (machine.root / FILE.lstrip("/")).read_text()


def extra(machine):
    path = machine.root / "etc/shop/only-new.txt"
    return path.read_text() if path.exists() else None


def assert_whole(machine):
    """One release serves, and all that belongs to it is there."""
    current = machine.current
    assert current in ("old", "new")
    assert machine.web == [current]
    assert machine.units.boot == {f"shop-web@{current}.service"}
    assert token(machine) == f"of {current}"
    assert extra(machine) == ("of new" if current == "new" else None)
    assert not records.unfinished(machine.shop()).exists()
    assert records.results(machine.shop())[current]["result"] == "good"


def test_good_release_takes_over(two):
    result = two.activate("new")
    assert (result["changed"], result["id"], result["before"]) == (True, "new", "old")
    assert_whole(two)
    assert two.log == [("old", "good"), ("new", "good")]
    calls = two.units.calls
    assert calls.index("enable shop-web@new.service") < calls.index("start shop-web@new.service")
    assert calls.index("start shop-web@new.service") < calls.index("retire shop-web@old.service")
    # Those of `shop-worker`, an application of its own, are left alone.
    assert "restart shop-worker-beat.service shop-worker-celery.service" in calls


def test_sandbox_is_opened_as_far_as_the_release_was_built_for(fresh):
    """Each release has its own, so that a rollback brings back what that release was allowed."""
    machine = fresh("old", "new", new={"sandbox": ["jit"]})
    path = machine.shop().drop_in("new") / "sandbox.conf"
    assert path == machine.root / "etc/systemd/system/shop-web@new.service.d/sandbox.conf"
    assert not path.exists()
    machine.activate("new")
    assert path.read_text() == "[Service]\nMemoryDenyWriteExecute=no\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert not machine.shop().drop_in("old").exists()
    machine.activate("old")
    assert path.exists(), "it may serve again"
    path.write_text("of an older version of the engine")
    machine.activate("new")
    assert path.read_text() == "[Service]\nMemoryDenyWriteExecute=no\n"


@pytest.mark.parametrize("kind", ["granian", "uwsgi"])
def test_each_release_brings_its_own_server(fresh, kind):
    """The unit is one for all; so a rollback brings back the server that a release had."""
    machine = fresh("old", "new", new={"server": {"kind": kind, "interface": "wsgi"}, "sandbox": ["jit"]})
    folder = machine.shop().drop_in("new")
    machine.activate("new")
    written = (folder / "server.conf").read_text()
    assert f"ExecStart=\nExecStart={machine.shop().release('new')}/serve\n" in written
    assert (folder / "sandbox.conf").exists()
    machine.activate("old")
    assert not machine.shop().drop_in("old").exists(), "Gunicorn"
    machine.activate("new")
    assert (folder / "server.conf").read_text() == written


def test_a_release_whose_web_servers_were_stopped_is_migrated_for_before_they_start(two):
    """As after a restore: the database may be of an earlier day."""
    migrated = []
    two.units.state.pop("shop-web@old.service")
    two.replace(migrations, "catch_up", lambda *_: migrated.append("shop-web@old.service" in two.units.state))
    two.activate("old")
    assert (migrated, two.web) == ([False], ["old"])


def test_a_release_that_served_before_is_migrated_for_again(two):
    """A rollback may have taken back what it needs; a new one was migrated for when it was built."""
    asked = []
    two.replace(commands, "describe", lambda _, name: asked.append(name) or {"pending": []})
    two.activate("new")
    assert asked == []
    two.activate("old")
    two.activate("new")
    assert asked == ["old", "new"]
    two.activate("new")
    assert asked == ["old", "new"]


def test_second_activation_changes_nothing(two):
    two.activate("new")
    two.units.calls.clear()
    assert two.activate("new")["changed"] is False
    assert two.units.calls == []
    assert two.log == [("old", "good"), ("new", "good")]


def test_steps_are_in_the_order_of_the_design(two):
    two.break_at(None, None)
    two.activate("new")
    named = [name for name, _ in two.steps.taken]
    assert named == [
        "install files",
        "start",
        "probe",
        "switch",
        "verify",
        "watch",
        "record",
        "drain",
        "stop",
        "restart workers",
        "prune",
    ]


def test_release_that_is_not_there(two):
    with pytest.raises(FailedError, match=r"no release nothing\. On disk are: old, new"):
        two.activate("nothing")
    assert_whole(two)


def test_first_release_that_fails_leaves_nothing(machine, release, monkeypatch):
    release("new")
    monkeypatch.setattr(probe, "verify", lambda *_: fail())
    with pytest.raises(FailedError):
        machine.activate("new")
    assert (machine.current, machine.web, machine.units.boot) == ("", [], set())
    assert not machine.shop().current.is_symlink()
    assert machine.log == [("new", "bad")]


def test_link_is_never_missing_while_releases_change(two, monkeypatch):
    replaced = []

    def replace(path, target):
        assert (path.is_symlink(), two.current) == (True, "old")
        replaced.append(target)
        os.rename(path, target)  # noqa: PTH104 - Path's own is replaced

    monkeypatch.setattr(Path, "replace", replace)
    activate.point(two.shop(), "new")
    assert two.shop().current.readlink().as_posix() == "releases/new"
    assert replaced == [two.shop().current]


def test_killed_activation_of_a_release_that_was_good_once(two):
    """That it was good another time says nothing of this one."""
    two.activate("new")
    two.activate("old")
    two.replace(probe, "verify", lambda *_: kill())
    with pytest.raises(Killed):
        two.activate("new")
    two.break_at(None, None)
    two.recover()
    assert (two.current, two.web, token(two)) == ("old", ["old"], "of old")
    assert two.log[-1] == ("new", "bad")


def test_before_that_does_not_run_is_started_again(two, monkeypatch):
    two.units.state.pop("shop-web@old.service")
    monkeypatch.setattr(probe, "verify", lambda *_: fail())
    with pytest.raises(FailedError):
        two.activate("new")
    assert_whole(two)
    assert two.current == "old"
    # Its files are in place before it starts.
    assert "start shop-web@old.service" in two.units.calls


def test_serving_release_that_was_stopped_is_started_and_kept(two, monkeypatch):
    two.units.state.clear()
    two.activate("old")
    assert two.web == ["old"]
    two.units.state.clear()
    monkeypatch.setattr(probe, "wait_until_good", lambda *_: fail())
    with pytest.raises(FailedError):
        two.activate("old")
    # systemd tries on: there is nothing better.
    assert (two.current, two.web) == ("old", ["old"])


def test_wrong_answer_after_the_switch_goes_back_before_it_stops_anything(two, monkeypatch):
    monkeypatch.setattr(probe, "verify", lambda *_: fail())
    with pytest.raises(FailedError, match="it broke"):
        two.activate("new")
    assert_whole(two)
    last = two.passed[two.passed.index("after point") + 1 :]
    assert last.index("before point") < last.index("before begin_stop") < last.index("before put_back")
    line = records.deploys(two.shop())[-1]
    assert (line["id"], line["result"], line["reason"], line["by"]) == ("new", "bad", "it broke", "alice@laptop")
    assert (line["version"], line["revision"]) == ("v-new", "0123456789abcdef")


def test_worse_answers_to_visitors_bring_back_the_release_before(two, monkeypatch):
    monkeypatch.setattr(traffic, "watch", lambda *_: fail())
    with pytest.raises(FailedError, match="it broke"):
        two.activate("new")
    assert_whole(two)
    assert (two.current, two.log[-1]) == ("old", ("new", "bad"))
    assert "retire shop-web@old.service" not in two.units.calls, "it runs until the verdict"


def test_what_was_good_is_not_bad_when_it_is_started_again_in_vain(two, monkeypatch):
    """Something else is away. It would be removed as bad by the next deploy, and a rollback lead past it."""
    two.activate("new")
    two.units.state.pop("shop-web@new.service")
    with monkeypatch.context() as context:
        context.setattr(probe, "wait_until_good", lambda *_: fail())
        with pytest.raises(FailedError):
            two.activate("new")
    assert two.log == [("old", "good"), ("new", "good")]
    assert activate.read_attempt(two.shop()) is None


@pytest.mark.parametrize("place", [(probe, "verify"), (traffic, "watch")])
def test_visitors_have_the_release_before_again_before_anybody_asks_why(fresh, monkeypatch, place):
    two, served = fresh("old", "new"), []

    def wrong(*_):
        raise probe.WrongError("behind Nginx it answers 500 for /")

    def journal(*_, **__):
        served.append((two.current, two.units.state.get("shop-web@new.service")))
        return "ZeroDivisionError: division by zero"

    monkeypatch.setattr(*place, wrong)
    monkeypatch.setattr(systemd, "journal", journal)
    with pytest.raises(FailedError, match=r"Behind Nginx it answers 500 for /\.") as raised:
        two.activate("new")
    assert "ZeroDivisionError" in raised.value.log
    assert served == [("old", "deactivating")]
    assert two.current == "old"


def test_what_is_watched(fresh, monkeypatch):
    """A release that takes another one's place, and no rollback: whoever goes back knows why."""
    machine, asked = fresh("old", "new"), []
    monkeypatch.setattr(traffic, "past", lambda _, before: before)
    monkeypatch.setattr(traffic, "watch", lambda _, *names: asked.append(names[:2]) or ["looked"])
    machine.activate("new", watch=0.0)
    machine.activate("old", verify=False)
    assert asked == []
    machine.activate("new")
    assert (asked, machine.steps.notes) == ([("new", "old")], ["looked"])
    rollback.rollback(machine.shop(verify=True, watch=30.0), "", "alice@laptop", machine.steps, True)
    assert (machine.current, len(asked)) == ("old", 1)
    machine.units.state.clear()
    machine.activate("old")
    assert len(asked) == 1


def test_going_back_does_the_rest_when_one_part_fails(two, monkeypatch):
    monkeypatch.setattr(probe, "verify", lambda *_: fail())
    two.units.refuses = {"begin_stop shop-web@new.service", "retire shop-web@new.service"}
    two.break_at(None, None)
    with pytest.raises(FailedError):
        two.activate("new")
    assert (two.current, token(two)) == ("old", "of old")
    assert any("stopping new failed" in note for note in two.steps.notes)
    # The next run ends what was left.
    monkeypatch.setattr(probe, "verify", lambda *_: [])
    two.units.refuses = set()
    two.activate("old")
    assert_whole(two)


@pytest.mark.parametrize("fault", [fail, surprise], ids=["failure", "surprise"])
def test_failure_at_every_place(pair, fault):
    for number in range(1, PLACES):
        two = pair()
        two.break_at(number, fault)
        try:
            two.activate("new")
        except (FailedError, OSError):
            two.break_at(None, None)
            whole_or_half_done(two, number)
        else:
            if len(two.passed) < number:
                break
        # The next run finds it so, and ends well.
        two.break_at(None, None)
        two.activate("new")
        assert two.current == "new"
        assert_whole(two)
    else:
        pytest.fail("raise PLACES")
    assert number > 30


def whole_or_half_done(two, number):
    """What serves after a failure runs; when it is the new one, it was found good first."""
    assert two.current in two.web, number
    assert token(two) == f"of {two.current}", number
    if two.current == "old":
        assert two.log[-1] == ("new", "bad") or two.log == [("old", "good")], number
        assert records.is_good(two.shop(), "old")
    else:
        assert two.log[-1] == ("new", "good"), number


@pytest.mark.parametrize("healed", [True, False], ids=["systemd recovers", "the next run recovers"])
def test_kill_at_every_place(pair, healed):
    for number in range(1, PLACES):
        two = pair()
        two.break_at(number, kill)
        try:
            two.activate("new")
        except Killed:
            # At every moment the link leads to a release that runs.
            assert two.current in two.web, number
            two.break_at(None, None)
            if healed:
                two.recover()
                assert_whole(two)
                assert two.log[-1] in (("new", "bad"), ("new", "good"), ("old", "good"))
                assert (two.log[-1] == ("new", "good")) == (two.current == "new")
        else:
            break
        two.break_at(None, None)
        two.activate("new")
        assert two.current == "new"
        assert_whole(two)
        assert two.log.count(("new", "good")) == 1, number
    else:
        pytest.fail("raise PLACES")
    assert number > 30


def test_kill_while_going_back(pair):
    """Killed in the middle of what puts back after a failure."""
    for number in range(1, PLACES):
        two = pair()
        two.replace(probe, "verify", lambda *_: fail())
        two.break_at(number, kill)
        try:
            two.activate("new")
        except Killed:
            two.break_at(None, None)
            two.recover()
            assert two.current == "old", number
            assert_whole(two)
        except FailedError:
            break
    else:
        pytest.fail("raise PLACES")


def test_stop_at_every_place(pair):
    """`systemctl stop` is a failure like others, but after the switch was found good it only ends the waiting."""
    for number in range(1, PLACES):
        two = pair()
        two.break_at(number, None)
        two.fault = two.steps.stop
        try:
            two.activate("new")
        except StoppedError:
            two.break_at(None, None)
            assert two.current in two.web
            two.recover()
            assert_whole(two)
        else:
            assert_whole(two) if two.current == "new" else None
            if len(two.passed) < number:
                break
    else:
        pytest.fail("raise PLACES")


def test_stop_does_not_interrupt_going_back(two, monkeypatch):
    """The signal arrives while it goes back already, after another failure."""
    monkeypatch.setattr(probe, "verify", lambda *_: fail())
    real = systemd.begin_stop

    def stopped(unit):
        two.steps.stop()
        real(unit)

    monkeypatch.setattr(systemd, "begin_stop", stopped)
    two.break_at(None, None)
    with pytest.raises(FailedError, match="it broke"):
        two.activate("new")
    assert two.steps.stopped
    assert_whole(two)


def test_unfinished_activation_is_not_called_good(two):
    """A plan must send the next run into `activate`, which ends what was begun."""
    numbers = iter(range(1, PLACES))
    while True:
        two.break_at(next(numbers), kill)
        try:
            two.activate("new")
        except Killed:
            if two.log[-1] == ("new", "good"):
                break
            two.break_at(None, None)
    assert not records.is_good(two.shop(), "new")
    two.break_at(None, None)
    two.activate("new")
    assert records.is_good(two.shop(), "new")


def test_half_written_attempt_is_no_attempt(two):
    folder = records.unfinished(two.shop())
    folder.mkdir()
    (folder / "attempt.part").write_text('{"id": "ne')
    assert two.recover() is False
    assert not folder.exists()
    assert_whole(two)


def test_file_of_the_host_comes_back(machine, release, monkeypatch):
    """What an administrator wrote there, with its mode, is kept from a release that fails."""
    path = machine.root / "etc/motd"
    path.write_text("welcome")
    path.chmod(0o604)
    release("old")
    machine.activate("old")
    release("new", files=["/etc/motd"])
    monkeypatch.setattr(probe, "verify", lambda *_: fail())
    with pytest.raises(FailedError):
        machine.activate("new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("welcome", 0o604)


def test_files_that_the_inventory_names_no_more_go_and_come_back(machine, release):
    """But not what somebody has written there since: an administrator, or another application."""
    gone, written = machine.root / "etc/gone", machine.root / "etc/written"
    release("old", files=["/etc/stays", "/etc/gone", "/etc/written"])
    machine.activate("old")
    written.write_text("of an administrator")
    release("new", files=["/etc/stays"])
    machine.activate("new")
    assert (machine.root / "etc/stays").read_text() == "of new"
    assert (gone.exists(), written.read_text()) == (False, "of an administrator")
    machine.activate("old")
    assert gone.read_text() == "of old"


def test_asgi_is_drained_of_what_waits_alone(two, monkeypatch):
    asked = []
    monkeypatch.setattr(activate.drain, "drain", lambda *a, **k: asked.append((a, k)) or 3)
    path = two.shop().release("old") / "release.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"server": {"interface": "asgi"}}))
    two.break_at(None, None)
    two.activate("new", drain_timeout=7.0)
    assert asked == [((two.shop().socket("old"), 7.0), {"queued": True})]
    assert "3 connections to old were still open after 7 s." in two.steps.notes
