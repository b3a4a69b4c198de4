"""Data that come from another host: all of them, migrated and without personal data, or those of before."""

import errno
import io
import os
import shutil
import tarfile
from pathlib import Path

import pytest
from groundcrew_release import commands, data, host, source, systemd
from groundcrew_release.application import Command
from groundcrew_release.steps import FailedError

TIMER, JOB = "shop-timer-mail.timer", "shop-timer-mail.service"
RUNNING = [TIMER, "shop-web@new.service", "shop-worker-beat.service", "shop-worker-celery.service"]
MORE = ["here.png", "more", "more/a.png", "more/b.png"]
SCRUB = (Command(manage="scrub"),)


@pytest.fixture
def served(fresh, monkeypatch):
    """Return a host on which `new` serves, with a database that holds "here" and one upload."""
    made = fresh("new")
    made.database, made.ran = {"default": "here"}, []
    made.shop().media_folder.mkdir()
    (made.shop().media_folder / "here.png").write_text("here")
    (made.root / "etc/systemd/system" / TIMER).write_text("X-Groundcrew=shop\n")
    made.units.state[TIMER] = "active"

    def dump(application, _release, aliases):
        paths = [application.dumps / f"{alias}.dump" for alias in aliases]
        for alias, path in zip(aliases, paths, strict=True):
            path.write_text(made.database[alias])
        return [str(path) for path in paths]

    def ask(_application, _release, script, _folder, *pairs, bound=True):
        assert script == "load.py"
        made.at(f"load bound={bound}")
        made.sessions = "--sessions" in pairs
        for alias, path in (pair.split("=") for pair in pairs if "=" in pair):
            made.ran.append(f"load {alias}")
            made.database[alias] = Path(path).read_text()

    def prepare(_application, _release, command, _words):
        made.at(command.manage)
        made.ran.append(command.manage)
        return []

    for name, function in (("dump", dump), ("ask", ask), ("prepare", prepare)):
        monkeypatch.setattr(commands, name, function)
    monkeypatch.setattr(source, "extract", lambda path, target, *_, **__: shutil.unpack_archive(path, target, "tar"))
    return made


@pytest.fixture
def archive(tmp_path):
    """Return the path of what another server has packed."""
    path = tmp_path / "shop.tar"
    with tarfile.open(path, "w") as file:
        for name, text in (("databases/default.dump", "there"), ("media/there.png", "there")):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            file.addfile(member, io.BytesIO(text.encode()))
    return path


def held(made):
    """Return what database and uploads hold, and what runs."""
    media = made.shop().media_folder
    uploads = sorted(str(path.relative_to(media)) for path in media.rglob("*"))
    return made.database["default"], uploads, sorted(made.units.state)


def test_an_image_that_cannot_load_is_refused_before_anything_is_touched(served):
    app = served.shop(anonymise=SCRUB)
    (app.release("new") / "image.json").write_text('{"digest": "", "directory": "/app", "bin": "/bin"}')
    with pytest.raises(FailedError, match="new is an image, which has no programs that load a database"):
        data.replace(app, app.home / "data.tar", True, False, served.steps)
    assert (served.database, served.ran) == ({"default": "here"}, [])
    assert not data.folder(app).exists()


def test_what_one_host_exports_another_takes(served, tmp_path):
    path = tmp_path / "out.tar"
    data.export(served.shop(), path, served.steps)
    assert path.stat().st_mode & 0o777 == 0o600
    assert not list(served.shop().dumps.iterdir())
    served.database["default"] = "later"
    (served.shop().media_folder / "later.png").write_text("later")
    result = data.replace(served.shop(anonymise=SCRUB), path, True, False, served.steps)
    assert held(served) == ("here", ["here.png"], RUNNING)
    assert Path(result["dump"]).read_text() == "later"


def test_the_application_s_user_packs_and_uploads_may_be_on_another_disk(served, tmp_path, monkeypatch):
    app, disk, run, owners = served.shop(), tmp_path / "disk", host.run, []
    app.media_folder.rename(disk)
    app.media_folder.symlink_to(disk)
    (disk / "out").symlink_to("/etc")
    monkeypatch.setattr(host, "user", lambda name: {"shop": (os.getuid(), 4711)}[name])
    monkeypatch.setattr(host, "run", lambda *words, **keys: owners.append(keys["owner"]) or run(*words, **keys))
    data.export(app, tmp_path / "out.tar", served.steps)
    assert owners == [(os.getuid(), 4711)]
    with tarfile.open(tmp_path / "out.tar") as file:
        assert {one.name: one.issym() for one in file} == {
            "databases/default.dump": False,
            "media": False,
            "media/here.png": False,
            "media/out": True,
        }


