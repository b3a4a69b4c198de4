"""Every playbook parses, with the configuration that users get."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
PLAYBOOKS = sorted(ROOT.glob("playbooks/*.yml"))
INVENTORIES = sorted(ROOT.glob("inventories/*/hosts.yml"))


def ansible(command, *arguments):
    """Run one of Ansible's commands from the environment that runs the tests."""
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
    path = Path(sys.executable).with_name(command)
    return subprocess.run([path, *map(str, arguments)], cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def syntax():
    """One start of Ansible for all playbooks: it takes most of the time, and the message names the file."""
    return ansible("ansible-playbook", "--syntax-check", "--inventory", "localhost,", *PLAYBOOKS)


def test_playbooks_parse(syntax):
    assert syntax.returncode == 0, syntax.stderr
    assert [
        Path(line.split(": ")[1]) for line in syntax.stdout.splitlines() if line.startswith("playbook:")
    ] == PLAYBOOKS


@pytest.mark.parametrize("path", INVENTORIES, ids=lambda path: path.parent.name)
def test_inventories_parse(path):
    result = ansible("ansible-inventory", "--inventory", path.parent, "--list")
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_a_playbook_begins_with_the_check_of_the_inventory(path):
    first = yaml.safe_load(path.read_text())[0]
    if path.stem == "check_inventory":
        assert "groundcrew.django.applications" in first["tasks"][0]
    elif path.stem != "new_inventory":
        assert first["ansible.builtin.import_playbook"] in ("check_inventory.yml", "preflight.yml")


def test_there_are_playbooks_and_inventories():
    assert ROOT / "playbooks/site.yml" in PLAYBOOKS
    assert INVENTORIES


def test_new_inventory_has_a_place_for_files_of_any_kind(tmp_path):
    """Ansible takes `.py`, `.pem` and `.j2` for inventory, and each line of them for a host."""
    source = ROOT / "examples/guestbook"
    words = ["host=web1.example.org", "app=shop", "domain=shop.example.org", f"source={source}"]
    extra = [word for one in [f"folder={tmp_path}", *words] for word in ("-e", one)]
    result = ansible("ansible-playbook", ROOT / "playbooks/new_inventory.yml", *extra)
    assert result.returncode == 0, result.stdout
    for name in ("settings.py", "shop.pem", "shop.ini.j2", "shop.yml", "run", "deep/shop.conf"):
        (tmp_path / "production/files" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "production/files" / name).write_text(
            "[database]\nname = {{ ansible_host | default('x') }}\nof the user\n"
        )
    inventory = ["--inventory", tmp_path / "production", "--vault-password-file", tmp_path / ".vault-password"]
    result = ansible("ansible-inventory", *inventory, "--list")
    assert result.returncode == 0, result.stderr
    assert list(json.loads(result.stdout)["_meta"]["hostvars"]) == ["web1.example.org"]
    template = "msg={{ lookup('ansible.builtin.file', inventory_dir ~ '/files/settings.py') }}"
    result = ansible("ansible", "all", *inventory, "--module-name", "debug", "--args", template)
    assert "of the user" in result.stdout
