"""What watches a host: which exporters it has, and what Prometheus asks; both follow from its groups."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from . import alerts, between, consoles, groups, openings, parts, server_ports
from .findings import Finding
from .inventory import Host
from .resolve import Application
from .specification import Unreadable

GROUP = "monitoring"
USER = "prometheus"
"""Of Debian's exporters."""
REQUESTS = Path(__file__).with_name("data") / "requests.mtail"
PROBES = "/etc/prometheus/groundcrew-blackbox.yml"
PROGRAMS = "/etc/mtail/groundcrew"
QUERIES = "/etc/prometheus/groundcrew-postgres.yml"
ROLES = """
    SELECT rolname AS role, rolconnlimit AS connection_limit, (
      SELECT count(*) FROM pg_stat_activity WHERE usesysid = pg_roles.oid AND backend_type = 'client backend'
    ) AS connections
    FROM pg_roles WHERE rolcanlogin AND rolconnlimit > 0
"""
"""How many connections each role has that may not have all of the server's: its exporter counts databases alone."""
METRICS = {
    "role": ("LABEL", "The role."),
    "connections": ("GAUGE", "How many it has."),
    "connection_limit": ("GAUGE", "How many it may have."),
}
PORTS = {"node": 9100, "postgres": 9187, "site": 9115, "requests": 3903, "prometheus": 9090}
PORTS |= {"alertmanager": 9093}

Exporter = dict[str, Any]
Target = dict[str, Any]


def monitor(hosts: list[Host]) -> Host | None:
    """Return the host that watches all others, None when there is none."""
    return groups.keeper(hosts, GROUP)


def others(hosts: list[Host]) -> list[Host]:
    """Return the hosts that are watched from another one."""
    return groups.others(hosts, GROUP, groups.SERVING)


def findings(hosts: list[Host], applications: Mapping[str, list[Application]]) -> Iterator[Finding]:
    """Yield hosts that watch nothing or what another one watches, and alerts that nobody hears of."""
    too_many = list(groups.several(hosts, GROUP, "one host watches all of an inventory"))
    yield from too_many
    for host in [host for host in hosts if GROUP in host.groups]:
        if host.groups.isdisjoint(groups.SERVING) and not others(hosts) and not too_many:
            sentence = "is in the group `monitoring`, and there is no host that serves something"
            yield Finding("monitoring", host.name, "", host.name, sentence, "django: {hosts: {web1.example.org: }}")
        elif not too_many:
            yield from between.findings(host, others(hosts))
        mail, settings = (host.variables.get(f"alertmanager_{key}") for key in ("mail", "settings"))
        routed = isinstance(settings, Unreadable) or (isinstance(settings, dict) and "route" in settings)
        if not mail and not routed:
            sentence = "is missing: nobody would hear of an alert"
            yield Finding("alerts", host.name, "", "alertmanager_mail", sentence, "alertmanager_mail: ops@example.org")
        yield from alerts.findings(host)
        yield from consoles.findings(host, applications.get(host.name, []))


def watched(host: Host, hosts: list[Host], applications: Mapping[str, list[Application]]) -> dict[str, Any]:
    """Return what the playbook passes to have a host of all `hosts` watched, {} when nobody watches it."""
    watching = monitor(hosts)
    present = [one for one in applications.get(host.name, []) if one.present]
    if watching is host:
        return seen(host, present) | watches(host, present, others(hosts), applications)
    if watching is None or host not in others(hosts):
        return {}
    found = seen(host, present)
    found["exporters"].append(between.proxy(watching, [*targets(host, present)]))
    return found | {"certificate": between.server(watching, host)}


def watches(
    host: Host, present: list[Application], others: list[Host], applications: Mapping[str, list[Application]]
) -> dict[str, Any]:
    """Return what the roles take that watch: all targets, and how those on other hosts are reached."""
    all_targets = [*servers(host), *targets(host, present)]
    for other in others:
        there = [one for one in applications.get(other.name, []) if one.present]
        all_targets += between.proxied(other, [*targets(other, there)])
    return {
        "targets": all_targets,
        "certificate": between.client(host) if others else {},
        "tls_config": between.tls() if others else {},
        "consoles": {"certificate": consoles.certificate(host), "site": consoles.site(host)},
    }


def let_in(host: Host, hosts: list[Host]) -> Iterator[openings.Entry]:
    """Yield the port of a host that the one that watches needs, for it alone."""
    watching = monitor(hosts)
    if watching and host in others(hosts):
        yield openings.opened(between.PORT, between.sources(watching))