def test_what_a_volume_has_from_its_file_system_stays_there(served, archive, tmp_path):
    """Root's, with mode 0700: the application's user cannot read it."""
    app = served.shop(anonymise=SCRUB)
    kept = app.media_folder / "lost+found/1"
    kept.parent.mkdir()
    kept.touch()
    data.export(app, tmp_path / "out.tar", served.steps)
    with tarfile.open(tmp_path / "out.tar") as file:
        assert "media/here.png" in file.getnames()
        assert [name for name in file.getnames() if "lost+found" in name] == []
    data.replace(app, archive, True, False, served.steps)
    assert kept.exists()
    with pytest.raises(FailedError, match="it broke"):
        strike(served, archive, "scrub", broken)
    assert kept.exists()


@pytest.mark.usefixtures("places")
def test_what_was_copied_to_another_disk_is_there_before_the_original_goes(served, tmp_path, monkeypatch):
    """Each disk has a journal of its own: after a power cut the removals of one may be there, the renames not."""
    media, target, done = served.shop().media_folder, tmp_path / "target", []
    target.mkdir()
    monkeypatch.setattr(data.host, "sync", lambda path: done.append(sorted(one.name for one in path.iterdir())))
    remove = data.host.remove
    monkeypatch.setattr(
        data.host,
        "remove",
        lambda path: (path.name == data.PART and path.exists() and done.append("removed"), remove(path)),
    )
    data.move(media, target)
    assert done in ([], [["here.png", "more"], "removed", "removed"])


def test_uploads_that_cannot_be_packed_are_named(served, tmp_path):
    shutil.rmtree(served.shop().media_folder)
    with pytest.raises(FailedError, match="media cannot be packed: No such file or directory"):
        data.export(served.shop(), tmp_path / "out.tar", served.steps)


def test_root_moves_nothing_out_of_a_folder_that_an_archive_names(served, tmp_path):
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "passwords").touch()
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as file:
        member = tarfile.TarInfo("databases/default.dump")
        file.addfile(member, io.BytesIO())
        member = tarfile.TarInfo("media")
        member.type, member.linkname = tarfile.SYMTYPE, str(victim)
        file.addfile(member)
    with pytest.raises(FailedError, match=r"evil\.tar holds a link in place of the folder media"):
        data.replace(served.shop(anonymise=SCRUB), path, True, False, served.steps)
    assert (held(served), (victim / "passwords").exists()) == (("here", ["here.png"], RUNNING), True)
    assert not data.folder(served.shop()).exists()


def test_data_are_migrated_and_anonymised_while_nothing_runs(served, archive):
    running = []
    served.replace(commands, "prepare", lambda *_: running.append(list(served.units.state)) or [])
    data.replace(served.shop(anonymise=SCRUB), archive, True, False, served.steps)
    assert running == [[], []]
    assert held(served) == ("there", ["there.png"], RUNNING)
    assert not data.folder(served.shop()).exists()


def test_personal_data_stay_only_when_asked(served, archive):
    with pytest.raises(FailedError, match=r"`anonymise` names no command .* -e personal_data=keep"):
        data.replace(served.shop(), archive, True, False, served.steps)
    assert held(served) == ("here", ["here.png"], RUNNING)
    data.replace(served.shop(anonymise=SCRUB), archive, True, True, served.steps)
    assert served.ran == ["load default", "migrate --noinput"]


@pytest.mark.parametrize("keep", [True, False])
def test_sessions_stay_with_personal_data(served, archive, keep):
    data.replace(served.shop(anonymise=SCRUB), archive, True, keep, served.steps)
    assert served.sessions == keep


