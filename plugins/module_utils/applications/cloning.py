"""Data that are copied from one host to another: never onto the database that they come from.

The same database by another spelling of its URL, such as an address in place of a name, and that of a host which is not
in this inventory cannot be seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qs

from . import between, databases, local_urls, server_ports, urls
from .findings import Finding
from .inventory import Host, Request
from .resolve import Application

FROM = "from"
"""The option of clone_data.yml, which no other playbook has."""


def findings(
    hosts: Sequence[Host], applications: Mapping[str, Sequence[Application]], request: Request
) -> Iterator[Finding]:
    """Yield databases of hosts of the run that are those of the host which the data come from."""
    said = str(request.extra.get(FROM) or "")
    called = [one for one in hosts if one.name == said] or [one for one in hosts if between.address(one) == said]
    if FROM not in request.options or not said or not called:
        return
    source = called[0]
    held = {place for one in applications.get(source.name, ()) if one.name == request.app for place in shared(one)}
    for host in hosts:
        if host.name not in request.reached or host.name == source.name:
            continue
        for one in applications.get(host.name, ()):
            if one.name == request.app and (same := [place for place in shared(one) if place in held]):
                sentence = (
                    f"is {said}, which has the same database {' and '.join(same)}: it would be replaced by its own"
                    " copy, without what is written meanwhile, and `anonymise` would run on it. `--limit` names"
                    " hosts with a database of their own"
                )
                yield Finding("same-database", host.name, one.name, f"-e {FROM}", sentence)


def shared(application: Application) -> list[str]:
    """Return the databases of an application that are on no host of its own, each as HOST:PORT/NAME."""
    known = [application["database_url"], *(one["url"] for one in databases.further(application))]
    known += [url for kind, key, url, _ in urls.said(application) if (kind, key) == ("database_url", "env")]
    return list(dict.fromkeys(place for url in known if (place := where(url))))


def where(url: str) -> str:
    """Return where a database is, whatever its scheme, its user and its options: "" on the host itself."""
    parts = urls.split(url)
    # libpq's way to name a host behind the `?`.
    named = parts.hostname or parse_qs(parts.query).get("host", [""])[0].lower().rstrip(".")
    if not named or named.startswith("/") or local_urls.is_local(f"x://{named}" if ":" not in named else url):
        return ""
    usual = server_ports.POSTGRESQL if urls.is_postgresql(url) else server_ports.MARIADB
    return f"{named.rstrip('.')}:{parts.port or usual}/{urls.database(url)}"
