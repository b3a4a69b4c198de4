"""Templates, rendered with the variables of their roles: one start of Ansible for the cases of all tests that run.

A test says its cases with the mark `renders`: one of `drivers/`, and for each case the variables that a user, or the
answer of a host, gives. A driver says which files are written then. The fixture `files` has their text by name, one
dictionary for each case.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))
ROOT = Path(__file__).resolve().parents[2]
# Whose variables and templates a driver uses, when it has another name.
ROLES = {"site": ["nginx"], "sizing": ["postgresql"], "application": ["django_app"], "units": ["django_app", "worker"]}
SHIP = yaml.safe_load((ROOT / "playbooks/tasks/ship.yml").read_text())
# What the playbook makes of the part of the application and of what `django_app` returns.
TAKEN = next(task["ansible.builtin.set_fact"] for task in SHIP if "ansible.builtin.set_fact" in task)
HANDED = {"units": {"worker_app": TAKEN["__worker"]}}


def pytest_configure(config):
    config.addinivalue_line("markers", "renders(driver, *cases): variables of each case that the fixture `files` has")


def key(driver, case):
    return f"{driver} {json.dumps(case, sort_keys=True)}"


def playbook(path, driver, cases):
    """Write a playbook that renders cases; those with variables of the same names are one task."""
    roles = [ROOT / "roles" / role for role in ROLES.get(driver, [driver])]
    for folder in ("templates", "files"):
        (path / folder).mkdir(parents=True)
        for file in [file for role in roles for file in role.glob(f"{folder}/*")]:
            (path / folder / file.name).symlink_to(file)
    message = (Path(__file__).parent / f"drivers/{driver}.j2").read_text()
    tasks = [
        {
            "name": driver,
            "debug": {"msg": message},
            "loop": [{"key": key(driver, case), "case": case} for case in cases if set(case) == set(names)],
            "vars": {name: f"{{{{ item.case.{name} }}}}" for name in names},
            "ignore_errors": True,
        }
        for names in sorted({tuple(sorted(case)) for case in cases})
    ]
    variables = [str(file) for role in roles for name in ("defaults", "vars") for file in role.glob(f"{name}/*.yml")]
    play = {"hosts": "localhost", "gather_facts": False, "vars_files": variables, "vars": HANDED.get(driver, {})}
    (path / "play.yml").write_text(yaml.safe_dump([play | {"tasks": tasks}]))
    return path / "play.yml"


@pytest.fixture(scope="session")
def rendered(request, tmp_path_factory):
    """What Ansible says of every case of the tests that run: {key: result}."""
    cases = {}
    for item in request.session.items:
        for mark in item.iter_markers("renders"):
            cases.setdefault(mark.args[0], {}).update({key(mark.args[0], case): case for case in mark.args[1:]})
    folder = tmp_path_factory.mktemp("templates")
    playbooks = [playbook(folder / driver, driver, list(known.values())) for driver, known in cases.items()]
    settings = {"CONFIG": str(ROOT / "ansible.cfg"), "NOCOLOR": "1", "STDOUT_CALLBACK": "ansible.posix.jsonl"}
    result = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "--inventory", "localhost,", *playbooks],
        cwd=ROOT,
        env={**os.environ, **{f"ANSIBLE_{name}": value for name, value in settings.items()}},
        capture_output=True,
        text=True,
        check=False,
    )
    events = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    ended = [event["hosts"]["localhost"] for event in events if event.get("_event", "").startswith("v2_runner_on_")]
    found = {one["item"]["key"]: one for host in ended for one in host.get("results", [])}
    assert set(found) == {name for known in cases.values() for name in known}, result.stdout + result.stderr
    return found


@pytest.fixture
def files(request, rendered):
    """What is in each file, by its name: a dictionary for each case of the test."""
    (mark,) = request.node.iter_markers("renders")
    results = [rendered[key(mark.args[0], case)] for case in mark.args[1:]]
    for result in results:
        assert not result.get("failed"), result["msg"]
    lines = [[line.split() for line in result["msg"].splitlines() if line.strip()] for result in results]
    return [{name: base64.b64decode("".join(text)).decode() for name, *text in case} for case in lines]


@pytest.fixture(scope="session")
def promtool():
    """Prometheus' tool on this machine, or that of Debian's package, unpacked: installed, it would start a server.

    The server itself is beside it.
    """
    if found := shutil.which("promtool"):
        return found
    folder = ROOT / ".cache/promtool"
    tool = folder / "usr/bin/promtool"
    if not tool.exists():
        if not shutil.which("apt-get"):
            pytest.skip("there is no promtool on this machine, and no apt-get to fetch it with")
        folder.mkdir(parents=True, exist_ok=True)
        fetched = subprocess.run(["apt-get", "download", "prometheus"], cwd=folder, capture_output=True, text=True)
        packages = sorted(folder.glob("prometheus_*.deb"))
        if not packages:
            pytest.skip(f"promtool could not be fetched: {fetched.stderr[-200:]}")
        subprocess.run(["dpkg-deb", "--extract", packages[-1], folder], check=True)
    return str(tool)
