"""What watches a host follows from its groups; what would watch nothing, or tell nobody, is refused."""

import json

from inventories import ALL, PASSPHRASE, every_part, make_host, mistakes

MAIL = {"alertmanager_mail": "ops@example.org"}
JOBS = [{"name": "celery", "run": "celery worker"}]


def watched(*groups, **variables):
    host = make_host(groups=(*groups, "monitoring"), **MAIL, **variables)
    return every_part(host)["hosts"]["web1"]["monitoring"]


def labels(found, job):
    return [one["labels"] for one in found["targets"] if one["labels"]["job"] == job]


def test_a_host_without_the_group_is_not_watched():
    assert every_part(make_host(apps={}))["hosts"]["web1"]["monitoring"] == {}


def test_exporters_follow_from_the_groups():
    found = watched(*ALL, apps={"processes": JOBS}, backup_passphrase=PASSPHRASE)
    assert [one["package"] for one in found["exporters"]] == [
        "prometheus-postgres-exporter",
        "prometheus-redis-exporter",
        "prometheus-blackbox-exporter",
        "mtail",
    ]
    assert found["exporters"][1]["groups"] == ["shop"]
    assert found["postgresql"] == "prometheus"
    assert found["records"] == [f"/var/lib/groundcrew-backup/{kind}.json" for kind in ("backup", "drill")]
    assert [one["redis"] for one in labels(found, "redis")] == ["shop", "shop-broker"]
    assert found["queues"] == ["/run/redis-shop-broker/redis.sock"]
    assert all(one["labels"]["instance"] == "web1" for one in found["targets"])


def test_a_database_server_alone():
    found = watched("postgresql", postgresql_settings={"port": 5433})
    (one,) = found["exporters"]
    assert one["environment"] == {"DATA_SOURCE_NAME": "user=prometheus host=/run/postgresql port=5433 dbname=postgres"}
    assert found["records"] == []


def test_every_address_is_on_the_loopback_interface():
    found = watched("django", "postgresql", "redis", apps={"processes": JOBS})
    assert all(address.startswith("127.0.0.1:") for one in found["targets"] for address in one["targets"])
    commands = [one["command"] for one in found["exporters"]]
    assert all("127.0.0.1" in command for command in commands)


def test_a_site_is_asked_by_its_name_with_its_certificate():
    probe = {"path": "/up/", "status": [200, 401]}
    apps = [
        {"probe": probe},
        {
            "name": "blog",
            "domains": ["blog.org", "www.blog.org"],
            "certificate": {"source": "acme", "email": "a@b.org"},
        },
        {"name": "gone", "domains": ["gone.org"], "state": "absent"},
    ]
    found = watched("django", apps=apps)
    shop, _ = labels(found, "site")
    assert (shop["application"], shop["url"]) == ("shop", "https://shop.example.org/up/")
    assert (shop["__param_target"], shop["__param_module"]) == ("https://127.0.0.1/up/", "shop")
    (text,) = [one["files"][0]["content"] for one in found["exporters"] if "blackbox" in one["package"]]
    modules = {name: one["http"] for name, one in json.loads(text)["modules"].items()}
    assert set(modules) == {"shop", "blog"}
    assert modules["shop"]["valid_status_codes"] == [200, 401]
    assert modules["shop"]["tls_config"]["ca_file"] == "/etc/ssl/groundcrew/ca/ca.pem"
    assert modules["blog"]["tls_config"] == {"server_name": "blog.org"}
    assert modules["blog"]["headers"] == {"Host": "blog.org"}
    # As the engine asks a new release: below 500 but 400.
    assert {200, 302, 404} <= set(modules["blog"]["valid_status_codes"])
    assert not {400, 500, 502} & set(modules["blog"]["valid_status_codes"])


def test_a_redis_with_a_password_is_left_alone():
    found = watched("django", "redis", apps={"cache_url": "redis://:secret@127.0.0.1/0"})
    assert "prometheus-redis-exporter" not in [one["package"] for one in found["exporters"]]
    assert labels(found, "redis") == []


def test_alerts_that_somebody_else_routes_take_no_mail():
    chat = {"route": {"receiver": "chat"}, "receivers": [{"name": "chat"}]}
    host = make_host(groups=("django", "monitoring"), apps={}, alertmanager_settings=chat)
    assert mistakes(host) == []


HASH = "$6$salt$" + "x" * 86
SHOWN = {"prometheus_domain": "monitor.example.org", "prometheus_basic_auth": {"alice": HASH}}


def test_consoles_are_a_site_behind_a_password():
    found = watched("postgresql", **SHOWN)
    site = found["site"]
    assert (site["state"], site["domains"], site["upstream"]) == (
        "present",
        ["monitor.example.org"],
        ["127.0.0.1:9090"],
    )
    assert site["restricted_paths"] == [{"path": "/", "allow": [], "basic_auth": {"alice": HASH}}]
    # A load balancer that asks for the health of the host means its applications.
    assert site["counts_for_health"] is False
    assert (found["certificate"]["name"], found["certificate"]["domains"]) == ("prometheus", ["monitor.example.org"])
    acme = watched("postgresql", **SHOWN, prometheus_certificate={"source": "acme", "email": "a@b.org", "rsa": True})
    assert acme["certificate"]["source"] == "acme"
    assert len(acme["site"]["certificate"]) == len(acme["site"]["private_key"]) == 2
    # One that was shown before goes.
    assert watched("postgresql")["site"]["state"] == "absent"


def test_consoles_open_the_ports_of_the_web():
    opened = [
        every_part(make_host(groups=("postgresql", "monitoring"), **MAIL, **more))["hosts"]["web1"]["openings"]
        for more in ({}, SHOWN)
    ]
    assert [[one["port"] for one in entries] for entries in opened] == [[], ["80", "443"]]


def refused(*groups, **variables):
    return mistakes(make_host(groups=(*groups, "monitoring"), **MAIL, **variables))


def test_consoles_are_never_shown_without_a_password():
    (line,) = refused("postgresql", prometheus_domain="m.example.org")
    assert "`prometheus_basic_auth` is missing, and m.example.org is not shown without a password" in line
    (line,) = refused("postgresql", prometheus_domain="m.example.org", prometheus_basic_auth={"alice": "secret"})
    assert "no hash" in line
    assert "secret" not in line
    (line,) = refused("postgresql", prometheus_basic_auth={"alice": HASH})
    assert "`prometheus_domain` is missing" in line


def test_consoles_have_a_domain_of_their_own():
    (line,) = refused("django", apps={"domains": ["shop.org", "Monitor.example.org"]}, **SHOWN)
    assert "is a domain of shop" in line
    (line,) = refused("postgresql", **SHOWN | {"prometheus_domain": "https://m.example.org"})
    assert "a host name without https://" in line
    (line,) = refused("postgresql", **SHOWN, prometheus_certificate={"sources": "acme"})
    assert "Did you mean `source`?" in line
