"""What a run shows with the callback `brief`, in the Ansible that runs the tests: a line for what changed, no more."""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = """
- name: Provide nothing
  hosts: all
  gather_facts: false
  tasks:
    - name: Look
      ansible.builtin.stat: {path: /}

    - name: Note what a worker need not load
      loaded: {}

- name: Provide something
  hosts: all
  gather_facts: false
  tasks:
    - name: Write the file
      ansible.builtin.command: sleep 1
      changed_when: true

    - name: Write each file
      ansible.builtin.command: "echo {{ item }}"
      changed_when: true
      loop: [first, second]
      when: inventory_hostname == 'web1'

    - name: Try
      ansible.builtin.shell: test -e {{ seen }} || { touch {{ seen }}; false; }
      vars: {seen: "{{ before }}-{{ inventory_hostname }}"}
      register: tried
      until: tried is success
      retries: 1
      delay: 0
      changed_when: false

    - name: Leave out
      ansible.builtin.command: "true"
      when: false

    - name: Include more
      ansible.builtin.include_tasks: more.yml

- name: Provide much
  hosts: web1
  gather_facts: false
  tasks:
    - {name: Write one, ansible.builtin.raw: "true"}
    - {name: Write two, ansible.builtin.raw: "true"}
    - {name: Write three, ansible.builtin.raw: "true"}
    - {name: Wait, ansible.builtin.raw: sleep 1}
    - {name: Write four, ansible.builtin.raw: "true"}

- name: Provide what nobody is
  hosts: nobody
  gather_facts: false
  tasks: []

- name: Check the inventory
  hosts: web1
  gather_facts: false
  tasks:
    - name: Check the inventory
      groundcrew.django.applications:
        options: {}
      vars: {postgres_version: 15, redi_version: 7}
"""

LOADED = """
import gc, json, pathlib, sys
from ansible.plugins.action import ActionBase
from ansible_collections.groundcrew.django.plugins.module_utils.applications import specification

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        known = specification.load.cache_info().currsize
        found = {"modules": list(sys.modules), "specifications": known, "frozen": gc.get_freeze_count()}
        pathlib.Path(__file__).with_name("loaded.json").write_text(json.dumps(found))
        return {}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("brief")


@pytest.fixture(scope="module")
def run(folder):
    """Return a function that runs the playbook with options, and returns the status (int) and the lines shown."""
    (folder / "action_plugins").mkdir()
    (folder / "action_plugins/loaded.py").write_text(LOADED)
    (folder / "play.yml").write_text(PLAYBOOK)
    (folder / "more.yml").write_text("- {name: Say hello, ansible.builtin.debug: {msg: hello}}\n")
    local = f"ansible_connection=local ansible_python_interpreter={sys.executable}"
    (folder / "hosts").write_text(f"web1 {local}\nweb2 {local}\n[django]\nweb1\n")

    @functools.cache
    def run(*options):
        arguments = ["ansible-playbook", "--inventory", folder / "hosts", folder / "play.yml"]
        result = subprocess.run(
            [*arguments, "--extra-vars", f"before={folder}/before{len(options)}", *options],
            cwd=ROOT,
            env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
            capture_output=True,
            text=True,
        )
        assert result.stderr == ""
        return result.returncode, result.stdout.splitlines()

    return run


def test_a_worker_finds_loaded_what_it_needs_and_leaves_the_memory_shared(run, folder):
    run()
    worker = json.loads((folder / "action_plugins/loaded.json").read_text())
    for path in ROOT.glob("plugins/filter/*.py"):
        assert f"ansible_collections.groundcrew.django.plugins.filter.{path.stem}" in worker["modules"]
    assert worker["specifications"] == len(list(ROOT.glob("roles/*/meta/argument_specs.yml")))
    # What the first process has made so far, no worker looks through.
    assert worker["frozen"] > 20_000


def test_what_changed_is_a_line_each_and_nothing_else_is_told(run):
    _, lines = run()
    begin = lines.index("Provide something")
    assert lines[:begin] == [""]
    assert lines[begin + 1].startswith("  changed  [web1, web2]  Write the file  ")
    assert lines[begin + 1].endswith(" s")
    assert lines[begin + 2].startswith("  changed  [web1]  Write each file")
    text = "\n".join(lines)
    assert "hello" in text
    for word in ("RETRYING", "included", "skipping", "Look", "nobody", "FAILED"):
        assert word not in text


def test_many_short_tasks_are_a_number(run):
    _, lines = run()
    begin = lines.index("Provide much")
    assert lines[begin + 1].startswith("  changed  [web1]  Wait  ")
    assert lines[begin + 2 : begin + 4] == ["  changed  [web1]  4 tasks of less than a second (-v names them)", ""]


def test_a_refusal_is_its_sentences_alone(run):
    status, lines = run()
    begin = lines.index("  failed   [web1]  Check the inventory")
    end = lines.index("", begin)
    assert status != 0
    assert lines[begin + 1] == "    The inventory has 2 mistakes. Nothing was changed."
    assert end - begin == 4
    assert "`-e before` is read by nothing." in lines[begin + 3]


def test_v_shows_what_ansible_shows(run):
    _, lines = run("-v")
    text = "\n".join(lines)
    for word in ("TASK [Look]", "RETRYING", "included: ", "skipping: "):
        assert word in text
