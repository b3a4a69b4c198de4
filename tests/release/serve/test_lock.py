"""The unit is the lock: started once, waited for by whoever asks for the same, refused to others."""

import shlex
import signal
import subprocess
import threading
import time

import pytest
from groundcrew_release import lock, report, systemd
from groundcrew_release.steps import FailedError, Steps, StoppedError

REQUEST = lock.Request("shop", "activate", "abc", "alice@laptop", ("abc",))


class Manager:
    """In place of systemd: one unit at a time of a name, each of which ends by itself."""

    def __init__(self):
        self.units, self.started, self.stopped = {}, [], []
        self.work = lambda _: None
        self.guard = threading.Lock()

    def run(self, transient):
        with self.guard:
            if transient.unit in self.units:
                raise systemd.BusyError("there")
            self.units[transient.unit] = transient
            self.started.append(transient)
        self.work(transient)
        self.units.pop(transient.unit, None)
        return 0

    def show(self, unit, *names):
        known = self.units.get(unit)
        shown = {"ActiveState": "inactive"} | dict.fromkeys(names[1:], "")
        if known:
            shown |= {
                "ActiveState": "active",
                "Description": known.description,
                "Environment": " ".join(f"{name}={value}" for name, value in known.environment.items()),
                "ActiveEnterTimestamp": "Thu 2026-11-26 14:03:04.500000 UTC",
            }
        return {name: shown[name] for name in names}


@pytest.fixture
def manager(root, monkeypatch):
    made = Manager()
    monkeypatch.setattr(systemd, "run", made.run)
    monkeypatch.setattr(systemd, "show", made.show)
    monkeypatch.setattr(systemd, "stop", lambda *units: made.stopped.extend(units))
    monkeypatch.setattr(systemd, "journal", lambda *_, **__: "last words")
    monkeypatch.setattr(lock, "PAUSE", 0.01)
    (root / "etc/django/shop/application.json").write_text("{}")
    return made


def finish(transient, result=None, after=0.0):
    time.sleep(after)
    report.keep("shop", transient.environment[lock.RUN], result or {"id": "abc"})


def test_unit_says_who_does_what(manager):
    manager.work = finish
    assert lock.call(REQUEST, "token-1") == {"id": "abc"}
    unit = manager.started[0]
    assert unit.unit == "shop-release.service"
    assert unit.description == "alice@laptop activate abc"
    assert unit.command == [lock.PROGRAM, "shop", "activate", "abc", "--by=alice@laptop", "--worker"]
    assert "KillMode=mixed" in unit.properties


@pytest.mark.parametrize(("verb", "limit"), [("activate", "300"), ("import", "infinity"), ("recover", "infinity")])
def test_what_puts_a_database_back_has_all_the_time_that_it_takes(verb, limit):
    lines = lock.unit(lock.Request("shop", verb, "", "alice@laptop"), "token-1").properties
    assert [line for line in lines if line.startswith("TimeoutStopSec=")][-1] == f"TimeoutStopSec={limit}"


@pytest.mark.parametrize(("result", "recovers"), [("success", False), ("exit-code", True), ("signal", True)])
def test_unit_that_was_killed_recovers_and_no_other(monkeypatch, result, recovers):
    monkeypatch.setattr(lock, "PROGRAM", "/bin/echo")
    line = next(line for line in lock.unit(REQUEST, "token-1").properties if line.startswith("ExecStopPost="))
    assert "$" not in line, "systemd 252 spoils it when its units are loaded anew"
    words = shlex.split(line.partition("=")[2])
    told = subprocess.run(words, env={"SERVICE_RESULT": result}, capture_output=True, text=True, check=True)
    assert told.stdout == ("shop recover\n" if recovers else "")


def test_a_call_that_is_asked_again_is_done_once(manager):
    """As after a lost connection: a key that is changed twice would be the old one again."""
    manager.work = finish
    assert [lock.call(REQUEST, "token-1"), lock.call(REQUEST, "token-1")] == [{"id": "abc"}] * 2
    assert len(manager.started) == 1
    lock.call(REQUEST, "token-2")
    assert len(manager.started) == 2


