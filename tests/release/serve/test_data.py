"""Data that come from another host: all of them, migrated and without personal data, or those of before."""

import io
import shutil
import tarfile
from pathlib import Path

import pytest
from groundcrew_release import commands, data, source
from groundcrew_release.application import Command
from groundcrew_release.steps import FailedError

TIMER = "shop-timer-mail.timer"
RUNNING = [TIMER, "shop-web@new.service", "shop-worker-beat.service", "shop-worker-celery.service"]
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

    def ask(_application, _release, script, _folder, *pairs):
        assert script == "load.py"
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
    uploads = sorted(path.name for path in made.shop().media_folder.iterdir())
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
