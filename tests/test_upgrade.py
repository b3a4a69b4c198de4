"""The program of the role `postgresql` that moves the cluster: a run that is killed is ended by the next."""

import os
import subprocess
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[1] / "roles/postgresql/files/upgrade.sh"
# Commands that touch what is kept; when the file `power` counts down to nothing, power is lost before one of them.
STEP = """
left=$(cat power 2> /dev/null) && echo $((left - 1)) > power && [ $left = 1 ] && kill -KILL $PPID && exit 1
exec /bin/%s "$@"
"""
COMMANDS = {
    "runuser": "",
    "systemctl": "",
    "pg_ctlcluster": "",
    "flock": "",
    "sync": "",
    **{name: STEP % name for name in ("rm", "mv", "cp")},
    "install": 'for last; do :; done; touch "$last"',
    "pg_lsclusters": '[ ! -e port-$2 ] || echo "$2 main $(cat port-$2)"',
    "pg_conftool": "echo $5 > port-$1",
    "pg_dropcluster": "/bin/rm port-$2",
    "pg_upgradecluster": "mkdir -p etc/17/main/conf.d; echo 5433 > port-17; [ ! -e broken ] && echo moved >> said",
}


@pytest.fixture
def upgrade(tmp_path):
    """Return a function that moves from 15 to 17, and returns how often the move was begun and what is left of it.

    It takes what a move that fails says last.
    """
    (tmp_path / "etc/15/main/conf.d").mkdir(parents=True)
    (tmp_path / "etc/15/main/conf.d/groundcrew.conf").write_text("port = 5432\n")
    (tmp_path / "etc/15/main/postgresql.conf").touch()
    (tmp_path / "port-15").write_text("5432\n")
    (tmp_path / "said").touch()
    for name, does in COMMANDS.items():
        command = tmp_path / "bin" / name
        command.parent.mkdir(exist_ok=True)
        command.write_text(f"#!/bin/sh\ncd {tmp_path}\n{does}\n")
        command.chmod(0o755)
    script = PROGRAM.read_text().replace("/var/lib/postgresql", str(tmp_path)).replace("/run/", f"{tmp_path}/")
    script = script.replace("/etc/postgresql", f"{tmp_path}/etc")

    def run(said=None):
        result = subprocess.run(
            ["/bin/sh", "-c", script, "upgrade", "15", "17", "link"],
            env={"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert (result.returncode == 0) == (said is None), result.stderr
        assert (said or "") in result.stderr
        return (tmp_path / "said").read_text().count("moved"), [*tmp_path.glob("groundcrew-upgrade*")]

    return run


def test_it_moves_once_and_leaves_nothing(upgrade, tmp_path):
    assert upgrade() == (1, [])
    assert [(tmp_path / f"port-{version}").read_text() for version in (15, 17)] == ["5433\n", "5432\n"]


def test_a_run_that_was_killed_before_it_knew_the_port_is_no_move(upgrade, tmp_path):
    """The file is there before the port is in it, and a cluster that is not there has no port."""
    (tmp_path / "groundcrew-upgrade.port").touch()
    assert upgrade() == (1, [])
    assert (tmp_path / "port-17").read_text() == "5432\n"


def test_a_cluster_that_the_move_did_not_make_is_neither_moved_into_nor_dropped(upgrade, tmp_path):
    (tmp_path / "port-17").write_text("5433\n")
    assert upgrade("There is a cluster 17/main already") == (0, [])
    assert [(tmp_path / f"port-{version}").read_text() for version in (15, 17)] == ["5432\n", "5433\n"]


def test_a_move_that_fails_is_undone(upgrade, tmp_path):
    (tmp_path / "broken").touch()
    upgrade("")
    assert (tmp_path / "etc/15/main/conf.d/groundcrew.conf").read_text() == "port = 5432\n"
    assert not (tmp_path / "port-17").exists()
    assert not (tmp_path / "groundcrew-upgrade").exists()
    (tmp_path / "broken").unlink()
    assert upgrade() == (1, [])


def test_the_old_cluster_is_always_seen_and_a_power_cut_while_a_move_is_undone_is_mended(upgrade, tmp_path):
    for step in range(1, 10):
        (tmp_path / "broken").touch()
        (tmp_path / "power").write_text(f"{step}\n")
        upgrade("")
        assert (tmp_path / "etc/15/main/postgresql.conf").exists(), step
        cut = (tmp_path / "power").read_text() == "0\n"
        (tmp_path / "power").unlink()
        upgrade("")
        assert (tmp_path / "etc/15/main/conf.d/groundcrew.conf").read_text() == "port = 5432\n", step
        assert not (tmp_path / "port-17").exists(), step
        if not cut:
            break
    assert step > 5
    (tmp_path / "broken").unlink()
    assert upgrade() == (1, [])
