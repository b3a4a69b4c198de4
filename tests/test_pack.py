"""What the controller says of a source, and what it packs of it."""

import importlib.util
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

PACK = Path(__file__).resolve().parent.parent / "roles/django_app/files/pack.py"
specification = importlib.util.spec_from_file_location("pack", PACK)
pack = importlib.util.module_from_spec(specification)
specification.loader.exec_module(pack)


@pytest.fixture
def project(tmp_path):
    """A folder with a file, an executable, a link, and what stays behind."""
    folder = tmp_path / "project"
    (folder / "static").mkdir(parents=True)
    (folder / "manage.py").write_text("code\n")
    (folder / "manage.py").chmod(0o755)
    (folder / "static/ü.css").write_text("body {}\n")
    (folder / "link").symlink_to("manage.py")
    for name in ("venv/x", "node_modules/y", "__pycache__/z", ".env", "db.sqlite3"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("stays here\n")
    return folder


@pytest.fixture
def say(tmp_path):
    """Return a function that returns what the program prints, a dictionary, or the sentence with which it refuses."""

    def run(source, folder="/"):
        environment = {"PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path / "cache")}
        command = [sys.executable, PACK, str(source), str(folder)]
        result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        return json.loads(result.stdout) if result.returncode == 0 else result.stderr.strip()

    return run


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("pypi", "pypi"),
        ("https://git.example.org/shop.git", "git"),
        ("git@git.example.org:team/shop.git", "git"),
        ("ssh://git@git.example.org/shop", "git"),
        ("file:///srv/repository", "git"),
        ("/srv/git/shop.git", "git"),
    ],
)
def test_a_source_elsewhere_is_named_by_the_host(say, source, kind):
    assert say(source) == {"kind": kind, "location": source, "revision": "", "suffix": "", "archive": ""}


def test_a_folder_is_named_by_names_modes_and_contents(say, project, tmp_path):
    said = say("project", tmp_path)
    assert (said["kind"], said["suffix"], len(said["revision"])) == ("folder", ".tar.gz", 64)
    (project / ".env").write_text("changed, and not shipped")
    assert say(project, "/")["revision"] == said["revision"]
    names = {said["revision"]}
    for change in (
        lambda: (project / "manage.py").write_text("other\n"),
        lambda: (project / "manage.py").chmod(0o644),
        lambda: (project / "static/ü.css").rename(project / "static/new.css"),
        lambda: ((project / "link").unlink(), (project / "link").symlink_to("static")),
    ):
        change()
        names.add(say(project, "/")["revision"])
    assert len(names) == 5


def test_in_a_work_tree_git_decides(project):
    subprocess.run(["git", "init", "--quiet", project], check=True)
    (project / ".gitignore").write_text("*.log\nbuilt/\n")
    (project / "x.log").write_text("")
    (project / "new.py").write_text("")
    assert set(pack.list_files(project)) == {".gitignore", "link", "manage.py", "new.py", "static/ü.css"}


def test_the_archive_has_what_was_named_and_nothing_of_the_controller(say, project, tmp_path):
    archive = say(project)["archive"]
    with tarfile.open(archive) as tar:
        members = {member.name: member for member in tar}
    assert sorted(members) == ["link", "manage.py", "static/ü.css"]
    assert {(m.uid, m.gid, m.uname) for m in members.values()} == {(0, 0, "root")}
    assert (members["manage.py"].mode, members["static/ü.css"].mode) == (0o755, 0o644)
    # Packed once, and old ones do not stay for ever.
    before = Path(archive).stat().st_mtime_ns
    assert Path(say(project)["archive"]).stat().st_mtime_ns == before
    for number in range(pack.KEPT + 3):
        (project / "manage.py").write_text(f"{number}\n")
        say(project)
    assert len(list((tmp_path / "cache/groundcrew/sources").iterdir())) == pack.KEPT + 1


def test_a_folder_that_changes_meanwhile_is_not_shipped_under_another_name(project, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    names = pack.list_files(project)
    with pytest.raises(SystemExit, match="changed while it was packed"):
        pack.write(project, names, "0" * 64)
    assert list((tmp_path / "cache/groundcrew/sources").iterdir()) == []


def test_an_archive_is_named_by_its_bytes_and_sent_as_it_is(say, tmp_path):
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    said = say(wheel.name, tmp_path)
    assert (said["kind"], said["suffix"], said["archive"]) == ("archive", f"-{wheel.name}", str(wheel))


def test_what_is_not_there_is_said(say, tmp_path):
    assert say("nowhere", tmp_path) == f"There is no folder at {tmp_path / 'nowhere'}."
    assert say("nowhere.zip", tmp_path) == f"There is no archive at {tmp_path / 'nowhere.zip'}."
    (tmp_path / "empty").mkdir()
    assert say("empty", tmp_path) == f"The folder {tmp_path / 'empty'} has no files to ship."
