"""PostgreSQL's memory and workers follow the host, from half a gigabyte to 256."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROLE = Path(__file__).resolve().parent.parent / "roles/postgresql"
# Gigabytes of memory and cores, and what NAMES are to be.
TABLE = {
    (0.5, 1): ("128MB", "358MB", "32MB", "2MB", 8, 100),
    (1, 1): ("256MB", "716MB", "64MB", "2MB", 8, 100),
    (2, 2): ("512MB", "1433MB", "128MB", "5MB", 8, 100),
    (4, 2): ("1024MB", "2867MB", "256MB", "10MB", 8, 100),
    (16, 8): ("4096MB", "11468MB", "1024MB", "20MB", 8, 200),
    (64, 16): ("16384MB", "45875MB", "2048MB", "40MB", 16, 400),
    (256, 64): ("65536MB", "183500MB", "2048MB", "40MB", 64, 1600),
}
NAMES = ["shared_buffers", "effective_cache_size", "maintenance_work_mem", "work_mem", "max_worker_processes"]
NAMES += ["max_connections"]
PLAY = """
- hosts: localhost
  gather_facts: false
  vars_files: [{role}/defaults/main.yml, {role}/vars/main.yml]
  tasks:
    - name: Size
      ansible.builtin.debug:
        msg: "{{{{ __postgresql_settings | to_json }}}}"
      loop: {hosts}
      vars:
        __postgresql_found: {{stdout: "version=17\\nMemTotal: {{{{ item[0] }}}} kB\\ncores={{{{ item[1] }}}}\\n"}}
"""


@pytest.fixture(scope="module")
def sized(tmp_path_factory):
    """One run of Ansible for all hosts: {(gigabytes, cores): settings}."""
    # The kernel keeps a little for itself.
    hosts = [[int(memory * 2**20) - 4000, cores] for memory, cores in TABLE]
    playbook = tmp_path_factory.mktemp("sizing") / "playbook.yml"
    playbook.write_text(PLAY.format(role=ROLE, hosts=json.dumps(hosts)))
    command = [Path(sys.executable).with_name("ansible-playbook"), "--inventory", "localhost,", playbook]
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.jsonl"}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    events = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    results = [e["hosts"]["localhost"]["results"] for e in events if e.get("_event") == "v2_runner_on_ok"]
    assert results, result.stdout + result.stderr
    return dict(zip(TABLE, (yaml.safe_load(item["msg"]) for item in results[0]), strict=True))


@pytest.mark.parametrize("host", TABLE, ids=str)
def test_memory_and_workers_follow_the_host(sized, host):
    # Ansible 2.17 says numbers as text; the server's file has text anyway.
    assert [str(sized[host][name]) for name in NAMES] == [str(value) for value in TABLE[host]]
