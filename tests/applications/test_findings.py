"""What is wrong in an inventory: each mistake by its kind, its place and the smallest right example."""

import datetime
from dataclasses import replace

import pytest
from applications import every, findings, names
from applications.findings import Finding
from applications.inventory import Host
from applications.specification import Unreadable

from inventories import ALL, APP, KEY, PASSPHRASE, SECRET, kinds, make_host, mistakes

LOCAL = "redis://:secret@127.0.0.1:6379/0"


@pytest.mark.parametrize(
    ("keys", "kind", "words"),
    [
        # The name becomes a Unix user.
        ({"name": "My Shop"}, "name", "`name` is `My Shop`, and takes up to 30 lower-case letters"),
        ({"name": "s" * 31}, "name", "takes up to 30"),
        ({"name": "postgres"}, "reserved-name", "which Debian"),
        ({"name": "sudo"}, "reserved-name", "which Debian"),
        ({"name": "adm"}, "reserved-name", "which Debian"),
        ({"name": "ca"}, "reserved-name", "For example: name: shop"),
        ({"name": "groundcrew"}, "reserved-name", "which Debian"),
        ({"name": "pg_shop"}, "reserved-name", "which Debian"),
        ({"name": ["a"]}, "wrong-type", "takes text"),
        # Keys.
        ({"source": None}, "missing-key", "`source` is missing."),
        ({"domains": None}, "missing-key", "For example: domains: [shop.example.org]"),
        ({"domian": "x"}, "unknown-key", "Did you mean `domains`?"),
        ({"static_url": "x"}, "renamed", "`static_url` is called `cdn_url` now."),
        ({"nginx": ["x;"]}, "renamed", "is called `nginx_directives` now."),
        ({"gunicorn": {}}, "renamed", "is called `gunicorn_settings` now."),
        ({"drop": ["media"]}, "renamed", "is called `purge` now."),
        ({"workers": "many"}, "wrong-type", '`workers` is "many", and takes a whole number.'),
        ({"hsts_max_age": "3 moons"}, "wrong-type", "takes a whole number"),
        ({"version": 1.1}, "unquoted", 'For example: version: "1.1"'),
        ({"version": 7}, "unquoted", 'For example: version: "7"'),
        ({"umask": 23}, "unquoted", 'umask: "0027"'),
        ({"umask": "rwx"}, "umask", "three octal digits"),
        ({"workers": Unreadable("'cores' is undefined")}, "unreadable", "'cores' is undefined"),
        # Domains.
        ({"domains": []}, "no-domain", "`domains` is empty."),
        ({"domains": ["shop example"]}, "domain", "has shop example, which is no host name"),
        ({"domains": "a.org, b.org"}, "wrong-type", "For example: domains: [a.org, b.org]"),
        ({"domains": ["*.example.org"]}, "domain", "domains: [example.org, '*.example.org']"),
        ({"cdn_url": "cdn.example.net"}, "cdn", "cdn_url: https://cdn.example.net"),
        # The certificate.
        (
            {"domains": ["a.org", "*.a.org"], "certificate": {"source": "acme"}},
            "certificate-dns",
            "signs *.a.org for a record in the DNS alone",
        ),
        (
            {"certificate": {"source": "provided", "rsa": True, "certificate": "a.pem"}},
            "certificate",
            "lacks private_key, rsa_certificate, rsa_private_key",
        ),
        ({"certificate": {"sorce": "acme"}}, "unknown-key", "`certificate.sorce` is no key of `certificate`."),
        # The environment.
        ({"env": {"DEBUG": False}}, "env-value", 'env: {DEBUG: "false"}'),
        ({"env": {"RATE": 0.5}}, "env-value", 'env: {RATE: "0.5"}'),
        ({"env": {"SINCE": datetime.date(2026, 1, 2)}}, "env-value", 'env: {SINCE: "2026-01-02"}'),
        ({"env": {"HOSTS": ["a"]}}, "env-value", "HOSTS, which is a list"),
        ({"env": {"HOSTS": {"a": 1}}}, "env-value", "HOSTS, which is a dictionary"),
        ({"env": {"EMPTY": None}}, "env-value", 'env: {EMPTY: ""}'),
        ({"env": {"A-B": "x"}}, "env-name", "has `A-B`, and a name takes letters"),
        ({"env": {"A": "a\0b"}}, "env-value", "NUL"),
        ({"env": {"A": Unreadable("no vault_a")}}, "unreadable", "has A, which cannot be evaluated: no vault_a"),
        ({"commands": [{"manage": "check", "env": {"A": True}}]}, "env-value", "`commands[0].env` has A"),
        ({"secrets": {"KEY": "long"}}, "secret", "with their length in characters"),
        # URLs.
        ({"database_url": "shop"}, "url", "`database_url` is no URL."),
        ({"cache_url": "redis.example.org"}, "url", "`cache_url` is no URL."),
        # The source.
        ({"source": "/nowhere/at/all"}, "no-source", "is /nowhere/at/all, and there is nothing."),
        ({"source": "nowhere"}, "no-source", "a relative path starts at the inventory /nowhere"),
        ({"source": "https://me:canary@example.org/shop.zip"}, "no-source", "https://example.org/shop.zip"),
        # Files, commands, processes, timers.
        ({"files": [{"path": "../../passwd", "content": ""}]}, "file-outside", "has ../../passwd, which leaves"),
        ({"files": [{"path": "source/../x", "content": ""}]}, "file-outside", "leaves its folder"),
        ({"files": [{"path": "a", "content": "1"}, {"path": "a", "content": "2"}]}, "repeated", "`path: a` 2 times"),
        ({"files": [{"path": "a", "content": "", "mode": 416}]}, "unquoted", 'mode: "0640"'),
        ({"files": [{"path": "a", "content": "", "mode": "rw"}]}, "mode", "octal digits"),
        ({"directories": ["index"]}, "directory", "takes whole paths"),
        ({"directories": ["/srv/the index"]}, "directory", "has /srv/the index, and takes whole paths without spaces"),
        ({"directories": ["/srv/100%index"]}, "directory", "takes whole paths"),
        ({"commands": [{"manage": "x", "run": "y"}]}, "command", "`commands[0]` has `manage` and `run`"),
        ({"commands": [{"once": True}]}, "command", "has neither `manage` nor `run`"),
        ({"processes": [{"name": "celery", "rum": "x"}]}, "unknown-key", "`processes[celery].rum`"),
        ({"processes": [{"name": "a", "run": "x"}] * 2}, "repeated", "`processes` has `name: a` 2 times"),
        ({"build": [{"run": "npm ci", "manage": "x"}]}, "command", "`build[0]` has `manage` and `run`"),
        ({"build": [{"directory": "x"}]}, "command", "build: [{run: npm ci, directory: frontend}]"),
        ({"build": [{"run": "say 'x"}]}, "command-line", "`build[0].run` is no command line"),
        ({"build": [{"run": "npm ci && npm run build"}]}, "command-line", "has `&&`, and no shell reads it"),
        ({"build": [{"run": "npm ci", "directory": "../x"}]}, "directory", "takes a folder inside the source"),
        ({"build": [{"run": "npm ci", "directory": "/x"}]}, "directory", "`build[0].directory` is /x"),
        ({"build": [{"run": "npm ci", "env": {"A": True}}]}, "env-value", "`build[0].env` has A"),
        ({"build": "npm ci"}, "wrong-type", "takes a dictionary"),
        ({"node": 22.1}, "unquoted", "quote it"),
        ({"node": "lts"}, "node", 'node: "22"'),
        ({"sandbox": {"allow": ["jitt"]}}, "wrong-choice", "takes one of jit, namespaces, devices, raw_sockets"),
        ({"sandbox": {"alow": ["jit"]}}, "unknown-key", "Did you mean `allow`?"),
        ({"commands": [{"manage": "x", "sandbox": {"allow": ["gpu"]}}]}, "wrong-choice", "32bit"),
        ({"processes": [{"name": "a", "run": "x", "sandbox": {"allow": ["gpu"]}}]}, "wrong-choice", "proc, home, tmp"),
        ({"processes": [{"name": "a b", "run": "x"}]}, "unit-name", "names a unit"),
        ({"processes": [{"name": "a", "run": ""}]}, "command-line", "`processes[a].run` is empty."),
        ({"timers": [{"name": "a", "run": "say 'x", "on_calendar": "daily"}]}, "command-line", "no closing quotation"),
        ({"commands": [{"run": "say", "unless": 'is "x'}]}, "command-line", "`commands[0].unless` is no command line"),
        ({"commands": [{"manage": "shell -c 'x"}]}, "command-line", "`commands[0].manage` is no command line"),
        ({"processes": [{"name": "a", "run": "x", "memory": "512MB"}]}, "memory", "memory: 512M"),
        ({"processes": [{"name": "a", "run": "x", "stop_signal": "SIGHUPP"}]}, "signal", "is no signal"),
        ({"timers": [{"name": "a", "run": "x", "on_calendar": "daily"}] * 2}, "repeated", "`timers` has `name: a`"),
        ({"timers": [{"name": "a", "run": "x", "calendar": "daily"}]}, "renamed", "is called `on_calendar` now"),
        # The site.
        ({"client_max_body_size": "10 MB"}, "size", "takes a number with k, m or g"),
        (
            {"nginx_directives": ["add_header A b"]},
            "directive",
            "`nginx_directives` has `add_header A b`, which is a directive, and ends with `;`",
        ),
        ({"maintenance": {"allow": ["10.0.0.0/33"]}}, "network", "`maintenance.allow` has 10.0.0.0/33"),
        ({"restricted_paths": [{"path": "/a/", "allow": ["not-an-ip"]}]}, "network", "`restricted_paths[0].allow`"),
        ({"restricted_paths": [{"path": "/a/", "basic_auth": {"al": "canary"}}]}, "password", "openssl passwd -6"),
        ({"restricted_paths": [{"path": "/a/", "users": {}}]}, "renamed", "is called `basic_auth` now"),
        ({"restricted_paths": [{"path": "admin/"}]}, "path", "`restricted_paths[0].path` is admin/"),
        ({"restricted_paths": [{"path": "/a%20b/"}]}, "path", "nothing encoded"),
        ({"restricted_paths": [{"path": "/a/"}, {"path": "/a/"}]}, "repeated", "`path: /a/` 2 times"),
        ({"static": {"/": "/srv/x"}}, "prefix", "static: {/static/: /srv/shop/static}"),
        ({"static": {"https://cdn.example.net/": "/srv/x"}}, "prefix", "takes paths of the site"),
        ({"static": {"/a": "/srv/x", "/a/": "/srv/y"}}, "repeated", "`static` has /a/, and so does `static`"),
        ({"static": {"/a/": "/srv/x"}, "media": {"/a": "/srv/y"}}, "repeated", "and so does `static`"),
        ({"media": {"/a/": "/srv/$x"}}, "prefix", "without `$`"),
        ({"media": {"/a/": "uploads"}}, "prefix", "takes a whole path"),
        (
            {"source": "pypi", "requirements": ["mailman-web>=0.0.8"], "version": "0.0.9"},
            "contradiction",
            "requirements: [mailman-web]",
        ),
        ({"source": "pypi", "requirements": ["a[b]"], "version": "main"}, "no-version", "takes a version of a"),
        (
            {"static": {"/static/": "/etc/django/shop/release/venv/content"}},
            "prefix",
            "static: {/static/: /srv/shop/current/venv/content}",
        ),
        ({"csp": "enforced"}, "wrong-choice", "csp: enforce"),
    ],
)
def test_a_mistake_of_an_application(keys, kind, words):
    host = make_host(apps=keys)
    assert kind in kinds(host)
    lines = "\n".join(mistakes(host))
    assert words in lines
    assert "canary" not in lines


