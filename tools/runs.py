"""Run commands side by side, measure them, and say what they took."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "logs"
# How many lines of a failed command's log are shown.
TAIL = 150


@dataclass
class Result:
    """What became of a command.

    `seconds` is the wall time. `processor` is the processor time in seconds of the command and of what it started and
    waited for: of a scenario, that is Molecule, Ansible and pytest, without what runs inside the test hosts.
    """

    name: str
    passed: bool
    seconds: float
    processor: float

    def __str__(self) -> str:
        """Return the line of the table."""
        state = "passed" if self.passed else "FAILED"
        return f"{state}  {self.name:<16} {self.seconds:6.0f} s  {self.processor:6.0f} s"


class Runner:
    """Runs commands with an environment; a command may take `timeout` seconds."""

    def __init__(self, environment: Mapping[str, str], timeout: float) -> None:
        self.environment, self.timeout = environment, timeout
        self.running: set[subprocess.Popen[bytes]] = set()

    def run(self, name: str, command: Sequence[str]) -> Result:
        """Run one command with its output in `logs/NAME.log`, print its result and return it."""
        begin = time.monotonic()
        path = LOGS / f"{name}.log"
        late = threading.Event()
        with path.open("w") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            timer = threading.Timer(self.timeout, self.stop_late, [process, late])
            timer.start()
            self.running.add(process)
            # Popen itself does not say how much processor time there was.
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.running.discard(process)
            timer.cancel()
            if late.is_set():
                log.write(f"\nstopped after {self.timeout:.0f} s\n")
        result = Result(
            name, process.returncode == 0, time.monotonic() - begin, processor=usage.ru_utime + usage.ru_stime
        )
        lines = path.read_text(errors="replace").splitlines()[-TAIL:]
        tail = [] if result.passed else [f"--- the end of {path.relative_to(ROOT)}", *lines, "---"]
        print("\n".join([*tail, str(result)]), flush=True)
        return result

    @staticmethod
    def stop_late(process: subprocess.Popen[bytes], late: threading.Event) -> None:
        """Stop a command that takes too long, and tell so."""
        late.set()
        kill(process)

    def stop(self) -> None:
        """Stop the commands that run, with everything that they started."""
        for process in list(self.running):
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a command and everything that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def side_by_side(
    names: Iterable[str], run: Callable[[str], Result], jobs: int, after: Mapping[str, str], stop: Callable[[], None]
) -> list[Result]:
    """Run what is named, `jobs` at a time and in this order; return the results in the order in which they ended.

    `after` has for some names the one that has to end before they begin; it counts only when it is among the names.
    After Ctrl-C, or a mistake of this program, nothing begins any more, and `stop` ends what runs.
    """
    waiting, results = list(names), list[Result]()
    unfinished = set(waiting)
    changed = threading.Condition()

    def following() -> str | None:
        """Take the next one that may begin, wait for one, or return None when there is none left."""
        with changed:
            while waiting:
                for name in waiting:
                    if after.get(name) not in unfinished:
                        waiting.remove(name)
                        return name
                changed.wait()
        return None

    def work() -> None:
        while name := following():
            try:
                results.append(run(name))
            finally:
                with changed:
                    unfinished.remove(name)
                    changed.notify_all()

    with ThreadPoolExecutor(jobs) as pool:
        workers = [pool.submit(work) for _ in range(jobs)]
        try:
            for worker in workers:
                worker.result()
        except BaseException:
            with changed:
                waiting.clear()
                changed.notify_all()
            stop()
            raise
    return results


def busy() -> tuple[float, float]:
    """Return for how long the processors of this machine have worked and for how long they could have, in seconds."""
    fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    ticks = [int(field) / os.sysconf("SC_CLK_TCK") for field in fields]
    # The fourth and the fifth are idle, without and with a disk to wait for.
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def table(results: Sequence[Result], wall: float, share: float) -> str:
    """Return what ran as a table, the longest first, with sums and a last line.

    `wall` is the wall time of all in seconds, `share` the part of that time in which the processors worked.
    """
    lines = sorted(results, key=lambda result: -result.seconds)
    failed = sum(not result.passed for result in results)
    seconds, processor = sum(result.seconds for result in results), sum(result.processor for result in results)
    return "\n".join(
        [
            "",
            f"{'':8}{'':<16} {'wall':>8}  {'cpu':>8}",
            *map(str, lines),
            f"{'':8}{'sum':<16} {seconds:6.0f} s  {processor:6.0f} s",
            f"{'':8}{'from end to end':<16} {wall:6.0f} s, the processors of this machine {share:.0%} busy",
            f"{len(results) - failed} passed, {failed} failed",
        ]
    )
