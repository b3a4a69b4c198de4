"""The pipeline that `new_inventory.yml` writes previews and ships, against a host, and tells no secret.

It is run as a runner of its platform would, over TCP.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import runner
from network import KEY, ROOT

APP = "parcel"
JOBS = ["preview", "staging", "production"]
# Nothing of who starts the tests: neither the collections' place nor a key.
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": os.environ["HOME"],
    "ANSIBLE_COLLECTIONS_PATH": f"{ROOT}/.collections",
}


def git(folder, *arguments):
    """Run git in a folder."""
    subprocess.run(["git", *arguments], cwd=folder, check=True)


@pytest.fixture(scope="module")
def repository(tmp_path_factory, host):
    """Return a repository with a project, an inventory and a pipeline; the host has been provisioned by it."""
    top = tmp_path_factory.mktemp("pipeline") / APP
    shutil.copytree(ROOT / "examples/guestbook", top)
    git(top, "init", "--quiet", "--initial-branch=main")
    address = host.check_output("hostname -I").split()[0]
    # The pipeline comes last, when all stages are there.
    for stage, more in (("production", {}), ("staging", {}), ("staging", {"ci": "github"})):
        given = {"folder": top / "deploy", "source": top, "app": APP, "host": address, "stage": stage, **more}
        given |= {"domain": f"{APP}.example.org", "user": "root"}
        words = [f"--extra-vars={name}={value}" for name, value in given.items()]
        new = ["ansible-playbook", ROOT / "playbooks/new_inventory.yml", *words]
        subprocess.run(new, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    keys = subprocess.run(["ssh-keyscan", address], capture_output=True, text=True, check=True).stdout
    (top / "deploy/known_hosts").write_text(keys)
    git(top, "add", "--all")
    git(top, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "--message=Begin")
    options = f"-o UserKnownHostsFile={top}/deploy/known_hosts"
    site = ["ansible-playbook", "groundcrew.django.site", "--inventory=production", f"--private-key={KEY}"]
    done = subprocess.run(
        [*site, f"--ssh-common-args={options}"],
        cwd=top / "deploy",
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return top


@pytest.fixture(scope="module")
def secrets(repository):
    """Return what no output may show: the key, the vault's password, and what the vault holds."""
    listed = ["ansible-inventory", "--list", "--inventory=production"]
    said = subprocess.run(listed, cwd=repository / "deploy", env=ENVIRONMENT, capture_output=True, check=True).stdout
    variables = next(iter(json.loads(said)["_meta"]["hostvars"].values()))
    password = (repository / "deploy/.vault-password").read_text().strip()
    vault = [value for name, value in variables.items() if name.startswith("vault_")]
    texts = [text for one in vault for text in (one.values() if isinstance(one, dict) else [one])]
    assert len(texts) >= 2
    return [KEY.read_text().splitlines()[2], password, *texts]


@pytest.mark.parametrize("job", JOBS)
def test_job(repository, secrets, host, http, job, tmp_path):
    page = repository / "guestbook/release.txt"
    page.write_text(job)
    environment = {**ENVIRONMENT, "SSH_KEY": KEY.read_text(), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    environment["VAULT_PASSWORD"] = (repository / "deploy/.vault-password").read_text().strip()
    before = host.check_output(f"readlink /srv/{APP}/current")
    result = runner.run(runner.commands(repository, "github")[job], repository, environment)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    said = result.stdout + result.stderr
    assert [secret[:3] for secret in secrets if secret in said] == []
    assert http(f"https://{APP}.example.org/").status == 200
    changed = host.check_output(f"readlink /srv/{APP}/current") != before
    assert changed == (job != "preview")
    if job == "preview":
        assert "settings" in Path(tmp_path / "summary").read_text()
