"""The steps of `build`, such as `npm ci` and `npm run build`: what a new release is made of beside its Python.

They run as the application's user, in the sandbox, with the source of the release writable and a network. What npm, pip
and others keep in HOME, the application's cache, serves the next release. A step `run` is often code of strangers, such
as the scripts of npm's packages: it is told nothing of the application, and sees neither its database nor its uploads.
A step `manage` is a management command like any other.
"""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from . import commands, environment, host, run, sandbox
from .application import Application, BuildStep
from .steps import FailedError, Steps

NODE = ("node", "npm", "npx", "corepack", "yarn", "pnpm", "bun")
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
TOOLS = {
    # Node brings authorities of its own; the host's may know that of a company's proxy, too.
    "NODE_EXTRA_CA_CERTS": AUTHORITIES,
    "NPM_CONFIG_AUDIT": "false",
    "NPM_CONFIG_FUND": "false",
    "NPM_CONFIG_UPDATE_NOTIFIER": "false",
}
"""What tools are told in any step."""
NOT_FOUND = 127
NOISE = re.compile(
    r"\s*$|  |code |path |errno |syscall |command |workspace |location |A complete log|[Ll]ifecycle|Error: command"
)
"""What npm says of itself behind what a script said, and what does not say why."""


def build(application: Application, release: str, steps: Steps) -> None:
    """Run the steps in their order.

    :raises FailedError: one of them failed.
    """
    if application.build:
        # With what the inventory put there, which is root's.
        host.give(application.release(release) / "source", *host.user(application.name))
    for one in application.build:
        words = line(application, one)
        with steps.step(words):
            status, _, log = execute(application, release, one)
            if status:
                raise failure(application, one, status, log)


def line(application: Application, step: BuildStep) -> str:
    """Return the command line of a step."""
    return step.run or f"{application.manage} {step.manage}"


def failure(application: Application, step: BuildStep, status: int, log: str) -> FailedError:
    """Return the failure of a step."""
    words = line(application, step)
    first = shlex.split(words)[0]
    hint = sandbox.hint(log, (*sandbox.BUILD, *application.allow, *step.allow))
    if status == NOT_FOUND and first in NODE and re.search(rf"{first}.: No such file", log):
        hint = f"This host has no {first}: `npx --yes {first}@VERSION …` fetches it, and `packages` are Debian's."
    return host.failure(words, readable(log), status, hint)


def readable(log: str) -> str:
    """Return what a step said, with npm's own words reduced to the one that says why, at the end."""
    own, told = [], ""
    for one in log.splitlines():
        match = re.match(r"npm (?:ERR!|error) ?(.*)", one)
        if not match:
            own.append(one)
        elif not told and not NOISE.match(match[1]):
            told = one
    return "\n".join([*own, *([told] if told else [])])


def execute(application: Application, release: str, step: BuildStep) -> tuple[int, str, str]:
    """Run one step to its end; return as `commands.execute` does."""
    arguments, folder = shlex.split(line(application, step)), directory(application, release, step)
    allow, source = (*sandbox.BUILD, *step.allow), f"ReadWritePaths={application.release(release)}/source"
    if step.manage:
        lines = [*run.properties(application, release, allow), source]
        files = run.environment_files(application, release)
        return commands.finish(application, arguments, lines, files, folder, TOOLS | step.env)
    lines = [*alone(application, release, allow), source]
    return commands.finish(application, arguments, lines, [], folder, variables(application, release) | step.env)


def directory(application: Application, release: str, step: BuildStep) -> Path:
    """Return where a step runs.

    :raises FailedError: the source has no such folder.
    """
    if not step.directory:
        return run.working_directory(application, release)
    source = (application.release(release) / "source").resolve()
    path = (source / step.directory).resolve()
    if not path.is_dir() or not path.is_relative_to(source):
        raise FailedError(
            f"The source has no folder {step.directory}, where `build` wants to run `{step.run or step.manage}`."
        )
    return path


def variables(application: Application, release: str) -> dict[str, str]:
    """Return the environment of a step `run`, apart from its own `env`."""
    home = {"HOME": str(application.cache), "LANG": "C.UTF-8"}
    return {"PATH": environment.path(application.release(release)), **home, **TOOLS}


def alone(application: Application, release: str, allow: Sequence[str]) -> list[str]:
    """Return the lines of a unit that sees nothing of the application but the release that is being built.

    :param allow: words of the sandbox beside those of the application.
    """
    urls = [application.database_url, application.cache_url, application.broker_url]
    urls += [one.url for one in application.databases]
    sockets = sorted({found for url in urls for found in re.findall(r"/run/[\w.-]+", url)})
    own = (application.media_folder, application.dumps, application.config, application.release(release) / "files")
    hidden = dict.fromkeys([*map(str, own), *application.directories, "/run/postgresql", "/run/mysqld", *sockets])
    return [
        *sandbox.bans(application.name, application.umask, [str(application.cache)]),
        *sandbox.allowed((*application.allow, *allow)),
        # After the words: one of them lifts all that is hidden before it.
        f"InaccessiblePaths={' '.join(f'-{path}' for path in hidden)}",
    ]
