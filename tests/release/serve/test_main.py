"""The command line: from the front process over the unit to what is printed."""

import io
import json
import os

import pytest
from groundcrew_release import __main__ as program
from groundcrew_release import (
    activate,
    build,
    commands,
    data,
    keys,
    lock,
    plan,
    probe,
    records,
    report,
    run,
    systemd,
)
from groundcrew_release.steps import FailedError

DESCRIPTION = {
    "name": "shop",
    "source": {"kind": "pypi", "location": "pypi", "version": "1.0"},
    "domains": ["shop.example.org"],
}


@pytest.fixture
def host(fresh, root, monkeypatch):
    """Return a host on which `old` serves and `new` waits; its units run within this process."""
    made = fresh("old", "new")
    (root / "etc/django/shop").mkdir(parents=True, exist_ok=True)
    (root / "etc/django/shop/application.json").write_text(json.dumps(DESCRIPTION))
    monkeypatch.setattr(commands, "ahead", lambda *_: [])
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(systemd, "stop", lambda *_: None)
    monkeypatch.setattr(lock.signal, "signal", lambda *_: None)
    made.ran = []

    def start(transient):
        made.ran.append(transient)
        if transient.command[0] != lock.PROGRAM:
            return 0
        with monkeypatch.context() as patch:
            for name, value in transient.environment.items():
                patch.setenv(name, value)
            try:
                ended = program.main(list(transient.command[1:]))
            except KeyboardInterrupt:
                made.break_at(None, None)
                ended = 1
            # Killed, or not done: systemd runs what ExecStopPost= says.
            if ended:
                program.main(["shop", "recover"])
        return 0

    monkeypatch.setattr(systemd, "run", start)
    return made


def call(capfd, *arguments):
    """Run the program, and return its exit code and the last line that it printed, as JSON."""
    code = program.main([*arguments, "--json"])
    return code, json.loads(capfd.readouterr().out.splitlines()[-1])


def test_activate(host, capfd):
    code, result = call(capfd, "shop", "activate", "new", "--by=alice@laptop")
    assert (code, result["id"], result["before"], result["changed"]) == (0, "new", "old", True)
    assert host.current == "new"
    assert host.ran[0].description == "alice@laptop activate new"
    assert records.deploys(host.shop())[-1]["by"] == "alice@laptop"
    assert result["text"] == [result["msg"]]


def test_failure_is_told_to_programs_and_to_people(host, capfd):
    def fail(*_):
        raise FailedError("It answers 500 for /.", "Traceback\nBoom")

    host.replace(probe, "wait_until_good", fail)
    code, result = call(capfd, "shop", "activate", "new")
    assert (code, result["failed"], result["step"]) == (1, True, "probe")
    assert result["msg"].splitlines()[:2] == [
        'shop: activate failed at "probe": It answers 500 for /.',
        "Release old (v-old) serves.",
    ]
    assert program.main(["shop", "activate", "new"]) == 1
    assert capfd.readouterr().err == result["msg"] + "\n"


def test_killed_worker_is_told_with_what_serves(host, capfd):
    def kill(*_):
        raise KeyboardInterrupt

    host.replace(probe, "wait_until_good", kill)
    code, result = call(capfd, "shop", "activate", "new")
    assert (code, host.current, host.web) == (1, "old", ["old"])
    lines = result["msg"].splitlines()
    assert lines[:2] == ["shop: activate failed: it was killed", "Release old (v-old) serves."]
    assert "interrupted" in lines[2]


@pytest.fixture
def half(host):
    """Leave half an import on the host: a function that returns the databases that were put back."""
    folder, loaded = data.folder(host.shop()), []
    (folder / "before").mkdir(parents=True)
    host.shop().media_folder.mkdir(exist_ok=True)
    timer = "shop-timer-mail.timer"
    data.begun(host.shop()).write_text(json.dumps({"dumps": {"default": "/a.dump"}, "units": [timer]}))
    host.monkeypatch.setattr(data, "load", lambda _app, _release, dumps, **_: loaded.extend(dumps))
    return lambda: (loaded, folder.exists(), timer in host.units.state)


