"""What watches a host follows from its groups; what would watch nothing, or tell nobody, is refused."""

import json

import pytest
from applications import signing

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
        "prometheus-blackbox-exporter",
        "mtail",
    ]
    assert found["postgresql"] == "prometheus"
    assert found["records"] == [f"/var/lib/groundcrew-backup/{kind}.json" for kind in ("backup", "drill")]
    assert found["redis"] == ["/run/redis-shop/redis.sock", "/run/redis-shop-broker/redis.sock"]
    assert found["queues"] == ["/run/redis-shop-broker/redis.sock"]
    assert all(one["labels"]["instance"] == "web1" for one in found["targets"])


def test_a_database_server_alone():
    found = watched("postgresql", postgresql_settings={"port": 5433})
    (one,) = found["exporters"]
    assert one["environment"] == {"DATA_SOURCE_NAME": "user=prometheus host=/run/postgresql port=5433 dbname=postgres"}
    assert found["records"] == []
    # Of each role its own limit, which is below the server's.
    (queries,) = one["files"]
    assert f"--extend.query-path={queries['path']}" in one["command"].split()
    asked = json.loads(queries["content"])["pg_role"]
    names = {name: one["usage"] for metric in asked["metrics"] for name, one in metric.items()}
    assert names == {"role": "LABEL", "connections": "GAUGE", "connection_limit": "GAUGE"}
    assert "rolconnlimit AS connection_limit" in asked["query"]


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
    assert found["redis"] == []


def test_nothing_that_an_application_may_ask_is_in_the_group_of_another():
    """Exporters listen for each user of the host, and that of Redis hands out every entry."""
    found = watched(*ALL, apps={"processes": JOBS}, backup_passphrase=PASSPHRASE)
    assert {group for one in found["exporters"] for group in one.get("groups", [])} == {"adm"}


def test_alerts_that_somebody_else_routes_take_no_mail():
    chat = {"route": {"receiver": "chat"}, "receivers": [{"name": "chat"}]}
    host = make_host(groups=("django", "monitoring"), apps={}, alertmanager_settings=chat)
    assert mistakes(host) == []


HASH = "$6$salt$" + "x" * 86
SHOWN = {"prometheus_domain": "monitor.example.org", "prometheus_basic_auth": {"alice": HASH}}


def test_consoles_are_a_site_behind_a_password():
    found = watched("postgresql", **SHOWN)
    site = found["consoles"]["site"]
    assert (site["state"], site["domains"], site["upstream"]) == (
        "present",
        ["monitor.example.org"],
        ["127.0.0.1:9090"],
    )
    assert site["restricted_paths"] == [{"path": "/", "allow": [], "basic_auth": {"alice": HASH}}]
    # A load balancer that asks for the health of the host means its applications.
    assert site["counts_for_health"] is False
    assert (found["consoles"]["certificate"]["name"], found["consoles"]["certificate"]["domains"]) == (
        "prometheus",
        ["monitor.example.org"],
    )
    acme = watched("postgresql", **SHOWN, prometheus_certificate={"source": "acme", "email": "a@b.org", "rsa": True})
    assert acme["consoles"]["certificate"]["source"] == "acme"
    assert len(acme["consoles"]["site"]["certificate"]) == len(acme["consoles"]["site"]["private_key"]) == 2
    # One that was shown before goes.
    assert watched("postgresql")["consoles"]["site"]["state"] == "absent"


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


def two(web=None, mon=None, groups=("django", "postgresql", "redis", "firewall"), more=("postgresql",)):
    """Return two hosts, of which the second watches the first."""
    apps = {"processes": JOBS, "probe": {"path": "/up/"}}
    web1 = make_host("web1.example.org", groups, apps, **(web or {}))
    return web1, make_host("mon1", (*more, "monitoring"), **MAIL, **{"base_address": "10.0.0.5"} | (mon or {}))


