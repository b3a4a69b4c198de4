"""What the playbooks hand to the roles: databases, sockets, pools, certificates, what is kept."""

import json
import re

import pytest
import yaml
from applications import specification
from applications.parts import MADE_ANEW

from inventories import ALL, PASSPHRASE, SECRET, every_part, make_host, one_part

JOBS = [{"name": "celery", "run": "celery worker"}]


def test_on_one_host_everything_is_reached_over_sockets():
    parts = one_part({"processes": JOBS}, groups=("django", "postgresql", "redis"))
    assert parts["app"]["database_url"] == "postgresql:///shop"
    assert parts["app"]["cache_url"] == "unix:///run/redis-shop/redis.sock?db=0"
    assert parts["app"]["broker_url"] == "unix:///run/redis-shop-broker/redis.sock?db=0"
    assert parts["redis"] == [
        {"name": "shop", "group": "shop", "purpose": "cache", "port": 0, "password": ""},
        {"name": "shop-broker", "group": "shop", "purpose": "broker", "port": 0, "password": ""},
    ]
    assert parts["mariadb"] == parts["memcached"] == parts["pgbouncer"] == []


def test_postgresql_wins_over_mariadb_and_redis_over_memcached():
    parts = one_part(groups=("django", "postgresql", "mariadb", "redis", "memcached"))
    assert parts["app"]["database_url"] == "postgresql:///shop"
    assert parts["app"]["cache_url"].startswith("unix:///run/redis-shop/")
    assert parts["memcached"] == [{"name": "shop", "group": "shop"}]
    assert parts["mariadb"] == [{"name": "shop", "owner": "shop"}]


def test_a_product_that_knows_no_sockets_reaches_redis_on_a_port():
    urls = {"cache_url": "redis://:a%20b@127.0.0.1/0", "broker_url": "redis://:c@127.0.0.1:6380/0"}
    cache, broker = one_part({**urls, "processes": JOBS}, groups=("django", "redis"))["redis"]
    assert (cache["port"], cache["password"]) == (6379, "a b")
    assert (broker["port"], broker["password"]) == (6380, "c")


def test_a_redis_of_another_host_opens_no_port_here():
    (cache,) = one_part({"cache_url": "redis://:secret@cache.example.org:6379/0"}, groups=("django", "redis"))["redis"]
    assert cache["port"] == 0


def test_what_a_superuser_makes_is_said_of_each_database():
    keys = {
        "databases": [
            "stats",
            {"name": "stats", "extensions": ["pg_trgm"], "locale": "de_DE.UTF-8"},
        ],
        "extensions": ["postgis"],
        "locale": "C",
        "read_only_roles": [{"name": "bi"}],
    }
    main, other = one_part(keys, groups=("django", "postgresql"))["postgresql"]
    assert main == {
        "name": "shop",
        "owner": "shop",
        "extensions": ["postgis"],
        "locale": "C",
        "read_only_roles": [{"name": "bi", "password": ""}],
    }
    facts = {"extensions": ["pg_trgm"], "locale": "de_DE.UTF-8", "read_only_roles": []}
    assert other == {"name": "stats", "owner": "shop", **facts}


FAR = "postgis://sh%40p:p%25w@db.example.org:5433/shop?sslmode=require"


@pytest.mark.parametrize(
    ("database", "keys", "groups", "alias", "url"),
    [
        ("shop_reports", {}, ("postgresql",), "reports", "postgresql:///shop_reports"),
        ("shop-reports", {}, ("mariadb",), "reports", "mysql:///shop-reports"),
        ("shop", {"name": "blog"}, ("postgresql",), "shop", "postgresql:///shop"),
        ({"name": "a b", "alias": "stats"}, {}, ("postgresql",), "stats", "postgresql:///a%20b"),
        ({"name": "maps", "extensions": ["postgis"]}, {}, ("postgresql",), "maps", "postgis:///maps"),
        ("stats", {"database_scheme": "postgis"}, ("postgresql",), "stats", "postgresql:///stats"),
        (
            "stats",
            {"database_url": FAR},
            (),
            "stats",
            "postgresql://sh%40p:p%25w@db.example.org:5433/stats?sslmode=require",
        ),
        # The main one may be elsewhere while the further one is made here.
        ("stats", {"database_url": FAR}, ("postgresql",), "stats", "postgresql:///stats"),
        ("stats", {"database_url": "mysql:///shop"}, ("postgresql", "mariadb"), "stats", "mysql:///stats"),
        ({"name": "erp", "url": "mysql://x@erp/erp"}, {}, ("postgresql",), "erp", "mysql://x@erp/erp"),
        ("stats", {}, (), "stats", ""),
        ("stats", {"database_url": "sqlite:////srv/shop/x"}, (), "stats", ""),
    ],
)
def test_a_further_database_has_an_alias_and_a_url(database, keys, groups, alias, url):
    (one,) = one_part({"databases": [database], **keys}, groups=("django", *groups))["app"]["databases"]
    assert (one["alias"], one["url"]) == (alias, url)