@pytest.mark.parametrize(
    "keys",
    [
        {"domains": "shop.example.org"},
        {"domains": ["shop.example.org", "SHOP.example.org", "shop.example.org"]},
        {"domains": ["a.org", "*.a.org"], "certificate": {"source": "acme", "dns": "cloudflare", "env": {"A": "b"}}},
        {"env": {"PORT": 8000, "EMPTY": "", "_A": "x"}},
        {"umask": "027"},
        {"source": "pypi", "requirements": ["mailman-web"]},
        {"source": "pypi", "requirements": ["mailman-web[x]"], "version": "0.0.9"},
        {"source": "pypi", "requirements": ["mailman-web==0.0.9; python_version > '3.9'"], "version": "0.0.9"},
        {"source": "file:///srv/shop.git"},
        {"source": "git@example.org:shop.git", "deploy_key": KEY},
        {
            "files": [
                {"path": "a/b", "content": ""},
                {"path": "source/x", "content": ""},
                {"path": "/etc/x", "content": ""},
            ]
        },
        {"processes": [{"name": "a", "run": "x", "memory": "1.5G", "stop_signal": "SIGINT"}]},
        {"nginx_directives": ["add_header A 'b, c';", "location /x {", "return 404;", "}", "# why", ""]},
        {"restricted_paths": [{"path": "/a/", "allow": ["::1", "10.0.0.1/8"], "basic_auth": {"a": "$6$x$y"}}]},
        {"state": "absent"},
        {"hsts_max_age": 0},
        {"static": {"/static/": "/srv/the files"}, "restricted_paths": [{"path": "/static/"}, {"path": "/größe b/"}]},
    ],
)
def test_what_looks_odd_and_is_right(keys):
    assert mistakes(make_host(apps=keys)) == []


