"""The action `rotate` changes an encrypted file of the inventory, and hands on what it has written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
OLD = "o" * 64
PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - groundcrew.django.rotate: {name: shop, env: "{{ vault_shop_env }}", step: prepare}
      register: prepared
    - groundcrew.django.rotate: {name: shop, env: "{{ vault_shop_env }}", step: prepare}
      register: again
    - groundcrew.django.rotate: {name: shop, env: "{{ vault_shop_env }}", step: use}
      register: used
    - copy:
        dest: "{{ playbook_dir }}/result.json"
        content: "{{ [prepared, again, used] | map(attribute='env') | list | to_json }}"
      no_log: true
"""


@pytest.fixture
def ansible(tmp_path):
    """Return a function that runs one of Ansible's commands in an inventory whose vault has a key."""
    variables = tmp_path / "group_vars/all"
    variables.mkdir(parents=True)
    (tmp_path / "hosts").write_text("web1 ansible_connection=local\n")
    (tmp_path / "password").write_text("canary\n")
    (tmp_path / "play.yml").write_text(PLAY)
    (variables / "vault.yml").write_text(f"# Ours.\nvault_shop_env:\n  DJANGO_SECRET_KEY: {OLD}\n")
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_INVENTORY": "hosts"}
    environment |= {"ANSIBLE_VAULT_IDENTITY_LIST": "prod@password", "ANSIBLE_PYTHON_INTERPRETER": sys.executable}
    environment["ANSIBLE_COLLECTIONS_PATH"] = str(ROOT / ".collections")

    def run(command, *arguments):
        program = Path(sys.executable).with_name(command)
        result = subprocess.run(
            [program, *arguments], cwd=tmp_path, env=environment, check=False, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    run("ansible-vault", "encrypt", "--encrypt-vault-id=prod", "group_vars/all/vault.yml")
    return run


def test_the_vault_stays_encrypted_and_has_the_next_key(ansible, tmp_path):
    said = ansible("ansible-playbook", "-v", "play.yml")
    prepared, again, used = yaml.safe_load((tmp_path / "result.json").read_text())
    new = prepared["DJANGO_SECRET_KEY_FALLBACKS"]
    assert prepared == again == {"DJANGO_SECRET_KEY": OLD, "DJANGO_SECRET_KEY_FALLBACKS": new}
    assert used == {"DJANGO_SECRET_KEY": new, "DJANGO_SECRET_KEY_FALLBACKS": OLD}
    vault = tmp_path / "group_vars/all/vault.yml"
    assert vault.read_text().startswith("$ANSIBLE_VAULT;1.2;AES256;prod\n")
    text = ansible("ansible-vault", "view", "group_vars/all/vault.yml")
    assert text.startswith("# Ours.\n")
    assert yaml.safe_load(text) == {"vault_shop_env": used}
    assert not [key for key in (OLD, new) if key in said]
    assert [path.name for path in vault.parent.iterdir()] == ["vault.yml"]
