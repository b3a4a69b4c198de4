"""The program of the role `backup`: what it keeps, what it puts back, and what it remembers after a power cut."""

import contextlib
import datetime
import importlib
import importlib.util
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

PROGRAM = Path(__file__).resolve().parents[1] / "roles/backup/files/groundcrew-backup"
PARTS = ("common", "drill", "files", "imports", "mariadb", "postgresql", "sqlite", "status")
CONFIGURATION = {
    "cluster": {},
    "mariadb": True,
    "name": "web1",
    "data": [],
    "named": [],
    "identity": [],
    "exclude": [],
    "weeks": 4,
    "ca": "",
    "sftp": "",
    "restic": {"RESTIC_REPOSITORY": "/mnt/nas/files/web1"},
}


@pytest.fixture
def backup(tmp_path, monkeypatch):
    """Return a function that returns a part (module) of the program, which keeps its state in the folder."""
    monkeypatch.syspath_prepend(PROGRAM)
    for name in PARTS:
        monkeypatch.delitem(sys.modules, name, raising=False)
    with monkeypatch.context() as context:
        context.setattr(Path, "read_text", lambda _: json.dumps(CONFIGURATION))
        common = importlib.import_module("common")
        common.STATE = tmp_path
        parts = {name: importlib.import_module(name) for name in PARTS}
    specification = importlib.util.spec_from_file_location("groundcrew_backup_main", PROGRAM / "__main__.py")
    parts["main"] = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(parts["main"])
    yield parts.get
    for name in PARTS:
        del sys.modules[name]


@pytest.fixture
def restic(backup, monkeypatch):
    """Return what restic was asked (`words`, list of list of str); `answers` says what it answers a verb, or does."""
    asked = SimpleNamespace(words=[], answers={}, verbs=lambda: [words[0] for words in asked.words])

    def run(program, *words, **_):
        assert program == "restic"
        asked.words.append([str(word) for word in words])
        answer = asked.answers.get(words[0], "")
        return answer() if callable(answer) else answer

    monkeypatch.setattr(backup("files"), "run", run)
    return asked


def raises(error):
    """Return a function that raises."""

    def work(*_):
        raise error

    return work


@pytest.fixture
def data(backup, tmp_path, monkeypatch):
    """Return the folder (Path) of an application, which is to be kept, with uploads."""
    folder = tmp_path / "srv/shop"
    (folder / "media/2026").mkdir(parents=True)
    (folder / "media/2026/photo").write_text("holiday")
    monkeypatch.setattr(backup("files"), "DATA", [str(folder)])
    return folder


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


def test_so_does_a_dump(backup, monkeypatch, flushed):
    """What was there before a restore is lost with the only one."""
    mariadb = backup("mariadb")
    monkeypatch.setattr(mariadb, "sql", lambda *_: [["shop"], ["mysql"]])
    monkeypatch.setattr(mariadb, "run", lambda *words: Path(words[1].partition("=")[2]).write_text("dump"))
    mariadb.backup()
    before = mariadb.set_aside()
    assert flushed == ["mariadb-users.sql", "mariadb.sql", before.with_suffix(".users.sql").name, before.name]


def test_half_a_record_of_a_release_is_told_in_a_sentence(backup, tmp_path, monkeypatch):
    drill = backup("drill")
    (tmp_path / "srv/shop/current").mkdir(parents=True)
    (tmp_path / "srv/shop/current/release.json").write_text("")
    monkeypatch.setattr(drill, "Path", lambda text: Path(f"{tmp_path}{text}"))
    with pytest.raises(drill.FailedError, match=r"release\.json cannot be read: .* Deploy shop once more\.$"):
        drill.find_aliases("shop")


