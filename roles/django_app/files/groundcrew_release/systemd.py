"""The only caller of systemctl, systemd-run and journalctl; tests put a fake in the place of these functions."""

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .steps import FailedError

ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
BUSY = "already loaded"  # what systemd-run says when a unit of this name is there


@dataclass(frozen=True)
class Transient:
    """A unit that exists as long as its command runs.

    `unit` is its name, "" lets systemd choose one. `properties` are lines such as `User=shop`; what stands in them, in
    `environment` and in `command` can be read by every user of the host, so secrets go into `environment_files` (a name
    that begins with `-` may be missing). Nothing is expanded in `command`. `log` is appended to with what the command
    prints; `output`, when given, gets its standard output alone. Without both, the journal has it.
    """

    command: Sequence[str]
    unit: str = ""
    description: str = ""
    properties: Sequence[str] = ()
    environment_files: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    working_directory: Path | None = None
    output: Path | None = None
    log: Path | None = None


def call(*command: str, check: bool = True) -> str:
    """Run one of the programs and return what it printed.

    :raises FailedError: with its last line, when it fails and `check` is set.
    """
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if check and result.returncode:
        said = (result.stderr or result.stdout).strip()
        raise FailedError(f"`{' '.join(command[:3])}` failed: {said.splitlines()[-1] if said else ''}", said)
    return result.stdout


def start(unit: str, wait: bool = True) -> None:
    """Start a unit; without `wait` only ask for it."""
    call("systemctl", "start", *([] if wait else ["--no-block"]), unit)


def stop(*units: str) -> None:
    """Stop units and wait until they have ended; one that systemd does not know is fine."""
    known = [unit["Id"] for unit in show_all(units, "Id", "LoadState") if unit["LoadState"] != "not-found"]
    if known:
        call("systemctl", "stop", *known)


def begin_stop(unit: str) -> None:
    """Tell a unit to stop and do not wait for its end."""
    call("systemctl", "stop", "--no-block", unit)


def enable(unit: str) -> None:
    """Let a unit start at boot. systemd reads all unit files again, so a changed template takes effect, too."""
    call("systemctl", "enable", "--quiet", unit)


def reload() -> None:
    """Let systemd read all unit files again."""
    call("systemctl", "daemon-reload")


def retire(unit: str) -> None:
    """Disable a unit, stop it and forget how it ended; returns when it has."""
    call("systemctl", "disable", "--quiet", "--now", unit)
    # One that failed would be reported until the host starts. Of most there is nothing to forget, which is an error.
    call("systemctl", "reset-failed", unit, check=False)