def seen(host: Host, present: list[Application]) -> dict[str, Any]:
    """Return what the role `exporter` takes for a host."""
    return {
        "exporters": [*exporters(host, present)],
        "certificate": {},
        "records": [f"/var/lib/groundcrew-backup/{kind}.json" for kind in ("backup", "drill")]
        if "backup" in host.groups
        else [],
        # Not by Debian's exporter: it would be in the group of each application, and hands all entries of a Redis to
        # whoever asks at its port, which is each application.
        "redis": [socket(one) for one in instances(host, present)],
        "queues": [socket(one) for one in instances(host, present) if one["purpose"] == "broker"],
        "postgresql": USER if "postgresql" in host.groups else "",
    }


def exporters(host: Host, applications: list[Application]) -> Iterator[Exporter]:
    """Yield each `exporter_instance` beside that of the host itself."""
    if "postgresql" in host.groups:
        source = f"user={USER} host=/run/postgresql port={server_ports.postgresql(host)} dbname=postgres"
        flags = f"--web.listen-address={local('postgres')} --extend.query-path={QUERIES}"
        metrics = [{name: {"usage": usage, "description": says}} for name, (usage, says) in METRICS.items()]
        queries = json.dumps({"pg_role": {"query": " ".join(ROLES.split()), "metrics": metrics}})
        more = {"environment": {"DATA_SOURCE_NAME": source}, "files": [{"path": QUERIES, "content": f"{queries}\n"}]}
        yield exporter("prometheus-postgres-exporter", flags, **more)
    if applications:
        probes = json.dumps({"modules": {one.name: probe(one) for one in applications}})
        flags = f"--config.file={PROBES} --web.listen-address={local('site')}"
        yield exporter("prometheus-blackbox-exporter", flags, files=[{"path": PROBES, "content": f"{probes}\n"}])
        flags = f"-progs {PROGRAMS} -logs /var/log/nginx/access.log -logtostderr"
        flags += f" -address 127.0.0.1 -port {PORTS['requests']}"
        program = {"path": f"{PROGRAMS}/requests.mtail", "content": REQUESTS.read_text()}
        yield exporter("mtail", flags, groups=["adm"], files=[program])


def exporter(package: str, flags: str, **more: Any) -> Exporter:
    """Return an `exporter_instance`; the program is called as its package."""
    return {"package": package, "command": f"/usr/bin/{package} {flags}", **more}


def probe(application: Application) -> dict[str, Any]:
    """Return how blackbox asks for a site: at the host itself, by its name, with the certificate that visitors see."""
    own = application["certificate"]["source"] == "selfsigned"
    status = application["probe"]["status"] or [one for one in range(200, 500) if one != 400]
    name = application["domains"][0]
    http: dict[str, Any] = {
        "headers": {"Host": name},
        "follow_redirects": False,
        "valid_status_codes": status,
        "tls_config": {"server_name": name} | ({"ca_file": "/etc/ssl/groundcrew/ca/ca.pem"} if own else {}),
    }
    return {"prober": "http", "timeout": "8s", "http": http}


def servers(host: Host) -> Iterator[Target]:
    """Yield what Prometheus asks of itself."""
    yield target(host, "prometheus")
    yield target(host, "alertmanager")


def targets(host: Host, applications: list[Application]) -> Iterator[Target]:
    """Yield what Prometheus asks of a host, each with its job and the name of the host."""
    yield target(host, "node")
    if "postgresql" in host.groups:
        yield target(host, "postgres")
    for app in applications:
        name, path = app["domains"][0], app["probe"]["path"]
        asked = {"__param_target": f"https://127.0.0.1{path}", "__param_module": app.name}
        how = {"__metrics_path__": "/probe", "__scrape_interval__": "10s", **asked}
        yield target(host, "site", application=app.name, url=f"https://{name}{path}", **how)
    if applications:
        yield target(host, "requests")


def target(host: Host, job: str, **labels: str) -> Target:
    """Return one of the `prometheus_targets`."""
    return {"targets": [local(job)], "labels": {"job": job, "instance": host.name, **labels}}


def local(job: str) -> str:
    """Return the address that an exporter listens on."""
    return f"127.0.0.1:{PORTS[job]}"


def socket(instance: dict[str, Any]) -> str:
    """Return the path of the socket of a `redis_instance`."""
    return f"/run/redis-{instance['name']}/redis.sock"


def instances(host: Host, applications: list[Application]) -> list[dict[str, Any]]:
    """Return each `redis_instance` that no password closes."""
    if "redis" not in host.groups:
        return []
    return [one for app in applications for one in parts.redis(app) if not one["password"]]
