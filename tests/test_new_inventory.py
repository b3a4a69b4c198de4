"""`new_inventory.yml` writes a folder that stands alone, with every secret encrypted, and writes over nothing."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import runner

ROOT = Path(__file__).resolve().parent.parent
NAMES = ["ansible.cfg", "requirements.yml", ".gitignore", ".vault-password", "README.md", "apps.yml"]


def ansible(where, playbook, *options, **variables):
    """Run a playbook of the collection in a folder, as its user does; return what it printed and the status."""
    arguments = [*options, *(f"--extra-vars={name}={value}" for name, value in variables.items())]
    environment = {**os.environ, "PWD": str(where), "ANSIBLE_NOCOLOR": "1"}
    environment.pop("ANSIBLE_CONFIG", None)
    result = subprocess.run(
        ["ansible-playbook", playbook, *arguments],
        cwd=where,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    return result.stdout + result.stderr, result.returncode


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder that was written inside a user's own repository, with two stages."""
    top = tmp_path_factory.mktemp("shop")
    files = {
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
        "requirements.txt": "Django\ncelery\n",
        "shop/settings.py": "import os\nINSTALLED_APPS = ['channels']\nASGI_APPLICATION = 'shop.asgi.application'\n"
        "SECRET_KEY, MAIL = os.environ['DJANGO_SECRET_KEY'], os.environ['MAIL_KEY']\n"
        "SECRET_KEY = os.environ['SIGNING_KEY']\n",
        "front/package.json": '{"scripts": {"build": "vite build"}}',
        "front/package-lock.json": "{}",
        "shop/celery.py": "app = Celery('shop')\n",
    }
    for name, text in files.items():
        (top / "code" / name).parent.mkdir(parents=True, exist_ok=True)
        (top / "code" / name).write_text(text)
    playbook = ROOT / "playbooks/new_inventory.yml"
    given = {"folder": top / "code/deploy", "source": top / "code", "app": "shop"}
    output, status = ansible(ROOT, playbook, **given, host="web1.example.org", domain="shop.example.org")
    assert status == 0, output
    more = {"stage": "staging", "host": "192.0.2.7", "domain": "staging.example.org", "user": "debian"}
    output, status = ansible(top / "code/deploy", "groundcrew.django.new_inventory", folder=".", **more)
    assert status == 0, output
    return top / "code/deploy"


def test_the_folder_stands_alone(folder):
    assert sorted(path.name for path in folder.iterdir()) == sorted([*NAMES, "production", "staging"])
    for stage in ("production", "staging"):
        output, status = ansible(folder, "groundcrew.django.check_inventory", "--inventory", stage)
        assert status == 0, output


def test_what_the_project_needs_is_in_it(folder):
    text = (folder / "apps.yml").read_text()
    assert 'source: "../.."' in text
    assert "interface: asgi" in text
    assert "celery --app shop worker" in text
    assert "settings: shop.settings, from manage.py" in text
    assert "\n    # build:\n    #   - {run: npm ci, directory: front}" in text
    assert "# vault_shop_env lacks MAIL_KEY: ...  # shop/settings.py, line 4\n" in text
    assert "lacks DJANGO_SECRET_KEY" not in text
    # What the host makes up is nobody's to type.
    assert "    # secrets:  # made up on the host\n    #   SIGNING_KEY: 50  # shop/settings.py, line 5\n" in text
    assert "lacks SIGNING_KEY" not in text


def test_no_secret_is_readable_and_the_password_stays_out_of_git(folder):
    for stage in ("production", "staging"):
        assert (folder / stage / "group_vars/all/vault.yml").read_text().startswith("$ANSIBLE_VAULT;1.1;AES256\n")
    assert (folder / ".vault-password").stat().st_mode & 0o777 == 0o600
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    assert "vault-password" not in subprocess.check_output(["git", "add", "--dry-run", "."], cwd=folder, text=True)
    subprocess.run(["git", "check-ignore", "--quiet", ".vault-password"], cwd=folder, check=True)


def test_stages_share_what_is_deployed_and_no_secret(folder):
    apps = [(folder / stage / "group_vars/all/apps.yml").resolve() for stage in ("production", "staging")]
    assert apps == [folder / "apps.yml"] * 2
    keys = set()
    for stage in ("production", "staging"):
        command = ["ansible-vault", "view", f"{stage}/group_vars/all/vault.yml"]
        text = subprocess.check_output(command, cwd=folder, text=True)
        keys.add(re.search(r"^vault_shop_env:\n  DJANGO_SECRET_KEY: (\w{64})$", text, re.MULTILINE)[1])
    assert len(keys) == 2
    assert "ansible_user: debian" in (folder / "staging/hosts.yml").read_text()