def test_a_host_watches_the_others():
    web1, mon1 = two({"ansible_host": "10.0.0.7"})
    hosts = every_part(web1, mon1)["hosts"]
    mine, found = (hosts[name]["monitoring"] for name in ("mon1", "web1.example.org"))
    there = {(one["labels"]["job"], *one["targets"]) for one in mine["targets"] if one["labels"]["instance"] != "mon1"}
    jobs = ("node", "postgres", "site", "requests")
    assert there == {(job, "10.0.0.7:9998") for job in jobs}
    assert all("127.0.0.1" in one["targets"][0] for one in mine["targets"] if one["labels"]["instance"] == "mon1")
    assert {one["package"] for one in mine["exporters"]} == {"prometheus-postgres-exporter"}
    (site,) = labels(mine, "site")
    assert (site["__scheme__"], site["__metrics_path__"], site["__param_module"]) == ("https", "/proxy", "site-shop")
    assert (site["application"], site["__param_target"]) == ("shop", "https://127.0.0.1/up/")
    proxy = found["exporters"][-1]
    modules = json.loads(proxy["files"][0]["content"])["modules"]
    assert {one["labels"]["__param_module"] for one in mine["targets"] if "10.0.0.7:9998" in one["targets"]} == set(
        modules
    )
    assert modules["site-shop"]["http"]["path"] == "/probe?module=shop"
    assert modules["node"]["http"]["port"] == 9100
    assert all(one["http"]["address"] == "127.0.0.1" for one in modules.values())


def test_hosts_know_each_other_by_certificates():
    web1, mon1 = two({"base_address": "10.0.0.7"})
    hosts = every_part(web1, mon1)["hosts"]
    mine, found = (hosts[name]["monitoring"] for name in ("mon1", "web1.example.org"))
    server, client = found["certificate"], mine["certificate"]
    assert (server["usage"], server["subject_alt_name"]) == ("server", ["DNS:web1.example.org", "IP:10.0.0.7"])
    assert (client["usage"], client["subject_alt_name"]) == ("client", ["DNS:mon1"])
    assert server["authority"] == client["authority"] == "mon1"
    proxy = found["exporters"][-1]
    assert "-web.listen-address= " in proxy["command"]  # without TLS nothing listens
    assert "-web.tls.verify '-web.tls.certmatch=^mon1$$'" in proxy["command"]
    # A renewed certificate is read.
    assert f"/etc/ssl/groundcrew/{server['name']}/fullchain.pem" in proxy["reads"]
    assert proxy["service"] == ["IPAddressAllow=10.0.0.5"]
    assert {"port": "9998", "protocol": "tcp", "from": ["10.0.0.5"]} in hosts["web1.example.org"]["openings"]
    assert "9998" not in [one["port"] for one in hosts["mon1"]["openings"]]


def test_a_host_that_watches_itself_alone_needs_no_certificate():
    found = watched("django", apps={})
    assert (found["certificate"], found["tls_config"]) == ({}, {})
    assert "prometheus-exporter-exporter" not in [one["package"] for one in found["exporters"]]


def test_a_name_is_looked_up(monkeypatch):
    known = {"mon.example.org": ["10.0.0.9", "fd00::9"], "self.example.org": ["127.0.1.1"]}

    def ask(name, _):
        if name not in known:
            raise OSError
        return [(0, 0, 0, "", (one, 0)) for one in known[name]]

    monkeypatch.setattr("socket.getaddrinfo", ask)
    web1, mon1 = two(mon={"base_address": "mon.example.org"})
    assert every_part(web1, mon1)["hosts"]["web1.example.org"]["openings"][-1]["from"] == ["10.0.0.9", "fd00::9"]
    for name in ("gone.example.org", "self.example.org"):
        (line,) = mistakes(*two(mon={"base_address": name}))
        assert (
            f"`base_address` is missing: the hosts that it watches let in its address alone, and {name} has none"
            in line
        )


def test_what_cannot_be_watched_is_refused():
    (line,) = mistakes(*two({"ansible_host": "localhost"}))
    assert "[web1.example.org] `base_address` is missing: mon1 watches this host" in line
    web1, mon1 = two({"ansible_host": "10.0.0.7"})
    web2 = make_host("web2", ("redis",), ansible_host="10.0.0.7")
    assert len(mistakes(web1, web2, mon1)) == 2
    (line,) = mistakes(make_host("mon1", ("firewall", "monitoring"), **MAIL))
    assert "there is no host that serves something" in line
    one, other = (make_host(name, ("redis", "monitoring"), **MAIL) for name in ("a", "b"))
    assert ["one host watches all of an inventory" in line for line in mistakes(one, other)] == [True, True]


ASKS = {
    "signature_valid": True,
    "subject": {},
    "subject_alt_name": ["DNS:web1", "IP:fd00::7"],
    "key_usage": ["Digital Signature"],
    "extended_key_usage": ["TLS Web Server Authentication"],
    "basic_constraints": None,
    "extensions_by_oid": {"2.5.29.17": {}, "2.5.29.15": {}, "2.5.29.37": {}},
}