@pytest.mark.parametrize("verb", [["activate", "new"], ["rollback", "new"], ["build"], ["recover"], ["rotate", "use"]])
def test_whatever_is_done_next_half_an_import_is_put_back_before(half, capfd, monkeypatch, verb):
    seen = []
    for module, name in ((build, "build"), (keys, "rotate"), (activate, "switch")):
        monkeypatch.setattr(module, name, lambda *_, **__: seen.append(half()) or {"changed": True, "msg": "Done."})
    assert call(capfd, "shop", *verb)[0] == 0
    assert {str(one) for one in [*seen, half()]} == {str((["default"], False, True))}


def power_goes_in_verify(host):
    """Leave the activation of `new` where it is after the switch."""

    def kill(*_):
        raise KeyboardInterrupt

    with host.monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(probe, "verify", kill)
        host.activate("new")


def test_boot_ends_what_was_interrupted_and_says_so(host, capfd):
    assert call(capfd, "shop", "recover")[1]["msg"] == "shop: Nothing was interrupted."
    power_goes_in_verify(host)
    assert (host.current, host.web) == ("new", ["new", "old"])
    code, result = call(capfd, "shop", "recover", "--by=boot")
    assert (code, result["msg"], result["changed"]) == (0, "shop: What was interrupted has ended.", True)
    assert (host.current, host.web) == ("old", ["old"])
    assert host.ran[-1].description == "boot recover"


def test_boot_tries_again_while_not_all_can_be_done(host, capfd):
    power_goes_in_verify(host)
    host.units.refuses.add("retire shop-web@new.service")
    code, result = call(capfd, "shop", "recover")
    assert (code, host.current) == (1, "old")
    assert "Going back: stopping new failed" in result["msg"]
    host.units.refuses.clear()
    assert call(capfd, "shop", "recover")[0] == 0
    assert host.web == ["old"]


def test_data_that_an_import_could_not_put_back_are_tried_once_more_by_systemd(half, capfd, monkeypatch):
    tried = []

    def refuse(_application, *_):
        tried.append("put back")
        if len(tried) == 1:
            raise FailedError("The transaction is destructive.")

    def replace(*_):
        raise FailedError("it was stopped")

    monkeypatch.setattr(data, "put_back", refuse)
    monkeypatch.setattr(data, "replace", replace)
    # What the first one left, the second one ends.
    code, result = call(capfd, "shop", "import", "/a.tar")
    assert (code, tried, half()[1:]) == (1, ["put back", "put back"], (False, True))
    assert "The transaction is destructive" in result["msg"]
    assert result["text"][-1] == "Databases and uploads are again as they were."


def test_surprise_in_the_worker_is_a_result(host, capfd, monkeypatch):  # noqa: ARG001
    monkeypatch.setattr(build, "build", lambda *_: 1 / 0)
    code, result = call(capfd, "shop", "build")
    assert code == 1
    assert result["msg"].startswith("shop: build failed: ZeroDivisionError: division by zero")


def test_build_and_its_arguments(host, capfd, monkeypatch):
    asked = []
    monkeypatch.setattr(
        build,
        "build",
        lambda app, by, leads, _steps: (
            asked.append((app.name, by, leads)) or {"changed": True, "id": "x", "msg": "Built x."}
        ),
    )
    code, result = call(capfd, "shop", "build", "--leads", "--by=bob@ci")
    assert (code, result["msg"], asked) == (0, "Built x.", [("shop", "bob@ci", True)])
    assert host.ran[0].description == "bob@ci build 1.0"


def test_rollback_and_its_target(host, capfd):
    call(capfd, "shop", "activate", "new")
    host.ran.clear()
    code, result = call(capfd, "shop", "rollback", "--target")
    assert (code, result["id"], result["serving"]) == (0, "old", "new")
    assert host.ran == []
    code, result = call(capfd, "shop", "rollback")
    assert (code, result["id"], result["version"], host.current) == (0, "old", "v-old", "old")
    code, result = call(capfd, "shop", "rollback", "--target")
    assert (code, result["failed"]) == (1, True)


def test_list(host, capfd):
    code, result = call(capfd, "shop", "list")
    assert code == 0
    assert {one["id"]: one["state"] for one in result["releases"]} == {"old": "current", "new": "built"}
    assert program.main(["shop", "list"]) == 0
    assert capfd.readouterr().out.splitlines() == result["text"]
    assert host.ran == []


