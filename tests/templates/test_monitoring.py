"""Exporters, Prometheus and Alertmanager: on the loopback address alone, with settings that their tools take."""

import hashlib
import re

import pytest
import systemd
import yaml

NODE = {
    "package": "prometheus-node-exporter",
    "command": "/usr/bin/prometheus-node-exporter --web.listen-address=127.0.0.1:9100",
}
RICH = {
    "package": "prometheus-x-exporter",
    "command": "/usr/bin/x",
    "environment": {"DATA_SOURCE_NAME": 'user=a "b" 50%'},
    "groups": ["shop", "blog"],
    "files": [{"path": "/etc/x.yml", "content": '{"a": 1}\n'}],
    "sandbox": {"allow": ["proc"]},
    "service": ["ProtectHome=read-only"],
}


@pytest.mark.renders("exporter", {"exporter_instance": NODE}, {"exporter_instance": RICH})
def test_an_exporter_listens_on_the_loopback_address(files):
    plain, rich = (systemd.read(one["exporter.conf"]) for one in files)
    assert systemd.words(plain.one("Service", "ExecStart")) == NODE["command"].split()
    for unit in (plain, rich):
        # Debian's file of variables would win.
        assert ("EnvironmentFile", "") in unit["Service"]
        assert ("ExecStart", "") in unit["Service"]
        assert unit.all("Service", "IPAddressDeny")[-1] == "any"
        assert unit.one("Service", "IPAddressAllow") == "localhost"
        assert unit.last("Service", "ProtectSystem") == "strict"
        # Debian 13's systemd would keep it from its port.
        assert unit.all("Service", "SocketBindDeny") == []
    assert systemd.words(rich.one("Service", "Environment")) == ['DATA_SOURCE_NAME=user=a "b" 50%']
    assert rich.one("Service", "SupplementaryGroups") == "shop blog"
    assert (plain.last("Service", "ProcSubset"), rich.last("Service", "ProcSubset")) == ("pid", "all")
    assert rich.last("Service", "ProtectHome") == "read-only"
    sum_of_file = hashlib.sha256(RICH["files"][0]["content"].encode()).hexdigest()
    assert f"{sum_of_file}  /etc/x.yml" in files[1]["expected"].split(" ; ")


@pytest.mark.renders("exporter", {"exporter_instance": NODE})
def test_the_exporter_of_the_host_tells_of_mounts_and_restarts(files):
    words = [one.replace("$$", "$") for one in systemd.words(files[0]["node"])]
    options = dict(one.split("=", 1) for one in words if "=" in one)
    include, exclude = (options[f"--collector.systemd.unit-{word}"] for word in ("include", "exclude"))
    # Both must agree, and by itself it excludes units that are mounts.
    for unit in ("srv-shop-media.mount", "shop-worker-celery.service", "groundcrew-facts.timer"):
        assert re.fullmatch(include, unit)
        assert not re.fullmatch(exclude, unit)
    assert "--collector.systemd.enable-restarts-metrics" in words
    left_out = options["--collector.filesystem.mount-points-exclude"]
    assert [one for one in ("/", "/mnt/volume", "/runner", "/run/user/0", "/proc") if re.search(left_out, one)] == [
        "/run/user/0",
        "/proc",
    ]


@pytest.mark.renders(
    "exporter",
    {
        "exporter_instance": NODE,
        "exporter_releases": ["/srv/*/current"],
        "exporter_records": ["/a b/50%.json", "/c.json"],
    },
)
def test_facts(files):
    unit = systemd.read(files[0]["groundcrew-facts.service"])
    words = systemd.words(unit.one("Service", "ExecStart"))
    assert words[3:] == [
        "--folder=/var/lib/prometheus/node-exporter",
        "--release=/srv/*/current",
        "--record=/a b/50%.json",
        "--record=/c.json",
    ]
    assert unit.last("Service", "CapabilityBoundingSet") == "CAP_DAC_OVERRIDE"


