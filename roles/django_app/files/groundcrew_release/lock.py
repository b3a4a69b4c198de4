"""A verb that changes something is a unit: systemd starts `NAME-release.service` once or not at all.

So the unit is the lock, and it ends with the work. It does not depend on who called: a front process starts it, waits
and prints the result, and may be gone at any moment. A later caller of
the same waits for the unit and takes its result.
"""

import datetime
import hashlib
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from . import application as description
from . import report, systemd, workers
from .report import Result
from .steps import FailedError, Steps

PROGRAM = "/usr/local/bin/groundcrew-release"
RUN, REQUEST, VERB = "GROUNDCREW_RUN", "GROUNDCREW_REQUEST", "GROUNDCREW_VERB"
CALL = "GROUNDCREW_CALL"  # names a call, for whoever asks again after a lost connection
PAUSE = 0.2  # seconds between two looks at a unit that somebody else started

# What may put a whole database back: however long that takes, half of it is no good to anybody.
PATIENT = ("import", "recover")

# Gentle bounds: it installs packages for the application, talks to systemd, and writes below /srv, /etc and wherever
# `files` say.
PROPERTIES = [
    # Only the process of the verb hears the signal to stop; it has this long to put back what it began.
    "KillMode=mixed",
    "TimeoutStopSec=300",
    # What runs out of memory is told in the result.
    "OOMPolicy=continue",
    "LockPersonality=yes",
    "RestrictRealtime=yes",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
]


@dataclass(frozen=True)
class Request:
    """One call of a verb. `what` is a release or a version, for people; `arguments` are those of the verb.

    `described` is the file with the description of the application, "" for that of this host.
    """

    name: str
    verb: str
    what: str
    by: str
    arguments: tuple[str, ...] = ()
    described: str = ""

    @property
    def unit(self) -> str:
        """The unit that does it."""
        return f"{self.name}-release.service"

    @property
    def digest(self) -> str:
        """What makes two calls the same; a build and a preview are those of one description."""
        parts = [self.verb, *self.arguments]
        if self.verb in ("build", "preview", "deploy"):
            parts.append((Path(self.described) if self.described else description.path(self.name)).read_text())
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def call(request: Request, token: str) -> Result:
    """Do what is asked in a unit of its own, or wait for the unit that does just that; return the result.

    `token` names this run: one that has ended is not done again.

    :raises FailedError: the unit does something else, or ended without a result.
    """
    if (result := report.kept(request.name, token)) is not None:
        return result
    while True:
        try:
            systemd.run(unit(request, token))
            # The wait may end before the unit, when systemd starts itself anew.
            wait(request, token)
            return take(request, token)
        except systemd.BusyError:
            holder = systemd.show(request.unit, "ActiveState", "Description", "Environment", "ActiveEnterTimestamp")
        environment = dict(word.partition("=")[::2] for word in holder["Environment"].split())
        if holder["ActiveState"] in ("inactive", "failed") or RUN not in environment:
            time.sleep(PAUSE)
        elif environment.get(REQUEST) == request.digest:
            wait(request, environment[RUN])
            return take(request, environment[RUN])
        else:
            raise FailedError(refusal(request, holder))


def unit(request: Request, token: str) -> systemd.Transient:
    """Return the unit that does what is asked; when it is killed, systemd runs `recover` in its place."""
    # Without `$`: systemd 252 reads it as another text when its units are loaded anew while this one runs.
    limit = ["TimeoutStopSec=infinity"] if request.verb in PATIENT else []
    killed = f"env | grep -qx SERVICE_RESULT=success || exec {PROGRAM} {request.name} recover"
    described = [f"--application={request.described}"] if request.described else []
    return systemd.Transient(
        command=[PROGRAM, request.name, request.verb, *request.arguments, *described, f"--by={request.by}", "--worker"],
        unit=request.unit,
        description=f"{request.by} {request.verb} {request.what}".strip(),
        environment=systemd.ENVIRONMENT | {RUN: token, REQUEST: request.digest, VERB: request.verb},
        properties=[*PROPERTIES, *limit, f"ExecStopPost=/bin/sh -c '{killed}'"],
    )


def wait(request: Request, token: str) -> None:
    """Wait until the unit of this run has ended."""
    while True:
        shown = systemd.show(request.unit, "ActiveState", "Environment")
        if shown["ActiveState"] in ("inactive", "failed") or f"{RUN}={token}" not in shown["Environment"].split():
            return
        time.sleep(PAUSE)


def take(request: Request, token: str) -> Result:
    """Return the result of a run that has ended."""
    result = report.kept(request.name, token)
    if result is None:
        words = systemd.journal(request.unit, lines=40)
        raise FailedError(f"{request.unit} ended without a result.", words)
    return result


def refusal(request: Request, holder: dict[str, str]) -> str:
    """Return who does what since when, and how to end it."""
    since = workers.since(holder["ActiveEnterTimestamp"])
    clock = f" since {datetime.datetime.fromtimestamp(since).astimezone():%H:%M:%S %Z}" if since else ""
    return (
        f"{holder['Description'] or 'somebody'} is under way{clock}. Wait for it, "
        f"or end it with: systemctl stop {request.unit.removesuffix('.service')}"
    )


def work(name: str, steps: Steps) -> None:
    """Make this process the one that holds the lock: a signal to stop it is a failure.

    A command of a run before that was killed is stopped, so that the same migration never runs twice at once.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        steps.stop()

    signal.signal(signal.SIGTERM, stop)
    systemd.stop(f"{name}-command.service")
