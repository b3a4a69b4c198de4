"""The dump before migrations, made by the script that runs inside a release: whole or not at all."""

import json
import subprocess
import sys

import pytest
from groundcrew_release import commands
from groundcrew_release.configure import INSIDE

# As much of Django as the script asks for.
DJANGO = """
class client:
    @staticmethod
    def settings_to_cmd_args_env(settings, parameters):
        return ["psql", "--username=shop", "--host=db", settings["NAME"]], {"PGPASSWORD": "s3cret"}

class connection:
    client, vendor = client, "postgresql"
    def __init__(self, name):
        self.settings_dict = {"NAME": name}

connections = {"default": connection("shop"), "archive": connection("old")}

def setup():
    pass
"""
PG_DUMP = """#!/bin/sh
printf '%s\\n' "$@" > "$0.arguments"
for word; do case $word in --file=*) echo "$PGPASSWORD" > "${word#--file=}";; esac; done
[ ! -e "$0.fail" ] || { echo 'pg_dump: error: connection failed' >&2; exit 1; }
"""


@pytest.fixture
def dump(tmp_path):
    """Return a function that runs the script as a release does: how it ended."""
    (tmp_path / "dumps").mkdir()
    (tmp_path / "django").mkdir()
    (tmp_path / "django/__init__.py").write_text(DJANGO)
    (tmp_path / "django/db.py").write_text("from . import connections\n")
    (tmp_path / "pg_dump").write_text(PG_DUMP)
    (tmp_path / "pg_dump").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHONPATH": str(tmp_path), "RELEASE": "abc"}

    def run(*aliases, folder=tmp_path / "dumps"):
        command, text = [sys.executable, "-", folder], (INSIDE / "dump.py").read_text()
        command += aliases or ["default"]
        return subprocess.run(command, input=text, env=environment, capture_output=True, text=True)

    return run


def test_dump_is_whole_private_and_named_by_time_and_release(dump, tmp_path):
    path = tmp_path / "dumps" / json.loads(dump().stdout.splitlines()[-1])[0]
    assert [path] == list((tmp_path / "dumps").iterdir())
    assert path.name.endswith("Z-abc.dump")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == "s3cret\n", "the password travels in the environment"
    arguments = (tmp_path / "pg_dump.arguments").read_text().splitlines()
    assert [arguments[0], *arguments[2:]] == ["--format=custom", "--username=shop", "--host=db", "shop"]


def test_without_a_folder_it_says_how_and_dumps_nothing(dump, tmp_path):
    known = json.loads(dump("default", "archive", folder="").stdout.splitlines()[-1])
    name, program, option, arguments, variables = known["archive"]
    assert name.endswith("Z-abc.archive.dump")
    assert (program, option) == (["pg_dump", "--format=custom"], "--file")
    assert arguments == ["--username=shop", "--host=db", "old"]
    assert variables == {"PGPASSWORD": "s3cret"}
    assert list((tmp_path / "dumps").iterdir()) == []


def test_dump_that_failed_is_one_sentence_and_leaves_nothing(dump, tmp_path):
    (tmp_path / "pg_dump.fail").touch()
    result = dump()
    assert result.returncode == commands.REFUSED
    assert result.stderr.splitlines()[-1] == "The database was not dumped: pg_dump: error: connection failed."
    assert list((tmp_path / "dumps").iterdir()) == []
    (tmp_path / "pg_dump").unlink()
    assert "The database was not dumped: " in dump().stderr


def test_dump_of_two_databases_is_of_both_or_of_none(dump, tmp_path):
    names = [path.rpartition("/")[2] for path in json.loads(dump("default", "archive").stdout.splitlines()[-1])]
    time = names[0].removesuffix("-abc.dump")
    assert names == [f"{time}-abc.dump", f"{time}-abc.archive.dump"]
    assert (tmp_path / "pg_dump.arguments").read_text().splitlines()[-1] == "old"
    (tmp_path / "pg_dump.fail").touch()
    assert "The databases were not dumped: " in dump("default", "archive").stderr
    assert sorted(path.name for path in (tmp_path / "dumps").iterdir()) == sorted(names)