def test_json_of_another_kind_of_database_is_taken(served, archive, tmp_path):
    other = tmp_path / "other.tar"
    with tarfile.open(archive) as old, tarfile.open(other, "w") as new:
        for member in old:
            text = old.extractfile(member)
            member.name = member.name.replace(".dump", ".json")
            new.addfile(member, text)
    data.replace(served.shop(anonymise=SCRUB), other, True, True, served.steps)
    assert held(served) == ("there", ["there.png"], RUNNING)


def test_a_host_that_does_not_lead_takes_the_uploads_alone(served, archive):
    shared = served.shop(anonymise=SCRUB, database_url="postgresql://db.example.org/shop")
    data.replace(shared, archive, False, False, served.steps)
    assert held(served)[:2] == ("here", ["there.png"])
    assert served.ran == []


def test_an_archive_without_a_database_is_refused(served, tmp_path):
    path = tmp_path / "empty.tar"
    tarfile.open(path, "w").close()
    with pytest.raises(FailedError, match=r"holds no databases/default\.dump"):
        data.replace(served.shop(anonymise=SCRUB), path, True, False, served.steps)
    assert held(served) == ("here", ["here.png"], RUNNING)
    assert not data.folder(served.shop()).exists()


def broken():
    raise FailedError("it broke")


class Killed(BaseException):
    """The process ends here, as after SIGKILL."""


def killed():
    raise Killed


def test_a_job_that_a_timer_has_just_started_writes_nothing_meanwhile(served, archive):
    (served.root / "etc/systemd/system" / JOB).write_text("X-Groundcrew=shop\n")
    served.units.state[JOB] = "activating"
    # It has nothing that could be enabled.
    served.replace(systemd, "enabled", lambda *units: [unit for unit in units if unit != JOB])
    data.replace(served.shop(anonymise=SCRUB), archive, True, False, served.steps)
    calls = served.units.calls
    assert calls.index(f"stop {JOB}") < calls.index(f"start {TIMER}")
    assert f"start {JOB}" not in calls, "its timer does that"


@pytest.mark.parametrize("place", ["before stop", "after stop", "migrate --noinput", "scrub"])
@pytest.mark.parametrize("fault", [broken, killed])
def test_when_something_fails_the_data_of_before_are_there(served, archive, place, fault):
    at = served.at
    served.at = lambda name: (at(name), fault() if name == place else None)
    with pytest.raises((FailedError, Killed)):
        data.replace(served.shop(anonymise=SCRUB), archive, True, False, served.steps)
    served.at = at
    # systemd does this after a kill; after a failure there is nothing left to do.
    data.recover(served.shop(), served.steps)
    assert held(served) == ("here", ["here.png"], RUNNING)
    assert not data.folder(served.shop()).exists()


def strike(served, archive, place, fault):
    """Let an import be hit at a place, counted from now if it is a number; return what comes of it."""
    at, count = served.at, iter(range(1000))
    served.at = lambda name: (at(name), fault() if place in (name, next(count)) else None)
    try:
        return data.replace(served.shop(anonymise=SCRUB), archive, True, False, served.steps)
    finally:
        served.at = at


def test_an_import_after_one_that_died_brings_back_what_was_there_before_both(served, archive):
    """As after a power cut; the second one fails, too."""
    with pytest.raises(Killed):
        strike(served, archive, "migrate --noinput", killed)
    assert held(served)[:2] == ("there", ["there.png"])
    with pytest.raises(FailedError, match="it broke"):
        strike(served, archive, "scrub", broken)
    assert held(served) == ("here", ["here.png"], RUNNING)
    assert not data.folder(served.shop()).exists()


@pytest.fixture(params=["one disk", "two disks"])
def places(request, served, monkeypatch):
    """Let each move, removal and mark be a place where the power may go; the uploads may have a disk of their own."""
    media = served.shop().media_folder
    reset(served)
    real_remove = data.host.remove

    def remove(path):
        for file in path.rglob("*") if path.is_dir() else []:
            served.at(f"before removing {file.name}")
            if file.is_file():
                file.unlink()
        real_remove(path)

    def rename(path, target):
        if request.param == "two disks" and (media in path.parents) != (media in Path(target).parents):
            raise OSError(errno.EXDEV, "another disk")
        return Path.replace(path, target)

    def copy(words, **_):
        copied = shutil.copytree if words[-2].is_dir() else shutil.copy
        copied(words[-2], words[-1] / words[-2].name)

    monkeypatch.setattr(data.host, "run", copy)
    monkeypatch.setattr(data.host, "remove", remove)
    monkeypatch.setattr(Path, "rename", rename)
    own = [(data, "move"), (data, "accept"), (data.host, "remove"), (data.host, "run")]
    for owner, name in [*own, (Path, "rename"), (Path, "unlink"), (Path, "touch"), (Path, "rmdir")]:
        real = getattr(owner, name)

        def call(*arguments, real=real, name=name, **keys):
            served.at(f"before {name}")
            done = real(*arguments, **keys)
            served.at(f"after {name}")
            return done

        monkeypatch.setattr(owner, name, call)