def test_a_name_of_another_type_is_one_mistake():
    assert kinds(make_host(apps={"name": ["a"]})) == ["wrong-type"]
    assert kinds(make_host(django_apps=[{"source": "/", "domains": ["a.org"]}])) == ["missing-key"]


def test_a_source_that_is_missing_is_one_mistake():
    assert kinds(make_host(apps={"source": None})) == kinds(make_host(apps={"domains": None})) == ["missing-key"]


def test_an_application_that_is_to_be_absent_takes_a_name_alone():
    assert mistakes(make_host(django_apps=[{"name": "old", "state": "absent"}])) == []
    gone = {"name": "old", "state": "absent", "source": "/nowhere", "domains": ["-"]}
    assert mistakes(make_host(django_apps=[gone])) == []
    assert kinds(make_host(django_apps=[{"name": "sudo", "state": "absent"}])) == ["reserved-name"]


def test_applications_may_be_a_dictionary_by_name():
    keys = {key: value for key, value in APP.items() if key != "name"}
    assert mistakes(make_host(django_apps={"shop": keys})) == []
    assert (
        "shop: `workers`"
        in mistakes(make_host(django_apps={"shop": {**keys, "workers": "many"}}))[0].partition("] ")[2]
    )


@pytest.mark.parametrize("listed", [None, [], "shop", {}, Unreadable("no such variable"), ["shop"]])
def test_a_host_without_applications(listed):
    (line,) = mistakes(make_host(django_apps=listed))
    assert ("cannot be evaluated" if isinstance(listed, Unreadable) else "django_apps: [{name: shop") in line
    assert mistakes(make_host(apps={}), make_host("db1", groups=["redis"], django_apps=listed)) == []


