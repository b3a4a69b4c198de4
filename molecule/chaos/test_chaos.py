"""A run that is killed at any task and started again leaves the host that an undisturbed run leaves.

A first run, and one that changes settings.
"""

import difflib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SITE = "playbooks/site.yml"
# The tasks at which a run is killed: CHAOS="7 40" names others.
STEP, MOST = 10, 160
TASKS = [int(number) for number in os.environ.get("CHAOS", "").split()] or list(range(2, MOST, STEP))

CHANGED = {
    "base_timezone": "Europe/Berlin",
    "base_journal_size": "700M",
    "base_sysctl": {"vm.swappiness": "7"},
    "postgresql_settings": {"work_mem": "8MB", "max_connections": "120"},
    "nginx_requests_per_second": 40,
    "nginx_tls_profile": "modern",
    "django_app_client_max_body_size": "20m",
}


def state(host):
    """Return what a run made of the host (list of str)."""
    # What a run starts and does not wait for.
    host.check_output("systemctl start --wait 'apt-daily*.service' || true; sleep 1")
    return sorted(set(host.check_output("sh -c %s", (HERE / "state.sh").read_text()).splitlines()))


@pytest.fixture(scope="module")
def undisturbed(host):
    """Return what the run of `converge` made of the host, which nobody disturbed."""
    found = state(host)
    assert len(found) > 1000
    assert [line for line in found if line.startswith(("failed", "unread", "not read"))] == []
    return found


def kill(host, task, **variables):
    """Kill a run when it comes to a task; return the name of the task, None when the run ended before."""
    command = ["ansible-playbook", "--inventory", os.environ["MOLECULE_INVENTORY_FILE"]]
    command += ["--limit", host.backend.hostname, "--extra-vars", json.dumps(variables), SITE]
    killed = [sys.executable, HERE.parent / "shared/killed.py", str(task), *command]
    done = subprocess.run(killed, cwd=HERE.parents[1], capture_output=True, text=True, check=False)
    return (
        None if done.returncode == 3 else [line for line in done.stdout.splitlines() if line.startswith("TASK [")][-1]
    )


def make_up(host, play, wanted, at, **variables):
    """Run again what was killed, and compare the host with the one that nobody disturbed."""
    result = play(SITE, **variables)
    assert result.returncode == 0, f"{at}\n{result.stdout[-3000:]}"
    difference = [line for line in difflib.unified_diff(wanted, state(host), n=0, lineterm="") if line[0] in "+-"]
    assert difference[2:] == [], "\n".join([at, *difference[:40]])
    assert re.search(r"changed=0 .*failed=0", play(SITE, **variables).stdout), at


@pytest.mark.parametrize("task", TASKS)
def test_a_killed_run_is_made_up_for(host, play, http, undisturbed, task):
    for playbook in ("destroy", "create", "prepare"):
        assert play(f"molecule/shared/{playbook}.yml", bare=True).returncode == 0
    at = kill(host, task)
    if not at:
        pytest.skip("The run has fewer tasks.")
    make_up(host, play, undisturbed, at)
    assert http("https://guestbook.example.org/").status == 200


def test_a_killed_change_is_made_up_for(host, play):
    """There and back by turns."""
    ways, wanted = [CHANGED, {}], []
    for variables in ways:
        result = play(SITE, **variables)
        assert result.returncode == 0, result.stdout[-3000:]
        wanted.append(state(host))
    assert wanted[0] != wanted[1]
    for number, task in enumerate(range(2, MOST, STEP)):
        way = number % 2
        if not (at := kill(host, task, **ways[way])):
            break
        make_up(host, play, wanted[way], at, **ways[way])
    else:
        pytest.fail(f"A run has more than {MOST} tasks.")
    assert play(SITE).returncode == 0
