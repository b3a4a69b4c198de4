"""The action plugin `login`: each way is a connection of its own, and the run's own is as before afterwards."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleConnectionFailure

ROOT = Path(__file__).resolve().parents[2]
specification = importlib.util.spec_from_file_location("login_action", ROOT / "plugins/action/login.py")
action = importlib.util.module_from_spec(specification)
specification.loader.exec_module(action)


class Connection:
    """A connection that keeps what it was asked with; `answers` maps a user and a port to what comes of it."""

    transport = "ssh"

    def __init__(self, answers, **options):
        self.answers, self.asked = answers, []
        own = {"remote_user": "root", "port": None, "password": "secret", "ssh_args": "-C", "host": "192.0.2.7"}
        self.options = {**own, **options}

    def get_option(self, name):
        return self.options[name]

    def set_option(self, name, value):
        self.options[name] = value

    def exec_command(self, command, sudoable):
        assert not sudoable
        self.asked.append({**self.options, "command": command})
        answer = self.answers.get((self.options["remote_user"], self.options["port"]), (0, b"", b""))
        if isinstance(answer, str):
            raise AnsibleConnectionFailure(f"Failed to connect to the host via ssh: {answer}")
        return answer


def run(connection, ways, **arguments):
    plugin = action.ActionModule.__new__(action.ActionModule)
    plugin._task = SimpleNamespace(args={"ways": ways, **arguments})
    plugin._connection = connection
    plugin._play_context = SimpleNamespace(password="secret", remote_addr="192.0.2.7")
    before = dict(connection.options)
    result = plugin.run()
    assert connection.options == before
    return result


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(action.time, "sleep", lambda _: None)
    monkeypatch.setattr(action.ActionBase, "run", lambda *_, **__: {})


def test_no_connection_that_is_open_is_used_and_no_password():
    connection = Connection({})
    assert run(connection, [["ops", 0]]) == {"changed": False, "user": "ops", "port": 22, "own": False}
    (asked,) = connection.asked
    assert asked["ssh_args"].startswith("-o ControlMaster=no -o ControlPath=none")
    assert "PasswordAuthentication=no" in asked["ssh_args"]
    assert asked["ssh_args"].endswith(" -C")
    assert asked["password"] is None


def test_the_runs_own_user_may_use_its_password():
    connection = Connection({})
    assert run(connection, [["", 0]], passwords=True)["own"] is True
    assert connection.asked[0]["password"] == "secret"


def test_the_key_of_the_host_is_looked_up_under_the_port_that_is_known():
    connection = Connection({})
    run(connection, [["ops", 2222]])
    assert "-o HostKeyAlias=192.0.2.7 " in connection.asked[0]["ssh_args"]
    connection = Connection({}, port=2222)
    run(connection, [["ops", 22]])
    assert "-o HostKeyAlias=[192.0.2.7]:2222 " in connection.asked[0]["ssh_args"]


def test_the_reason_of_each_way_is_told():
    answers = {("a", 22): "a@host: Permission denied (publickey).", ("b", 22): (1, b"", b"sudo: no\n")}
    result = run(Connection(answers), [["a", 0], ["b", 0]])
    assert result["failed"]
    assert "as a over port 22: a@host: Permission denied (publickey); as b over port 22: sudo: no." in result["msg"]


def test_a_port_that_does_not_answer_is_asked_once():
    connection = Connection({("a", 22): "connect to host: Connection refused"})
    assert run(connection, [["a", 22], ["b", 22], ["a", 2222]])["port"] == 2222
    assert len(connection.asked) == 2


def test_it_is_tried_again():
    connection = Connection({("a", 22): "Connection refused"})
    assert run(connection, [["a", 0]], tries=3)["failed"]
    assert len(connection.asked) == 3


def test_only_ssh_can_be_tried():
    connection = Connection({})
    connection.transport = "local"
    assert "connection `local`" in run(connection, [["a", 0]])["msg"]