def dumps(monkeypatch, mariadb, said="", writes=True):
    """Let `mariadb-dump` write, and fail with what it says; return what was run (list of tuple)."""
    ran = []

    def run(*words):
        ran.append(words)
        if words[0] == "mariadb-dump" and writes:
            Path(words[1].partition("=")[2]).write_text("dump")
        if words[0] == "mariadb-dump" and said:
            raise mariadb.FailedError(said)

    monkeypatch.setattr(mariadb, "run", run)
    monkeypatch.setattr(mariadb, "sql", lambda *_: [["shop"], ["mysql"]])
    return ran


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([], False),
        ([""], False),
        (["/srv/shop/data/a/lite.db"], True),
        (["/srv/shop/data"], True),
        (["/srv/shop/data/"], True),
        (["/data"], False),
        (["data"], True),
        (["data/a"], True),
        (["shop/a"], False),
        (["dat"], False),
        (["DATA"], False),
        (["*.db"], True),
        (["*"], True),
        (["/srv/*/lite.db"], False),
        (["/srv/**/lite.db"], True),
        (["/srv/shop/**/data"], True),
        (["/srv/shop/**"], True),
        (["shop/**/a"], True),
        (["[^a]ite.db"], True),
        (["[^l]ite.db"], False),
        (["*.db", "!lite.db"], False),
        (["!lite.db", "*.db"], True),
        ([r"lite\.db"], True),
        ([r"l\[i\]te.db"], False),
    ],
)
def test_what_is_left_out_is_what_restic_leaves_out(backup, monkeypatch, patterns, expected):
    """Each was compared with restic 0.14."""
    monkeypatch.setitem(backup("files").CONFIGURATION, "exclude", patterns)
    assert backup("files").is_left_out(Path("/srv/shop/data/a/lite.db")) == expected


def test_no_pattern_leaves_out_what_is_made_for_the_backup(backup, monkeypatch, restic):
    """`*.sql` is of the folders, and not of the dumps."""
    files = backup("files")
    monkeypatch.setitem(files.CONFIGURATION, "exclude", ["*.sql", "files"])
    files.backup([], ["/srv/shop/lite"])
    (words,) = [words for words in restic.words if words[0] == "backup"]
    exclude = [word.removeprefix("--exclude=") for word in words if word.startswith("--exclude=")]
    # The last one that matches decides.
    assert exclude == ["*.sql", "files", "/srv/shop/lite", f"!{files.STATE}"]


@pytest.fixture
def begun(backup, tmp_path, monkeypatch):
    """Return the file (Path) that an import into `shop` has until it has ended."""
    path = tmp_path / "srv/shop/importing/begun.json"
    (path.parent / "before").mkdir(parents=True)
    (path.parent / "before/photo").write_text("picture")
    path.write_text("{}")
    monkeypatch.setattr(backup("imports"), "HOMES", tmp_path / "srv")
    monkeypatch.setattr(backup("mariadb"), "SERVER", False)
    return path


def test_a_backup_waits_for_the_end_of_an_import(backup, restic, begun, monkeypatch):
    slept = []
    monkeypatch.setattr(backup("imports").time, "sleep", lambda _: (slept.append(restic.verbs()), begun.unlink()))
    backup("main").back_up()
    assert slept == [[]]
    assert "backup" in restic.verbs()


def test_half_an_import_is_kept_by_no_backup(backup, restic, begun, monkeypatch):
    assert begun.exists()
    monkeypatch.setattr(backup("imports"), "PATIENCE", -1)
    with pytest.raises(backup("common").FailedError, match=r"import into shop has not ended .* shop-release recover"):
        backup("main").back_up()
    assert restic.verbs() == []


@pytest.fixture
def unfinished(backup, begun, restic, tmp_path, monkeypatch):
    """Return what a restore over half an import does with units."""
    (tmp_path / "owners.json").write_text("{}")
    restic.answers["snapshots"] = json.dumps([{"time": "2026-11-23T01:00:00Z", "id": "one"}])
    done = []
    monkeypatch.setattr(backup("imports"), "run", lambda *words: done.append((begun.exists(), *words)))
    monkeypatch.setattr(backup("sqlite"), "replaced", contextlib.nullcontext)
    return done


def test_a_restore_is_not_undone_by_an_import_from_before_it(backup, begun, unfinished, capsys):
    backup("main").restore()
    assert unfinished == [(True, "systemctl", "stop", "shop-recover.service", "shop-release.service")]
    (kept,) = begun.parents[1].glob("importing*/before/photo")
    assert kept.read_text() == "picture"
    assert not begun.parent.exists()
    assert f"kept in {kept.parent}." in capsys.readouterr().out


