"""The module `release` and its action plugin: a connection that breaks is no failure of the deploy."""

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleConnectionFailure

ROOT = Path(__file__).resolve().parents[2]
specification = importlib.util.spec_from_file_location("release_action", ROOT / "plugins/action/release.py")
action = importlib.util.module_from_spec(specification)
specification.loader.exec_module(action)

GOOD = {"changed": True, "id": "abc", "invocation": {}}
REFUSED = {"failed": True, "msg": "bob is deploying it", "verb": "build", "invocation": {}}
# What Ansible makes of a module whose output did not arrive.
BROKEN = {
    "failed": True,
    "msg": "Module result deserialization failed: No start of json char found",
    "module_stdout": "",
}


@pytest.fixture
def run(monkeypatch):
    """Return a function that runs the plugin with the answers that the host gives in turn, and how often it asked."""
    known = set()

    def run(*answers, verb="activate"):
        asked, resets, calls = iter(answers), [], []
        plugin = action.ActionModule.__new__(action.ActionModule)
        plugin._task = SimpleNamespace(args={"name": "shop", "verb": verb})
        plugin._connection = SimpleNamespace(reset=lambda: resets.append(1))

        def execute(module_args, **_):
            calls.append(module_args["call"])
            answer = next(asked)
            if isinstance(answer, Exception):
                raise answer
            return answer

        plugin._execute_module = execute
        monkeypatch.setattr(action.ActionBase, "run", lambda *_: {})
        result = plugin.run(task_vars={"inventory_hostname": "web1"}), len(resets)
        # However often it is asked, it is one call; another task is another.
        assert len(set(calls)) == 1
        assert calls[0] not in known
        known.update(calls)
        return result

    return run


def test_a_result_is_passed_on(run):
    assert run(GOOD) == (GOOD, 0)
    assert run(REFUSED) == (REFUSED, 0)


@pytest.mark.parametrize("broken", [BROKEN, AnsibleConnectionFailure("gone")])
def test_a_lost_connection_asks_again_and_takes_the_result(run, broken):
    assert run(broken, broken, GOOD) == (GOOD, 2)


def test_a_host_that_stays_away_is_told_in_plain_words(run):
    result, _ = run(BROKEN, BROKEN, BROKEN)
    assert result["failed"]
    assert "shop: the connection to the host was lost during `activate`" in result["msg"]
    assert "json" not in json.dumps(result)


@pytest.mark.parametrize(
    "said",
    [
        "Failed to connect to the host via ssh: ssh: connect to host 127.0.0.1 port 1: Connection refused",
        "Failed to connect to the host via ssh: ssh: Could not resolve hostname web9: Name or service not known",
        "Failed to connect to the host via ssh: root@web1: Permission denied (publickey).",
        "Failed to connect to the host via ssh: Host key verification failed.",
    ],
)
@pytest.mark.parametrize("verb", ["logs", "rollback", "rotate"])
def test_a_host_that_never_answered_is_told_as_one(run, said, verb):
    silent = AnsibleConnectionFailure(said)
    with pytest.raises(AnsibleConnectionFailure, match=said[-20:-2].replace("(", ".")):
        run(silent, silent, silent, verb=verb)
    # It came back, or it went away meanwhile.
    assert run(silent, GOOD, verb=verb) == (GOOD, 1)
    for answers in ([BROKEN, silent, silent], [silent, BROKEN, silent], [silent, silent, BROKEN]):
        assert "was lost during" in run(*answers, verb=verb)[0]["msg"]


def test_what_only_reads_ends_with_no_release(run):
    result, _ = run(BROKEN, BROKEN, BROKEN, verb="logs")
    assert result["msg"].startswith("shop: the connection to the host was lost during `logs`, which changes nothing.")


def test_what_a_verb_says_is_printed_line_by_line(run, capsys):
    run({"changed": True, "text": ["shop: built abc in 3 s", "Pending migrations:"], "invocation": {}})
    assert capsys.readouterr().out.splitlines() == ["[web1] shop: built abc in 3 s", "[web1] Pending migrations:"]
    run({"changed": False, "text": ["shop: abc is built already"], "invocation": {}})
    assert capsys.readouterr().out == ""


def test_a_failure_says_each_line_once(run, capsys):
    result, _ = run({"failed": True, "msg": "shop: it failed.\nabc serves.\nlog", "verb": "build", "invocation": {}})
    assert (result["msg"], result["details"]) == ("shop: it failed.", "abc serves.\nlog")
    assert capsys.readouterr().out == ""


@pytest.fixture
def module():
    """Return the module `release`."""
    found = importlib.util.spec_from_file_location("release_module", ROOT / "plugins/modules/release.py")
    loaded = importlib.util.module_from_spec(found)
    found.loader.exec_module(loaded)
    return loaded


class Ended(Exception):
    """The module has ended."""


def test_a_preview_leaves_what_the_engine_is_told(module, tmp_path, monkeypatch):
    """Another run may be between its plan and its build."""
    engine, seen = tmp_path / "engine", {}
    engine.touch()
    monkeypatch.setattr(module, "ENGINE", engine)
    monkeypatch.setattr(module, "RUN", tmp_path / "run")
    monkeypatch.setattr(module, "Path", lambda path: tmp_path if path == "/etc/django" else Path(path))
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/application.json").write_text("old")
    given = {"name": "shop", "verb": "preview", "application": "new", "release": "", "by": "", "call": "c1"}
    given |= dict.fromkeys(module.FLAGS, False)

    def run(command, environ_update, **_):
        (word,) = [word for word in command if word.startswith("--application=")]
        path = Path(word.partition("=")[2])
        seen.update(text=path.read_text(), mode=path.stat().st_mode & 0o777, path=path, environment=environ_update)
        return 0, '{"changed": false}', ""

    def end(**_):
        raise Ended

    fake = SimpleNamespace(params=given, check_mode=False, run_command=run, exit_json=end, fail_json=end)
    monkeypatch.setattr(module, "read_options", lambda: fake)
    with pytest.raises(Ended):
        module.main()
    assert (seen["text"], seen["mode"], seen["environment"]) == ("new", 0o600, {"GROUNDCREW_CALL": "c1"})
    assert (tmp_path / "shop/application.json").read_text() == "old"
    assert not seen["path"].exists()
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700


def test_what_the_engine_is_told_is_for_root_alone(module, tmp_path, flushed):
    """It holds the secrets of commands and the deploy key; one that an older version left readable is mended."""
    path, checking = tmp_path / "application.json", SimpleNamespace(check_mode=False)
    assert module.provide(checking, path, "{}")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("{}", 0o600)
    assert not module.provide(checking, path, "{}")
    path.chmod(0o644)
    assert module.provide(checking, path, "{}")
    assert path.stat().st_mode & 0o777 == 0o600
    assert flushed == ["application.json"] * 2
