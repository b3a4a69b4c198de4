"""All applications of all hosts: everything that is wrong, or else each of them complete. The way in from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from . import (
    administrators,
    backups,
    between,
    central,
    certificate,
    claims,
    cloning,
    combinations,
    command_words,
    connections,
    contents,
    databases,
    deployers,
    domains,
    elsewhere,
    environment,
    error_tracking,
    extra,
    files,
    folders,
    groups,
    host_databases,
    interpreter,
    inventory,
    leftovers,
    local_urls,
    logins,
    monitoring,
    names,
    notices,
    openings,
    parts,
    reached,
    renames,
    repositories,
    requirements,
    resolve,
    secrecy,
    server_settings,
    shapes,
    shared,
    site,
    source,
    specification,
    stated,
    summary,
    urls,
    variable_files,
    variables,
    versions,
    web_server,
)
from .findings import Finding
from .inventory import Host, Request
from .resolve import Application

CHECKS: tuple[Callable[[Application], Iterator[Finding]], ...] = (
    domains.findings,
    certificate.findings,
    environment.findings,
    urls.findings,
    local_urls.findings,
    databases.findings,
    host_databases.of_application,
    source.findings,
    requirements.findings,
    interpreter.findings,
    contents.findings,
    folders.written,
    folders.shown,
    files.findings,
    command_words.findings,
    combinations.findings,
    secrecy.findings,
    error_tracking.findings,
    shapes.findings,
    site.findings,
    web_server.findings,
)
"""What is asked of an application by itself when it is to be present."""


def read(hosts: list[Host], request: Request) -> tuple[dict[str, list[Application]], list[Finding]]:
    """Return the applications by host, and what is wrong with each by itself."""
    applications: dict[str, list[Application]] = {}
    found: list[Finding] = []
    for host in hosts:
        listed, wrong = resolve.entries(host) if "django" in host.groups else ([], [])
        found += wrong
        for label, given in listed:
            one, wrong = resolve.resolve(host, label, given, request)
            applications.setdefault(host.name, []).append(one)
            if request.app in ("", label):
                found += wrong + list(names.findings(one))
                found += [finding for check in CHECKS if one.present for finding in check(one)]
    return applications, found


def together(applications: dict[str, list[Application]], request: Request) -> Iterator[Finding]:
    """Yield what is wrong with applications beside others: on their host, and on other hosts."""
    for of_host in applications.values():
        yield from claims.findings(of_host)
        yield from folders.between(of_host)
        yield from renames.findings(of_host)
        yield from names.collisions([one for one in of_host if one.present])
    selected = [
        one for of_host in applications.values() for one in of_host if request.app in ("", one.name) and one.present
    ]
    for name in dict.fromkeys(one.name for one in selected):
        yield from shared.findings([one for one in selected if one.name == name])
    yield from versions.findings(selected)


def asked(applications: dict[str, list[Application]], request: Request) -> Iterator[Finding]:
    """Yield an application that is asked for and that no host has, and a version that is asked for of several."""
    known = sorted({one.name for of_host in applications.values() for one in of_host})
    if request.app and request.app not in known:
        sentence = f"is {request.app}, and no host has such an application. There are {', '.join(known) or 'none'}"
        yield Finding("no-application", "", "", "-e app", sentence, f"-e app={known[0]}" if known else "")
    if request.version and not request.app and len(known) > 1:
        sentence = f"would ship one version of {', '.join(known)}: name the application"
        yield Finding(
            "no-application", "", "", "-e version", sentence, f"-e app={known[0]} -e version={request.version}"
        )


def leaders(applications: dict[str, list[Application]]) -> dict[str, str]:
    """Return by application the first host that has it, which runs what must run once for all of them."""
    first: dict[str, str] = {}
    for host, of_host in applications.items():
        for one in of_host:
            if one.present:
                first.setdefault(one.name, host)
    return first


def resolve_all(hosts: list[Host], request: Request) -> tuple[dict[str, Any], list[Finding]]:
    """Return what the module `applications` returns, and all findings; the result is empty when there are any.

    `notices` are findings that refuse nothing, for `findings.lines`.

    `hosts` are all of the inventory, those of the group `django` in its order.
    """
    applications, found = read(hosts, request)
    found += [
        *groups.findings(hosts, request.any_host),
        *variable_files.findings(hosts),
        *connections.findings(hosts, applications),
        *monitoring.findings(hosts, applications),
        *central.findings(hosts),
        *elsewhere.doubled(hosts),
        *repositories.shared(hosts),
    ]
    for host in hosts:
        found += [*variables.findings(host), *backups.findings(host), *secrecy.variables(host)]
        found += [*server_settings.findings(host), *host_databases.findings(host, applications.get(host.name, []))]
        found += deployers.findings(host, applications.get(host.name, []))
        found += administrators.findings(host, applications.get(host.name, []))
    found += [*inventory.findings(hosts), *reached.findings(hosts, applications, request)]
    found += cloning.findings(hosts, applications, request)
    found += [*extra.findings(request), *asked(applications, request), *together(applications, request)]
    if found:
        return {}, found
    first = leaders(applications)
    return {
        "hosts": {
            host.name: of_host(host, applications.get(host.name, []), first, request) | among(host, hosts, applications)
            for host in hosts
        },
        "options": {name: value for name, value in extra.complete(request, []).items() if name not in extra.SELECTION},
        "deployer": request.deployer,
        "notices": list(notices.findings(hosts, applications)),
        "summary": summary.lines(hosts, applications),
    }, []


def among(host: Host, hosts: list[Host], applications: dict[str, list[Application]]) -> dict[str, Any]:
    """Return what is resolved for one host by what the others are."""
    keeper = between.authority(hosts)
    watched = monitoring.watched(host, hosts, applications)
    journal = central.journal(host, hosts, keeper)
    said = host.variables.get("nginx_journal")
    # Whether it signs for hosts that speak with each other.
    signs = host.name == keeper and bool(monitoring.others(hosts) or central.senders(hosts))
    return {
        "monitoring": watched,
        "journal": journal,
        "authority": signs,
        # Requests come together with the journals, unless the inventory says otherwise.
        "nginx_journal": journal != {} if said is None else str(said).lower() in specification.TRUE,
        "parts": leftovers.parts(watched, journal, signs),
        "openings": [*openings.needed(host), *monitoring.let_in(host, hosts), *central.let_in(host, hosts)],
    }


def of_host(host: Host, applications: list[Application], first: dict[str, str], request: Request) -> dict[str, Any]:
    """Return what is resolved for one host."""
    asked = [one for one in applications if request.app in ("", one.name)]
    return {
        # First what goes: a domain may pass from one to another.
        "applications": [
            part
            for one in sorted(asked, key=lambda one: one.present)
            for part in renames.every(one, urls.is_alone(one["database_url"]) or first.get(one.name) == host.name)
        ],
        "names": [name for one in asked for name in renames.called(one)],
        "backup": parts.backup(applications),
        "ways": logins.ways(host),
        "database_dials": openings.database_dials(host, applications),
        "ssh_ports": logins.ports(host),
        "stated": stated.of(host),
        "connections": [counted for one in applications if one.present for counted in parts.connections(one)],
    }