def test_an_import_is_put_back_still_when_the_databases_cannot_be_restored(backup, begun, unfinished, monkeypatch):
    def fail(_):
        raise backup("common").FailedError("the disk is full")

    monkeypatch.setattr(backup("postgresql"), "CLUSTER", {"version": "17"})
    monkeypatch.setattr(backup("postgresql"), "restore", fail)
    with pytest.raises(backup("common").FailedError, match="the disk is full"):
        backup("main").restore()
    assert (len(unfinished), begun.exists()) == (1, True)


def test_an_empty_mariadb_is_no_backup(backup, monkeypatch):
    mariadb = backup("mariadb")
    dumps(monkeypatch, mariadb)
    monkeypatch.setattr(mariadb, "sql", lambda *_: [["mysql"], ["sys"]])
    with pytest.raises(mariadb.FailedError, match="no database"):
        mariadb.backup()


def test_an_empty_mariadb_takes_a_restore(backup, monkeypatch, tmp_path, restic):
    """A bare host that takes the place of a dead one has the server, and no database yet."""
    mariadb = backup("mariadb")
    ran = dumps(monkeypatch, mariadb)
    monkeypatch.setattr(mariadb, "sql", lambda *_: [["mysql"], ["sys"]])
    (tmp_path / "owners.json").write_text("{}")
    restic.answers["snapshots"] = '[{"id": "a", "time": "2026-11-23T00:00:00Z"}]'
    restic.answers["restore"] = lambda: [path.write_text("kept") for path in mariadb.DUMPS]
    backup("main").restore()
    assert [words[-1] for words in ran] == [f"--execute=source {path}" for path in mariadb.DUMPS]


def test_a_backup_without_a_dump_puts_no_other_dump_into_mariadb(backup, monkeypatch, tmp_path, restic, capsys):
    mariadb = backup("mariadb")
    ran = dumps(monkeypatch, mariadb)
    for path in mariadb.DUMPS:
        path.write_text("of last night")
    (tmp_path / "owners.json").write_text("{}")
    restic.answers["snapshots"] = '[{"id": "a", "time": "2026-11-23T00:00:00Z"}]'
    backup("main").restore()
    assert {words[0] for words in ran} == {"mariadb-dump"}
    assert "holds no dump of MariaDB" in capsys.readouterr().out


def test_what_mariadb_cannot_read_any_more_stops_no_restore(backup, monkeypatch, capsys):
    mariadb = backup("mariadb")
    ran = dumps(
        monkeypatch, mariadb, "Couldn't execute 'show create table `t`': Table 'shop.t' doesn't exist in engine"
    )
    before = mariadb.set_aside()
    assert before.read_text() == "dump"
    assert all("--force" in words for words in ran)
    assert "Not all that MariaDB holds can be kept from before this restore: " in capsys.readouterr().out


def test_a_full_disk_does_before_anything_is_touched(backup, monkeypatch, tmp_path, restic):
    mariadb = backup("mariadb")
    ran = dumps(monkeypatch, mariadb, "mariadb-dump: Got errno 28 on write")
    restic.answers["snapshots"] = '[{"id": "a", "time": "2026-11-23T00:00:00Z"}]'
    with pytest.raises(mariadb.FailedError, match="errno 28"):
        backup("main").restore()
    assert (len(ran), restic.verbs(), [*tmp_path.glob("mariadb*")]) == (1, ["snapshots"], [])


def test_what_cannot_be_kept_keeps_nothing_else_from_being_kept(backup, monkeypatch, restic):
    main, said = backup("main"), backup("common").FailedError
    monkeypatch.setattr(main.postgresql, "CLUSTER", {"version": "17"})
    monkeypatch.setattr(main.postgresql, "backup", raises(said("no archive")))
    monkeypatch.setattr(main.mariadb, "backup", raises(said("one table")))
    with pytest.raises(said, match=r"^no archive one table$"):
        main.back_up()
    assert "backup" in restic.verbs()


