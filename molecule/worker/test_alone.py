"""The role `worker` alone, after a run that was killed and after a unit that failed."""

import pytest

PLAYBOOK = "molecule/worker/alone.yml"
SLEEPER = {"name": "sleeper", "run": "sleep 10001"}
UNIT = "other-worker-sleeper.service"
FILE = f"/etc/systemd/system/{UNIT}"
JOB = "/etc/systemd/system/other-timer-nightly.service"
FAILING = "[Unit]\nX-Groundcrew=other\n[Service]\nType=oneshot\nExecStart=false\n"


@pytest.fixture
def runs(host, unit):
    """Return a function that returns the words of the command that the process runs."""
    return lambda: host.check_output(f"tr '\\0' ' ' < /proc/{unit(UNIT)['MainPID']}/cmdline").split()


@pytest.mark.split
def test_what_a_killed_run_wrote_is_run_and_what_failed_is_forgotten_when_it_goes(host, play, runs):
    assert play(PLAYBOOK, processes=[SLEEPER]).returncode == 0
    assert runs() == ["sleep", "10001"]
    # The unit before it, which systemd has in memory; a run writes the new one and is killed, and the process ends.
    host.check_output(f"cp {FILE} /root/ && sed -i s/10001/10002/ {FILE}")
    host.check_output(f"systemctl daemon-reload && systemctl restart {UNIT} && cp /root/{UNIT} {FILE}")
    host.check_output(f"systemctl kill --signal=KILL {UNIT}")
    ended = f"systemctl show --property=NRestarts {UNIT} | grep --quiet NRestarts=1"
    host.check_output("timeout 30 sh -c %s", f"until {ended} && systemctl --quiet is-active {UNIT}; do sleep 0.2; done")
    assert runs() == ["sleep", "10002"]
    assert play(PLAYBOOK, processes=[SLEEPER]).returncode == 0
    assert runs() == ["sleep", "10001"]
    assert "changed=0" in play(PLAYBOOK, processes=[SLEEPER]).stdout
    host.check_output("echo %s > %s", FAILING, JOB)
    host.check_output("systemctl daemon-reload; ! systemctl start other-timer-nightly.service")
    assert "other-timer-nightly" in host.check_output("systemctl --failed --plain --no-legend")
    assert play(PLAYBOOK, processes=[]).returncode == 0
    assert host.check_output("systemctl list-units --state=failed --plain --no-legend 'other-*'") == ""
    assert host.run("ls /etc/systemd/system | grep other").stdout == ""
