"""Backups of SQLite: whole while somebody writes, and put back where nobody has the file open."""

import importlib.util
import json
import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
import types
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[1] / "roles/backup/files/groundcrew-backup"
ME = pwd.getpwuid(os.getuid()).pw_name


class FailedError(Exception):
    """A sentence."""


def load(name):
    """Return a part (module) of the program."""
    spec = importlib.util.spec_from_file_location(f"groundcrew_backup_{name}", PROGRAM / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def backup(tmp_path, monkeypatch):
    """Return the module, whose host is a folder; `lines` are the commands, `stops` is done when a unit is stopped."""
    home = tmp_path / "srv/shop"
    (home / "data").mkdir(parents=True)
    lines = []
    common = types.ModuleType("common")
    common.STATE, common.FailedError, common.read_record = tmp_path / "state", FailedError, None
    common.CONFIGURATION = {"data": [str(home)], "exclude": [str(home / "releases")], "identity": []}
    common.run = lambda *words: lines.append(" ".join(words)) or module.stops(words)
    common.stamp = lambda: ".before-20261128T140000Z"
    monkeypatch.setitem(sys.modules, "common", common)
    monkeypatch.setitem(sys.modules, "files", load("files"))
    module = load("sqlite")
    module.home, module.lines, module.stops = home, lines, lambda _: None
    monkeypatch.setattr(module, "as_user", lambda _: [])
    monkeypatch.setattr(module, "may_run_as", lambda _: True)
    monkeypatch.setattr(module, "PATIENCE", 1)
    return module


def connect(path, *statements, mode="wal"):
    """Return a connection that has written to a database, and has not closed it."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode={mode}")
    connection.execute("CREATE TABLE IF NOT EXISTS entry (name)")
    for statement in statements:
        connection.execute(statement)
    return connection


def die(path, statement):
    """Let a process write to a database in the mode of a WAL, and be killed before that is in the file."""
    program = "import os, sqlite3, sys; one = sqlite3.connect(sys.argv[1], isolation_level=None)"
    program += "; one.execute(sys.argv[2]); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", program, path, statement], check=False)
    assert path.with_name(f"{path.name}-wal").stat().st_size > 0


def names(path):
    """Return what is in a database that nobody writes to."""
    connection = sqlite3.connect(path)
    try:
        return [name for (name,) in connection.execute("SELECT name FROM entry ORDER BY 1")]
    finally:
        connection.close()


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_copy_is_whole_while_somebody_writes(backup, mode):
    live = backup.home / "data/db.sqlite3"
    writing = connect(live, "INSERT INTO entry VALUES ('Ada')", "BEGIN", "INSERT INTO entry VALUES ('Bob')", mode=mode)
    assert backup.keep() == [f"{live}{suffix}" for suffix in ("", "-wal", "-shm", "-journal")]
    assert names(backup.copied(live)) == ["Ada"]
    assert backup.copied(live).stat().st_mode & 0o077 == 0 or backup.COPIES.stat().st_mode & 0o077 == 0
    writing.execute("COMMIT")
    writing.close()
    assert names(live) == ["Ada", "Bob"]


def test_what_is_no_database_is_a_file_like_any_other(backup, capsys):
    home = backup.home
    (home / "data/short").write_bytes(backup.BEGIN)
    (home / "data/upload.jpg").write_bytes(b"x" * 1024)
    (home / "data/forged").write_bytes(backup.BEGIN + b"x" * 1008)
    (home / "releases").mkdir()
    connect(home / "releases/db.sqlite3").close()
    (home / "data/link").symlink_to(home / "releases/db.sqlite3")
    assert backup.keep() == []
    assert "forged is kept as a file and not as a database" in capsys.readouterr().out


def test_a_name_is_no_pattern(backup):
    connect(backup.home / "data/a[1]*.db").close()
    assert backup.keep()[0] == f"{backup.home}/data/a\\[1]\\*.db"


@pytest.mark.parametrize("pattern", ["{home}/data/cache.sqlite3", "*.sqlite3", "data", "{home}/**/cache*"])
def test_what_is_left_out_has_no_copy(backup, pattern):
    connect(backup.home / "data/cache.sqlite3").close()
    connect(backup.home / "lite").close()
    backup.CONFIGURATION["exclude"].append(pattern.format(home=backup.home))
    assert backup.keep()[0] == f"{backup.home}/lite"
    assert list(json.loads((backup.COPIES / backup.LIST).read_text())) == [f"{backup.home}/lite"]
    assert not backup.copied(backup.home / "data/cache.sqlite3").exists()


def test_a_database_is_kept_whole_when_it_is_named_itself(backup):
    live = backup.home / "data/db.sqlite3"
    writing = connect(live, "INSERT INTO entry VALUES ('Ada')", "BEGIN", "INSERT INTO entry VALUES ('Bob')")
    backup.CONFIGURATION["data"][:] = [str(live), str(backup.home / "gone")]
    assert backup.keep()[0] == str(live)
    assert names(backup.copied(live)) == ["Ada"]
    backup.CONFIGURATION["exclude"].append("db.*")
    assert backup.keep() == []
    writing.close()


def test_root_opens_no_database(backup, monkeypatch):
    monkeypatch.undo()
    assert (backup.may_run_as(0), backup.may_run_as(998)) == (False, True)
    assert backup.as_user("shop") == ["runuser", "--user=shop", "--"]


def test_a_database_that_stays_locked_is_a_failure(backup):
    live = backup.home / "data/db.sqlite3"
    connect(live, mode="delete").close()
    # A process of its own: to close a file gives up the locks that the same process has there.
    program = "import sqlite3, sys; one = sqlite3.connect(sys.argv[1], isolation_level=None)"
    program += "; one.execute('BEGIN EXCLUSIVE'); print('locked', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", program, live], stdin=-1, stdout=-1, text=True) as process:
        process.stdout.readline()
        with pytest.raises(FailedError, match=r"data/db\.sqlite3 cannot be copied: it stays locked"):
            backup.keep()
        process.kill()


def test_a_copy_comes_in_the_place_of_the_database(backup, tmp_path, capsys):
    live, other = backup.home / "data/db.sqlite3", backup.home / "data/new.sqlite3"
    connect(live, "INSERT INTO entry VALUES ('Ada')").close()
    live.chmod(0o640)
    backup.keep()
    shutil.copytree(backup.COPIES, tmp_path / "snapshot")
    connect(other, "INSERT INTO entry VALUES ('new')").close()
    die(live, "INSERT INTO entry VALUES ('Bob')")
    with backup.replaced():
        assert not backup.COPIES.exists()
        shutil.copytree(tmp_path / "snapshot", backup.COPIES)
    assert (names(live), live.stat().st_mode & 0o777, names(other)) == (["Ada"], 0o640, ["new"])
    (before,) = live.parent.glob("*.before-*")
    assert names(before) == ["Ada", "Bob"]
    assert f"is kept in {before}" in capsys.readouterr().out


def two(backup):
    """Return two databases (Path, Path) that were copied with Ada, and have got Bob since."""
    found = backup.home / "data/a.sqlite3", backup.home / "data/b.sqlite3"
    for path in found:
        connect(path, "INSERT INTO entry VALUES ('Ada')").close()
    backup.keep()
    for path in found:
        connect(path, "INSERT INTO entry VALUES ('Bob')").close()
    return found


def test_a_copy_that_an_old_backup_lacks_keeps_no_other_one_from_its_place(backup, capsys):
    first, second = two(backup)
    backup.copied(first).unlink()
    backup.put_back()
    assert (names(first), names(second)) == (["Ada", "Bob"], ["Ada"])
    assert f"The backup holds no copy of the SQLite {first}: " in capsys.readouterr().out


def test_nor_does_one_that_cannot_be_put_back(backup):
    first, second = two(backup)
    first.with_name(f"{first.name}.part").mkdir()
    with pytest.raises(FailedError, match=rf"^The SQLite {first} cannot be put back: .*\. Its copy lies in \S+\.$"):
        backup.put_back()
    assert (names(first), names(second)) == (["Ada", "Bob"], ["Ada"])


def test_nor_does_one_whose_user_cannot_be_made(backup, monkeypatch):
    first, second = two(backup)
    users = iter([FailedError("useradd: no"), (os.getuid(), os.getgid())])

    def find_user(_):
        if isinstance(user := next(users), Exception):
            raise user
        return user

    monkeypatch.setattr(backup.files, "find_user", find_user)
    with pytest.raises(FailedError, match=r"a\.sqlite3 cannot be put back: useradd: no\."):
        backup.put_back()
    assert (names(first), names(second)) == (["Ada", "Bob"], ["Ada"])


def test_a_copy_that_an_old_backup_holds_of_what_is_left_out_replaces_nothing(backup, capsys):
    first, second = two(backup)
    backup.CONFIGURATION["exclude"].append("a.*")
    backup.put_back()
    assert (names(first), names(second)) == (["Ada", "Bob"], ["Ada"])
    assert f"`backup_exclude` has the SQLite {first}: what is there stays. Its copy lies in " in capsys.readouterr().out


def test_a_database_that_was_named_itself_comes_with_its_folder(backup):
    """Of a file that is kept in another form restic makes no folder."""
    first, _ = two(backup)
    shutil.rmtree(backup.home)
    backup.put_back()
    assert (names(first), first.parent.stat().st_mode & 0o777) == (["Ada"], 0o700)


def test_root_makes_no_folder_where_somebody_else_may_lead_it(backup, tmp_path):
    victim = tmp_path / "victim"
    victim.mkdir()
    (backup.home / "link").symlink_to(victim)
    backup.provide(backup.home / "link/nginx.service.d", (os.getuid(), os.getgid()))
    assert list(victim.iterdir()) == []


def test_root_makes_the_folder_of_a_database_where_only_root_can(backup, monkeypatch):
    monkeypatch.setattr(backup, "is_roots", lambda _: True)
    folder = backup.home / "own/data"
    backup.provide(folder, (os.getuid(), os.getgid()))
    assert [one.stat().st_mode & 0o777 for one in (folder.parent, folder)] == [0o755, 0o700]


def test_a_backup_from_before_there_were_copies_puts_none_back(backup):
    live = backup.home / "data/db.sqlite3"
    connect(live, "INSERT INTO entry VALUES ('Ada')").close()
    backup.keep()
    connect(live, "INSERT INTO entry VALUES ('Bob')").close()
    with backup.replaced():
        pass
    assert names(live) == ["Ada", "Bob"]
    assert list(live.parent.glob("*.before-*")) == []


def test_a_journal_of_today_does_not_spoil_a_file_of_a_backup_without_copies(backup, tmp_path):
    live = backup.home / "data/db.sqlite3"
    connect(live, *["INSERT INTO entry VALUES ('Ada')"] * 2000).close()
    shutil.copy(live, tmp_path / "raw")
    die(live, "DELETE FROM entry WHERE rowid > 1")
    with backup.replaced():
        shutil.copy(tmp_path / "raw", live)
    assert len(names(live)) == 2000


@pytest.fixture
def holder(backup):
    """A process that has a database open."""
    live = backup.home / "data/db.sqlite3"
    connect(live).close()
    program = "import sys; file = open(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", program, live], stdin=-1, stdout=-1, text=True) as process:
        process.stdout.readline()
        yield process
        process.kill()


def test_a_service_that_has_it_open_is_stopped_meanwhile(backup, holder, monkeypatch):
    monkeypatch.setattr(backup, "service", lambda _: "shop-web@a.service")
    backup.stops = lambda words: holder.kill() or holder.wait() if "stop" in words else None
    with pytest.raises(ZeroDivisionError), backup.replaced():
        assert backup.lines == ["systemctl stop shop-web@a.service"]
        raise ZeroDivisionError
    # It starts again, whatever happened.
    assert backup.lines[1:] == ["systemctl start shop-web@a.service"]


def test_what_is_no_service_is_ended_by_whoever_began_it(backup, holder, monkeypatch):
    monkeypatch.setattr(backup, "service", lambda _: "")
    with (
        pytest.raises(FailedError, match=rf"db\.sqlite3 is open in the process {holder.pid}, which is no service"),
        backup.replaced(),
    ):
        pytest.fail("nothing is restored")
    assert backup.lines == []


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("0::/system.slice/system-shop\\x2dweb.slice/shop-web@a.service\n", "shop-web@a.service"),
        ("0::/system.slice/shop-worker-mail.service/inner\n", "shop-worker-mail.service"),
        ("0::/user.slice/user-0.slice/session-3.scope\n", ""),
        ("0::/user.slice/user-0.slice/user@0.service/app.slice/x.service\n", ""),
    ],
)
def test_the_service_of_a_process(backup, tmp_path, text, unit):
    (tmp_path / "cgroup").write_text(text)
    assert backup.service(tmp_path) == unit


def test_the_list_says_whose_they_are(backup):
    connect(backup.home / "data/db.sqlite3").close()
    backup.keep()
    (known,) = json.loads((backup.COPIES / backup.LIST).read_text()).values()
    assert known["user"] == ME