@pytest.mark.parametrize("link", ["media", "media/2025"])
def test_uploads_behind_a_link_are_no_good_backup(backup, restic, data, tmp_path, link):
    disk = tmp_path / "disk"
    disk.mkdir()
    (data / "media").rename(data / "before") if link == "media" else None
    (data / link).symlink_to(disk)
    files = backup("files")
    with pytest.raises(files.FailedError, match=f"{link} is a link, .* not kept: name {disk} in `backup_paths`"):
        files.backup([])
    assert restic.verbs() == ["unlock", "backup", "forget"]


@pytest.mark.usefixtures("restic")
def test_a_link_is_fine_when_it_leads_to_what_is_kept_or_is_left_out(backup, data, tmp_path, monkeypatch):
    files = backup("files")
    disk, left_out = tmp_path / "disk", [str(data / "releases")]
    disk.mkdir()
    (data / "releases/a").mkdir(parents=True)
    (data / "releases/a/lib").symlink_to("/usr/lib")
    (data / "current").symlink_to("releases/a")
    (data / "file").symlink_to("/etc/hostname")
    (data / "loop").symlink_to("loop")
    (data / "media/2025").symlink_to(disk)
    monkeypatch.setattr(files, "DATA", [str(data), str(disk)])
    monkeypatch.setitem(files.CONFIGURATION, "exclude", left_out)
    files.backup([])
    monkeypatch.setattr(files, "DATA", [str(data)])
    monkeypatch.setitem(files.CONFIGURATION, "exclude", [*left_out, str(data / "media/2025")])
    files.backup([])


def test_a_link_that_is_itself_to_be_kept_is_told(backup, restic, tmp_path, monkeypatch):
    """Also when it leads nowhere, since a disk is not mounted."""
    files = backup("files")
    (tmp_path / "uploads").symlink_to(tmp_path / "disk")
    monkeypatch.setattr(files, "DATA", [str(tmp_path / "uploads")])
    with pytest.raises(files.FailedError, match=f"name {tmp_path}/disk in"):
        files.backup([])
    assert restic.words[1][-1] == str(tmp_path / "uploads")


def test_a_path_that_is_not_there_is_told(backup, restic, data, monkeypatch):
    files = backup("files")
    monkeypatch.setattr(files, "DATA", [str(data), "/srv/absent", "/mnt/mistyped"])
    monkeypatch.setitem(files.CONFIGURATION, "named", ["/mnt/mistyped"])
    with pytest.raises(files.FailedError, match=r"^/mnt/mistyped of `backup_paths` is not there"):
        files.backup([])
    assert restic.words[1][-1] == str(data)


def test_a_restore_of_links_meets_none(backup, restic, data, tmp_path):
    """The restic of Debian 12 fails at a link that is there. One that the backup does not know stays."""
    files = backup("files")
    (tmp_path / "owners.json").write_text("{}")
    links = [data / "media/old", data / "media/later", data / "media/2026/photo.link"]
    for link in links:
        link.symlink_to("2026")

    def restore():
        assert [link for link in links if link.is_symlink()] == []
        links[0].symlink_to("of the backup")

    restic.answers |= {"snapshots": '[{"id": "a", "time": "2026-11-23T00:00:00Z"}]', "restore": restore}
    files.restore(None, [])
    assert [str(link.readlink()) for link in links] == ["of the backup", "2026", "2026"]
    restic.answers["restore"] = raises(files.FailedError("full"))
    with pytest.raises(files.FailedError):
        files.restore(None, [])
    assert str(links[0].readlink()) == "of the backup"


def test_a_restore_that_ends_half_way_says_so(backup, restic, monkeypatch, tmp_path):
    main = backup("main")
    monkeypatch.setattr(main.postgresql, "CLUSTER", {"version": "17"})
    monkeypatch.setattr(main.postgresql, "restore", lambda _: tmp_path)
    monkeypatch.setattr(main.mariadb, "SERVER", False)
    restic.answers["snapshots"] = '[{"id": "a", "time": "2026-11-23T00:00:00Z"}]'
    restic.answers["restore"] = raises(OSError("No space left on device"))
    with pytest.raises(main.FailedError, match=r"^No space left on device What was restored .* restore once more\.$"):
        main.restore()


