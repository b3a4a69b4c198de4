"""A mistake in the inventory stops every host before anything is sent to one. What is a mistake: tests/applications.

The hosts of these inventories cannot be reached: whoever tries gets UNREACHABLE, which is how a right one ends.
"""

import datetime
import hashlib
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
NOWHERE = {"ansible_host": "127.0.0.1", "ansible_port": 1}
APP = {"name": "shop", "source": str(ROOT / "examples/guestbook"), "domains": ["shop.example.org"]}
TASK = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Check the inventory
      groundcrew.django.applications:
        options: {app: {type: str}, %s: {type: bool, default: false}}
      run_once: true
      register: __resolved
"""
SHOW = """
    - name: Show
      ansible.builtin.debug:
        msg: "{{ %s }}"
      run_once: true
"""


@pytest.fixture
def play(tmp_path):
    """Return a function that runs a playbook on an inventory and returns (status, output)."""

    def run(playbook, *arguments, hosts=("web1",), groups=("django", "postgresql", "redis"), secret="", **variables):
        folder = tmp_path / "inventory"
        (folder / "group_vars/all").mkdir(parents=True, exist_ok=True)
        names = dict.fromkeys(hosts, NOWHERE)
        inventory = {"all": {"hosts": names}, **{group: {"hosts": dict.fromkeys(hosts)} for group in groups}}
        inventory["backup"] = {"hosts": {"db1": NOWHERE} if "db1" in hosts else {}}
        (folder / "hosts.yml").write_text(yaml.safe_dump(inventory))
        (folder / "group_vars/all/all.yml").write_text(yaml.safe_dump(variables))
        (folder / "group_vars/all/vault.yml").write_text(secret)
        (tmp_path / "password").write_text("password")
        if not str(playbook).endswith(".yml"):
            (tmp_path / "play.yml").write_text(playbook)
            playbook = tmp_path / "play.yml"
        command = [Path(sys.executable).with_name("ansible-playbook"), "--inventory", folder, playbook, *arguments]
        environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_VAULT_PASSWORD_FILE": str(tmp_path / "password")}
        result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        return result.returncode, result.stdout + result.stderr

    return run


@pytest.mark.parametrize(("address", "missing"), [("127.0.0.1", True), ("192.0.2.11", False)])
def test_hosts_find_each_other_where_ansible_finds_them(tmp_path, address, missing):
    """One that watches others is let in by its address, which `ansible_host` has unless `base_address` does."""
    hosts = {"web1": {"ansible_host": "192.0.2.10"}, "mon1": {"ansible_host": address}}
    variables = {"django_apps": [APP], "prometheus_domain": "mon.example.org"}
    groups = {"django": {"hosts": {"web1": None}}, "monitoring": {"hosts": {"mon1": None}}}
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": variables}, **groups}))
    command = [Path(sys.executable).with_name("ansible-playbook"), "--inventory", tmp_path / "hosts.yml"]
    command.append(ROOT / "playbooks/check_inventory.yml")
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "alertmanager_mail" in result.stdout
    assert ("`base_address` is missing" in result.stdout) == missing


def encrypted(text, tmp_path):
    """Return a line of YAML with a text that the vault holds."""
    (tmp_path / "password").write_text("password")
    command = [Path(sys.executable).with_name("ansible-vault"), "encrypt_string", "--name=vault_secret", text]
    environment = {**os.environ, "ANSIBLE_VAULT_PASSWORD_FILE": str(tmp_path / "password")}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_a_right_inventory_goes_on_to_the_host(play):
    status, output = play(ROOT / "playbooks/site.yml", django_apps=[APP])
    assert status != 0
    assert "UNREACHABLE" in output


def test_one_mistake_stops_every_host_and_is_told_once(play):
    """`db1` has no part in it, and goes no further than `web1`."""
    hosts = ("web1", "db1")
    app = {
        **APP,
        "wrokers": 4,
        "version": 1.5,
        "env": {"SINCE": datetime.date(2026, 1, 2), "RATE": 0.5, "DEBUG": False},
    }
    status, output = play(ROOT / "playbooks/site.yml", hosts=hosts, django_apps=[app], backup_weeks=5)
    assert status != 0
    assert "UNREACHABLE" not in output
    assert output.count("is no key of an application. Did you mean `workers`?") == 1
    for words in ('version: "1.5"', 'SINCE: "2026-01-02"', 'RATE: "0.5"', 'DEBUG: "false"'):
        assert words in output
    assert "backup_retention_weeks" in output
    assert "backup_passphrase" in output


def test_a_value_that_yaml_reads_otherwise_is_told_as_it_was_written(play):
    """In a file that belongs to no key of the test: hosts, groups and the vault are read alike."""
    text = f"""
