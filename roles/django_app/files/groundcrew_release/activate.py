"""Let a release take the traffic, or leave it with the one before.

Before the switch nothing that serves is touched. From the start of an activation until its end `/srv/NAME/activation/`
says what was begun, and keeps the files that it replaced: so `recover` brings a host to one whole release after
whatever ended the process.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import drain, files, host, image, loads, migrations, probe, records, sandbox, server, systemd, traffic, workers
from .application import Application, Probe
from .steps import FailedError, Steps, StoppedError

Result = dict[str, Any]


@dataclass(frozen=True)
class Attempt:
    """An activation that has begun: `id` shall take the traffic of `before` ("" when nothing served).

    `began` is in seconds of the epoch. `files` are the absolute paths that it writes, each with whether something was
    there.
    """

    id: str
    before: str
    by: str
    began: float
    files: dict[str, bool] = field(default_factory=dict)


def activate(application: Application, release: str, by: str, steps: Steps, leads: bool = False) -> Result:
    """Let a built release serve; return {changed, id, before, steps, notes}.

    :param leads: whether this host migrates for a release that served before, as a build does.
    :raises FailedError: it does not serve, and what served before does.
    """
    need(application, release)
    changed = recover(application, steps)
    before = records.serving(application)
    switched = not serves(application, release)
    if switched:
        if release in records.results(application):
            done = migrations.Progress()
            with migrations.explained(steps, done):
                migrations.catch_up(application, release, leads, steps, done)
        switch(application, release, by, steps, application.probe)
    changed = finish(application, release, steps, switched) or switched or changed
    return {"changed": changed, "id": release, "before": "" if before == release else before}


def need(application: Application, release: str) -> records.Record:
    """Return the record of a release; FailedError names those that are on disk."""
    record = records.read(application, release)
    if record is None:
        known = ", ".join(one["id"] for one in records.releases(application))
        raise FailedError(f"There is no release {release}. On disk are: {known or 'none'}.")
    return record


def runs(application: Application, release: str) -> bool:
    """Say whether the web servers of a release run; they may answer badly."""
    return systemd.show(application.unit(release), "ActiveState")["ActiveState"] in ("active", "reloading")


def serves(application: Application, release: str) -> bool:
    """Say whether nothing has to be switched."""
    good = records.serving(application) == release and records.is_good(application, release)
    return good and runs(application, release)


def find_before(application: Application, release: str) -> str:
    """Return what serves until `release` does, or served last, and can serve again; "" when nothing can."""
    current = records.serving(application)
    if current and records.read(application, current):
        if current != release and (runs(application, current) or records.is_good(application, current)):
            return current
        # What serves is started anew: another release takes its place only when it never was good.
        if current == release and records.is_good(application, current):
            return current
    return records.last_good(application, but=release)


def switch(application: Application, release: str, by: str, steps: Steps, asked: Probe, left: str = "") -> None:
    """Start a release, see that it answers, let it take the traffic, and see that again.

    `left` is the release that a rollback leaves.

    :raises FailedError: after the release before has the traffic again.
    """
    record = need(application, release)
    unit, host, attempt = application.unit(release), record.get("domain", application.domains[0]), None
    try:
        attempt = begin(application, record, by)
        if record.get("files"):
            with steps.step("install files"):
                files.install(application, record)
        with steps.step("start"):
            adapt(application, record)
            # Enabled before the switch, so that a reboot right after it finds the release.
            systemd.enable(unit)
            # Whether it started, the probe tells.
            systemd.start(unit, wait=False)
        with steps.step("probe"):
            probe.wait_until_good(application, release, host, asked, attempt.began)
        # Not of a rollback: whoever goes back knows why.
        watched = application.verify and application.watch and not left and attempt.before not in ("", release)
        with steps.step("switch"):
            past = traffic.past(application, attempt.before) if watched else None
            broken = application.verify and probe.is_broken(application, attempt.before, host, asked)
            point(application, release)
        if application.verify:
            with steps.step("verify"), giving_back(application, attempt):
                steps.notes += probe.verify(application, release, host, asked, broken)
                steps.notes += loads.missing(application, record, host, asked.path)
        if past:
            with steps.step("watch"), giving_back(application, attempt):
                steps.notes += traffic.watch(application, release, past)
        with steps.step("record"):
            lines = [{"id": left, "result": "left", "by": by, "seconds": 0, "reason": "rolled back"}] if left else []
            records.log(application, *lines, line(attempt, "good"))
    except Exception as error:
        steps.closing = True
        if attempt is None:
            end(application)
        else:
            steps.notes += go_back(application, attempt, str(error))
        raise


@contextmanager
def giving_back(application: Application, attempt: Attempt) -> Iterator[None]:
    """Give the traffic back at once when visitors get something wrong, before anybody asks why.

    :raises FailedError: with the cause that the journal knows.
    """
    try:
        yield
    except probe.WrongError as error:
        if attempt.before not in ("", attempt.id) and runs(application, attempt.before):
            # What fails here `go_back` does again, and tells.
            with suppress(OSError, FailedError):
                point(application, attempt.before)
                systemd.begin_stop(application.unit(attempt.id))
        raise probe.failure(str(error), application, attempt.id, attempt.began) from None


def adapt(application: Application, record: records.Record) -> None:
    """Give the unit of a release its server and its root, and open its sandbox as far as it was built for."""
    folder, name = application.drop_in(record["id"]), record["id"]
    parts = {
        "server": server.unit(application.release(name), record.get("server", {})),
        "sandbox": sandbox.allowed(record.get("sandbox", ())),
        # Behind the others: systemd reads them by their names.
        "z-image": image.unit(application, name),
    }
    host.remove(folder)
    for part, lines in parts.items():
        if lines:
            folder.mkdir(parents=True, exist_ok=True)
            host.write(folder / f"{part}.conf", "\n".join(["[Service]", *lines, ""]), host.SUPERUSER, 0o644)


def line(attempt: Attempt, result: str, reason: str = "") -> records.Record:
    """Return the line of the log for how an activation ended; `began` tells it from others of the same release."""
    seconds = round(time.time() - attempt.began, 1)
    return {"id": attempt.id, "result": result, "by": attempt.by, "seconds": seconds, "reason": reason} | {
        "began": attempt.began
    }


def begin(application: Application, record: records.Record, by: str) -> Attempt:
    """Write down what is about to be done, and keep the files that are about to be replaced."""
    began, folder = time.time(), records.unfinished(application)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    found = files.keep(record.get("files", []), folder / "files")
    attempt = Attempt(record["id"], find_before(application, record["id"]), by, began, found)
    host.write(folder / "attempt.json", json.dumps(asdict(attempt)), host.SUPERUSER, 0o600)
    return attempt


def end(application: Application) -> None:
    """Forget the activation: it has ended, one way or the other."""
    folder = records.unfinished(application)
    # First what makes it one: half a folder is no activation.
    (folder / "attempt.json").unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def point(application: Application, release: str) -> None:
    """Let `current` name a release: one rename, so that the socket and the static files change over together."""
    link = application.home / ".current"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("releases") / release)
    link.replace(application.current)
    workers.adapt(application, image.unit(application, release))


def go_back(application: Application, attempt: Attempt, reason: str) -> list[str]:
    """Give the traffic to the release before, and stop the one that failed; as often as it takes.

    Returns what could not be done, a sentence each: the rest is done all the same.
    """
    folder, troubles = records.unfinished(application), list[str]()

    def attempt_to(what: str, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:
            troubles.append(f"Going back: {what} failed: {error}")

    def put_files_back() -> None:
        files.put_back(attempt.files, folder / "files")

    failed, before = attempt.id, attempt.before
    if before and before != failed:
        if not runs(application, before):
            attempt_to("putting the files back", put_files_back)
            attempt_to(f"starting {before}", lambda: systemd.enable(application.unit(before)))
            attempt_to(f"starting {before}", lambda: systemd.start(application.unit(before)))
        if records.serving(application) != before:
            attempt_to(f"switching to {before}", lambda: point(application, before))
    elif not before and records.serving(application) == failed:
        attempt_to("removing the link", lambda: application.current.unlink(missing_ok=True))
    if failed != before:
        # Before anything else, since Nginx may keep connections to it.
        attempt_to(f"stopping {failed}", lambda: systemd.begin_stop(application.unit(failed)))
    attempt_to("putting the files back", put_files_back)
    if before:
        attempt_to("giving workers their root", lambda: workers.adapt(application, image.unit(application, before)))
    if failed != before:
        attempt_to(f"stopping {failed}", lambda: systemd.retire(application.unit(failed)))
    # What was started anew, and was good until then, is no bad release: something else may have been away.
    again = failed == before and records.results(application).get(failed, {}).get("result") == "good"
    lines = [] if again else [line(attempt, "bad", reason)]
    # A rollback that had logged already what it leaves has not left it.
    if records.results(application).get(before, {}).get("result") == "left":
        lines.append(line(attempt, "good") | {"id": before, "seconds": 0, "reason": "brought back"})
    attempt_to("logging it", lambda: records.log(application, *lines))
    if not troubles:
        end(application)
    return troubles


def read_attempt(application: Application) -> Attempt | None:
    """Return the activation that was begun and has not ended, None when there is none."""
    try:
        return Attempt(**json.loads((records.unfinished(application) / "attempt.json").read_text()))
    except (FileNotFoundError, ValueError):
        return None


def recover(application: Application, steps: Steps) -> bool:
    """End an activation that was killed: go on after its release was found good, else back.

    Returns whether there was one.
    """
    attempt = read_attempt(application)
    if attempt is None:
        shutil.rmtree(records.unfinished(application), ignore_errors=True)
        return False
    last = records.results(application).get(attempt.id, {})
    if last.get("result") == "good" and last.get("began") == attempt.began:
        steps.notes.append(f"Release {attempt.id} was found good, but what follows was interrupted: it is done now.")
        try:
            finish(application, attempt.id, steps, switched=True)
        except StoppedError:
            raise
        except FailedError as error:
            # The next release is not kept from its place, and tries again.
            steps.notes.append(f"Not all of it: {error}")
            steps.closing = False
        return True
    steps.notes.append(f"The activation of {attempt.id} was interrupted; what served before it was brought back.")
    with steps.whole(), steps.step("go back"):
        steps.notes += go_back(application, attempt, "interrupted")
    return True


def finish(application: Application, release: str, steps: Steps, switched: bool) -> bool:
    """Restart the workers, retire the releases before, prune; say whether there was anything to do.

    When nothing was `switched`, only those workers that run an older release.
    """
    workers.adapt(application, image.unit(application, release))
    followers = workers.find(application) if switched else workers.stale(application)
    others = [unit for unit in systemd.active(application.unit("*")) if unit != application.unit(release)]
    settle = workers.restart(followers)
    for other in others:
        retire(application, other, steps)
    if followers:
        with steps.step("restart workers"):
            steps.notes += settle()
    with steps.step("prune"):
        gone = files.remove_leftovers(application, release) + records.prune(application)
    end(application)
    return bool(followers or others or gone)


def retire(application: Application, unit: str, steps: Steps) -> None:
    """Let the web servers of a release before finish their requests, and stop them."""
    name = unit.partition("@")[2].removesuffix(".service")
    interface = (records.read(application, name) or {}).get("server", {}).get("interface", "wsgi")
    try:
        with steps.step("drain"):
            left = drain.drain(application.socket(name), application.drain_timeout, queued=interface == "asgi")
            if left:
                steps.notes.append(
                    f"{left} connections to {name} were still open after {application.drain_timeout:g} s."
                )
    except StoppedError:
        steps.notes.append("It was stopped while the release before finished its requests.")
    with steps.step("stop"):
        systemd.retire(unit)
