"""A site that somebody set up by hand is described, taken over with its data, and can be had back."""

import os
import subprocess

import pytest
import yaml
from network import KEY, OPTIONS, ROOT

DOMAIN = "old.example.org"
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": os.environ["HOME"],
    "ANSIBLE_PRIVATE_KEY_FILE": str(KEY),
    "ANSIBLE_SSH_COMMON_ARGS": OPTIONS,
}
FOLDERS = {}
LOG_IN = """
import http.cookiejar, re, sys, urllib.parse, urllib.request
jar = http.cookiejar.CookieJar()
opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
url = 'http://localhost/admin/login/'
token = re.search('csrfmiddlewaretoken" value="([^"]+)', opener.open(url).read().decode())[1]
form = {'csrfmiddlewaretoken': token, 'username': 'ops', 'password': 'correct horse', 'next': '/admin/'}
opener.open(url, urllib.parse.urlencode(form).encode())
print(next(one.value for one in jar if one.name == 'sessionid'))
"""


def ansible(where, playbook, *options, **variables):
    """Run a playbook as its user does, in a folder; return what it printed and the status."""
    words = [f"--extra-vars={name}={value}" for name, value in variables.items()]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    command = ["ansible-playbook", playbook, *options, *words]
    done = subprocess.run(command, cwd=where, env=ENVIRONMENT, text=True, check=False, **streams)
    return done.stdout, done.returncode


@pytest.fixture
def folder(address, tmp_path_factory):
    """Return the inventory that was written for the host, once."""
    if address not in FOLDERS:
        top = tmp_path_factory.mktemp("adopt")
        given = {"folder": top / "deploy", "source": ROOT / "examples/guestbook", "app": "shop", "host": address}
        said, status = ansible(ROOT, "playbooks/new_inventory.yml", **given, user="root", adopt="true")
        assert status == 0, said
        assert f"adopt -e app=shop -e confirm={address}" in said
        assert "correct horse" not in said
        FOLDERS[address] = top / "deploy"
    return FOLDERS[address]


@pytest.fixture
def session(host):
    """Return the cookie of somebody who logged in on the old site."""
    return host.check_output("python3 -c %s", LOG_IN)


def test_what_is_there_is_described(host, folder):
    environment = yaml.safe_load((folder / "production/group_vars/all/environment.yml").read_text())
    assert environment["shop_domains"] == [DOMAIN]
    text = (folder / "apps.yml").read_text()
    assert "settings: guestbook.settings" in text
    assert "2 files there differ from what git has" in text
    assert "/var/spool/cron/crontabs/sammy starts `7 3 * * *" in text
    assert ("its data move from sqlite3 into PostgreSQL" in text) == (host.backend.hostname.endswith("13"))
    vault = ["ansible-vault", "view", "production/group_vars/all/vault.yml"]
    secrets = yaml.safe_load(subprocess.check_output(vault, cwd=folder, env=ENVIRONMENT, text=True))["vault_shop_env"]
    assert secrets["TITLE"] == "Made by hand"
    assert host.file("/home/sammy/shop/.env").contains(f"DJANGO_SECRET_KEY={secrets['DJANGO_SECRET_KEY']}")
    assert sorted(secrets) == ["DJANGO_SECRET_KEY", "TITLE"]


def test_nothing_is_taken_over_without_a_word(folder, http):
    said, status = ansible(folder, "groundcrew.django.adopt", app="shop")
    assert status != 0
    assert "Say that you mean it" in " ".join(said.split())
    assert "from before" in http(f"http://{DOMAIN}/").text


def test_the_site_goes_on_with_its_data(host, folder, address, session, http):
    key = host.check_output("sed -n 's/^DJANGO_SECRET_KEY=//p' /home/sammy/shop/.env")
    said, status = ansible(folder, "groundcrew.django.adopt", "-vvv", "--diff", app="shop", confirm=address)
    assert status == 0, said[-3000:]
    assert [secret for secret in (key, "open%20sesame", "open sesame") if secret in said] == []
    page = http(f"https://{DOMAIN}/")
    assert (page.status, "from before" in page.text, "Made by hand" in page.text) == (200, True, True)
    assert http(f"https://{DOMAIN}/media/paper.txt").text == "paper\n"
    inside = http(f"https://{DOMAIN}/admin/", headers={"Cookie": f"sessionid={session}"})
    assert inside.status == 200
    assert host.run("systemctl is-active gunicorn.service gunicorn.socket").stdout.split() == ["inactive"] * 2
    assert host.run("systemctl is-enabled gunicorn.socket").stdout.strip() == "disabled"
    assert host.check_output("crontab -l -u sammy").startswith("#7 3")
    changed = host.check_output("git -c safe.directory=* -C /home/sammy/shop status --short --untracked-files=no")
    assert changed.split() == ["M", "guestbook/__init__.py", "M", "guestbook/settings.py"]


def test_a_second_run_changes_nothing(folder, address, http):
    said, status = ansible(folder, "groundcrew.django.adopt", app="shop", confirm=address)
    assert (status, "changed=0 " in said) == (0, True), said[-3000:]
    assert "from before" in http(f"https://{DOMAIN}/").text


def test_the_old_site_can_be_had_back(host, folder, address, http):
    said, status = ansible(folder, "groundcrew.django.revert_adoption", app="shop", confirm=address)
    assert (status, "served as before Groundcrew" in said) == (0, True), said[-3000:]
    assert "from before" in http(f"http://{DOMAIN}/").text
    assert http(f"http://{DOMAIN}/media/paper.txt").text == "paper\n"
    assert host.run("systemctl is-enabled gunicorn.socket").stdout.strip() == "enabled"
    assert host.check_output("crontab -l -u sammy").startswith("7 3")
