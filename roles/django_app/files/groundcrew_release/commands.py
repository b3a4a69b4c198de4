"""Commands of the application in a release: as its user, with its environment, in its sandbox.

Each runs as the unit `NAME-command.service`, one at a time, which ends with the unit of the verb that wanted it: a
migration never outlives its deploy and never runs twice at once. What puts data back is not bound to it, since that is
needed while the verb is being stopped.
"""

import itertools
import json
import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import causes, environment, host, image, run, sandbox, systemd
from .application import ROOT, Application, Command
from .configure import INSIDE
from .lock import RUN
from .steps import FailedError

NOTES = 10
"""Sentences of the overlay that a person reads of one command."""
REFUSED = 3
"""Status of a script of `inside/` that ends with one sentence for people."""


def unit(application: Application) -> str:
    """Return the unit that a command of a verb runs as."""
    return f"{application.name}-command.service"


def stop(application: Application) -> None:
    """Stop the command that still runs, and wait until it has ended."""
    systemd.stop(unit(application))


def alone(application: Application) -> bool:
    """Say whether the database is this host's own: its URL names no host, so nothing is shared with another one."""
    return re.match("[a-z0-9+]+:///", application.database_url) is not None


def execute(
    application: Application,
    release: str,
    arguments: Sequence[str],
    *,
    script: Path | None = None,
    env: dict[str, str] | None = None,
    allow: Sequence[str] = (),
    inside: bool = True,
    bound: bool = True,
) -> tuple[int, str, str]:
    """Run a command in a release to its end; return its exit code, its standard output and all that it printed.

    Args:
        application: the application.
        release: name of the release, which may be half built but has its environment and its link `work`.
        arguments: the command; a program is looked up in the virtual environment first.
        script: a file that it reads from standard input, such as one of `inside/`.
        env: further variables, which win; they reach it through a file, since they may be secret, in the memory of the
            host, and gone with the command.
        allow: words of the sandbox beside those of the release.
        inside: False runs a program of the host: with nothing of the application but its folders, and its database.
        bound: False lets it begin, and go on, while the verb is being stopped; the next verb ends it.

    In the unit of a verb it is `NAME-command.service` and ends with the verb; what only reads runs beside a verb, too,
    as a unit of its own. While it runs, what it prints is in `/run/groundcrew/NAME-command/`.
    """
    lines = run.properties(application, release, allow, inside)
    lines += [f"StandardInput=file:{script}"] if script else []
    files = run.environment_files(application, release) if inside else []
    directory = run.working_directory(application, release) if inside else application.release(release)
    return finish(application, arguments, lines, files, directory, env, bound)


def finish(
    application: Application,
    arguments: Sequence[str],
    lines: list[str],
    files: list[str],
    directory: Path,
    env: dict[str, str] | None,
    bound: bool = True,
) -> tuple[int, str, str]:
    """Run a command in a unit of these `lines` and environment `files` to its end, as `execute` does."""
    named = RUN in os.environ
    place = ROOT / "run/groundcrew" / f"{application.name}-{'command' if named else os.getpid()}"
    variables = place / "environment"
    # systemd starts nothing that is bound to a unit which it stops.
    if named and bound:
        verb = f"{application.name}-release.service"
        lines = [*lines, f"BindsTo={verb}", f"After={verb}"]
    try:
        host.remove(place)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.mkdir(mode=0o700)
        output, log = place / "output", place / "log"
        for path in (output, log):
            path.touch(mode=0o600)
        if env:
            host.write(variables, environment.text(env), host.SUPERUSER, 0o600)
        transient = systemd.Transient(
            command=["/usr/bin/env", "--", *arguments],
            unit=unit(application) if named else "",
            description=f"{application.name}: {arguments[0]}",
            properties=lines,
            environment_files=[*files, *([str(variables)] if env else [])],
            working_directory=directory,
            output=output,
            log=log,
        )
        status = systemd.run(transient)
        said = output.read_text(errors="replace")
        return status, said, said + log.read_text(errors="replace")
    finally:
        host.remove(place)


def ask(
    application: Application, release: str, script: str, *arguments: str, inside: bool = True, bound: bool = True
) -> Any:
    """Run one of the scripts of `inside/` in a release and return what its last line of output says, as JSON."""
    path = INSIDE / script
    words = ["python" if inside else "python3", "-", *arguments]
    status, output, log = execute(application, release, words, script=path, inside=inside, bound=bound)
    hint = sandbox.hint(log, run.allowed(application, release)) if status else ""
    if status == REFUSED:
        before, _, sentence = log.rstrip().rpartition("\n")
        helps = causes.advise(log) or causes.advise(sentence)
        told = f"{sentence.rstrip('.')}. {helps}" if helps else sentence
        raise FailedError(f"{told}\n{hint}".rstrip(), before)
    if status:
        raise host.failure(f"python {script}", log, status, hint)
    try:
        return json.loads(output.splitlines()[-1])
    except (IndexError, ValueError):
        raise FailedError(f"{script} did not answer.", log, f"python {script}") from None


def describe(application: Application, release: str) -> dict[str, Any]:
    """Return what Django says of a release (inside/describe.py)."""
    found: dict[str, Any] = ask(
        application, release, "describe.py", application.server.interface, application.application
    )
    return found


