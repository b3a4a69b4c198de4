"""What removes or moves something in several steps: a run that is cut short between two of them is made up for."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import jinja2
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
RENAME = ROOT / "playbooks/tasks/rename.yml"


def tasks(path):
    """Return the tasks of a file, those of its blocks among them."""
    for task in yaml.safe_load(path.read_text()):
        yield task
        yield from task.get("block", [])


def task(path, name):
    return next(one for one in tasks(path) if one["name"] == name)


@pytest.mark.parametrize("role", ["redis", "pgbouncer"])
def test_what_says_that_there_is_an_instance_is_removed_last(role):
    folder = ROOT / "roles" / role / "tasks"
    asked = re.search(r"(__\w+) in \w+\.stdout\b", task(folder / "instance.yml", INSTANCE)["when"])[1]
    *before, last = [one for one in tasks(folder / "absent.yml") if "ansible.builtin.file" in one]
    assert last["loop"][-1] == f"{{{{ {asked} }}}}"
    assert not any(asked in str(one) for one in [*before, *last["loop"][:-1]])
    # The data in a task of their own: a loop goes on after what it cannot remove.
    assert role != "redis" or "/var/lib/" in before[0]["ansible.builtin.file"]["path"]


def test_the_old_cluster_that_says_what_is_to_be_removed_goes_last():
    *_, server, cluster, _ = tasks(ROOT / "roles/postgresql/tasks/drop_old.yml")
    assert "ansible.builtin.apt" in server
    assert cluster["ansible.builtin.command"]["argv"][0] == "pg_dropcluster"


INSTANCE = "Bring the instance to what is expected"
MOVE = "Move user, folders, secrets, certificate and queue"
REFUSE = "Refuse a name that has an application of its own"
# Users and groups are lines of a file. Whatever changes something dies, with the shell, when its turn has come.
TOOL = """#!/bin/sh
name=${0##*/}
case $name in
  getent) exec grep --line-regexp "$2" ROOT/$1 ;;
  systemctl) exit 5 ;;
esac
echo >> ROOT/calls
[ "$(wc -l < ROOT/calls)" != "$(cat ROOT/dies)" ] || { kill -KILL $PPID; exit 1; }
for word in "$@"; do last=$word; done
case $name in
  usermod) sed --in-place "s/^$last$/$2/" ROOT/passwd ;;
  groupmod) sed --in-place "s/^$last$/$2/" ROOT/group ;;
  *) exec /bin/$name "$@" ;;
esac
"""
HELD = {
    "srv/{}/media/photo": "picture",
    "srv/{}/releases/one": "old",
    "etc/django/{}/secrets/KEY": "secret",
    "etc/tmpfiles.d/django-{}.conf": "user",
    "etc/nginx/sites-enabled/{}.conf": "site",
    "var/lib/redis-{}-broker/appendonly.aof": "tasks",
    "etc/ssl/groundcrew/{}/fullchain.pem": "certificate",
}


@pytest.fixture
def host(tmp_path):
    """A folder with what an application `old` has, and a function that runs a task of the playbook in there."""
    for path, content in HELD.items():
        file = tmp_path / path.format("old")
        file.parent.mkdir(parents=True)
        file.write_text(content)
    (tmp_path / "bin").mkdir()
    for name in ("getent", "systemctl", "usermod", "groupmod", "mv", "cp", "rm"):
        (tmp_path / "bin" / name).write_text(TOOL.replace("ROOT", str(tmp_path)))
        (tmp_path / "bin" / name).chmod(0o755)
    for name in ("passwd", "group"):
        (tmp_path / name).write_text("old\n")
    environment = jinja2.Environment(autoescape=False)
    environment.filters["quote"] = shlex.quote

    def run(text, dies=0):
        (tmp_path / "calls").write_text("")
        (tmp_path / "dies").write_text(str(dies))
        application = {"renamed_from": "old", "new_name": "new"}
        text = environment.from_string(text).render(__app=application)
        text = re.sub(r"(?<![\w$\"}/-])/(?=(srv|etc|var)/)|(?<=\")/(?=(srv|etc|var)/)", f"{tmp_path}/", text)
        path = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
        return subprocess.run(["sh", "-c", text], env=path, capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize("dies", range(1, 13))
def test_a_rename_that_is_killed_at_any_step_is_made_up_for(host, tmp_path, dies):
    """The next run begins with the question of the first task, and goes on when that finds something."""
    steps = task(RENAME, MOVE)["ansible.builtin.shell"]["cmd"]
    found = task(RENAME, "Ask whether the host has the application under its old name")["vars"]["__rename_found"]
    asked = "ls -d " + " ".join(found)
    done = host(steps, dies)
    assert (done.returncode, done.stderr) == (0 if dies > 11 else -9, "")
    if host(asked).stdout:
        assert host(task(RENAME, REFUSE)["ansible.builtin.shell"]["cmd"]).stderr == ""
        assert host(steps).returncode == 0
    assert host(asked).stdout == ""
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    kept = {path.format("new"): content for path, content in HELD.items() if not re.search("releases|tmpfiles", path)}
    kept["etc/ssl/groundcrew/old/fullchain.pem"] = "certificate"
    assert {path for path in left if path.startswith(("srv", "etc", "var"))} == set(kept)
    assert {path: (tmp_path / path).read_text() for path in kept} == kept
    assert [(tmp_path / name).read_text() for name in ("passwd", "group")] == ["new\n", "new\n"]


def test_the_database_goes_before_what_says_that_there_is_something_to_move():
    names = [one["name"] for one in tasks(RENAME)]
    order = [REFUSE, "Stop the web servers", "Remove the background processes", "Remove the pool of connections"]
    order += ["Rename the database and its owner", MOVE]
    assert [name for name in names if name in order] == order
    assert names[-1] == MOVE


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("srv/new/media/photo", "/srv/old and "),
        ("etc/django/new/secrets/KEY", "/etc/django/old and "),
        ("var/lib/redis-new-broker/appendonly.aof", "/var/lib/redis-old-broker and "),
        ("etc/nginx/sites-enabled/new.conf", "/etc/nginx/sites-enabled/old.conf and "),
        ("passwd", "a user old and a user new, and one of them would be lost"),
        ("srv/old/importing/begun.json", "its data are not back yet. On the host: old-release recover"),
    ],
)
def test_what_would_be_lost_is_refused_before_anything_changes(host, tmp_path, path, said):
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text("old\nnew\n")
    done = host(task(RENAME, REFUSE)["ansible.builtin.shell"]["cmd"])
    assert done.returncode == 1
    assert said in done.stderr
    assert (tmp_path / "calls").read_text() == ""