def test_who_logs_in_names_no_application():
    assert kinds(make_host(apps={"name": "deploy"}, ansible_user="deploy")) == ["reserved-name"]


# Two applications of one host.
def pair(first, second, groups=("django",)):
    """Return a host with two applications that claim nothing of each other, apart from these keys."""
    second = {"name": "blog", "domains": ["blog.example.org"], **second}
    return make_host(groups=groups, apps=[first, second])


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ({}, {"name": "shop"}, "claims the name shop"),
        ({}, {"domains": ["b.org", "SHOP.example.org"]}, "claims the domain shop.example.org, and so does blog"),
        ({"databases": ["stats"]}, {"databases": ["stats"]}, "claims the database stats"),
        ({"databases": ["blog"]}, {}, "claims the database blog"),
        ({"cache_url": LOCAL}, {"cache_url": LOCAL}, "claims the port 127.0.0.1:6379"),
        ({"directories": ["/srv/x"]}, {"directories": ["/srv/x/"]}, "claims the folder /srv/x"),
        (
            {"files": [{"path": "/etc/x", "content": ""}]},
            {"files": [{"path": "/etc/x", "content": ""}]},
            "claims the file",
        ),
    ],
)
def test_two_applications_claim_the_same(first, second, words):
    lines = mistakes(pair(first, second, groups=["django", "postgresql", "redis"]))
    assert words in "\n".join(lines)
    assert len(lines) == 1


