"""Take the data of an application out of a host, and put data from elsewhere in their place.

An archive is a tar file with `databases/ALIAS.dump` for each database of Django, and with the folder `media`: any
server can write one. See inside/dump.py and inside/load.py for what a dump is. Of another kind of database than here it
is `databases/ALIAS.json`, which `manage.py dumpdata` writes.
"""

import errno
import json
import os
import sys
from pathlib import Path
from typing import Any

from . import activate, commands, host, image, migrations, probe, records, run, source, systemd, workers
from .application import Application
from .steps import FailedError, Steps

MAIN = "default"
PART = ".groundcrew-part"
"""What is being copied or removed, in a folder whose entries are moved."""
LEFT = "lost+found"
"""What a folder that is a volume of its own has from its file system, and keeps."""


def folder(application: Application) -> Path:
    """Return where an import keeps what it brings, and what was there before until all is good."""
    return application.home / "importing"


def begun(application: Application) -> Path:
    """Return the file that says what there is to put back; while it is there, systemd starts none of the units.

    So a host that loses power serves no data of half an import, and none with the names of others.
    """
    return folder(application) / "begun.json"


def good(application: Application) -> Path:
    """Return the file that says which units to start, once the data are whole: those of before, or the new ones."""
    return folder(application) / "good.json"


def export(application: Application, path: Path, steps: Steps) -> dict[str, Any]:
    """Write an archive of databases and uploads for whoever owns its folder; return {changed, path, msg}.

    :raises FailedError: nothing serves, or a database cannot be dumped.
    """
    release, owner = run.find(application, ""), path.parent.stat()
    aliases = commands.migrated(activate.need(application, release)["django"])
    with steps.step("dump"):
        dumps = [Path(one) for one in commands.dump(application, release, aliases)]
    try:
        with steps.step("pack"):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "wb") as file:
                os.fchown(handle, owner.st_uid, owner.st_gid)
                pairs = [f"{alias}={dump}" for alias, dump in zip(aliases, dumps, strict=True)]
                words = [sys.executable, "-I", str(Path(__file__).with_name("pack.py")), str(application.media_folder)]
                user = host.user(application.name)
                host.run([*words, *pairs], cwd=Path("/"), env={}, owner=user, stdout=file, command="pack the data")
    finally:
        for dump in dumps:
            dump.unlink(missing_ok=True)
    text = f"{application.name}: databases and uploads are in {path}, {path.stat().st_size >> 20} MB."
    return {"changed": True, "path": str(path), "msg": text}


def replace(application: Application, path: Path, leads: bool, keep: bool, steps: Steps) -> dict[str, Any]:
    """Replace databases and uploads by those of an archive, migrate them and take personal data out of them.

    Args:
        application: the application, whose processes stand still meanwhile.
        path: the archive.
        leads: whether this host replaces the databases that it shares with others.
        keep: leave out the commands of `anonymise`, and keep the sessions.
        steps: the steps that were taken.

    Returns {changed, dump, msg, text}. When something fails, the data of before are put back.

    :raises FailedError: nothing serves, the archive holds nothing that fits, or a command fails.
    """
    recover(application, steps)
    release = run.find(application, "")
    if image.read(application.release(release)):
        raise FailedError(
            f"{release} is an image, which has no programs that load a database: import while a release of the "
            "project itself serves."
        )
    if not (keep or application.anonymise):
        raise FailedError(
            "The key `anonymise` names no command that takes personal data out: give it one, or keep them with "
            "--keep-personal-data (playbook: -e personal_data=keep)."
        )
    with steps.step("unpack"):
        unpack(application, path)
    record, place = activate.need(application, release), folder(application) / "archive"
    own = commands.local(application, record["django"])
    given = [alias for alias in commands.migrated(record["django"]) if leads or own[alias]]
    found = {alias: kept for alias in (*given, MAIN) if (kept := held(place, alias))}
    given = [alias for alias in given if alias in found]
    if leads and MAIN not in found:
        host.remove(folder(application))
        raise FailedError(
            f"{path} holds no databases/{MAIN}.dump: it takes a tar file with that, and with the folder media."
        )
    units = [application.unit(release), *workers.find(application), *workers.units(application, "timer")]
    shown = systemd.show_all(units, "Id", "ActiveState")
    units = [unit["Id"] for unit in shown if unit["ActiveState"] in ("active", "reloading", "activating")]
    dumps = dict[str, str]()
    begin(application, dumps, units)
    try:
        with steps.step("stop"):
            # With the jobs that a timer has just started.
            systemd.stop(*units, *workers.units(application))
        # Now nobody writes any more.
        with steps.step("dump"):
            dumps |= dict(zip(given, commands.dump(application, release, given), strict=True)) if given else {}
        begin(application, dumps, units)
        with steps.step("load"):
            load(application, release, {alias: found[alias] for alias in given}, keep)
            exchange(application)
        prepare(application, record, leads, keep, steps)
        accept(application)
        start(application, record, units, steps)
    except Exception:
        steps.closing = True
        try:
            recover(application, steps)
        except FailedError as error:
            steps.notes.append(str(error))
        raise
    host.remove(folder(application))
    text = [f"{application.name} has the data of {path.name}: {', '.join([*given, 'uploads'])}."]
    text += [f"As the databases were before: {', '.join(dumps.values())}."] if dumps else []
    return {"changed": True, "dump": ", ".join(dumps.values()), "msg": text[0], "text": text}


def begin(application: Application, dumps: dict[str, str], units: list[str]) -> None:
    """Write down what there is to put back, and to start."""
    host.flush(application.dumps)
    host.write(begun(application), json.dumps({"dumps": dumps, "units": units}), host.SUPERUSER, 0o600)


