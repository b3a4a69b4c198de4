"""What becomes of the databases of a release: dumped, migrated, and told when something fails meanwhile."""

import shlex
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import commands, host
from .application import Application, Command
from .steps import FailedError, Steps

PATIENCE = 3600  # seconds that a host waits for migrations which another one runs, after its dump
PAUSE = 2  # seconds between two looks


@dataclass
class Progress:
    """What has been done so far that somebody must know when it fails."""

    pending: list[str] = field(default_factory=list)
    dumps: list[str] = field(default_factory=list)
    migrating: bool = False


def dump(
    application: Application, name: str, described: dict[str, Any], leads: bool, steps: Steps, done: Progress
) -> None:
    """Dump the databases that hold something and that this host is about to migrate."""
    done.pending = described["pending"]
    own = commands.local(application, described)
    risked = [alias for alias, one in described["databases"].items() if one["pending"] and one["filled"]]
    risked = [alias for alias in risked if leads or own[alias]]
    if risked and application.dump_before_migrate:
        with steps.step("dump"):
            try:
                done.dumps = commands.dump(application, name, risked)
            except FailedError as error:
                without = f"{error} To go on without: `dump_before_migrate: false`."
                raise FailedError(without, error.log, error.command) from error


def catch_up(application: Application, name: str, leads: bool, steps: Steps, done: Progress) -> bool:
    """Migrate for a release that was built before, and return whether that was needed.

    A rollback or a restore may have taken back what it migrated when it was built. Where another host leads, it waits
    for that one.

    :raises FailedError: a migration fails, or the host that leads runs none.
    """
    with steps.step("describe"):
        described = commands.describe(application, name)
    if not described["pending"]:
        return False
    dump(application, name, described, leads, steps, done)
    mine = migrating(application, described, leads)
    done.migrating = bool(mine)
    migrate(application, name, mine, steps)
    if not mine and migrating(application, described, True):
        with steps.step("wait for the host that leads"):
            wait(application, name)
    return done.migrating


def migrating(application: Application, described: dict[str, Any], leads: bool) -> list[tuple[Command, list[str]]]:
    """Return those of the application's commands that migrate on this host, each with its lines."""
    found = [(command, commands.lines(application, command, described, leads)) for command in application.commands]
    return [(command, words) for command, words in found if any("migrate" in shlex.split(one) for one in words)]


def migrate(application: Application, name: str, mine: Sequence[tuple[Command, Sequence[str]]], steps: Steps) -> None:
    """Run in a release those commands that migrate, as `migrating` returned them."""
    for command, words in mine:
        with steps.step(commands.title(command)):
            steps.notes += commands.prepare(application, name, command, words)


def wait(application: Application, name: str) -> None:
    """Wait until nothing is pending for a release any more.

    :raises FailedError: something still is after PATIENCE.
    """
    end = time.monotonic() + PATIENCE
    while pending := commands.describe(application, name)["pending"]:
        if time.monotonic() > end:
            raise FailedError(
                "The host that leads has not ended its migrations in an hour, the first that is missing is "
                f"{pending[0].partition(':')[0]}. Only when none runs there, to run them here: "
                f"{application.name}-release activate {name} --leads"
            )
        time.sleep(PAUSE)


@contextmanager
def explained(steps: Steps, done: Progress) -> Iterator[None]:
    """Let a failure inside also say what became of the database; what serves is said of every failure.

    A dump from before migrations that did not begin is of no use to anybody.
    """
    try:
        yield
    except BaseException as error:
        if done.migrating:
            first = done.pending[0].partition(":")[0]
            steps.notes.append(f"Migrations had begun: {len(done.pending)} were pending, the first is {first}.")
            was = f"is in {' and '.join(done.dumps)}" if done.dumps else "was not dumped"
            steps.notes.append(f"The database as it was before {was}.")
        if not done.migrating:
            steps.notes += steps.hints
        for path in [] if done.migrating else done.dumps:
            host.remove(Path(path))
        if isinstance(error, OSError | subprocess.CalledProcessError):
            told = FailedError(f"the host failed: {error}")
            for note in getattr(error, "__notes__", []):
                told.add_note(note)
            raise told from error
        raise