def test_a_host_gets_a_certificate_of_its_own_alone():
    names = ["DNS:web1", "IP:fd00:0::7"]
    assert signing.other_request(ASKS, names, "server") == ""
    for wrong, words in (
        ({"subject_alt_name": ["DNS:web1", "DNS:mon1"]}, "the name DNS:mon1"),
        ({"subject": {"commonName": "mon1"}}, "the subject"),
        ({"extended_key_usage": ["TLS Web Client Authentication"]}, "Client Authentication"),
        ({"extended_key_usage": None}, "of any kind"),
        ({"key_usage": ["Certificate Sign"]}, "Certificate Sign"),
        ({"basic_constraints": ["CA:TRUE"]}, "an authority itself"),
        ({"extensions_by_oid": {"2.5.29.30": {}}}, "the extension 2.5.29.30"),
        ({"signature_valid": False}, "does not have the key"),
    ):
        assert words in signing.other_request(ASKS | wrong, names, "server")


SMTP = {"smtp_smarthost": "mail.example.org:587"}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"rules": {"Slow": {"exprr": "up == 0"}}}, "`prometheus_rules[Slow].exprr` is no key. Did you mean `expr`?"),
        (
            {"rules": {"HostDwn": None}},
            "`prometheus_rules[HostDwn]` removes an alert that there is not. Did you mean `H",
        ),
        ({"rules": {"Slow": {"expr": "up == 0", "for": 5}}}, "`prometheus_rules[Slow].for` is 5, and takes a duration"),
        ({"rules": {"Slow": {"for": "5 min"}}}, "is 5 min, and takes a duration with its unit. For example: for: 5m"),
        ({"rules": {"Orders": {"for": "5m"}}}, "`prometheus_rules[Orders]` has no `expr`, and none of our alerts is"),
        ({"rules": {"Orders": "up == 0"}}, 'is "up == 0", and takes the keys of a rule'),
        ({"rules": {"Slow": {"labels": ["a"]}}}, "`prometheus_rules[Slow].labels` takes texts by name"),
        ({"settings": {"gobal": SMTP}}, "`alertmanager_settings.gobal` is no key. Did you mean `global`?"),
        ({"settings": {"global": {"smtp_smarthos": "a:25"}}}, "`alertmanager_settings.global.smtp_smarthos` is no key"),
        (
            {"settings": {"global": {"smtp_smarthost": "mail.example.org"}}},
            "`alertmanager_settings.global.smtp_smarthost` is mail.example.org, and takes a host with its port",
        ),
        ({"settings": {"route": {"reciever": "x"}}}, "`alertmanager_settings.route.reciever` is no key"),
        (
            {"settings": {"route": {"routes": [{"receiver": "chat"}]}}},
            "`alertmanager_settings.route.routes[0].receiver` is chat, and none of the receivers is called so",
        ),
        (
            {"prometheus": {"scrape_config": []}},
            "`prometheus_settings.scrape_config` is no key. Did you mean `scrape_c",
        ),
        ({"alertmanagers": ["http://127.0.0.1:9093"]}, "`prometheus_alertmanagers[0]` is"),
        ({"alertmanagers": ["127.0.0.1"]}, "takes a host with its port, without https://"),
        ({"heartbeat": "file:///x"}, "`alertmanager_heartbeat` is"),
    ],
)
def test_what_prometheus_and_alertmanager_refuse(variables, words):
    names = {"rules": "prometheus_rules", "settings": "alertmanager_settings", "prometheus": "prometheus_settings"}
    names |= {"alertmanagers": "prometheus_alertmanagers", "heartbeat": "alertmanager_heartbeat"}
    given = {names[name]: value for name, value in variables.items()}
    assert words in "\n".join(mistakes(make_host(groups=["django", "monitoring"], apps={}, **{**MAIL, **given})))


def test_alerts_and_settings_that_are_right():
    rules = {"Slow": None, "MemoryShort": {"for": "1h30m"}, "Orders": {"expr": "a > 1", "labels": {"severity": "x"}}}
    chat = {"route": {"receiver": "chat", "routes": [{"receiver": "mail"}]}, "receivers": [{"name": "chat"}]}
    given = {
        "prometheus_rules": rules,
        "alertmanager_settings": {**chat, "global": {**SMTP, "brand_new": 1}},
        "prometheus_settings": {"global": {"scrape_interval": "2s"}, "scrape_configs": []},
        "prometheus_alertmanagers": ["127.0.0.1:9093", "[::1]:9093", "am.example.org:9093"],
        "alertmanager_heartbeat": "http://127.0.0.1:8999/",
    }
    assert mistakes(make_host(groups=["django", "monitoring"], apps={}, **MAIL, **given)) == []