def test_what_others_make_is_not_made_here():
    keys = {"databases": [{"name": "erp", "url": "postgresql://x@erp/erp"}]}
    assert [one["name"] for one in one_part(keys, groups=("django", "postgresql"))["postgresql"]] == ["shop"]


def test_the_scheme_that_a_project_asks_for():
    parts = one_part({"database_scheme": "postgis"}, groups=("django", "postgresql"))
    assert parts["app"]["database_url"] == "postgis:///shop"


def test_web_servers_go_through_the_pool():
    parts = one_part(groups=("django", "postgresql", "pgbouncer"))
    assert parts["app"]["pool_url"] == "postgresql:///shop?host=/run/pgbouncer-shop"
    assert parts["pgbouncer"] == [{"name": "shop", "database": "shop", "server": {}}]


def test_another_port_of_the_server_names_its_socket():
    """For web servers and commands; the socket of the pool has the usual one."""
    groups = ("django", "postgresql", "pgbouncer")
    keys = {"databases": ["stats"], "database_scheme": "postgis"}
    host = make_host(groups=groups, apps=keys, postgresql_settings={"port": 5433})
    (parts,) = every_part(host)["hosts"]["web1"]["applications"]
    assert parts["app"]["database_url"] == "postgis:///shop?port=5433"
    assert parts["app"]["databases"][0]["url"] == "postgresql:///stats?port=5433"
    assert parts["app"]["pool_url"] == "postgis:///shop?host=/run/pgbouncer-shop&port=5432"
    assert parts["pgbouncer"] == [{"name": "shop", "database": "shop", "server": {"port": "5433"}}]
    elsewhere = one_part({"database_url": FAR, "databases": ["stats"]}, groups=groups)
    assert "port=" not in elsewhere["app"]["pool_url"] + elsewhere["app"]["databases"][0]["url"]


def test_a_pool_takes_what_stands_behind_the_question_mark():
    url = "postgresql://shop@/shop?host=db.example.org&port=5433&password=a%25b&sslmode=require"
    parts = one_part({"database_url": url}, groups=("django", "pgbouncer"))
    server = {"host": "db.example.org", "port": "5433", "user": "shop", "password": "a%b"}
    assert parts["pgbouncer"][0]["server"] == server
    assert parts["app"]["pool_url"] == "postgresql:///shop?sslmode=require&host=/run/pgbouncer-shop&port=5432"


def test_a_pool_in_front_of_another_host():
    url = "postgis://sh%40p:p%25w@db.example.org:5433/the%20shop?sslmode=require"
    parts = one_part({"database_url": url}, groups=("django", "pgbouncer"))
    assert parts["app"]["pool_url"] == "postgis:///the%20shop?sslmode=require&host=/run/pgbouncer-shop"
    server = {"host": "db.example.org", "port": 5433, "user": "sh@p", "password": "p%w"}
    assert parts["pgbouncer"] == [{"name": "shop", "database": "the shop", "server": server}]


