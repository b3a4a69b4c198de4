"""One application without a server: its release, its environment, its commands."""

import json
from pathlib import Path

import pytest
import yaml


class Loader(yaml.SafeLoader):
    """YAML with the tag that keeps Ansible from templating."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))
HOSTILE = yaml.load((Path(__file__).parent / "vars/hostile.yml").read_text(), Loader)["hostile"]
DUMP = "import json, os; print(json.dumps(dict(os.environ)))"


@pytest.fixture(scope="module")
def environment(host):
    """The environment that a command of the application sees."""
    return json.loads(host.check_output("shop-run python -c %s", DUMP))


@pytest.mark.parametrize("name", HOSTILE)
def test_value_arrives_byte_for_byte(environment, name):
    assert environment[name] == HOSTILE[name]


def test_no_value_injects_a_variable(environment):
    assert "INJECTED" not in environment


def test_secret_key_is_made_up_once_and_private(host, environment):
    assert len(environment["DJANGO_SECRET_KEY"]) == 64
    secrets = host.file("/etc/django/shop/secrets/DJANGO_SECRET_KEY")
    assert (secrets.user, secrets.mode) == ("root", 0o600)


def test_checks_for_deployment_are_clean(host):
    assert host.run("shop-manage check --deploy --fail-level WARNING").rc == 0


def test_manage_passes_the_exit_code_through(host):
    assert host.run("shop-run sh -c 'exit 7'").rc == 7
    assert host.run("shop-manage shell -c 'raise SystemExit(3)'").rc == 3


def test_manage_reads_standard_input(host):
    assert host.check_output("echo 'print(6 * 7)' | shop-manage shell --no-imports").splitlines()[-1] == "42"


def test_migrations_ran(host):
    assert host.run("shop-manage migrate --check").rc == 0


def test_application_cannot_change_its_own_code_nor_read_the_secrets_file(host):
    assert host.run("shop-run touch /srv/shop/current/source/x").rc != 0
    assert host.run("runuser -u shop -- touch /srv/shop/current/source/x").rc != 0
    assert host.run("runuser -u shop -- cat /srv/shop/current/environment").rc != 0
    assert host.run("shop-run touch /srv/shop/media/x").rc == 0


def test_nobody_else_sees_a_secret(host):
    found = host.run("runuser -u nobody -- grep -rIs canary-7f3a /srv /etc /run /tmp /var/log /usr/local")
    assert found.stdout == ""
    assert "canary-7f3a" not in host.check_output("journalctl --no-pager; systemctl show 'shop*' --all")


def test_static_files_are_collected_under_hashed_names(host):
    manifest = json.loads(host.file("/srv/shop/current/static/staticfiles.json").content_string)
    assert host.file(f"/srv/shop/current/static/{manifest['paths']['entries/style.css']}").exists
