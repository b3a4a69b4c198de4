"""What a run ends with: where each application answers, and what waits for somebody; each host was asked once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .summary import listed

MAIL = "Name a mail server: `alertmanager_settings: {global: {smtp_smarthost: mail.example.org:587}}`"
REBOOT = "`sudo reboot` when it suits"


def serving(
    hosts: Mapping[str, Sequence[Mapping[str, Any]]], answers: Mapping[str, Mapping[str, Sequence[str]]]
) -> list[str]:
    """Return a line for each application, with its addresses and the release that serves on its hosts.

    :param hosts: the resolved applications of each host.
    :param answers: what each host answered, by key (`machines.parse`); `release` is a list of `NAME ID`.
    """
    found: dict[str, dict[str, list[str]]] = {}
    domains: dict[str, list[str]] = {}
    for host, applications in hosts.items():
        said = dict(line.split(" ", 1) for line in answers.get(host, {}).get("release", ()) if " " in line)
        for one in applications:
            if one["state"] == "present" and one["name"] in said:
                domains[one["name"]] = [f"https://{name}" for name in one["site"]["domains"]]
                found.setdefault(one["name"], {}).setdefault(said[one["name"]], []).append(host)
    return [
        f"{name}: {listed(domains[name])} "
        + ", ".join(f"serves {release} on {listed(where)}" for release, where in releases.items())
        for name, releases in found.items()
    ]


def shown(monitoring: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a line for each host that shows consoles; `monitoring` is what the resolver says of each."""
    sites = {host: one["consoles"]["site"] for host, one in monitoring.items() if "consoles" in one}
    return [
        f"consoles: https://{site['domains'][0]} on {host}"
        for host, site in sites.items()
        if site["state"] == "present"
    ]


def waiting(host: str, answer: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what waits for somebody on one host: a reboot, units that failed, alerts that nobody would get."""
    found = []
    if reboot := answer.get("reboot"):
        packages = [one for one in reboot if one]
        why = f" ({listed(packages)})" if packages else ""
        found.append(f"{host} waits for a reboot{why}: {REBOOT}")
    if failed := answer.get("failed"):
        found.append(f"{host} has units that failed: {listed(list(failed))}. Why: `systemctl status {failed[0]}`")
    if "unmailed" in answer:
        found.append(f"{host} mails no alert, since nothing listens on its port 25. {MAIL}")
    return found


def lines(
    hosts: Mapping[str, Sequence[Mapping[str, Any]]], answers: Mapping[str, Mapping[str, Sequence[str]]]
) -> list[str]:
    """Return the lines of all hosts, the applications first."""
    return [*serving(hosts, answers), *(line for host, answer in answers.items() for line in waiting(host, answer))]
