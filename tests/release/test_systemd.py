"""What the engine asks of systemd, which here is a program that keeps one unit in a file."""

import pytest
from groundcrew_release import steps, systemd

# The state is `active`, `failed` or, without the file, that of a unit that systemd has forgotten.
SYSTEMCTL = """#!/bin/sh
cd "$(dirname "$0")" || exit 1
case $1 in
  disable) [ ! -e refuses ] || exit 1; [ -e state ] && cp ends state ;;
  reset-failed) [ "$(cat state)" = failed ] || { echo "Unit not loaded." >&2; exit 1; }; rm state ;;
esac
true
"""


@pytest.fixture
def state(tmp_path, monkeypatch):
    """Put the program in the place of systemctl and return the file with the state of the unit."""
    program = tmp_path / "systemctl"
    program.write_text(SYSTEMCTL)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (tmp_path / "state").write_text("active\n")
    return tmp_path / "state"


def test_a_unit_that_had_to_be_killed_is_no_failure_for_ever(state):
    """It did not end within its time, which systemd takes for a failure and reports until the host starts."""
    state.with_name("ends").write_text("failed\n")
    systemd.retire("shop-web@old.service")
    assert not state.exists()
    # A second time there is nothing to forget.
    systemd.retire("shop-web@old.service")


def test_a_unit_that_ended_well_is_retired(state):
    state.with_name("ends").write_text("inactive\n")
    systemd.retire("shop-web@old.service")
    assert state.read_text() == "inactive\n"


def test_a_unit_that_cannot_be_stopped_is_told(state):
    state.with_name("refuses").touch()
    with pytest.raises(steps.FailedError, match="systemctl disable"):
        systemd.retire("shop-web@old.service")
