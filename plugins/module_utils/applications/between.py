"""What hosts need to reach each other: their addresses, ports that few may reach, and certificates."""

from __future__ import annotations

import ipaddress
import json
import re
import socket
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

from . import groups
from .findings import Finding
from .inventory import Host

Target = dict[str, Any]

PORT = 9998
"""At which a host shows all its exporters to the one that watches, by mutual TLS."""
FOLDER = "/etc/ssl/groundcrew"
PACKAGE = "prometheus-exporter-exporter"
CONF = "/etc/prometheus/groundcrew-exporter-exporter.yml"
SERVER, CLIENT = "exporter.server", "prometheus.client"
"""Certificates, by the names of their folders; the dot keeps them apart from those of applications."""
VARIABLE = "base_address"
EXAMPLE = f"{VARIABLE}: 10.0.0.5"


def address(host: Host) -> str:
    """Return the name or address at which other hosts reach one."""
    return str(host.said("base_address") or host.said("ansible_host") or host.name)


def is_ip(text: str) -> bool:
    """Say whether a text is an address and no name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def sources(host: Host) -> list[str]:
    """Return the addresses that a host comes from to others; none when its name cannot be looked up here."""
    return looked_up(address(host))


@cache
def looked_up(name: str) -> list[str]:
    """Return the addresses of a name or an address, none when it is unknown or stands for this machine alone."""
    try:
        found = [name] if is_ip(name) else [str(one[4][0]) for one in socket.getaddrinfo(name, None)]
    except OSError:
        return []
    # The machine that this runs on calls itself 127.0.1.1, and knows neighbours by addresses of the link.
    known = {one: ipaddress.ip_address(one.partition("%")[0]) for one in found}
    return sorted(one for one, number in known.items() if not (number.is_loopback or number.is_link_local))


def authority(hosts: list[Host]) -> str:
    """Return the host that keeps the key of the authority by which hosts know each other, "" when there is none."""
    keeping = groups.keeper(hosts, "monitoring") or groups.keeper(hosts, "logs")
    return keeping.name if keeping else ""


def at(host: Host, port: int) -> str:
    """Return where other hosts reach a port of one."""
    name = address(host)
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def unknown(hosts: list[Host], why: str) -> Iterator[Finding]:
    """Yield hosts whose address others have to know, and that have none which this machine could find."""
    for one in hosts:
        if not sources(one):
            sentence = f"is missing: {why}, and {address(one)} has none here"
            yield Finding("address", one.name, "", VARIABLE, sentence, EXAMPLE)


def unreachable(hosts: list[Host], what: str) -> Iterator[Finding]:
    """Yield hosts that others cannot reach by what the inventory says; `what` goes before "this host"."""
    counted = Counter(address(one) for one in hosts)
    for one in hosts:
        name = address(one)
        if name in ("localhost", "127.0.0.1", "::1"):
            sentence = f"is missing: {what} this host, and nobody reaches another one at {name}"
            yield Finding("address", one.name, "", VARIABLE, sentence, EXAMPLE)
        elif counted[name] > 1:
            same = [other.name for other in hosts if other is not one and address(other) == name]
            sentence = f"is {name}, as that of {' and '.join(same)}: each host is reached at one of its own"
            yield Finding("address", one.name, "", VARIABLE, sentence, EXAMPLE)


def findings(monitor: Host, others: list[Host]) -> Iterator[Finding]:
    """Yield what keeps a host from watching the others."""
    if others:
        yield from unknown([monitor], "the hosts that it watches let in its address alone")
        yield from unreachable(others, f"{monitor.name} watches")


def module(labels: dict[str, str]) -> str:
    """Return what the proxy calls an exporter: its job, and a probe of its own for each site."""
    probed = labels.get("__param_module")
    return f"{labels['job']}-{probed}" if probed else labels["job"]


def proxied(host: Host, targets: list[Target]) -> Iterator[Target]:
    """Yield targets of a host as another one asks them: all at one port, by the names that the proxy knows."""
    for one in targets:
        how = {"__scheme__": "https", "__metrics_path__": "/proxy", "__param_module": module(one["labels"])}
        yield {"targets": [at(host, PORT)], "labels": {**one["labels"], **how}}


def proxy(monitor: Host, targets: list[Target]) -> dict[str, Any]:
    """Return the `exporter_instance` that shows the exporters of a host to the one that watches."""
    modules = {}
    for one in targets:
        labels = one["labels"]
        path = labels.get("__metrics_path__", "/metrics")
        # Its own parameter has the name of one of the exporter's.
        path += f"?module={labels['__param_module']}" if "__param_module" in labels else ""
        port = int(one["targets"][0].rpartition(":")[2])
        http = {"address": "127.0.0.1", "port": port, "path": path, "verify": False}
        modules[module(labels)] = {"method": "http", "http": http}
    folder = f"{FOLDER}/{SERVER}"
    pair = [f"{folder}/{name}.pem" for name in ("fullchain", "privkey", "ca")]
    flags = f"-config.file={CONF} -web.listen-address= -web.tls.listen-address=:{PORT}"
    flags += " -web.tls.cert={} -web.tls.key={} -web.tls.ca={}".format(*pair)
    # systemd reads `\` and `$` itself.
    named = f"^{re.escape(monitor.name)}$".replace("\\", "\\\\").replace("$", "$$")
    return {
        "package": PACKAGE,
        "command": f"/usr/bin/{PACKAGE} {flags} -web.tls.verify '-web.tls.certmatch={named}'",
        "files": [{"path": CONF, "content": json.dumps({"modules": modules}, indent=1) + "\n"}],
        "reads": pair,
        "service": [f"IPAddressAllow={one}" for one in sources(monitor)],
    }


def server(monitor: Host, host: Host) -> dict[str, Any]:
    """Return the `certificate_host` by which a host shows who it is."""
    return certificate(SERVER, subject([host.name, address(host)]), "server", monitor.name, "prometheus")


def client(monitor: Host) -> dict[str, Any]:
    """Return the `certificate_host` by which the host that watches shows who it is, by its name."""
    return certificate(CLIENT, [f"DNS:{monitor.name}"], "client", monitor.name, "prometheus")


def subject(names: list[str]) -> list[str]:
    """Return names and addresses as a certificate holds them."""
    return [f"IP:{one}" if is_ip(one) else f"DNS:{one}" for one in dict.fromkeys(names)]


def certificate(name: str, names: list[str], usage: str, authority: str, group: str) -> dict[str, Any]:
    """Return a `certificate_host`."""
    return {"name": name, "subject_alt_name": names, "usage": usage, "authority": authority, "group": group}


def tls() -> dict[str, str]:
    """Return Prometheus' `tls_config` for targets on other hosts."""
    folder = f"{FOLDER}/{CLIENT}"
    return {"ca_file": f"{folder}/ca.pem", "cert_file": f"{folder}/fullchain.pem", "key_file": f"{folder}/privkey.pem"}
