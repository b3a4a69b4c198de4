"""One application on two hosts that share a database: what is shared happens once, and no host loses a request."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

WEB = ["groundcrew-several-web1", "groundcrew-several-web2"]
CA = "/etc/ssl/groundcrew/ca/ca.pem"
REPOSITORY = Path(__file__).resolve().parents[2]
LOAD = (REPOSITORY / "molecule/deploy/load.py").read_text()
# The tests are about both hosts at once, so they run once.
testinfra_hosts = [f"ssh://{WEB[0]}?timeout=60&controlpersist=600"]


@pytest.fixture(scope="module")
def web(reach):
    """Return the two application hosts."""
    return [reach(name) for name in WEB]


def deploy(**variables):
    """Deploy to both hosts."""
    command = [
        "ansible-playbook",
        "--inventory",
        os.environ["MOLECULE_INVENTORY_FILE"],
        REPOSITORY / "playbooks/deploy.yml",
    ]
    command += ["--extra-vars", json.dumps(variables)]
    return subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ask(host, path="/", method="GET"):
    """Return what the site answers on one host."""
    curl = f"curl --silent --fail --show-error --cacert {CA} --resolve shop.example.org:443:127.0.0.1"
    return host.check_output(f"{curl} --request {method} https://shop.example.org{path}")


def serving(host):
    """Return the release that serves."""
    return host.check_output("basename $(readlink /srv/shop/current)")


@pytest.fixture
def once(reach):
    """Return a function that tells how many times the command ran that runs once in a deploy."""
    data = reach("groundcrew-several-data")
    query = "SELECT count(*) FROM shop_visit WHERE written < '2000-01-01'"
    return lambda: int(data.check_output("runuser -u postgres -- psql --no-psqlrc -At --command %s shop", query))


def test_hosts_serve_one_release_from_one_database(web):
    assert serving(web[0]) == serving(web[1])
    rows = int(ask(web[0]).split()[3])
    ask(web[0], "/write", "POST")
    assert int(ask(web[1]).split()[3]) == rows + 1
    keys = {host.check_output("shop-run sh -c 'echo $DJANGO_SECRET_KEY'") for host in web}
    assert len(keys) == 1


def test_a_singleton_runs_on_the_first_host_alone(web):
    clocks = [host.service("shop-worker-clock").is_running for host in web]
    hands = [host.service("shop-worker-hands").is_running for host in web]
    assert (clocks, hands) == ([True, False], [True, True])


def test_a_deploy_loses_no_request_and_migrates_once(web, once):
    for host in web:
        host.check_output("printf %s %s > /tmp/load.py", "%s", LOAD)
        host.check_output("systemd-run --quiet --unit=load python3 /tmp/load.py shop.example.org /tmp/load.json")
    before = once()
    result = deploy(generation=2, migrations="more")
    assert result.returncode == 0, result.stdout[-3000:]
    assert once() == before + 1
    assert [ask(host).split()[1] for host in web] == ["2", "2"]
    assert serving(web[0]) == serving(web[1])
    for host in web:
        host.check_output("touch /tmp/load.json.stop")
        host.check_output("timeout 60 sh -c 'until test -e /tmp/load.json; do sleep 1; done'")
        counts = json.loads(host.file("/tmp/load.json").content_string)
        print(counts)
        assert counts["requests"] > 100
        assert counts["failures"] == []


def test_what_fails_on_the_first_host_reaches_no_other(web):
    before = [serving(host) for host in web]
    built = web[1].file("/srv/shop/releases").listdir()
    result = deploy(generation=3, migrations="more", broken="error")
    assert result.returncode != 0
    assert "It answers 500 for /" in re.sub(r"\s+", " ", result.stdout)
    assert [serving(host) for host in web] == before
    assert web[1].file("/srv/shop/releases").listdir() == built
    assert [ask(host).split()[1] for host in web] == ["2", "2"]
