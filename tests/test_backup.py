"""The program of the role `backup`: what it remembers of its runs, also after a power cut."""

import importlib
import json
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[1] / "roles/backup/files/groundcrew-backup"
PARTS = ("common", "drill", "files", "mariadb", "postgresql", "status")
CONFIGURATION = {"cluster": {}, "mariadb": True, "name": "web1", "data": [], "identity": [], "ca": "", "sftp": ""}


@pytest.fixture
def backup(tmp_path, monkeypatch):
    """Return a function that returns a part (module) of the program, which keeps its state in the folder."""
    monkeypatch.syspath_prepend(PROGRAM)
    for name in PARTS:
        monkeypatch.delitem(sys.modules, name, raising=False)
    with monkeypatch.context() as context:
        context.setattr(Path, "read_text", lambda _: json.dumps(CONFIGURATION))
        parts = {name: importlib.import_module(name) for name in PARTS}
    parts["common"].STATE = tmp_path
    yield parts.get
    for name in PARTS:
        del sys.modules[name]


@pytest.mark.parametrize("left", ["", '{"last": {"ti', "\0" * 80])
def test_half_a_record_hides_nothing_that_comes_after_it(backup, tmp_path, left):
    for kind in ("backup", "drill"):
        (tmp_path / f"{kind}.json").write_text(left)
    line, well = backup("status").describe("backup", 0)
    assert (line, well) == ("last backup: never", False)
    backup("common").record("backup", result="good", seconds=1)
    backup("common").record("backup", result="failed", reason="full")
    assert backup("common").read_record("backup")["last"]["reason"] == "full"
    assert backup("common").read_record("backup")["good"]["seconds"] == 1
    assert backup("common").read_record("never") == {}


def test_a_record_takes_its_place_when_it_is_on_the_disk(backup, flushed):
    backup("common").record("drill", result="good", seconds=1)
    assert flushed == ["drill.json"]


def test_so_does_a_dump(backup, tmp_path, monkeypatch, flushed):
    """What was there before a restore is lost with the only one."""
    mariadb = backup("mariadb")
    monkeypatch.setattr(mariadb, "sql", lambda *_: [["shop"], ["mysql"]])
    monkeypatch.setattr(mariadb, "run", lambda *words: Path(words[1].partition("=")[2]).write_text("dump"))
    mariadb.dump(tmp_path / "users.sql", tmp_path / "before.sql")
    assert flushed == ["users.sql", "before.sql"]


def test_half_a_record_of_a_release_is_told_in_a_sentence(backup, tmp_path, monkeypatch):
    drill = backup("drill")
    (tmp_path / "srv/shop/current").mkdir(parents=True)
    (tmp_path / "srv/shop/current/release.json").write_text("")
    monkeypatch.setattr(drill, "Path", lambda text: Path(f"{tmp_path}{text}"))
    with pytest.raises(drill.FailedError, match=r"release\.json cannot be read: .* Deploy shop once more\.$"):
        drill.find_aliases("shop")