TARGET = {"targets": ["127.0.0.1:9100"], "labels": {"job": "node", "instance": "web1"}}
MORE = {
    "global": {"external_labels": {"site": "eu"}},
    "scrape_configs": [{"job_name": "own", "static_configs": [{"targets": ["10.0.0.7:9100"]}]}],
}
RULES = {"Slow": None, "MemoryShort": {"for": "1m"}, "Own": {"expr": "up == 1", "annotations": {"summary": "own"}}}


@pytest.mark.renders(
    "prometheus",
    {"prometheus_targets": [TARGET]},
    {"prometheus_settings": MORE, "prometheus_rules": RULES, "prometheus_retention": "7d"},
)
def test_prometheus(files):
    plain, rich = (yaml.safe_load(one["prometheus.yml"]) for one in files)
    assert plain["scrape_configs"][0]["static_configs"] == [TARGET]
    assert [one["job_name"] for one in rich["scrape_configs"]] == ["groundcrew", "own"]
    assert rich["global"]["external_labels"] == {"site": "eu"}
    assert rich["global"]["evaluation_interval"] == "10s"
    plain, rich = (systemd.words(systemd.read(one["prometheus.service"]).one("Service", "ExecStart")) for one in files)
    assert "--web.listen-address=127.0.0.1:9090" in plain
    assert "--storage.tsdb.retention.time=7d" in rich
    ours, theirs = (
        {one["alert"]: one for one in yaml.safe_load(file["alerts.yml"])["groups"][0]["rules"]} for file in files
    )
    assert set(ours) - set(theirs) == {"Slow"}
    assert set(theirs) - set(ours) == {"Own"}
    assert theirs["Own"]["annotations"]["summary"] == "own"
    assert theirs["MemoryShort"] == {**ours["MemoryShort"], "for": "1m"}


SMTP = {"global": {"smtp_smarthost": "mail.example.org:587"}, "receivers": [{"name": "chat", "webhook_configs": []}]}


@pytest.mark.renders(
    "alertmanager",
    {"alertmanager_mail": "ops@example.org"},
    {
        "alertmanager_mail": "ops@example.org",
        "alertmanager_settings": SMTP,
        "alertmanager_heartbeat": "https://hc.example.org/x",
    },
    {"alertmanager_settings": {"route": {"receiver": "chat"}, **SMTP}},
)
def test_alertmanager(files):
    plain, rich, other = (yaml.safe_load(one["alertmanager.yml"]) for one in files)
    assert plain["route"]["receiver"] == rich["route"]["receiver"] == "mail"
    assert [one["name"] for one in plain["receivers"]] == ["nobody", "mail"]
    assert [one["name"] for one in rich["receivers"]] == ["nobody", "mail", "heartbeat", "chat"]
    assert [one["name"] for one in other["receivers"]] == ["nobody", "chat"]
    assert other["route"]["receiver"] == "chat"
    (mail,) = plain["receivers"][1]["email_configs"]
    assert mail["to"] == "ops@example.org"
    assert "{{ .Annotations.action }}" in mail["text"]
    assert (plain["global"]["smtp_smarthost"], plain["global"]["smtp_require_tls"]) == ("127.0.0.1:25", False)
    # A server of the network is asked with TLS, which is Alertmanager's default.
    assert rich["global"]["smtp_smarthost"] == "mail.example.org:587"
    assert "smtp_require_tls" not in rich["global"]
    assert [one["receiver"] for one in plain["route"]["routes"]] == ["nobody"]
    assert [one["receiver"] for one in rich["route"]["routes"]] == ["heartbeat"]
    command = systemd.words(systemd.read(files[0]["alertmanager.service"]).one("Service", "ExecStart"))
    # An empty address turns off the port on which Alertmanagers find each other.
    assert {"--web.listen-address=127.0.0.1:9093", "--cluster.listen-address="} <= set(command)
