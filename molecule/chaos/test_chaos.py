"""A first run that is killed at any task and started again leaves the host that an undisturbed run leaves."""

import difflib
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


@pytest.mark.parametrize("task", TASKS)
def test_a_killed_run_is_made_up_for(host, play, http, undisturbed, task):
    for playbook in ("destroy", "create", "prepare"):
        assert play(f"molecule/shared/{playbook}.yml", bare=True).returncode == 0
    command = ["ansible-playbook", "--inventory", os.environ["MOLECULE_INVENTORY_FILE"]]
    command += ["--limit", host.backend.hostname, SITE]
    killed = [sys.executable, HERE.parent / "shared/killed.py", str(task), *command]
    done = subprocess.run(killed, cwd=HERE.parents[1], capture_output=True, text=True, check=False)
    if done.returncode == 3:
        pytest.skip(done.stdout.splitlines()[-1])
    at = [line for line in done.stdout.splitlines() if line.startswith("TASK [")][-1]
    result = play(SITE)
    assert result.returncode == 0, f"{at}\n{result.stdout[-3000:]}"
    difference = [line for line in difflib.unified_diff(undisturbed, state(host), n=0, lineterm="") if line[0] in "+-"]
    assert difference[2:] == [], "\n".join([at, *difference[:40]])
    assert re.search(r"changed=0 .*failed=0", play(SITE).stdout), at
    assert http("https://guestbook.example.org/").status == 200