def test_what_one_application_names_twice_it_claims_once():
    keys = {"domains": ["a.org", "A.org"], "databases": ["stats", "stats"]}
    assert mistakes(pair(keys, {}, groups=["django", "postgresql"])) == []


@pytest.mark.parametrize(
    ("database", "words"),
    [
        ("shop", "is the main database"),
        ({"name": "x", "alias": "default"}, "is the main database"),
        ({"name": "x", "alias": "a.b"}, "databases[x].alias` is `a.b`"),
        ({"name": "x", "url": "erp"}, "databases[x].url` is no URL"),
        ({"name": "x", "url": "mysql://erp/x", "locale": "C"}, "has locale, and this host makes no PostgreSQL"),
        ({"alias": "reports"}, "databases[0].name` is missing"),
    ],
)
def test_a_further_database_is_checked(database, words):
    lines = mistakes(make_host(groups=["django", "postgresql"], apps={"databases": [database]}))
    assert len(lines) == 1
    assert words in lines[0]


def test_two_databases_have_two_aliases():
    keys = {"databases": ["stats", "shop_stats"]}
    assert kinds(make_host(groups=["django", "postgresql"], apps=keys)) == ["alias"]


def test_the_cache_and_the_queue_of_one_application_are_two_servers():
    keys = {"cache_url": LOCAL, "broker_url": LOCAL, "processes": [{"name": "a", "run": "b"}]}
    assert kinds(make_host(groups=["django", "redis"], apps=keys)) == ["claimed-twice"]
    # A Redis of the user's own may serve both.
    assert mistakes(make_host(apps=keys)) == []


def test_an_absent_application_claims_its_name_alone():
    assert mistakes(pair({}, {"domains": ["shop.example.org"], "state": "absent"})) == []


RUNS = {"run": "x"}
TIMED = {"run": "x", "on_calendar": "daily"}


@pytest.mark.parametrize(
    ("first", "name", "second", "words"),
    [
        ({"processes": [{"name": "release", **RUNS}]}, "omni-worker", {}, "`omni-worker-release.service` would be"),
        ({"processes": [{"name": "command", **RUNS}]}, "omni-worker", {}, "the process `command` of `omni`"),
        ({"processes": [{"name": "worker-x", **RUNS}]}, "omni-worker", {"processes": [{"name": "x", **RUNS}]}, "`x`"),
        ({"processes": [{"name": "timer-x", **RUNS}]}, "omni-worker", {"timers": [{"name": "x", **TIMED}]}, "timer-x"),
        ({"processes": [{"name": "timer-clearsessions", **RUNS}]}, "omni-worker", {}, "the timer `clearsessions`"),
        ({"timers": [{"name": "release", **TIMED}]}, "omni-timer", {}, "`omni-timer-release.service`"),
        ({"processes": [{"name": "a", **RUNS}]}, "omni-broker", {}, "the queue of `omni`"),
    ],
)
def test_two_applications_that_would_make_the_same(first, name, second, words):
    (line,) = mistakes(pair({"name": "omni", **first}, {"name": name, **second}, groups=["django", "redis"]))
    assert words in line
    assert f"is `{name}`" in line


