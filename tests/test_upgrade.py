"""The program of the role `postgresql` that moves the cluster: a run that is killed is ended by the next."""

import os
import subprocess
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[1] / "roles/postgresql/files/upgrade.sh"
COMMANDS = {
    "runuser": "",
    "systemctl": "",
    "pg_ctlcluster": "",
    "flock": "",
    "sync": "",
    "install": 'for last; do :; done; touch "$last"',
    "pg_lsclusters": '[ ! -e port-$2 ] || echo "$2 main $(cat port-$2)"',
    "pg_conftool": "echo $5 > port-$1",
    "pg_dropcluster": "rm port-$2",
    "pg_upgradecluster": "mkdir -p etc/17/main/conf.d; echo 5433 > port-17; echo moved >> said",
}


@pytest.fixture
def upgrade(tmp_path):
    """Return a function that moves from 15 to 17, and returns how often the move was begun and what is left of it."""
    (tmp_path / "etc/15/main/conf.d").mkdir(parents=True)
    (tmp_path / "etc/15/main/conf.d/groundcrew.conf").write_text("port = 5432\n")
    (tmp_path / "port-15").write_text("5432\n")
    (tmp_path / "said").touch()
    for name, does in COMMANDS.items():
        command = tmp_path / "bin" / name
        command.parent.mkdir(exist_ok=True)
        command.write_text(f"#!/bin/sh\ncd {tmp_path}\n{does}\n")
        command.chmod(0o755)
    script = PROGRAM.read_text().replace("/var/lib/postgresql", str(tmp_path)).replace("/run/", f"{tmp_path}/")
    script = script.replace("/etc/postgresql", f"{tmp_path}/etc")

    def run():
        subprocess.run(
            ["/bin/sh", "-c", script, "upgrade", "15", "17", "link"],
            env={"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"},
            check=True,
        )
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
