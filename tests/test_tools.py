"""The runner of checks and scenarios: what begins when, and what it says at the end."""

import importlib.util
import sys
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def runs():
    """The module tools/runs.py."""
    specification = importlib.util.spec_from_file_location("runs", ROOT / "tools/runs.py")
    module = sys.modules["runs"] = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def log(runs, monkeypatch, tmp_path):
    """A folder for the logs of what runs."""
    monkeypatch.setattr(runs, "ROOT", tmp_path)
    monkeypatch.setattr(runs, "LOGS", tmp_path)
    return tmp_path


def test_what_others_wait_for_ends_before_they_begin(runs):
    begun, ended = [], []

    def run(name):
        begun.append((name, tuple(ended)))
        time.sleep(0.05 if name == "default" else 0.01)
        ended.append(name)
        return runs.Result(name, False, 0, 0)

    names = ["default", "deploy", "redis", "nginx"]
    results = runs.side_by_side(names, run, 2, {"deploy": "default", "redis": "nothing"}, lambda: None)
    assert sorted(result.name for result in results) == sorted(names)
    assert [name for name, _ in begun][:2] == ["default", "redis"]
    assert "default" in dict(begun)["deploy"]


def test_nothing_begins_after_an_interruption(runs):
    begun, stopped = [], threading.Event()

    def run(name):
        begun.append(name)
        if name == "a":
            raise KeyboardInterrupt
        stopped.wait(5)
        return runs.Result(name, True, 0, 0)

    with pytest.raises(KeyboardInterrupt):
        runs.side_by_side(["a", "b", "c", "d"], run, 2, {}, stopped.set)
    assert set(begun) <= {"a", "b"}


def test_a_command_that_takes_too_long_is_stopped_with_all_it_started(runs, log):
    result = runs.Runner({}, 0.3).run("slow", ["/bin/sh", "-c", "/bin/sleep 20 & echo $! > pid; wait"])
    assert (result.passed, result.seconds < 5) == (False, True)
    assert "stopped after 0 s" in (log / "slow.log").read_text()
    child = Path("/proc", (log / "pid").read_text().strip(), "cmdline")
    deadline = time.monotonic() + 5
    # Killed, then taken in by whoever takes orphans in.
    while child.exists() and child.read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.usefixtures("log")
def test_the_processor_time_is_that_of_the_command(runs):
    burn = "i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done"
    busy, idle = (runs.Runner({}, 20).run("it", ["/bin/sh", "-c", command]) for command in (burn, "/bin/sleep 0.5"))
    assert (busy.passed, idle.passed) == (True, True)
    assert busy.processor > 0.1 > idle.processor
    assert idle.seconds > 0.5


def test_the_table_ends_with_the_counts(runs):
    results = [runs.Result("short", True, 5, 1), runs.Result("long", False, 61, 30)]
    lines = runs.table(results, 62, 0.5).splitlines()
    assert [line.split()[:2] for line in lines[2:4]] == [["FAILED", "long"], ["passed", "short"]]
    assert lines[-3].split() == ["sum", "66", "s", "31", "s"]
    assert lines[-1] == "1 passed, 1 failed"