@pytest.mark.usefixtures("host")
def test_plan_of_a_description_on_standard_input(capfd, monkeypatch):
    seen, planned = [], {"id": "", "state": "absent", "serving": "old"}
    monkeypatch.setattr(plan, "plan", lambda app, leads: seen.append((app.domains, leads)) or planned)
    monkeypatch.setattr(program.sys, "stdin", io.StringIO(json.dumps(DESCRIPTION | {"domains": ["b"]})))
    assert call(capfd, "shop", "plan", "--application=-", "--leads")[0] == 0
    text = call(capfd, "shop", "plan")[1]["text"]
    assert text == ["shop: release of a name not known yet is absent, old serves."]
    assert seen == [(("b",), True), (("shop.example.org",), False)]


@pytest.mark.usefixtures("host")
def test_busy(capfd, monkeypatch):
    def busy(_transient):
        raise systemd.BusyError("there")

    shown = {"ActiveState": "active", "Description": "bob@ci build 1.0", "ActiveEnterTimestamp": ""}
    monkeypatch.setattr(systemd, "run", busy)
    monkeypatch.setattr(systemd, "show", lambda *_: shown | {"Environment": f"{lock.RUN}=x {lock.REQUEST}=y"})
    code, result = call(capfd, "shop", "activate", "new")
    assert code == 1
    assert "bob@ci build 1.0 is under way" in result["msg"]


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize(
    "arguments",
    [
        ["shop"],
        ["shop", "activate"],
        ["shop", "build", "x"],
        ["shop", "destroy"],
        ["shop", "activate", "../x"],
        ["shop", "list", "--what"],
    ],
)
def test_wrong_usage(arguments):
    with pytest.raises(SystemExit) as caught:
        program.main(arguments)
    assert caught.value.code == 2


@pytest.mark.usefixtures("host")
def test_unknown_application_and_broken_description(root, capfd):
    assert call(capfd, "nothing", "list") == (2, {"failed": True, "msg": "This host has no application nothing."})
    (root / "etc/django/shop/application.json").write_text('{"name": "shop"}')
    code, result = call(capfd, "shop", "list")
    assert code == 2
    assert "cannot be read" in result["msg"]


@pytest.mark.usefixtures("host")
def test_others_become_root_first(monkeypatch):
    seen = []

    class Replaced(BaseException):
        pass

    def replace(*words):
        seen.append(words)
        raise Replaced

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "execvp", replace)
    with pytest.raises(Replaced):
        program.main(["shop", "rollback", "a"])
    assert seen == [("sudo", ["sudo", lock.PROGRAM, "shop", "rollback", "a"])]


def test_run_has_what_the_web_servers_have(host, monkeypatch):
    seen = []
    monkeypatch.setattr(systemd, "replace", lambda transient, terminal: seen.append((transient, terminal)))
    program.main(["shop", "run", "--", "python", "manage.py", "--json", "$A"])
    monkeypatch.setenv("RELEASE", "new")
    monkeypatch.setenv("ENVIRONMENT", "/run/more")
    program.main(["shop", "run", "sh"])
    (first, terminal), (second, _) = seen
    folder = host.shop().release("old")
    assert list(first.command) == ["/usr/bin/env", "--", "python", "manage.py", "--json", "$A"]
    assert terminal is False
    assert first.environment_files == [f"-{host.shop().config}/secrets/*", f"{folder}/environment"]
    assert f"BindReadOnlyPaths=-{folder}/files:{host.shop().config}" in first.properties
    assert second.environment_files[1:] == [f"{host.shop().release('new')}/environment", "/run/more"]


def test_run_of_nothing(host, monkeypatch, capfd):
    assert program.main(["shop", "run"]) == 2
    assert "usage: shop-run COMMAND" in capfd.readouterr().err
    monkeypatch.setenv("RELEASE", "nothing")
    assert program.main(["shop", "run", "true"]) == 2
    assert "no such release" in capfd.readouterr().err
    with pytest.raises(FailedError, match="serves none"):
        host.shop().current.unlink()
        run.find(host.shop(), "")


def test_words_for_systemd():
    """A secret goes into a file; nothing of a command is expanded."""
    transient = systemd.Transient(
        command=["echo", "$A", "${B}", "%n"],
        unit="u",
        description="d",
        properties=["User=shop"],
        environment_files=["-/a"],
        environment={"C": "d"},
        log=report.path("x"),
    )
    words = systemd.arguments(transient)
    assert words[words.index("--") + 1 :] == ["echo", "$$A", "$${B}", "%n"]
    assert "--property=EnvironmentFile=-/a" in words
    assert f"--property=StandardOutput=append:{report.path('x')}" in words
