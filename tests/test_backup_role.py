"""The role `backup`: where a repository is begun, and what in a folder that hosts share belongs to whom."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
ROLE = ROOT / "roles/backup"
CLUSTER = "cluster 17 main 5432 online postgres /var/lib/postgresql/17/main"
# What a host says (lines), and whether its repository is there.
HOSTS = {
    "new": ([CLUSTER], False),
    "mounted": ([CLUSTER, 'kept "17 in {path}/files/mounted"'], True),
    "unmounted": ([CLUSTER, 'kept "15 in {path}/files/unmounted"'], False),
    "moved": ([CLUSTER, 'kept "17 in /mnt/other/files/moved"'], False),
    "plain": ([], False),
}
PLAY = """
- hosts: all
  gather_facts: false
  vars_files: ["{role}/vars/main.yml"]
  tasks:
    - block: {tasks}
      rescue:
        - set_fact: {{failed: "{{{{ ansible_failed_result.msg }}}}"}}
    - set_fact: {{folders: "{{{{ __backup_folders }}}}"}}
- hosts: new
  gather_facts: false
  vars:
    __kept: {{exclude: [/srv/shop/current]}}
  tasks:
    - vars:
        backup_exclude: {exclude}
        hosts: "{{{{ dict(groups.all | zip(groups.all | map('extract', hostvars))) }}}}"
      copy: {{content: "{{{{ {{'exclude': backup_exclude, 'hosts': hosts}} | to_json }}}}", dest: {folder}/said.json}}
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """Return what the playbook excludes, and by host how it failed, and the folders of its repository (dict)."""
    folder = tmp_path_factory.mktemp("role")
    repository = folder / "nas"
    hosts = {}
    for name, (lines, there) in HOSTS.items():
        found = [line.format(path=repository) for line in lines]
        hosts[name] = {"__backup_found": {"stdout": "\n".join(found), "stdout_lines": found}}
        if there:
            (repository / "files" / name).mkdir(parents=True)
            (repository / "files" / name / "config").touch()
    common = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
    common |= {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    common |= {"backup_repository": {"path": str(repository)}, "backup_passphrase": "p", "backup_exclude": ["*.log"]}
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": common}}))
    tasks = yaml.safe_load((ROLE / "tasks/install.yml").read_text())[:2]
    (block,) = yaml.safe_load((ROOT / "playbooks/tasks/backup.yml").read_text())
    exclude = json.dumps(block["block"][0]["vars"]["backup_exclude"])
    play = PLAY.format(role=ROLE, tasks=json.dumps(tasks), folder=folder, exclude=exclude)
    (folder / "play.yml").write_text(play)
    command = [Path(sys.executable).with_name("ansible-playbook"), "--inventory", folder / "hosts.yml"]
    result = subprocess.run(
        [*command, folder / "play.yml"], cwd=ROOT, env={**os.environ}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout[-3000:]
    return json.loads((folder / "said.json").read_text())


def test_no_folder_is_made_in_place_of_a_repository_that_is_not_mounted(said):
    failed = {name: facts["failed"] for name, facts in said["hosts"].items() if "failed" in facts}
    assert list(failed) == ["unmounted"]
    assert "/nas/files/unmounted held backups, and there is no repository any more: is it mounted" in str(failed)


def test_no_host_owns_what_all_of_a_shared_folder_go_through(said):
    owned = {
        name: {part["path"]: (part["owner"], part["mode"]) for part in facts["folders"]}
        for name, facts in said["hosts"].items()
    }
    assert owned["plain"] == {"": ("root", "0755"), "files": ("root", "0700")}
    for name in set(HOSTS) - {"plain"}:
        own = {path: owner for path, owner in owned[name].items() if path.endswith(f"/{name}")}
        assert own == {f"postgresql/{kind}/{name}": ("postgres", "0750") for kind in ("archive", "backup")}
        assert {owned[name][path] for path in owned[name].keys() - own.keys() - {"files"}} == {("root", "0755")}


def test_a_restore_hands_over_nothing_of_another_host():
    recursive = [
        task["ansible.builtin.file"]["path"]
        for task in yaml.safe_load((ROLE / "tasks/restore.yml").read_text())
        if task.get("ansible.builtin.file", {}).get("recurse")
    ]
    assert recursive
    assert all(path.endswith("/{{ backup_name }}") for path in recursive)


def test_what_the_inventory_leaves_out_is_left_out_beside_what_a_deploy_makes(said):
    assert said["exclude"] == ["/srv/shop/current", "*.log"]
