"""Run the checks and the scenarios that are named, or all: `tools/test.py [NAME …]`.

Three at a time, each with its output in `logs/NAME.log`. At the end stands a table of the seconds that each took. The
last line says how many passed and how many failed; the exit status is 0 only if something ran and nothing failed.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

from runs import LOGS, ROOT, Result, Runner, busy, side_by_side, table

WITH_ANSIBLE = ["plugins", "templates", "report/test_playbook.py"]
WITH_ANSIBLE += [f"test_{name}.py" for name in ("new_inventory", "oldest", "playbooks", "preflight")]
WORKFLOWS = sorted(map(str, ROOT.glob(".github/workflows/*.yml")))
CHECKS = {
    "yamllint": ["yamllint", "--strict", "."],
    "ruff": ["ruff", "check"],
    "format": ["ruff", "format", "--check"],
    "mypy": ["mypy"],
    "zizmor": ["zizmor", "--offline", "--no-progress", "."],
    "workflows": ["check-jsonschema", "--builtin-schema=vendor.github-workflows", *WORKFLOWS],
    "ansible-lint": ["ansible-lint", "--strict"],
    "pytest": ["pytest"],
    # With the oldest Ansible that is promised to work: what runs Ansible, or its templates. The rest knows none.
    "pytest-oldest": ["tools/oldest", "pytest", *(f"tests/{name}" for name in WITH_ANSIBLE)],
}
# These scenarios run with it, too, instead of the newest: a whole stack, and a role alone.
OLDEST = {"asgi", "memcached"}
IMAGES = ["molecule/shared/image"]
MOLECULE = ["molecule", "-c", ".config/molecule/config.yml"]
ENVIRONMENT = {
    # Some machines forbid Python to keep bytecode; each run of Ansible would compile our plugins anew.
    **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    "MOLECULE_GLOB": "molecule/*/molecule.yml",
    # Logs are text.
    "NO_COLOR": "1",
    "ANSIBLE_NOCOLOR": "1",
    # Seconds for a connection: a busy machine takes its time.
    "ANSIBLE_TIMEOUT": "60",
    # They tell what for.
    "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "molecule/shared/callback"),
}
# What takes longest and changes least: only by `--long`, or by name.
LONG = {"chaos", "image", "pipeline", "scanners", "secrets", "upgrade"}
# Makes the snapshot that other scenarios start from.
FIRST = "default"
# What takes longest begins first, so that nothing waits for it alone at the end.
LONGEST = [FIRST, "backup", "adopt", "nginx", "deploy", "projects", "two_apps"]
LONGEST += ["postgresql", "servers", "monitoring", "several", "worker", "acme", "mariadb", "ssh"]


def scenarios() -> dict[str, str]:
    """Return the configuration (text) of each scenario, those that take longest first.

    `snapshot` is missing: it makes what `default` makes at its end, for whoever runs another scenario alone.
    """
    found = {path.parent.name: path.read_text() for path in ROOT.glob("molecule/*/molecule.yml")}
    found.pop("snapshot", None)
    names = sorted(found, key=lambda name: (LONGEST.index(name) if name in LONGEST else len(LONGEST), name))
    return {name: found[name] for name in names}


def test(runner: Runner, name: str) -> Result:
    """Run what the name stands for. What a scenario that was stopped could not remove is removed here."""
    if name in CHECKS:
        # The fast tests put modules of their own in the place of ours.
        return runner.run(name, ["env", "--unset=GROUNDCREW_MODULES", *CHECKS[name]])
    oldest = ["tools/oldest"] if name in OLDEST else []
    result = runner.run(name, [*oldest, *MOLECULE, "test", "--scenario-name", name])
    if not result.passed:
        command = [*MOLECULE, "destroy", "--scenario-name", name]
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, timeout=300, check=False)
    return result


def main() -> int:
    """Run what the command line names; return the exit status."""
    every = scenarios()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join([*CHECKS, *every])}")
    parser.add_argument("--long", action="store_true", help=f"run what takes hours: {', '.join(sorted(LONG))}")
    parser.add_argument("--list", action="store_true", help="print the names of the scenarios as JSON")
    parser.add_argument("--jobs", type=int, default=3, help="how many at a time (%(default)s)")
    parser.add_argument("--timeout", type=int, help="seconds that one may take (3000, and 20000 with --long)")
    options = parser.parse_args()
    if options.list:
        print(json.dumps([name for name in every if name not in LONG]))
        return 0
    unknown = set(options.names) - {*CHECKS, *every}
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    named = set(options.names) or (LONG if options.long else {*CHECKS, *every} - LONG)
    checks = [name for name in CHECKS if name in named]
    chosen = [name for name in every if name in named]
    after = {name: FIRST for name in chosen if "groundcrew-site" in every[name]}

    # A CI that gives up says so with SIGTERM: end as after Ctrl-C, with nothing left running.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    LOGS.mkdir(exist_ok=True)
    begin, (worked, could) = time.monotonic(), busy()
    kept = tempfile.TemporaryDirectory(prefix="groundcrew-")
    environment = {**ENVIRONMENT, "GROUNDCREW_MODULES": kept.name, "GROUNDCREW_TEMPLATES": kept.name}
    runner = Runner(environment, options.timeout or (20000 if options.long else 3000))
    results = [runner.run("images", IMAGES)] if chosen else []
    if not all(result.passed for result in results):
        chosen = []
    # The scenario that others wait for comes before the checks, which come soon enough.
    names = [name for name in chosen if name == FIRST and after] + checks
    names += [name for name in chosen if name not in names]
    results += side_by_side(names, lambda name: test(runner, name), options.jobs, after, runner.stop)
    share = (busy()[0] - worked) / (busy()[1] - could)
    print(table(results, time.monotonic() - begin, share))
    return 0 if results and all(result.passed for result in results) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