def test_the_site_is_whole_but_for_what_the_release_says():
    site = one_part({"cdn_url": "https://cdn.example.net/", "timeout": 90, "certificate": {"rsa": True}})["site"]
    assert site["upstream"] == ["unix:/srv/shop/current/web.sock"]
    assert site["certificate"] == [
        "/etc/ssl/groundcrew/shop/fullchain.pem",
        "/etc/ssl/groundcrew/shop/rsa/fullchain.pem",
    ]
    assert site["private_key"] == ["/etc/ssl/groundcrew/shop/privkey.pem", "/etc/ssl/groundcrew/shop/rsa/privkey.pem"]
    assert (site["cdn_url"], site["timeout"], site["group"]) == ("https://cdn.example.net", 90, "shop")
    assert not {"static", "media", "hsts"} & set(site)


def test_environment_variables_are_text():
    parts = one_part({"env": {"PORT": 8000}, "commands": [{"run": "x", "env": {"N": 1}}]})
    assert parts["app"]["env"] == {"PORT": "8000"}
    one = {"manage": "", "run": "x", "unless": "", "env": {"N": "1"}, "once": False, "sandbox": {"allow": []}}
    assert parts["app"]["commands"] == [one]


@pytest.mark.parametrize(
    ("first", "version", "installed"),
    [
        ("patchman", "4.0.22", "patchman==4.0.22"),
        ("ara [server]", "v1.8.0", "ara [server]==v1.8.0"),
        ("mailman-web ; python_version > '3.9'", "0.0.9", "mailman-web==0.0.9 ; python_version > '3.9'"),
        ("patchman==4.0.22", "4.0.22", "patchman==4.0.22"),
        ("patchman>=4", "", "patchman>=4"),
    ],
)
def test_version_of_a_product_is_that_of_its_first_requirement(first, version, installed):
    keys = {"source": "pypi", "requirements": [first, "redis"]} | ({"version": version} if version else {})
    assert one_part(keys)["app"]["requirements"] == [installed, "redis"]
    # A variable of the host is meant for sources of another kind.
    keys = {"source": "pypi", "requirements": ["patchman"]}
    assert one_part(keys, django_app_version="v2")["app"]["requirements"] == ["patchman"]


def test_how_long_browsers_insist_is_left_out_when_nobody_says_it():
    assert "hsts_max_age" not in one_part()["app"]
    assert one_part({"hsts_max_age": 0})["app"]["hsts_max_age"] == 0


def test_an_absent_application_leaves_nothing_to_make():
    groups = ("django", "postgresql", "mariadb", "redis", "memcached", "pgbouncer")
    keys = {"state": "absent", "databases": ["stats"], "purge": ["database"], "processes": JOBS, "source": None}
    parts = one_part(keys, groups=groups)
    assert parts["worker"]["processes"] == []
    assert parts["site"]["state"] == "absent"
    assert parts["redis"] == [{"name": "shop", "state": "absent"}, {"name": "shop-broker", "state": "absent"}]
    assert parts["memcached"] == parts["pgbouncer"] == [{"name": "shop", "state": "absent"}]
    assert (
        [one["name"] for one in parts["postgresql"]] == [one["name"] for one in parts["mariadb"]] == ["shop", "stats"]
    )


def test_the_services_of_an_application_come_in_the_order_in_which_it_needs_them():
    groups = ("django", "postgresql", "mariadb", "redis", "memcached", "pgbouncer")
    parts = one_part({"databases": ["stats"], "processes": JOBS}, groups=groups)
    services = [(one["role"], one["entry"], one["name"]) for one in parts["services"]]
    assert services == [
        ("postgresql", "database", "shop"),
        ("postgresql", "database", "stats"),
        ("mariadb", "database", "shop"),
        ("mariadb", "database", "stats"),
        ("pgbouncer", "instance", "shop"),
        ("redis", "instance", "shop"),
        ("redis", "instance", "shop-broker"),
        ("memcached", "instance", "shop"),
    ]
    assert parts["services"][5]["part"] == parts["redis"][0]


def test_what_is_backed_up():
    apps = [
        {"directories": ["/srv/index"]},
        {"name": "old", "state": "absent"},
        {"name": "gone", "state": "absent", "purge": ["media"]},
    ]
    kept = every_part(make_host(groups=ALL, apps=apps, backup_passphrase=PASSPHRASE))["hosts"]["web1"]["backup"]
    assert kept["applications"] == ["shop"]
    assert kept["application_paths"] == ["/srv/shop", "/srv/old", "/srv/index"]
    assert kept["secret_paths"] == ["/etc/django/shop/secrets", "/etc/django/old/secrets", "/etc/ssl/groundcrew"]
    assert "/srv/shop/releases" in kept["exclude"]
    assert "/srv/shop/media" not in kept["exclude"]