def dump(application: Application, release: str, aliases: Sequence[str]) -> list[str]:
    """Dump databases of a release, such as before it migrates them, and return the paths of the dumps.

    Of an image the host does it, which has the programs of its database: Django says there how to reach it.
    """
    if image.read(application.release(release)):
        known = ask(application, release, "dump.py", "", *aliases)
        return [dump_outside(application, release, alias, known[alias]) for alias in aliases]
    paths = ask(application, release, "dump.py", str(application.dumps), *aliases)
    return [in_dumps(application, path) for path in paths]


def in_dumps(application: Application, path: str) -> str:
    """Return the path of a dump of this name: the project's code says it, and root moves and removes there."""
    return str(application.dumps / (Path(path).name.lstrip(".") or "nothing"))


def dump_outside(application: Application, release: str, alias: str, known: Sequence[Any] | None) -> str:
    """Dump a database of an image, as dump.py has `known` how, and return the path of the dump."""
    if known is None:
        found = ask(application, release, "dump.py", str(application.dumps), alias)
        return in_dumps(application, found[0])
    name, program, option, arguments, env = known
    path = Path(in_dumps(application, name))
    part = path.with_name(f"{path.name}.part")
    try:
        words = [*program, f"{option}={part}", *arguments]
        status, _, log = execute(application, release, words, env=env, inside=False)
        if status:
            said = host.last_line(log).rstrip(".")
            raise FailedError(f"The database {alias} was not dumped: {said}.", log, program[0])
        part.rename(path)
    finally:
        host.remove(part)
    return str(path)


def compress(application: Application, release: str) -> None:
    """Compress the static files of a release; what the one that serves has compressed already is copied."""
    folders = (f"{application.release(release)}/static", f"{application.current}/static")
    # An image need not have brotli.
    ask(application, release, "compress.py", *folders, inside=not image.read(application.release(release)))


def ahead(
    application: Application, serving: str, migrations: dict[str, list[str]], aliases: Sequence[str] = ("default",)
) -> list[dict[str, Any]]:
    """Return what the databases have beyond a release whose last migrations are given: [{command, irreversible}].

    :param serving: the release that serves, which knows how to undo them.
    :param aliases: the databases that it migrates.
    """
    found: list[dict[str, Any]] = ask(application, serving, "ahead.py", json.dumps(migrations), *aliases)
    return found


def migrated(described: dict[str, Any]) -> list[str]:
    """Return the aliases of the databases that a release migrates; one of an older engine knows one database."""
    databases = described.get("databases", {})
    further = [name for name, facts in databases.items() if isinstance(facts, dict) and not facts["left"]]
    return list(dict.fromkeys(["default", *further]))


def local(application: Application, described: dict[str, Any]) -> dict[str, bool]:
    """Return by alias whether a database is this host's own, so that the host itself migrates and replaces it."""
    known = described.get("databases", {})
    return {name: known[name]["local"] for name in migrated(described)[1:]} | {"default": alone(application)}


def line(application: Application, command: Command) -> str:
    """Return the command line (str) of one of the application's `commands`, such as `python manage.py migrate`."""
    return command.run or f"{application.manage} {command.manage}"


def title(command: Command) -> str:
    """Return the word that names a command among the steps, such as `migrate`."""
    return next(iter((command.manage or command.run).split()), "command")


def needed(application: Application, release: str, command: Command) -> bool:
    """Run a command's `unless`; every status is an answer, and only success says that the command is not needed."""
    if not command.unless:
        return True
    words = shlex.split(command.unless)
    return execute(application, release, words, env=command.env, allow=command.allow)[0] != 0


def migrates(words: str) -> bool:
    """Say whether a command line migrates everything, and says nothing of a database."""
    arguments = shlex.split(words)
    if "migrate" not in arguments:
        return False
    rest = arguments[arguments.index("migrate") + 1 :]
    values = {one for before, one in itertools.pairwise(rest) if before in ("-v", "--verbosity", "--settings")}
    return not any(one.startswith("--database") or not one.startswith("-") for one in rest if one not in values)


def lines(application: Application, command: Command, described: dict[str, Any], leads: bool) -> list[str]:
    """Return the command lines that one of the `commands` is on this host.

    Some run on the leading host alone. What migrates everything migrates each database, apart from those that another
    command names; one that is the host's own is migrated by the host itself.
    """
    words = line(application, command)
    if "collectstatic" in words and not described["staticfiles"]:
        return []
    everywhere = leads or not command.once
    made = [words] if everywhere or alone(application) else []
    if migrates(words):
        named = " ".join(line(application, one) for one in application.commands)
        made += [
            f"{words} --database={alias}"
            for alias in migrated(described)[1:]
            if (everywhere or described["databases"][alias]["local"])
            and not re.search(rf"--database[= ]{re.escape(alias)}(\s|$)", named)
        ]
    return made


def prepare(application: Application, release: str, command: Command, words: Sequence[str]) -> list[str]:
    """Run the lines of one of the commands of a new release unless it is not needed; FailedError when one fails.

    Returns what the settings overlay has to tell of them, a sentence each.
    """
    notes = list[str]()
    if needed(application, release, command):
        allow = (*application.allow, *command.allow)
        for one in words:
            status, _, log = execute(application, release, shlex.split(one), env=command.env, allow=command.allow)
            if status:
                raise host.failure(one, log, status, sandbox.hint(log, allow))
            notes += re.findall("^Groundcrew: (.*)$", log, re.MULTILINE)
    return notes[:NOTES] + ([f"{len(notes) - NOTES} more of this kind."] if len(notes) > NOTES else [])