def unpack(application: Application, path: Path) -> None:
    """Unpack an archive as the application's user, which can write nowhere else in that folder: a new one.

    Root has the top of it then, so that what root moves stays what it is.
    """
    place, (uid, gid) = folder(application), host.user(application.name)
    if not path.is_file():
        raise FailedError(f"There is no file {path}.")
    place.mkdir(mode=0o710)
    os.chown(place, host.SUPERUSER, gid)
    for name in ("archive", "before"):
        (place / name).mkdir(mode=0o700)
        os.chown(place / name, uid, gid)
    source.extract(path, place / "archive", (uid, gid), title=f"unpack {path.name}")
    os.chown(place / "archive", host.SUPERUSER, gid)
    (place / "archive").chmod(0o710)
    if (place / "archive/media").is_symlink():
        host.remove(place)
        raise FailedError(f"{path} holds a link in place of the folder media.")


def held(place: Path, alias: str) -> Path | None:
    """Return the file of an archive that has a database, None when there is none."""
    paths = [place / f"databases/{alias}.{kind}" for kind in ("dump", "json")]
    return next((path for path in paths if path.is_file()), None)


def load(
    application: Application, release: str, dumps: dict[str, Path], sessions: bool = False, bound: bool = True
) -> None:
    """Replace databases by dumps that the application's user can read, with the `sessions` in them or without.

    :param bound: whether it ends with the verb.
    """
    if dumps:
        pairs = [f"{alias}={path}" for alias, path in dumps.items()]
        pairs += ["--sessions"] if sessions else []
        commands.ask(application, release, "load.py", str(application.dumps), *pairs, bound=bound)


def exchange(application: Application) -> None:
    """Put the uploads of the archive in the place of those that are there; the folder may be a mount, and stays."""
    place, media = folder(application), application.media_folder
    move(media, place / "before")
    (place / "emptied").touch()
    move(place / "archive/media", media)


def move(source: Path, target: Path) -> None:
    """Move all that is in a folder into another, which may be on another disk.

    Whatever ends it, it can be done once more, or the other way round: what is in both folders then is whole in both.
    """
    part, rest = target / PART, list[Path]()
    for leftover in (part, source / PART):
        host.remove(leftover)
    for path in entries(source) if source.is_dir() else []:
        if not os.path.lexists(target / path.name):
            try:
                path.rename(target / path.name)
                continue
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
            part.mkdir(exist_ok=True)
            host.run(["cp", "--archive", "--", path, part], cwd=target, env={})
        rest.append(path)
    if part.exists():
        host.flush(target)
        for path in list(part.iterdir()):
            path.rename(target / path.name)
        part.rmdir()
        # Before the only other copy goes.
        host.sync(target)
    for path in rest:
        path.rename(source / PART)
        host.remove(source / PART)


def entries(folder: Path) -> list[Path]:
    """Return what is in a folder, without what its file system has there."""
    return [path for path in folder.iterdir() if path.name != LEFT]


def prepare(application: Application, record: records.Record, leads: bool, keep: bool, steps: Steps) -> None:
    """Migrate what came from elsewhere as a deploy does, and take personal data out of it."""
    release = record["id"]
    migrations.migrate(application, release, migrations.migrating(application, record["django"], leads), steps)
    for command in () if keep or not leads else application.anonymise:
        with steps.step(commands.title(command)):
            steps.notes += commands.prepare(application, release, command, [commands.line(application, command)])


def start(application: Application, record: records.Record, units: list[str], steps: Steps) -> None:
    """Start what was stopped, and wait until the site answers."""
    release = record["id"]
    with steps.step("start"):
        for unit in units:
            systemd.start(unit, wait=unit != application.unit(release))
    if application.unit(release) in units:
        with steps.step("probe"):
            domain = record.get("domain", application.domains[0])
            probe.wait_until_good(application, release, domain, application.probe, 0.0)


def accept(application: Application) -> None:
    """Let what databases and uploads hold now be good, whatever happens from here on."""
    host.flush(application.media_folder)
    begun(application).rename(good(application))
    host.sync(folder(application))


def recover(application: Application, steps: Steps) -> bool:
    """Put back the data of before an import that failed or was killed, and start what it stopped.

    Returns whether there was one.

    :raises FailedError: they cannot be put back yet; all that this takes is still there.
    """
    if not folder(application).exists():
        return False
    with steps.whole():
        if begun(application).exists():
            put_back(application, steps)
            accept(application)
            steps.notes.append("Databases and uploads are again as they were.")
        units = json.loads(good(application).read_text())["units"] if good(application).exists() else []
        for unit in units:
            try:
                systemd.start(unit, wait=False)
            except FailedError as error:
                steps.notes.append(f"{unit} does not run: {error}")
        host.remove(folder(application))
    return True


def put_back(application: Application, steps: Steps) -> None:
    """Put back databases and uploads; as often as it takes."""
    place, release = folder(application), records.serving(application)
    dumps = {alias: Path(dump) for alias, dump in json.loads(begun(application).read_text())["dumps"].items()}
    try:
        with steps.step("put the data back"):
            # What was being done with them may be ending still.
            commands.stop(application)
            load(application, release, dumps, sessions=True, bound=False)
            if (place / "emptied").exists():
                for path in entries(application.media_folder):
                    host.remove(path)
                # From here on what is there has come back.
                (place / "emptied").unlink()
            move(place / "before", application.media_folder)
    except Exception as error:
        log, command = (error.log, error.command) if isinstance(error, FailedError) else ("", "")
        said = f"The data of before the import are not back yet, every verb tries again: {error}"
        raise FailedError(said, log, command) from error
