"""The module `files`: what it writes, what it leaves, and that what does not validate changes nothing."""

import grp
import importlib.util
import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
specification = importlib.util.spec_from_file_location("files_module", ROOT / "plugins/modules/files.py")
module = importlib.util.module_from_spec(specification)
specification.loader.exec_module(module)
OWN = {"owner": pwd.getpwuid(os.getuid()).pw_name, "group": grp.getgrgid(os.getgid()).gr_name}


def run(command):
    result = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout, result.stderr


def bring(*files, check=False, diff=False):
    return module.bring([module.File(**{**OWN, **file}) for file in files], run, check, diff)


def test_files_are_written_with_their_folders_once(tmp_path):
    files = [
        {"dest": f"{tmp_path}/a/b/first", "content": "ä\n"},
        {"dest": f"{tmp_path}/second", "content": "", "mode": "0640"},
    ]
    assert bring(*files) == {"changed": True, "written": [files[0]["dest"], files[1]["dest"]]}
    assert (tmp_path / "a/b/first").read_text() == "ä\n"
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "a/b/first", tmp_path / "second")] == [0o644, 0o640]
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o755
    assert bring(*files) == {"changed": False, "written": []}
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "b", "first", "second"]


def test_a_file_takes_its_place_when_it_is_on_the_disk(tmp_path, flushed):
    bring({"dest": f"{tmp_path}/x", "content": "x"})
    assert flushed == ["x"]


def test_another_mode_or_content_is_a_change(tmp_path):
    (tmp_path / "x").write_text("x")
    (tmp_path / "x").chmod(0o600)
    assert bring({"dest": f"{tmp_path}/x", "content": "x"})["changed"]
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o644
    assert bring({"dest": f"{tmp_path}/x", "content": "y"})["changed"]
    assert (tmp_path / "x").read_text() == "y"


def test_what_does_not_validate_leaves_the_file_before_and_what_comes_later(tmp_path):
    (tmp_path / "x").write_text("before")
    check = "grep right %s || { echo wrong >&2; exit 1; }"
    files = [{"dest": f"{tmp_path}/x", "content": "bad", "validate": check}]
    with pytest.raises(module.Invalid, match=f"^{tmp_path}/x failed to validate: wrong$"):
        bring(*files, {"dest": f"{tmp_path}/later", "content": ""})
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_text() == "before"
    files[0]["content"] = "right"
    assert bring(*files)["changed"]


def test_a_file_may_validate_the_next_one(tmp_path):
    script = {"dest": f"{tmp_path}/check", "content": "#!/bin/sh\ngrep right $1\n", "mode": "0755"}
    assert bring(script, {"dest": f"{tmp_path}/x", "content": "right", "validate": f"{tmp_path}/check %s"})["changed"]


def test_a_dry_run_changes_nothing_and_shows_what_it_would(tmp_path):
    (tmp_path / "x").write_text("old\n")
    files = [{"dest": f"{tmp_path}/x", "content": "new\n"}, {"dest": f"{tmp_path}/no/y", "content": "y"}]
    result = bring(*files, {"dest": f"{tmp_path}/z", "content": "", "owner": "nobody-yet"}, check=True, diff=True)
    assert result["written"] == [f"{tmp_path}/x", f"{tmp_path}/no/y", f"{tmp_path}/z"]
    assert [(one["before"], one["after"]) for one in result["diff"]] == [("old\n", "new\n"), ("", "y"), ("", "")]
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_link_gives_way_unless_it_is_to_be_followed(tmp_path):
    (tmp_path / "target").write_text("before")
    for name in ("followed", "replaced"):
        (tmp_path / name).symlink_to("target")
    file = {"dest": f"{tmp_path}/followed", "content": "after", "follow": True}
    assert bring(file)["written"] == [f"{tmp_path}/target"]
    assert (tmp_path / "followed").is_symlink()
    assert not bring(file)["changed"]
    assert bring({**file, "dest": f"{tmp_path}/replaced", "follow": False})["changed"]
    assert not (tmp_path / "replaced").is_symlink()


def test_what_a_file_holds_is_neither_returned_nor_logged(tmp_path):
    """Run as Ansible does, with a journal that writes what it is told."""
    one = {**OWN, "dest": f"{tmp_path}/x", "content": "canary", "validate": "false %s"}
    # A task without `no_log` says so, which goes before what a module's constructor was given.
    given = {"files": [one], "_ansible_verbosity": 3, "_ansible_no_log": False}
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": given})
    (tmp_path / "systemd").mkdir()
    (tmp_path / "systemd/__init__.py").write_text("")
    journal = f"def send(*a, **k): open('{tmp_path}/log', 'a').write(str((a, k)))\nsendv = send\n"
    (tmp_path / "systemd/journal.py").write_text(journal)
    (tmp_path / "systemd/daemon.py").write_text("def booted(): return True\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, ROOT / "plugins/modules/files.py", arguments]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "failed to validate" in result.stdout
    log = tmp_path / "log"
    assert "canary" not in result.stdout + result.stderr + (log.read_text() if log.exists() else "")
