"""Run the checks and the scenarios that are named, or all: `tools/test.py [NAME …]`.

Two at a time, checks first, each with its output in `logs/NAME.log`. The last line says how many passed and how many
failed; the exit status is 0 only if something ran and nothing failed.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "logs"
CHECKS = {
    "yamllint": ["yamllint", "--strict", "."],
    "ruff": ["ruff", "check"],
    "format": ["ruff", "format", "--check"],
    "ansible-lint": ["ansible-lint", "--strict"],
    "pytest": ["pytest"],
}
IMAGES = ["molecule/shared/image"]
MOLECULE = ["molecule", "-c", ".config/molecule/config.yml"]
ENVIRONMENT = {
    **os.environ,
    "MOLECULE_GLOB": "molecule/*/molecule.yml",
    # Logs are text.
    "NO_COLOR": "1",
    "ANSIBLE_NOCOLOR": "1",
}
# What takes longest begins first, so that nothing waits for it alone at the end.
LONGEST = ["deploy", "backup", "two_apps", "acme", "upgrade", "projects", "several", "worker"]
TAIL = 150
RUNNING = set()


def stop(process):
    """Stop a command and everything that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run(name, command, timeout):
    """Run one command with its output in a log; print its result, and return whether it passed."""
    begin = time.monotonic()
    path = LOGS / f"{name}.log"
    with path.open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        RUNNING.add(process)
        try:
            passed = process.wait(timeout) == 0
        except subprocess.TimeoutExpired:
            stop(process)
            log.write(f"\nstopped after {timeout} s\n")
            passed = False
        RUNNING.remove(process)
    result = f"{'passed' if passed else 'FAILED'}  {name}  {time.monotonic() - begin:.0f} s"
    tail = [] if passed else [f"--- the end of {path.relative_to(ROOT)}", *path.read_text().splitlines()[-TAIL:], "---"]
    print("\n".join([*tail, result]), flush=True)
    return passed, result


def check_or_scenario(name, timeout):
    """Run what the name stands for."""
    return run(name, CHECKS[name], timeout) if name in CHECKS else scenario(name, timeout)


def scenario(name, timeout):
    """Run one scenario. What its own end could not remove, since it was stopped, is removed here."""
    passed, result = run(name, [*MOLECULE, "test", "--scenario-name", name], timeout)
    if not passed:
        command = [*MOLECULE, "destroy", "--scenario-name", name]
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, timeout=300, check=False)
    return passed, result


def main():
    """Run what the command line names."""
    scenarios = sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join([*CHECKS, *scenarios])}")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (%(default)s)")
    parser.add_argument("--timeout", type=int, default=3000, help="seconds that one may take (%(default)s)")
    options = parser.parse_args()
    unknown = set(options.names) - {*CHECKS, *scenarios}
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    checks = [name for name in CHECKS if name in options.names or not options.names]
    scenarios = [name for name in scenarios if name in options.names or not options.names]
    scenarios.sort(key=lambda name: LONGEST.index(name) if name in LONGEST else len(LONGEST))

    # A CI that gives up says so with SIGTERM: end as after Ctrl-C, with nothing left running.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    LOGS.mkdir(exist_ok=True)
    results = [run("images", IMAGES, options.timeout)] if scenarios else []
    names = [*checks, *(scenarios if all(passed for passed, _ in results) else [])]
    with ThreadPoolExecutor(options.jobs) as pool:
        try:
            results += pool.map(lambda name: check_or_scenario(name, options.timeout), names)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(RUNNING):
                stop(process)
            raise

    failed = sum(not passed for passed, _ in results)
    print("", *(result for _, result in results), f"{len(results) - failed} passed, {failed} failed", sep="\n")
    return 1 if failed or not results else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
