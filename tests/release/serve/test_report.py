"""What is read when a verb has ended: once, short, and with what serves now."""

import json

import pytest
from groundcrew_release import report
from groundcrew_release.steps import FailedError, Steps


@pytest.fixture
def serving(shop, release):
    release("old")
    shop().current.symlink_to("releases/old")
    return shop()


def fail(steps, error, step="probe"):
    try:
        with steps.step(step):
            raise error
    except Exception as caught:
        return caught


def test_failure_says_everything_once(serving):
    steps = Steps(notes=["The database was not dumped before."])
    log = "\n".join(["", *(f"line {number}" for number in range(100)), "It answers 500 for /."])
    error = fail(steps, FailedError("It answers 500 for /.", log, "python manage.py migrate"))
    result = report.failure(serving, "activate", error, steps)
    lines = result["msg"].splitlines()
    assert lines[:5] == [
        'shop: activate failed at "probe": It answers 500 for /.',
        "Command: python manage.py migrate",
        "Release old (v-old) serves.",
        "The database was not dumped before.",
        "The last lines were:",
    ]
    assert lines[-2:] == ["line 99", "It answers 500 for /."]
    assert len(lines) == 5 + 12
    assert (result["failed"], result["step"], result["command"]) == (True, "probe", "python manage.py migrate")


def test_failure_has_at_most_25_lines(serving):
    steps = Steps(notes=[f"note {number}" for number in range(40)])
    error = fail(steps, FailedError("a\n" * 30, "x" * 10_000 + "\n" + "y\n" * 100))
    lines = report.failure(serving, "build", error, steps)["msg"].splitlines()
    assert len(lines) <= report.LINES
    assert max(len(line) for line in lines) <= 2 * report.WIDTH


def test_command_that_the_sentence_has_is_not_told_twice(serving):
    error = FailedError("`python manage.py migrate` failed: boom", "", "python manage.py migrate")
    assert "Command:" not in report.failure(serving, "build", error, Steps())["msg"]


def test_surprise_has_its_traceback(shop):
    steps = Steps()
    lines = report.failure(shop(), "build", fail(steps, OSError("disk full"), "venv"), steps)["text"]
    assert lines[:2] == ['shop: build failed at "venv": OSError: disk full', "Nothing serves yet."]
    assert any("test_report.py" in line for line in lines)


def test_stopped_while_it_failed(serving):
    steps = Steps(closing=True)
    steps.stop()
    text = report.failure(serving, "build", FailedError("`migrate` failed with status 255."), steps)["msg"]
    assert text.startswith("shop: build failed: it was stopped (`migrate` failed with status 255)")


def test_success_in_one_line(serving):
    steps = Steps(taken=[("start", 0.1), ("probe", 1.23), ("switch", 0.01)], notes=["n"])
    result = report.success(serving, "activate", {"changed": True, "id": "old", "before": "older"}, steps)
    assert result["msg"] == "shop serves old (v-old) instead of older, in 1.3 s: start 0.1, probe 1.2."
    assert result["text"] == [result["msg"], "Note: n"]
    again = report.success(serving, "activate", {"changed": False, "id": "old", "before": ""}, Steps())
    assert again["msg"] == "shop serves old (v-old) already."
    built = report.success(
        serving, "build", {"changed": True, "id": "x", "msg": "Built", "text": ["Built", "more"]}, steps
    )
    assert (built["msg"], built["text"], built["steps"]) == ("Built", ["Built", "more", "Note: n"], steps.taken)


def test_kept_for_its_run_and_for_root(root):
    report.keep("shop", "run-1", {"id": "a"})
    path = root / "run/groundcrew/shop.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert report.kept("shop", "run-1") == {"id": "a"}
    assert report.kept("shop", "run-2") is None
    assert report.kept("other", "run-1") is None
    path.write_text("{")
    assert report.kept("shop", "run-1") is None


def test_table(serving, release):
    from groundcrew_release import records

    release("new")
    records.log(
        serving, {"id": "new", "result": "bad", "by": "alice@laptop", "seconds": 3.5, "reason": "It answers 500."}
    )
    records.log(serving, {"id": "gone", "result": "good", "by": "bob@ci", "seconds": 1})
    lines = report.table(records.listed(serving))
    assert lines[0].split()[:3] == ["release", "state", "version"]
    assert lines[1].split()[:4] == ["new", "bad", "v-new", "01234567"]
    assert lines[2].split() == ["It", "answers", "500."]
    assert lines[3].split()[:2] == ["old", "current"]
    assert lines[4].split()[:2] == ["gone", "removed"]
    json.dumps(records.listed(serving))