def test_a_host_without_applications_keeps_nothing_of_them():
    kept = every_part(make_host(groups=["backup"], backup_passphrase=PASSPHRASE))["hosts"]["web1"]["backup"]
    assert kept == {"applications": [], "application_paths": [], "secret_paths": [], "exclude": []}


def test_singletons_run_on_the_first_host_that_has_the_application():
    url = "postgresql://shop:x@db/shop"
    keys = {"database_url": url, "env": {"DJANGO_SECRET_KEY": SECRET}}
    hosts = [make_host("web1", apps={"state": "absent"}), *(make_host(name, apps=keys) for name in ("web2", "web3"))]
    found = every_part(*hosts)["hosts"]
    leads = {name: one["applications"][0]["worker"]["run_singletons"] for name, one in found.items()}
    assert leads == {"web1": False, "web2": True, "web3": False}


def test_a_database_of_its_own_makes_every_host_lead():
    hosts = [make_host(name, groups=("django", "postgresql"), apps={}) for name in ("web1", "web2")]
    found = every_part(*hosts)["hosts"].values()
    assert all(one["applications"][0]["worker"]["run_singletons"] for one in found)


def test_one_application_alone_is_returned_and_checked():
    apps = [{}, {"name": "blog", "domains": ["b.org"], "source": "/nowhere"}]
    host = make_host(groups=ALL, apps=apps, backup_passphrase=PASSPHRASE)
    resolved = every_part(host, app="shop")["hosts"]["web1"]
    assert [one["name"] for one in resolved["applications"]] == ["shop"]
    # What concerns the host as a whole counts all of them.
    assert resolved["backup"]["applications"] == ["shop", "blog"]
    assert len(resolved["connections"]) == 2


@pytest.mark.parametrize("state", ["present", "absent"])
def test_the_result_is_json(state):
    result = every_part(make_host(groups=("django", "postgresql", "redis"), apps={"state": state}), deployer="me@here")
    assert json.loads(json.dumps(result)) == result
    assert result["deployer"] == "me@here"


def test_backups_leave_out_what_an_absent_application_loses_but_its_media():
    """The role removes it, and the backups do not keep it: one list stands in YAML, the other in Python."""
    text = yaml.safe_load((specification.ROLES / "django_app/vars/main.yml").read_text())["__django_app_all_but_media"]
    removed = re.findall(r"'(\w[\w.]*)'", text[: text.index("]")])
    assert sorted(removed) == sorted(MADE_ANEW)


def test_an_application_under_another_name():
    """First its data follow, then it is installed, then what is left of the old name goes; nothing is purged."""
    keys = {"renamed_from": "store", "databases": ["stats"], "processes": JOBS}
    groups = ("django", "postgresql", "redis", "pgbouncer")
    resolved = every_part(make_host(groups=groups, apps=keys))["hosts"]["web1"]
    moves, new, rest = resolved["applications"]
    assert [one["state"] for one in (moves, new, rest)] == ["renamed", "present", "absent"]
    assert (moves["renamed_from"], moves["new_name"]) == ("store", "shop")
    assert (new["name"], new["app"]["database_url"]) == ("shop", "postgresql:///shop")
    for one in (moves, rest):
        assert (one["name"], one["app"]["name"], one["worker"]["processes"], one["purge"]) == ("store", "store", [], [])
        assert one["redis"] == [{"name": name, "state": "absent"} for name in ("store", "store-broker")]
    assert resolved["names"] == ["shop", "store"]
    assert resolved["backup"]["applications"] == ["shop"]


def test_what_goes_goes_first():
    """A domain may pass from one to another in one run."""
    apps = [{"name": "shop"}, {"name": "old", "state": "absent", "domains": ["shop.example.org"]}]
    parts = every_part(make_host(apps=apps))["hosts"]["web1"]["applications"]
    assert [one["name"] for one in parts] == ["old", "shop"]