django_apps:
  - name: shop
    source: {APP["source"]}
    domains: [shop.example.org]
    env: {{UMASK: 0022, PORT: 8000}}
    timers: [{{name: tick, run: date, on_calendar: 12:30}}]
"""
    status, output = play(TASK % "x", secret=text)
    assert status != 0
    assert 'env: {UMASK: "0022"}' in output
    assert 'on_calendar: "12:30"' in output
    assert "PORT" not in output


def test_a_mistake_is_told_with_its_file_and_line(play):
    status, output = play(TASK % "x", django_apps=[{**APP, "wrokers": 4}], base_timezone="Europe/Berln")
    assert status != 0
    for words in ("`wrokers` is no key", "Europe/Berlin"):
        (line,) = [line for line in output.splitlines() if words in line]
        assert re.search(r"\(group_vars/all/all.yml:\d+\)$", line)


def test_what_is_no_mistake_is_noted_and_a_host_that_does_not_answer_is_told(play, tmp_path):
    """Secrets that the vault holds are no secrets in plain text."""
    app = {**APP, "env": {"API_TOKEN": "canary-in-the-clear", "OTHER_TOKEN": "{{ vault_secret }}"}}
    secret = encrypted("canary", tmp_path)
    variables = {"redis_password": "x", "redis_secret": "y", "other": "{{ redis_secret }}"}
    status, output = play(ROOT / "playbooks/preflight.yml", secret=secret, django_apps=[app], **variables)
    assert status != 0
    assert output.count("does not answer: Failed to connect") == 1
    notes = [line for line in output.splitlines() if line.startswith("Note: ")]
    for words in ("`redis_password` is read by nothing", "env.API_TOKEN` is a secret in plain text"):
        assert words in "\n".join(notes)
    for words in ("redis_secret", "OTHER_TOKEN", "vault.yml", "canary"):
        assert words not in "\n".join(notes)


@pytest.mark.parametrize("text", ["all: {}", "all: {hosts: [web1]}", "all: {hosts: {web1: }", "all:\n\thosts:"])
def test_an_inventory_without_hosts_or_that_is_none_is_refused(tmp_path, text):
    path = tmp_path / "hosts.yml"
    path.write_text(text)
    for inventory in (path, tmp_path / "nowhere"):
        command = [Path(sys.executable).with_name("ansible-playbook"), "--inventory", inventory, "playbooks/site.yml"]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert result.returncode != 0
        assert str(inventory) in result.stderr or "`all` has no hosts" in result.stdout


def test_a_misspelt_name_of_the_command_line_stops_a_deploy(play):
    status, output = play(ROOT / "playbooks/deploy.yml", "-e", "verison=v1", "-e", "ap=shop", django_apps=[APP])
    assert status != 0
    assert "UNREACHABLE" not in output
    assert "Did you mean `version`?" in output
    assert "Did you mean `app`?" in output


def test_a_playbook_that_reaches_nobody_of_its_group_is_refused(play):
    """backup.yml acts on `db1`, which `--limit` leaves out; without it, it is asked."""
    variables = {"django_apps": [APP], "backup_passphrase": "correct horse battery"}
    hosts = ("web1", "db1")
    status, output = play(ROOT / "playbooks/backup.yml", "--limit", "web1", hosts=hosts, **variables)
    assert status != 0
    assert "`--limit` leaves no host of the group `backup`" in output
    status, output = play(ROOT / "playbooks/backup.yml", hosts=hosts, **variables)
    assert "UNREACHABLE" in output


def test_data_are_not_copied_onto_the_database_that_they_come_from(play):
    """`--limit` leaves out the host that they come from, and what the inventory says of it is still read."""
    shared = APP | {"database_url": "postgresql://shop:correcthorse@db.example.org/shop"}
    shared["env"] = {"DJANGO_SECRET_KEY": "4f9d1c0b7a3e5d8f2b6c9a1e7d3f5b8c"}
    asked = ["--limit", "web2", "-e", "app=shop", "-e", "from=web1", "-e", "confirm=shop"]
    given = {"hosts": ("web1", "web2"), "groups": ("django",), "django_apps": [shared]}
    status, output = play(ROOT / "playbooks/clone_data.yml", *asked, **given)
    assert (status, "UNREACHABLE" in output) == (2, False)
    assert "[web2] shop: `-e from` is web1, which has the same database db.example.org:5432/shop" in output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["app="], "`-e app` is empty: name the application"),
        (["app=$APP"], "`-e app` is $APP, and no host has such an application"),
        (["app=shop", "time=2026-11-23 14:00"], "`14:00` stands behind a space"),
        (["app"], "`-e app` is no NAME=VALUE"),
    ],
)
def test_what_the_shell_and_ansible_make_of_an_argument(play, arguments, words):
    given = [part for one in arguments for part in ("-e", one)]
    status, output = play(TASK % "time", *given, django_apps=[APP])
    assert status != 0
    assert words in output


def test_settings_may_take_facts_of_the_host_and_other_templates_are_told(play):
    """By way of another variable, too; a lookup that fails is no matter of facts."""
    variables = {
        "quarter": "{{ ansible_facts.memtotal_mb // 4 }}",
        "postgresql_settings": {"shared_buffers": "{{ quarter }}MB", "max_connections": 200},
    }
    status, output = play(TASK % "x" + SHOW % "__resolved.hosts.web1.stated", django_apps=[APP], **variables)
    assert status == 0, output
    assert "most_connections: 200" in output
    variables["nginx_trusted_proxies"] = "{{ lookup('ansible.builtin.file', '/nowhere/proxies') }}"
    status, output = play(TASK % "x", django_apps=[APP], **variables)
    assert status != 0
    assert "`nginx_trusted_proxies` cannot be evaluated" in output
    assert "memtotal_mb" not in output


def test_no_secret_is_printed_and_every_value_arrives(play, tmp_path):
    """From the vault, from a template, from another variable; also what a template makes of a list."""
    app = {
        **APP,
        "env": {"SECRET": "{{ vault_secret }}", "HOST": "{{ inventory_hostname }}"},
        "requirements": "{{ [1] + more }}",
    }
    show = "[app.env.SECRET | hash('sha256'), app.env.HOST, app.requirements]"
    show = show.replace("app.", "__resolved.hosts.web1.applications[0].app.")
    secret = encrypted("canary", tmp_path)
    status, output = play(TASK % "x" + SHOW % show, "-vvv", secret=secret, django_apps=[app], more=["2"])
    assert status == 0, output
    assert "canary" not in output
    for words in (hashlib.sha256(b"canary").hexdigest(), "- web1", "- '1'", "- '2'"):
        assert words in output


def test_a_value_that_cannot_be_evaluated_is_one_mistake(play):
    status, output = play(TASK % "x", django_apps=[{**APP, "workers": "{{ cores }}", "threads": "many"}])
    assert status != 0
    assert "`workers` cannot be evaluated" in output
    assert "`threads`" in output


def test_variables_of_the_play_count(play):
    playbook = TASK.replace("  gather_facts", f"  vars: {{django_apps: [{APP}]}}\n  gather_facts") % "x"
    status, output = play(playbook + SHOW % "__resolved.hosts.web1.applications[0].name")
    assert status == 0, output
    assert "msg: shop" in output


def test_options_of_a_playbook_outlive_the_one_that_it_imports(play):
    """upgrade_postgresql.yml ends with site.yml, and reads `drop_old` after that."""
    playbook = TASK % "drop_old" + TASK % "other" + SHOW % "__resolved.options"
    status, output = play(playbook, "-e", "drop_old=yes", "-e", "app=shop", django_apps=[APP])
    assert status == 0, output
    assert "drop_old: true" in output
    assert "other: false" in output


def test_twenty_hosts_with_twenty_applications(play):
    """2.4 s on a quiet machine, where each task of the version before took 1.6 s for each application of each host."""
    hosts = [f"web{number}" for number in range(20)]
    apps = [
        {**APP, "name": f"shop{n}", "domains": [f"shop{n}.org"], "env": {"A": "{{ vault_secret }}"}} for n in range(20)
    ]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    status, output = play(TASK % "x", hosts=hosts, secret="vault_secret: canary", django_apps=apps)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert status == 0, output
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5