def test_nothing_is_written_over(folder):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts}
    given = {"folder": folder, "source": folder.parent, "host": "other", "domain": "other.example.org"}
    output, status = ansible(ROOT, ROOT / "playbooks/new_inventory.yml", **given)
    assert (status, "changed=0" in output) == (0, True)
    assert {path: path.read_bytes() for path in before} == before


def test_what_is_missing_is_named(tmp_path):
    output, status = ansible(ROOT, ROOT / "playbooks/new_inventory.yml", folder=tmp_path, host="web1")
    assert status != 0
    assert "Name folder, source, host and domain" in output
    assert list(tmp_path.iterdir()) == []


# In place of Ansible: says what it was called with, and what it was given.
PLAYER = """#!/bin/sh
echo "play $*"
[ "$("$ANSIBLE_VAULT_PASSWORD_FILE")" = canary-password ] && ssh-add -l
case $ANSIBLE_SSH_COMMON_ARGS in *StrictHostKeyChecking=yes*) echo strict;; esac
"""


@pytest.fixture(scope="module")
def pipelines(folder):
    """Return the repository of the folder, with the three pipelines."""
    top = folder.parent
    subprocess.run(["git", "init", "--quiet"], cwd=top, check=True)
    shutil.rmtree(folder / ".git", ignore_errors=True)
    for name in runner.FILES:
        given = {"folder": folder, "host": "web1.example.org", "domain": "shop.example.org", "source": top, "ci": name}
        output, status = ansible(ROOT, ROOT / "playbooks/new_inventory.yml", **given)
        assert status == 0, output
    return top


@pytest.mark.parametrize("kind", runner.FILES)
def test_a_pipeline_previews_and_ships(pipelines, kind, tmp_path):
    """Each command runs as the runner would run it, with Ansible's place taken by a program that says what it gets."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    program = tmp_path / "bin/ansible-playbook"
    program.parent.mkdir()
    program.write_text(PLAYER)
    program.chmod(0o755)
    (pipelines / "deploy/known_hosts").write_text("web1.example.org ssh-ed25519 AAAA\n")
    environment = {"PATH": f"{program.parent}:{os.environ['PATH']}", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    environment |= {"SSH_KEY": key.read_text(), "VAULT_PASSWORD": "canary-password", "HOME": str(tmp_path)}
    found = runner.commands(pipelines, kind)
    assert list(found) == ["preview", "staging", "production"]
    said = {}
    for job, lines in found.items():
        result = runner.run(lines, pipelines, environment)
        assert result.returncode == 0, result.stderr
        said[job] = re.findall("^play (.*)$", result.stdout, re.MULTILINE)
        assert "(ED25519)" in result.stdout and "strict" in result.stdout
        secrets = ["canary-password", key.read_text().splitlines()[2]]
        assert not [secret for secret in secrets if secret in result.stdout + result.stderr]
    assert said == {
        "preview": [
            "groundcrew.django.preflight --inventory staging",
            "groundcrew.django.deploy --inventory staging --extra-vars preview=true",
        ],
        "staging": ["groundcrew.django.deploy --inventory staging"],
        "production": ["groundcrew.django.deploy --inventory production"],
    }


def test_a_pipeline_says_what_it_lacks(pipelines):
    program, known = pipelines / "deploy/ci/run", pipelines / "deploy/known_hosts"
    environment = {"PATH": os.environ["PATH"]}
    for arguments, words in [
        ([], "Usage: ci/run"),
        (["preview", "nowhere"], "There is no stage nowhere."),
        (["deploy", "staging"], "give the pipeline the private key"),
    ]:
        known.write_text("web1 key\n")
        result = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
        assert (result.returncode != 0, words in result.stderr) == (True, True), result.stderr
    known.unlink()
    result = subprocess.run(
        [program, "deploy", "staging"], env=environment, capture_output=True, text=True, check=False
    )
    assert "known_hosts is missing" in result.stderr


def test_a_pipeline_that_nobody_knows_is_refused(tmp_path):
    given = {
        "folder": tmp_path / "new",
        "host": "web1",
        "domain": "shop.example.org",
        "source": ROOT / "examples/guestbook",
    }
    output, status = ansible(ROOT, ROOT / "playbooks/new_inventory.yml", ci="jenkins", **given)
    assert status != 0
    assert "There is no pipeline for jenkins" in output
    assert not (tmp_path / "new").exists()
