"""What is no mistake and worth a word."""

import pytest
from applications import findings, notices, secrecy, vaults
from applications.every import resolve_all
from applications.inventory import Host, Request

from inventories import SECRET, make_host

SQLITE = {"database_url": "sqlite:////srv/shop/data/db.sqlite3"}
SHARED = {"database_url": "postgresql://a@db.example.org/c", "env": {"DJANGO_SECRET_KEY": SECRET}}


def told(*hosts):
    """Return the lines of what is worth a word; a mistake is a failure of the test."""
    result, found = resolve_all(list(hosts), Request())
    assert findings.lines(found) == []
    return "\n".join(findings.lines(result["notices"]))


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (
            {"redis_password": "x"},
            "`redis_password` is read by nothing; names that begin with `redis_` belong to that role",
        ),
        ({"workers": 4}, "`workers` is read by nothing. A key of all applications is `django_app_workers`"),
        (
            {"postgresql_settings": {}},
            "`postgresql_settings` is read by no host: none that has it is in the group `postgresql`",
        ),
        ({"firewall_open": [{"port": "8080"}]}, "none that has it is in the group `firewall`"),
        ({"ssh_port": 2222}, "`ssh_port` is read by nothing: without `ssh_administrators`"),
        ({"ssh_settings": {"ClientAliveInterval": 60}}, "`ssh_settings` is read by nothing: without"),
        ({"backup_retention_weeks": 5}, "none that has it is in the group `backup`"),
    ],
)
def test_a_variable_that_nothing_reads(variables, words):
    assert words in told(make_host(apps={}, **variables))


def test_what_a_template_mentions_is_read():
    host = make_host(apps={}, redis_password="x", workers=4)
    read = Host(host.name, host.groups, host.variables, host.names, mentioned=frozenset({"redis_password", "workers"}))
    assert told(read) == ""


def test_variables_of_one_s_own_and_of_hosts_that_read_them():
    assert told(make_host(apps={}, state="x", company="y", nginx_ipv6=False)) == ""
    other = make_host("db1", groups=["postgresql"], postgresql_settings={})
    assert told(make_host(apps=SQLITE, postgresql_settings={}), other) == ""


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"version": "v1"}, "`version` is not read: the source is a folder"),
        (
            {"env": {"EMAIL_HOST_PASSWORD": "s3cr3t-w0rt\n"}},
            "`env` has EMAIL_HOST_PASSWORD, which ends with a line break",
        ),
        ({"env": {"DEBUG": "True"}}, "`env` has DEBUG: True, which is off in production"),
    ],
)
def test_a_key_that_is_dropped(keys, words):
    assert words in told(make_host(apps=keys))


def test_what_hosts_of_one_site_do_not_share():
    lines = told(*(make_host(name, apps=SHARED) for name in ("web1", "web2")))
    assert "[web1, web2] shop: `cache_url` is missing: each process of 2 hosts has a cache of its own" in lines
    assert "`media` is a folder of each of 2 hosts" in lines
    assert told(make_host(apps=SHARED)) == ""


@pytest.mark.parametrize(
    ("keys", "others", "words"),
    [
        ({}, ["postgresql"], "web1 has no database server, db0 has one, and nothing says"),
        ({}, ["postgresql", "postgresql"], "web1 has no database server, db0 and db1 have one"),
        ({}, ["mariadb"], "For example: database_url: mysql://shop:PASSWORD@db0/shop"),
        (SQLITE, ["postgresql"], ""),
        ({"settings": "shop.settings"}, ["postgresql"], ""),
        ({}, ["redis"], "a group that makes"),
    ],
)
def test_a_database_on_another_host(keys, others, words):
    hosts = [make_host(f"db{n}", groups=[group]) for n, group in enumerate(others)]
    lines = told(make_host(apps=keys), *hosts)
    assert words in lines if words else lines == ""


CELERY = {"processes": [{"name": "celery", "run": "celery -A shop worker"}]}