@pytest.mark.parametrize(
    "name",
    [
        *(f"omni-{word}" for word in ("worker", "web", "timer", "release", "command", "run", "manage", "broker")),
        *("omnibus", "omni-shop", "omni-worker-x", "omni_worker"),
    ],
)
def test_names_that_only_look_alike(name):
    jobs = {"processes": [{"name": "celery", **RUNS}], "timers": [{"name": "celery", **TIMED}]}
    queue = {} if name == "omni-broker" else jobs
    groups = ["django", "redis", "memcached", "pgbouncer", "postgresql"]
    assert mistakes(pair({"name": "omni", **queue}, {"name": name, **jobs}, groups=groups)) == []


def test_a_timer_and_a_process_of_one_name_are_two():
    one = make_host(groups=ALL, apps={"processes": [{"name": "a", **RUNS}], "timers": [{"name": "a", **TIMED}]})
    (application,), found = every.read([one], every.Request())[0]["web1"], []
    assert found == []
    made = names.of(application)
    assert {"shop-worker-a.service", "shop-timer-a.service", "shop-timer-a.timer"} <= set(made)


@pytest.mark.parametrize("name", ["postgres", "template1", "pg_stat", "all"])
def test_a_database_that_the_server_has(name):
    (line,) = mistakes(make_host(groups=["django", "postgresql"], apps={"databases": [name]}))
    assert f"`databases` has {name}, which the server has already" in line


@pytest.mark.parametrize(
    ("first", "second", "groups", "words"),
    [
        ({"renamed_from": "sudo"}, {}, (), "which names no application"),
        ({"renamed_from": "My Shop"}, {}, (), "which names no application"),
        ({"renamed_from": "deploy"}, {}, (), "which names no application"),
        ({"renamed_from": "blog"}, {}, (), "leave that one out"),
        ({"renamed_from": "shop"}, {}, (), "leave that one out"),
        ({"renamed_from": "blog"}, {"state": "absent"}, (), "leave that one out"),
        ({"renamed_from": "old"}, {"renamed_from": "old"}, (), "of two applications"),
        ({"renamed_from": "old"}, {}, ("mariadb",), "MariaDB renames no database"),
    ],
)
def test_an_old_name_that_is_none(first, second, groups, words):
    second = {"name": "blog", "domains": ["blog.example.org"], **second}
    host = make_host(groups=("django", *groups), apps=[first, second], ansible_user="deploy")
    assert words in "\n".join(mistakes(host))


def test_an_old_name():
    assert mistakes(make_host(groups=ALL, apps={"renamed_from": "old"}, backup_passphrase=PASSPHRASE)) == []
    url = {"renamed_from": "old", "database_url": "mysql://shop:x@db.example.org/shop"}
    assert mistakes(make_host(groups=("django", "mariadb"), apps=url)) == []


# Several hosts.
SHARED = "postgresql://shop:canary@db.example.org/shop"


def two_hosts(keys, groups=("django",)):
    """Return two hosts with the same application."""
    return [make_host(name, groups=groups, apps=keys) for name in ("web1", "web2")]


def test_hosts_that_share_a_database_share_their_secrets():
    (line,) = mistakes(*two_hosts({"database_url": SHARED}))
    assert line.startswith("[web1, web2] shop: `env` lacks DJANGO_SECRET_KEY: 2 hosts share the database")
    assert mistakes(*two_hosts({"database_url": SHARED, "env": {"DJANGO_SECRET_KEY": SECRET}})) == []
    assert mistakes(make_host(apps={"database_url": SHARED})) == []
    assert mistakes(*two_hosts({}, groups=("django", "postgresql"))) == []


