"""`playbooks/report.yml` as a user runs it, against this machine and against a host that cannot be reached."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
NOWHERE = ["--inventory", "127.0.0.1,", "-e", "ansible_port=1"]
HERE = ["--inventory", "web1,", "--connection", "local", "-e", "ansible_become_exe=/nowhere/sudo"]


@pytest.fixture
def report(tmp_path):
    """Return a function that runs the playbook in an empty folder and returns (status, output)."""

    def run(*arguments, playbook=ROOT / "playbooks/report.yml"):
        environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
        command = [BIN / "ansible-playbook", playbook, *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    return run


def test_a_host_that_nobody_reaches_is_an_error_and_the_report_is_written(report, tmp_path):
    status, output = report(*NOWHERE, "-e", "address=http://127.0.0.1:9")
    assert status == 2, output
    assert "It gave no answer: Failed to connect" in output
    assert "http://127.0.0.1:9: " in output
    assert f"{tmp_path}/report.html says of each what was seen" in output
    root = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert {suite.get("name") for suite in root} == {"http://127.0.0.1:9", "127.0.0.1"}
    assert "It gave no answer" in (tmp_path / "report.html").read_text()


def test_a_server_that_is_in_no_group_is_asked_and_the_report_lies_where_it_is_wanted(report, tmp_path):
    status, output = report(*HERE, "-e", "address=http://127.0.0.1:9", "-e", "report=deep/ci", "-e", "fail_on=never")
    assert status == 0, output
    assert "web1: " in output
    root = ElementTree.parse(tmp_path / "deep/ci/report.xml").getroot()
    names = {case.get("name") for case in root.iter("testcase")}
    assert {"disk", "ports", "updates", "answer"} <= names
    assert root.find("testsuite/testcase/failure") is None


def test_status_shows_what_is_good_and_writes_nothing(report, tmp_path):
    playbook = ROOT / "playbooks/status.yml"
    status, output = report(*HERE, "-e", "address=http://127.0.0.1:9", "-e", "fail_on=never", playbook=playbook)
    assert status == 0, output
    assert re.search(r"^  good +server +.", output, re.MULTILINE), output
    assert re.search(r"^  \w+ +disk +/", output, re.MULTILINE), output
    assert "No answer: " in output
    assert "https" not in re.findall(r"^  \w+ +([\w-]+)", output, re.MULTILINE)
    assert list(tmp_path.iterdir()) == []
    status, output = report(*NOWHERE, "-e", "address=http://127.0.0.1:9", playbook=playbook)
    assert status == 2, output
    assert "It gave no answer: Failed to connect" in output
    assert "There is something to do: 2 errors" in output


def test_a_misspelt_option_and_value_are_refused(report):
    status, output = report(*HERE, "-e", "adress=http://127.0.0.1:9", "-e", "fail_on=warnings")
    assert status != 0
    assert "Did you mean `address`?" in output
    assert "takes one of error, warning, never" in output


def test_an_inventory_of_ours_is_checked(report, tmp_path):
    path = tmp_path / "hosts.yml"
    inventory = {"django": {"hosts": {"web1": None}}, "postgrseql": {"hosts": {"web1": None}}}
    path.write_text(yaml.safe_dump(inventory))
    status, output = report("--inventory", path)
    assert status != 0
    assert "Did you mean `postgresql`?" in output


def test_the_collection_has_it(tmp_path):
    """The tarball holds what playbook and tests read, and installed it runs."""
    build = [BIN / "ansible-galaxy", "collection", "build", "--output-path", tmp_path, ROOT]
    subprocess.run(build, check=True, capture_output=True)
    (tarball,) = tmp_path.glob("*.tar.gz")
    (tmp_path / "none.cfg").write_text("")
    where = tmp_path / "ansible_collections/groundcrew/django"
    where.mkdir(parents=True)
    shutil.unpack_archive(tarball, where, filter="data")
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(tmp_path),
        "ANSIBLE_CONFIG": str(tmp_path / "none.cfg"),
    }
    command = [BIN / "ansible-playbook", "groundcrew.django.report", *HERE, "-e", "address=http://127.0.0.1:9"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    assert (tmp_path / "report.html").exists()
    command = [BIN / "pytest", where / "playbooks/checks", "--address=http://127.0.0.1:9", "-p", "no:cacheprovider"]
    done = subprocess.run([*command, "-rA"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "FAILED ansible_collections/groundcrew/django/playbooks/checks/test_report.py::test_site" in done.stdout
    assert "127.0.0.1:9: No answer: ConnectionRefusedError" in done.stdout
    assert "test_server[local-server]" in done.stdout