@pytest.mark.parametrize(
    ("keys", "groups", "heard"),
    [
        (CELERY, (), True),
        (CELERY, ("redis",), False),
        (CELERY | {"env": {"CELERY_BROKER_URL": "amqp://queue"}}, (), False),
        (CELERY | {"broker_url": "amqp://queue.example.org//"}, (), False),
        ({"processes": [{"name": "mail", "run": "product send"}]}, (), False),
    ],
)
def test_workers_whose_queue_nothing_names(keys, groups, heard):
    words = "`broker_url` is missing, and nothing else names the queue of celery"
    assert (words in told(make_host(apps=keys, groups=("django", *groups)))) is heard


@pytest.mark.parametrize("group", ["redis", "memcached", "pgbouncer"])
def test_a_group_makes_nothing_where_no_application_is(group):
    assert f"[cache1] `{group}` is a group that makes" in told(make_host("cache1", groups=[group]))
    assert told(make_host(apps={}, groups=("django", "postgresql", group))) == ""


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("celery -A shop beat", "`processes[a]` plans jobs on each of 2 hosts"),
        ("python -m celery -A shop worker --beat", "`processes[a]` plans jobs"),
        ("/bin/celery -A shop worker -B", "singleton: true"),
        ("rqscheduler", "`processes[a]` plans jobs"),
        ("celery -A shop worker -Q beat-jobs", ""),
        ("heart beat", ""),
    ],
)
def test_a_clock_on_each_of_two_hosts(run, words):
    for singleton, alone in ((False, words), (True, "")):
        keys = {**SHARED, "processes": [{"name": "a", "run": run, "singleton": singleton}], "broker_url": "redis://b/1"}
        lines = told(*(make_host(name, apps=keys) for name in ("web1", "web2")))
        assert alone in lines
        assert ("plans jobs" in lines) is bool(alone)
    assert "plans jobs" not in told(make_host(apps=keys))


def test_a_secret_in_plain_text():
    host = make_host(apps={})
    place = "django_apps[shop].env.API_TOKEN"
    clear = Host(host.name, host.groups, host.variables, host.names, clear=frozenset({place}))
    assert f"`{place}` is a secret in plain text" in told(clear)


@pytest.mark.parametrize(
    ("text", "is_clear"),
    [
        ("vault_a: b\n", True),
        ("$ANSIBLE_VAULT;1.1;AES256\n6162\n", False),
        ("vault_a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n", False),
        ("---\n", False),
    ],
)
def test_a_vault_that_was_never_encrypted(tmp_path, text, is_clear):
    path = tmp_path / "group_vars/all/vault.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    lines = findings.lines(vaults.findings([str(tmp_path), ""]))
    assert lines == (
        [f"`group_vars/all/vault.yml` is in plain text: ansible-vault encrypt {path}."] if is_clear else []
    )
    assert notices.vaults is vaults


@pytest.mark.parametrize("text", ["s3cr3t-w0rt", "-----BEGIN\nabc\n", "\n", ""])
def test_a_text_without_a_line_break_behind_it(text):
    assert "line break" not in told(make_host(apps={"env": {"EMAIL_PASSWORD": text}}))


def test_a_password_of_a_database_with_a_line_break_behind_it():
    databases = [{"name": "a", "password": "correct horse battery\n"}]
    host = make_host(groups=["django", "postgresql"], apps={}, postgresql_databases=databases)
    assert "`postgresql_databases[a].password` ends with a line break, which is a part of it" in told(host)


@pytest.mark.parametrize(
    ("place", "text", "is_secret"),
    [
        ("django_apps[shop].certificate.private_key", "/etc/ssl/private/shop.key", False),
        ("django_apps[shop].certificate.private_key", "~/certificates/shop.pem", False),
        ("django_apps[shop].env.APNS_KEY", "files/apns.p12", False),
        ("django_apps[shop].env.GOOGLE_CREDENTIALS", "/run/secrets/google.json", False),
        ("django_apps[shop].env.API_TOKEN", "/9j4AAQSkZJRgABAQ+AQ==", True),
        ("django_apps[shop].env.API_TOKEN", "/var9AAQSkZJRgAB", True),
        ("django_apps[shop].env.API_TOKEN", "tok.en12345678", True),
    ],
)
def test_the_name_of_a_file_is_no_secret(place, text, is_secret):
    assert secrecy.is_secret(place, text) == is_secret