def test_a_preview_is_that_of_its_own_description(manager, tmp_path):
    """What this host serves by stays as it is."""
    manager.work = finish
    (tmp_path / "new.json").write_text('{"name": "shop"}')
    described = str(tmp_path / "new.json")
    request = lock.Request("shop", "preview", "main", "alice@laptop", (), described)
    assert request.digest != lock.Request("shop", "preview", "main", "alice@laptop").digest
    lock.call(request, "token-1")
    assert f"--application={described}" in manager.started[0].command


def test_two_starts_at_once_are_one_run(manager):
    manager.work = lambda transient: finish(transient, after=0.2)
    results = []
    threads = [threading.Thread(target=lambda n=n: results.append(lock.call(REQUEST, f"token-{n}"))) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [{"id": "abc"}] * 5
    assert len(manager.started) == 1


def test_other_work_is_refused_at_once(manager):
    manager.units["shop-release.service"] = lock.unit(REQUEST, "token-1")
    other = lock.Request("shop", "activate", "def", "bob@ci", ("def",))
    with pytest.raises(
        FailedError, match=r"alice@laptop activate abc is under way since .*systemctl stop shop-release"
    ):
        lock.call(other, "token-2")
    # Another application is another unit.
    manager.work = lambda transient: report.keep("other", transient.environment[lock.RUN], {"id": "x"})
    assert lock.call(lock.Request("other", "activate", "abc", "bob@ci", ("abc",)), "token-3") == {"id": "x"}


def test_caller_that_comes_later_takes_the_result(manager):
    unit = manager.units["shop-release.service"] = lock.unit(REQUEST, "token-1")
    threading.Timer(0.1, lambda: (finish(unit, {"id": "first"}), manager.units.clear())).start()
    assert lock.call(lock.Request("shop", "activate", "abc", "bob@ci", ("abc",)), "token-2") == {"id": "first"}
    assert manager.started == []


def test_same_build_is_that_of_the_same_description(manager, root):  # noqa: ARG001
    build = lock.Request("shop", "build", "main", "alice@laptop", ("--leads",))
    before = build.digest
    assert before == lock.Request("shop", "build", "main", "bob@ci", ("--leads",)).digest
    (root / "etc/django/shop/application.json").write_text('{"env": {"A": "b"}}')
    assert build.digest != before
    assert build.digest != lock.Request("shop", "build", "main", "alice@laptop").digest
    assert build.digest != lock.Request("shop", "preview", "main", "alice@laptop", ("--leads",)).digest


def test_unit_that_has_just_ended_is_no_lock(manager, monkeypatch):
    manager.work = finish
    real, tries = manager.run, iter([True, True, False])

    def run(transient):
        if next(tries):
            raise systemd.BusyError("systemd has not forgotten it yet")
        return real(transient)

    monkeypatch.setattr(systemd, "run", run)
    assert lock.call(REQUEST, "token-1") == {"id": "abc"}


def test_wait_that_ends_before_the_unit(manager, monkeypatch):
    """systemd-run loses systemd for a moment, when that starts itself anew."""

    def run(transient):
        manager.units[transient.unit] = transient
        threading.Timer(0.1, lambda: (finish(transient), manager.units.clear())).start()
        return 1

    monkeypatch.setattr(systemd, "run", run)
    assert lock.call(REQUEST, "token-1") == {"id": "abc"}


def test_unit_without_a_result(manager):
    report.keep("shop", "another run", {"id": "of another run"})
    with pytest.raises(FailedError, match=r"shop-release.service ended without a result") as caught:
        lock.call(REQUEST, "token-1")
    assert caught.value.log == "last words"
    assert manager.units == {}


def test_worker_ends_what_was_left_and_hears_a_stop(manager):
    steps, before = Steps(), signal.getsignal(signal.SIGTERM)
    try:
        lock.work("shop", steps)
        assert manager.stopped == ["shop-command.service"]
        with pytest.raises(StoppedError), steps.step("probe"):
            signal.raise_signal(signal.SIGTERM)
        # From now on it puts back what it began, and a second signal does not interrupt that.
        signal.raise_signal(signal.SIGTERM)
        assert steps.stopped
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_stop_waits_for_what_must_be_whole_and_then_ends_the_verb():
    steps, done = Steps(), []
    with pytest.raises(StoppedError), steps.whole():
        steps.stop()
        done.append("whole")
    assert done == ["whole"]
    # What is being put back after a failure goes on.
    with steps.whole():
        steps.stop()
    done.append("on")
    assert done == ["whole", "on"]
