"""A mistake in the inventory stops `site.yml` with one sentence, before anything is sent to a host.

The host of these inventories cannot be reached: whoever tries gets UNREACHABLE, which is how a right one ends.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
NOWHERE = {"ansible_host": "127.0.0.1", "ansible_port": 1}
LOCAL = "redis://:secret@127.0.0.1:6379/0"
APP = {"name": "shop", "source": str(ROOT / "examples/guestbook"), "domains": ["shop.example.org"]}


@pytest.fixture
def site(tmp_path):
    """Return a function that runs site.yml on a host with these variables and returns what Ansible printed."""

    def run(hosts=("web1",), **variables):
        names = dict.fromkeys(hosts, NOWHERE)
        inventory = {
            "all": {"hosts": names, "vars": variables},
            "django": {"hosts": dict.fromkeys(hosts)},
            "redis": {"hosts": dict.fromkeys(hosts)},
            "backup": {"hosts": dict.fromkeys(hosts if "backup_repository" in variables else ())},
        }
        (tmp_path / "hosts.yml").write_text(yaml.safe_dump(inventory))
        command = Path(sys.executable).with_name("ansible-playbook")
        result = subprocess.run(
            [command, "--inventory", tmp_path / "hosts.yml", ROOT / "playbooks/site.yml"],
            cwd=ROOT,
            env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode != 0
        return re.sub(r"\s+", " ", result.stdout + result.stderr)

    return run


def test_a_right_inventory_goes_on_to_the_host(site):
    assert "UNREACHABLE" in site(django_apps=[APP])


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({}, "`django_apps` lists no application"),
        ({"django_apps": []}, "`django_apps` lists no application"),
        ({"django_apps": [{"name": "shop", "domains": ["shop.example.org"]}]}, "missing required arguments: source"),
        ({"django_apps": [{**APP, "domian": "x"}]}, "domian"),
        ({"django_apps": [{**APP, "workers": "many"}]}, "workers"),
        ({"django_apps": [APP], "postgresql_setings": {}}, "postgresql_settings"),
        ({"django_apps": [APP, APP]}, "Two applications claim the name shop and the domain shop.example.org"),
        ({"django_apps": [APP, {**APP, "name": "blog"}]}, "Two applications claim the domain shop.example.org"),
        (
            {
                "django_apps": [
                    {**APP, "cache_url": LOCAL},
                    {**APP, "name": "blog", "domains": ["b.org"], "broker_url": LOCAL},
                ]
            },
            "Two applications claim the port 127.0.0.1:6379",
        ),
        ({"django_apps": [{**APP, "databases": ["stats", "stats"]}]}, "Two applications claim the database stats"),
        (
            {"django_apps": [{**APP, "cache_url": "redis://127.0.0.1:6379/0"}]},
            "cache_url on a port of this host takes a password",
        ),
        ({"django_apps": [{**APP, "name": "My Shop"}]}, "`My Shop` cannot name an application"),
        ({"django_apps": [{**APP, "name": "postgres"}]}, "`postgres` cannot name an application"),
        ({"django_apps": [{**APP, "domains": ["shop example"]}]}, "shop example is no host name"),
        ({"django_apps": [{**APP, "domains": ["*.example.org"]}]}, "*.example.org is no host name"),
        (
            {"django_apps": [{**APP, "domains": ["a.org", "*.a.org"], "certificate": {"source": "acme"}}]},
            "signs *.a.org for a record in the DNS alone",
        ),
        (
            {"django_apps": [{**APP, "certificate": {"source": "provided", "rsa": True, "certificate": "a.pem"}}]},
            "the certificate lacks private_key and rsa_certificate and rsa_private_key",
        ),
        ({"django_apps": [{**APP, "static_url": "cdn.example.net"}]}, "cdn.example.net is no address of a CDN"),
        ({"django_apps": [{**APP, "hsts": "3 moons"}]}, "value of hsts must be one of: project, none, 5 minutes"),
        ({"django_apps": [{**APP, "source": "/nowhere/at/all"}]}, "there is no source at /nowhere/at/all"),
        ({"django_apps": [{**APP, "source": "nowhere"}]}, "there is no source at nowhere"),
        ({"django_apps": [{**APP, "env": {"DEBUG": False}}]}, "DEBUG in `env` cannot be an environment variable"),
        ({"django_apps": [{**APP, "env": {"A-B": "x"}}]}, "A-B in `env` cannot be an environment variable"),
        ({"django_apps": [{**APP, "processes": [{"name": "celery", "rum": "x"}]}]}, "rum"),
    ],
)
def test_a_mistake_stops_before_the_host(site, variables, sentence):
    answer = site(**variables)
    assert sentence in answer
    assert "UNREACHABLE" not in answer


def test_hosts_that_share_a_database_share_their_secrets(site):
    shared = {**APP, "database_url": "postgresql://shop:secret@db.example.org/shop"}
    answer = site(hosts=("web1", "web2"), django_apps=[shared])
    assert "2 hosts share its database, so DJANGO_SECRET_KEY must be the same on all of them" in answer
    assert "UNREACHABLE" not in answer
    assert "UNREACHABLE" in site(
        hosts=("web1", "web2"), django_apps=[{**shared, "env": {"DJANGO_SECRET_KEY": "x" * 64}}]
    )


@pytest.mark.parametrize(
    ("passphrase", "repository", "reason"),
    [
        ("too short", {}, "at least 12 characters"),
        ("two lines of\nwhat nobody types", {}, "at least 12 characters"),
        ("correct horse battery", {"type": "s3", "bucket": "backups"}, "needs endpoint, bucket, key, secret"),
        ("correct horse battery", {"type": "sftp", "host": "nas"}, "needs host, user, private_key, host_keys"),
    ],
)
def test_a_backup_that_could_not_be_read_or_reached(site, passphrase, repository, reason):
    said = site(django_apps=[APP], backup_passphrase=passphrase, backup_repository=repository)
    assert reason in said
    assert passphrase not in said
    assert "UNREACHABLE" not in said


def test_a_backup_that_can_be_read(site):
    assert "UNREACHABLE" in site(django_apps=[APP], backup_passphrase="correct horse battery", backup_repository={})
    assert "needs `backup_passphrase`" in site(django_apps=[APP], backup_repository={})