def restart(units: Sequence[str]) -> Callable[[], None]:
    """Begin to restart units side by side; the function that is returned waits until all have started or failed."""
    # Its own session: a signal for this process does not end the wait of systemctl half way.
    process = subprocess.Popen(
        ["systemctl", "restart", *units], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    def wait() -> None:
        process.wait()

    return wait


def show(unit: str, *names: str) -> dict[str, str]:
    """Return properties of a unit by name; of a unit that systemd does not know ActiveState is inactive."""
    return show_all([unit], *names)[0]


def show_all(units: Iterable[str], *names: str) -> list[dict[str, str]]:
    """Return properties of several units, in one call; times are such as `Thu 2026-11-26 13:50:00.123456 UTC`."""
    units = list(units)
    if not units:
        return []
    text = call("systemctl", "show", "--timestamp=us+utc", f"--property={','.join(names)}", *units)
    blocks = [dict(line.partition("=")[::2] for line in block.splitlines()) for block in text.strip().split("\n\n")]
    return [{name: block.get(name, "") for name in names} for block in blocks]


def active(pattern: str) -> list[str]:
    """Return the units of a pattern such as `shop-web@*.service` that run, start, stop or wait for their restart."""
    text = call("systemctl", "list-units", "--all", "--full", "--plain", "--no-legend", pattern)
    rows = [line.split() for line in text.splitlines()]
    return [row[0] for row in rows if len(row) > 3 and row[2] not in ("inactive", "failed")]


def enabled(*units: str) -> list[str]:
    """Return those of some unit files that start at boot."""
    if not units:
        return []
    # When it finds none it ends with 1.
    text = call("systemctl", "list-unit-files", "--full", "--no-legend", "--state=enabled", *units, check=False)
    return [line.split()[0] for line in text.splitlines() if line.strip()]


def arguments(transient: Transient) -> list[str]:
    """Return what systemd-run is called with for a transient unit, but for how it is waited for."""
    properties = [*transient.properties, *(f"EnvironmentFile={path}" for path in transient.environment_files)]
    if transient.log:
        properties += [f"StandardOutput=append:{transient.output or transient.log}"]
        properties += [f"StandardError=append:{transient.log}"]
    elif transient.output:
        properties += [f"StandardOutput=append:{transient.output}"]
    # systemd replaces $NAME in commands; two dollar signs stand for one.
    return [
        *(["--unit", transient.unit] if transient.unit else []),
        *(["--description", transient.description] if transient.description else []),
        *(["--working-directory", str(transient.working_directory)] if transient.working_directory else []),
        *(f"--setenv={name}={value}" for name, value in transient.environment.items()),
        *(f"--property={line}" for line in properties),
        "--",
        *(word.replace("$", "$$") for word in transient.command),
    ]


def run(transient: Transient) -> int:
    """Run a transient unit, wait for its end and return the exit code of its command; 255 when a signal ended it.

    It outlives this process unless its properties bind it to another unit.

    :raises BusyError: a unit of this name is there already.
    :raises FailedError: systemd refuses to start it.
    """
    command = ["systemd-run", "--quiet", "--collect", "--wait", "--service-type=exec", *arguments(transient)]
    # Its own session: who interrupts this process by the keyboard does not interrupt the wait half way.
    result = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, start_new_session=True
    )
    if result.returncode and BUSY in result.stderr:
        raise BusyError(f"{transient.unit} runs already", result.stderr)
    if result.returncode and "Failed to" in result.stderr:
        raise FailedError(f"systemd did not start `{transient.command[0]}`: {result.stderr.strip()}", result.stderr)
    return result.returncode


def launch(transient: Transient) -> None:
    """Start a transient unit and do not wait for its end; raises as `run` does."""
    command = ["systemd-run", "--quiet", "--collect", "--service-type=exec", *arguments(transient)]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if result.returncode and BUSY in result.stderr:
        raise BusyError(f"{transient.unit} runs already", result.stderr)
    if result.returncode:
        raise FailedError(f"systemd did not start `{transient.command[0]}`: {result.stderr.strip()}", result.stderr)


def replace(transient: Transient, terminal: bool) -> None:
    """Become systemd-run, with this process's input and output, or as a `terminal`; does not return."""
    io = "--pty" if terminal else "--pipe"
    command = ["systemd-run", "--quiet", "--collect", "--wait", io, "--service-type=exec", *arguments(transient)]
    os.execvp(command[0], command)  # noqa: S606 - no shell is wanted


def journal(unit: str, since: float = 0.0, lines: int = 300) -> str:
    """Return the last lines that a unit printed, at most `lines`, since a time (seconds of the Unix epoch)."""
    bound = [f"--since=@{since:.6f}"] if since else []
    return call(
        "journalctl", "--unit", unit, *bound, "--lines", str(lines), "--output", "cat", "--no-pager", check=False
    )


def entries(units: Sequence[str], since: float) -> list[str]:
    """Return what units, or patterns of them, said since a time (seconds of the Unix epoch): a JSON object a line."""
    chosen = [f"--unit={unit}" for unit in units]
    return call("journalctl", *chosen, f"--since=@{since:.6f}", "--output=json", "--no-pager", check=False).splitlines()


class BusyError(FailedError):
    """A transient unit of this name is there already."""