def test_hosts_without_a_database_that_they_share():
    (line,) = mistakes(*two_hosts({}))
    assert "`database_url` is missing: 2 hosts run the application" in line
    for keys in ({"env": {"DB_HOST": "db"}}, {"env": {"DATABASE_URL": "x"}}, {"settings": "shop.production"}):
        assert mistakes(*two_hosts(keys)) == []
    assert mistakes(*two_hosts({"database_url": "sqlite:////srv/shop/data/db.sqlite3"})) == []
    assert len(mistakes(*two_hosts({"env": {"DBUS": "x"}}))) == 1


# What the groups of a host ask for.
def test_a_port_of_this_host_takes_a_password():
    keys = {"cache_url": "redis://127.0.0.1:6379/0"}
    (line,) = mistakes(make_host(groups=["django", "redis"], apps=keys))
    assert "`cache_url` on a port of this host takes a password" in line
    assert mistakes(make_host(apps=keys)) == []


def test_a_pool_needs_postgresql():
    assert kinds(make_host(groups=["django", "pgbouncer"], apps={"database_url": "mysql://db/shop"})) == ["no-pool"]
    assert mistakes(make_host(groups=["django", "pgbouncer", "postgresql"], apps={})) == []


def test_a_database_that_nobody_would_use():
    keys = {"env": {"DATABASE_URL": "postgresql://x/y"}}
    assert kinds(make_host(groups=["django", "postgresql"], apps=keys)) == ["env-database"]
    assert mistakes(make_host(apps=keys)) == []


@pytest.mark.parametrize("passphrase", [None, 123456789012, "too short", "two lines of\nwhat nobody types"])
def test_a_backup_that_nobody_could_read(passphrase):
    (line,) = mistakes(make_host(groups=["backup"], backup_passphrase=passphrase))
    assert "is a line of at least 12 characters" in line
    assert str(passphrase) not in line
    assert mistakes(make_host(groups=["redis"], backup_passphrase="x" * 12)) == []


@pytest.mark.parametrize(
    ("repository", "words"),
    [
        ({"type": "s3", "bucket": "backups"}, "lacks endpoint, key, secret"),
        ({"type": "sftp", "host": "nas"}, "lacks user, private_key, host_keys"),
        ({"type": "s4"}, 'is "s4", and takes one of local, s3, sftp'),
        ({"typ": "s3"}, "Did you mean `type`?"),
        ({"path": "backups"}, "has the path backups, and takes a whole one"),
    ],
)
def test_a_backup_that_nobody_could_reach(repository, words):
    host = make_host(groups=["backup"], backup_passphrase=PASSPHRASE, backup_repository=repository)
    assert words in "\n".join(mistakes(host))


# Variables.
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("postgresql_setings", {}, "Did you mean `postgresql_settings`?"),
        ("postgres_version", "15", "Did you mean `postgresql_version`?"),
        ("django_app_wokers", 4, "Did you mean `django_app_workers`?"),
        ("django_app_static_url", "x", "is called `django_app_cdn_url` now"),
        ("django_app_name", "x", "is read by no role"),
        ("postgresql_connections", 5, "is called `postgresql_expected_connections` now"),
        ("backup_weeks", 5, "is called `backup_retention_weeks` now"),
        ("nginx_requests_per_second", "fifty", 'is "fifty", and takes a whole number'),
        ("nginx_tls_profile", "old", "takes one of intermediate, modern"),
        ("nginx_trusted_proxies", ["10.0.0.0/33"], "has 10.0.0.0/33, which is no address and no network"),
        ("postgresql_databases", [{"name": "a", "readers": []}], "is called `read_only_roles` now"),
        ("postgresql_version", 15.4, 'postgresql_version: "15"'),
        ("postgresql_version", 17.0, 'postgresql_version: "17"'),
        ("postgresql_version", float("inf"), 'postgresql_version: "17"'),
        ("postgresql_version", True, 'postgresql_version: "17"'),
        ("base_swap_size", 1.5, 'base_swap_size: "2G"'),
        ("base_locale", False, 'base_locale: "de_DE.UTF-8"'),
        ("nginx_tls_profile", True, "nginx_tls_profile: intermediate"),
    ],
)
def test_a_mistake_in_a_variable(name, value, words):
    (line,) = mistakes(make_host(groups=["redis"], **{name: value}))
    assert f"`{name}" in line
    assert words in line


