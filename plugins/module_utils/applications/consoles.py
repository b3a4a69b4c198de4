"""Where the consoles of Prometheus are shown over HTTPS: a site of its own, behind passwords."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import certificate as certificates
from . import parts, passwords
from .findings import Finding
from .inventory import Host
from .resolve import Application

NAME = "prometheus"
"""Of the site and its certificate; Debian's user is called so, and no application is."""
LISTENS = "127.0.0.1:9090"
DOMAIN = "prometheus_domain"
USERS = "prometheus_basic_auth"
EXAMPLE = f"{USERS}: {{alice: $6$...}}"


def domain(host: Host) -> str:
    """Return the name that the consoles are shown at, "" for none."""
    return str(host.said(DOMAIN) or "")


def findings(host: Host, applications: list[Application]) -> Iterator[Finding]:
    """Yield consoles that anybody would see, or nobody, and a domain that is somebody else's."""
    users, name = host.variables.get(USERS) or {}, domain(host)
    if name and not users:
        sentence = f"is missing, and {name} is not shown without a password: print one with `openssl passwd -6`"
        yield Finding("password", host.name, "", USERS, sentence, EXAMPLE)
    if users and not name:
        sentence = "is missing: nobody can come in where nothing is shown"
        yield Finding("consoles", host.name, "", DOMAIN, sentence, f"{DOMAIN}: monitor.example.org")
    for sentence in passwords.wrong(users) if isinstance(users, dict) else ():
        yield Finding("password", host.name, "", USERS, sentence, EXAMPLE)
    for one in applications:
        if one.present and name and name.lower() in [str(each).lower() for each in one["domains"]]:
            sentence = f"is {name}, which is a domain of {one.name}"
            yield Finding("claimed-twice", host.name, "", DOMAIN, sentence, f"{DOMAIN}: monitor.example.org")


def certificate(host: Host) -> dict[str, Any]:
    """Return the `certificate_domain`."""
    given = {"name": NAME, "domains": [domain(host)], "reload": ["nginx.service"]}
    said = certificates.files(host.said("prometheus_certificate") or {}, host.folder)
    return parts.whole("certificate", "domain", "certificate_domain", {**said, **given})


def withdrawn() -> dict[str, Any]:
    """Return the `nginx_site` of a host that shows the consoles no more."""
    return shown("", {}, state="absent")


def site(host: Host) -> dict[str, Any]:
    """Return the `nginx_site`; it is removed from a host that shows none any more."""
    users = {str(name): str(password) for name, password in (host.said(USERS) or {}).items()}
    return shown(
        domain(host),
        host.said("prometheus_certificate") or {},
        # Inside of Nginx, so that it asks for the password first.
        nginx_directives=["rewrite ^/$ /consoles/index.html;"],
        restricted_paths=[{"path": "/", "basic_auth": users}],
        counts_for_health=False,
        state="present" if domain(host) else "absent",
    )


def shown(name: str, said: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a whole `nginx_site` for the consoles at a domain ("" for none), with what is said of its certificate."""
    given = {"name": NAME, "domains": [name], "upstream": [LISTENS], **parts.pairs(NAME, said)}
    return parts.whole("nginx", "site", "nginx_site", {**given, **more})
