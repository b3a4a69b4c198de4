"""Fixtures of scenarios that reach their hosts over TCP, as an operator does.

The tests themselves come in through podman, which no firewall and no setting of the running sshd can refuse.
"""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEY = Path("~/.cache/groundcrew/id_ed25519").expanduser()
PUBLIC = KEY.with_suffix(".pub").read_text().strip() if KEY.exists() else ""
OPTIONS = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
NEAR = "10.0.0.0/8"  # where this machine is for a host
ROLE = "- {hosts: all, gather_facts: false, become: true, roles: [groundcrew.django.%s]}\n"


@pytest.fixture
def address(host):
    return host.check_output("hostname -I").split()[0]


@pytest.fixture
def login(address):
    """Return a function that logs in over TCP and returns what came of it; `words` are further ones for ssh."""

    def run(user, command="true", port=22, words=()):
        line = ["ssh", "-i", KEY, *OPTIONS.split(), "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", *words]
        line += ["-p", str(port), f"{user}@{address}", command]
        return subprocess.run(line, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def ansible(address, request, tmp_path):
    """Return a function that starts a playbook, or the role, over TCP: what it returns is a process with its output."""

    def start(playbook=None, user="root", port=22, patience=160, **variables):
        keys = {"ansible_host": address, "ansible_user": user, "ansible_port": port}
        keys |= {"ansible_ssh_private_key_file": str(KEY), "ansible_ssh_common_args": OPTIONS}
        keys |= {"ssh_administrators": [{"name": "ops", "keys": [PUBLIC]}], "firewall_administrators": [NEAR]}
        groups = {group: {"hosts": {"server": {**keys, **variables}}} for group in ("memcached", "firewall")}
        (tmp_path / "hosts.json").write_text(json.dumps(groups))
        (tmp_path / "role.yml").write_text(ROLE % Path(request.path).parent.name)
        command = ["ansible-playbook", "--inventory", tmp_path / "hosts.json"]
        if playbook:
            command.append(ROOT / playbook)
        else:
            variable = f"__{Path(request.path).parent.name}_patience={patience}"
            command += ["--extra-vars", variable, tmp_path / "role.yml"]
        # Connections of an earlier run would open what is closed now.
        environment = {**os.environ, "ANSIBLE_SSH_CONTROL_PATH_DIR": str(tmp_path / "cp"), "COLUMNS": "1000"}
        pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen(command, cwd=ROOT, env=environment, **pipe)

    return start


@pytest.fixture
def run(ansible):
    """Return a function that runs a playbook to its end and returns (status, output in one line)."""

    def run(*arguments, **variables):
        process = ansible(*arguments, **variables)
        output = " ".join(process.communicate()[0].split())
        return process.returncode, output

    return run


def settles(host, condition, seconds):
    """Say whether a command of the host succeeds in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if host.run(condition).rc == 0:
            return True
        time.sleep(0.2)
    return False