def test_a_restore_goes_on_without_what_was_added_since(backup, restic, data, tmp_path, monkeypatch):
    files = backup("files")
    (tmp_path / "owners.json").write_text("{}")
    monkeypatch.setattr(files, "DATA", ["/srv/absent", str(data)])
    restic.answers["snapshots"] = '[{"id": "a", "time": "2026-11-23T00:00:00Z"}]'
    files.restore(None, [])
    assert restic.verbs() == ["snapshots", "restore"]


def test_a_backup_by_hand_after_an_accident_leaves_that_of_the_night(backup, restic):
    backup("files").backup([])
    assert "--keep-within=7d" in restic.words[-1]


@pytest.mark.parametrize(
    ("until", "found"), [(None, "c"), (datetime.datetime(2026, 10, 25, 0, 45, tzinfo=datetime.UTC), "b")]
)
def test_the_newest_snapshot_is_that_of_the_latest_time_not_of_the_last_text(backup, restic, until, found):
    """In the night when the clocks go back, 02:30 comes twice."""
    times = {"a": "01:00:00.123456789+02:00", "b": "02:40:00.123456789+02:00", "c": "02:10:00.123456789+01:00"}
    restic.answers["snapshots"] = json.dumps(
        [{"id": name, "time": f"2026-10-25T{time}"} for name, time in times.items()]
    )
    assert backup("files").find(until)["id"] == found


def test_no_repository_is_begun_in_place_of_one_that_held_backups(backup, restic, monkeypatch, tmp_path):
    files, main = backup("files"), backup("main")
    monkeypatch.setattr(main.postgresql, "CLUSTER", {"version": "17"})
    begun = []
    monkeypatch.setattr(main.postgresql, "create", lambda: begun.append("postgresql"))
    restic.answers["cat"] = raises(files.FailedError("Is there a repository at the following location?"))
    backup("common").record("backup", result="good", seconds=1, kept="15 in /mnt/nas/files/web1")
    backup("common").record("backup", result="failed", reason="no repository")
    with pytest.raises(files.FailedError, match=r"^/mnt/nas/files/web1 held backups, .* is it mounted"):
        main.initialize()
    assert (restic.verbs(), begun) == (["cat"], [])
    # What the message names, and another repository.
    (tmp_path / "backup.json").unlink()
    main.initialize()
    backup("common").record("backup", result="good", seconds=1, kept="17 in /mnt/other/files/web1")
    main.initialize()
    assert (restic.verbs(), begun) == (["cat", "cat", "init", "cat", "init"], ["postgresql"] * 2)


def test_owners_and_groups_are_found_by_their_names(backup, restic, tmp_path, monkeypatch):
    """Both have other numbers on another host; root's folder of an application lets the group in."""
    files, changed = backup("files"), {}
    data = tmp_path / "srv/shop"
    (data / "media").mkdir(parents=True)
    monkeypatch.setattr(files, "DATA", [str(data)])
    monkeypatch.setattr(files, "find_user", {"shop": (1999, 1997)}.get)
    (tmp_path / "owners.json").write_text('{"root": [0, 0], "shop": [999, 997], "nobody": [65534, 65534]}')
    restic.answers["snapshots"] = '[{"id": "a", "time": "2026-11-23T00:00:00Z"}]'
    status = {data: (0, 997), data / "media": (999, 997), data / "other": (0, 0), data / "none": (65000, 65534)}
    for path in status:
        path.mkdir(exist_ok=True)
    real = Path.lstat

    def lstat(path):
        mode = real(path).st_mode
        user, group = status.get(path, (0, 0))
        return SimpleNamespace(st_mode=mode, st_uid=user, st_gid=group)

    monkeypatch.setattr(Path, "lstat", lstat)
    monkeypatch.setattr(files.os, "chown", lambda path, user, group, **_: changed.update({path: (user, group)}))
    files.restore(None, [])
    assert changed == {data: (-1, 1997), data / "media": (1999, 1997)}