@pytest.mark.parametrize(
    "name", ["domains", "packages", "vault_secret", "ansible_host", "state", "gunicorn_x", "group_names"]
)
def test_variables_of_the_user_s_own(name):
    assert mistakes(make_host(groups=["redis"], **{name: "x"})) == []


def test_what_needs_facts_is_not_asked_yet():
    value = {"max_connections": Unreadable("'ansible_facts' is undefined")}
    assert mistakes(make_host(groups=["redis"], postgresql_settings=value)) == []


@pytest.mark.parametrize("name", ["django_app", "apps", "applications", "sites"])
def test_applications_under_another_name(name):
    host = Host("web1", frozenset({"django"}), names=frozenset({name, "other"}))
    (line,) = mistakes(host)
    assert line.startswith(f"[web1] `{name}` is not where a host of the group `django` has its applications: call it")
    assert mistakes(replace(host, variables={"django_apps": [APP]})) == []


# All of them at once.
def test_all_mistakes_are_told_each_once_with_its_hosts():
    hosts = [
        make_host(f"web{n}", apps={"workers": "many", "env": {"A": True}, "database_url": "sqlite:////x"})
        for n in range(5)
    ]
    assert mistakes(*hosts) == [
        '[web0, web1, web2 and 2 more] shop: `workers` is "many", and takes a whole number.',
        "[web0, web1, web2 and 2 more] shop: `env` has A, which YAML reads as true and not as text: quote it."
        ' For example: env: {A: "true"}',
    ]


def test_a_finding_is_one_line():
    finding = Finding("x", "web1", "shop", "env", "has\nlines", "env: {}")
    assert findings.lines([finding]) == ["[web1] shop: `env` has lines. For example: env: {}"]
    assert findings.summary(1) == "The inventory has a mistake. Nothing was changed."


def test_everything_right_is_no_finding():
    assert mistakes(make_host(groups=ALL, apps={}, backup_passphrase=PASSPHRASE)) == []


def test_hosts_out_of_the_folder_of_files():
    host = make_host(apps={})
    lost = replace(make_host("[database]", groups=()), folder="/nowhere/files")
    assert [line for line in mistakes(host, lost) if "in no group" not in line] == [
        "[[database]] `files` is read as inventory (/nowhere/files), and it holds files for hosts: ignore it in "
        "ansible.cfg. For example: [inventory] ignore_patterns = ^files$"
    ]
    assert mistakes(replace(host, folder="/nowhere/files")) == []


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"source": "{folder}", "include": ["dist"]}, "`include` has dist, and the source "),
        ({"source": "{folder}", "include": ["../x"]}, "takes paths inside the source, such as frontend/dist"),
        (
            {"source": "https://git.example.org/shop.git", "include": ["x"], "deploy_key": "k"},
            "`include` is for a folder",
        ),
        ({"source": "pypi", "include": ["x"]}, "`include` is for a folder, and `source` is pypi"),
    ],
)
def test_include_of_what_is_not_there(tmp_path, keys, words):
    lines = mistakes(make_host(apps={**keys, "source": keys["source"].format(folder=tmp_path)}))
    assert [line for line in lines if words in line]
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/x").touch()
    assert mistakes(make_host(apps={"source": str(tmp_path), "include": ["dist"]})) == []


# What another check tells does not stop the rest.
@pytest.mark.parametrize("value", [[{}], [{"name": None}], [{"owner": "erp"}], "text", 5])
def test_a_database_without_a_name(value):
    keys = {"database_url": "postgresql:///store"}
    mistakes(make_host(groups=["django", "postgresql"], apps=keys, postgresql_databases=value))


def test_a_setting_whose_name_is_a_number():
    assert mistakes(make_host(groups=["postgresql"], postgresql_settings={5: 6})) == []