@pytest.mark.usefixtures("places")
def test_wherever_the_power_goes_in_an_import_nothing_is_lost(served, archive):
    for place in range(1000):
        served.ran.clear()
        try:
            strike(served, archive, place, killed)
        except Killed:
            data.recover(served.shop(), served.steps)
            whole = [("here", MORE, RUNNING)]
            whole += [("there", ["there.png"], RUNNING)] if "scrub" in served.ran else []
            assert held(served) in whole, place
            assert not data.folder(served.shop()).exists()
            reset(served)
        else:
            assert place > 30
            return


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize("half", ["after touch", "scrub"])
def test_wherever_it_goes_again_while_the_data_are_put_back_nothing_is_lost(served, archive, half):
    for place in range(1000):
        with pytest.raises(Killed):
            strike(served, archive, half, killed)
        at, count = served.at, iter(range(1000))
        served.at = lambda _, count=count, place=place: killed() if next(count) == place else None
        try:
            data.recover(served.shop(), served.steps)
            last = True
        except Killed:
            last = False
        served.at = at
        data.recover(served.shop(), served.steps)
        assert held(served) == ("here", MORE, RUNNING), place
        assert not data.folder(served.shop()).exists()
        if last:
            assert place > 20
            return
        reset(served)


def reset(served):
    """Let the host be again as it was."""
    served.database["default"], media = "here", served.shop().media_folder
    shutil.rmtree(media)
    (media / "more").mkdir(parents=True)
    for name in MORE:
        if name != "more":
            (media / name).write_text("here")
    served.units.state |= dict.fromkeys(RUNNING, "active")


@pytest.mark.parametrize("place", ["before stop", "scrub"])
def test_what_visitors_write_until_the_site_stops_is_there_again(served, archive, place):
    at = served.at

    def write(name):
        at(name)
        if name == "before stop":
            served.database["default"] = "written"
        if name == place:
            broken()

    served.at = write
    with pytest.raises(FailedError, match="it broke"):
        data.replace(served.shop(anonymise=SCRUB), archive, True, False, served.steps)
    assert held(served)[0] == "written"


def test_data_that_are_back_are_not_put_back_again(served, archive):
    """A unit that does not start is no reason: visitors may have written since."""
    served.units.refuses.add("start shop-worker-beat.service")
    with pytest.raises(FailedError, match="it broke"):
        strike(served, archive, "scrub", broken)
    assert held(served)[0] == "here"
    assert "shop-worker-beat.service does not run" in "\n".join(served.steps.notes)
    served.database["default"] = "later"
    data.recover(served.shop(), served.steps)
    assert served.database["default"] == "later"


def test_what_puts_data_back_is_not_bound_to_a_verb_that_ends(served, archive):
    with pytest.raises(FailedError):
        strike(served, archive, "scrub", broken)
    assert [place for place in served.passed if place.startswith("load")] == ["load bound=True", "load bound=False"]


def test_data_that_cannot_be_put_back_yet_stay_and_are_told_of(served, archive):
    at = served.at
    served.at = lambda name: (at(name), broken() if name in ("scrub", "load bound=False") else None)
    with pytest.raises(FailedError, match="it broke"):
        data.replace(served.shop(anonymise=SCRUB), archive, True, False, served.steps)
    with pytest.raises(FailedError, match="The data of before the import are not back yet, every verb tries again: it"):
        data.recover(served.shop(), served.steps)
    assert "not back yet" in served.steps.notes[-1]
    assert not [unit for unit in held(served)[2] if unit in RUNNING]
    served.at = at
    data.recover(served.shop(), served.steps)
    assert held(served) == ("here", ["here.png"], RUNNING)
