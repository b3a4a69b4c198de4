"""What belongs to one application of a host alone: its name, domains, databases, ports, folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from . import folders, urls
from .findings import Finding
from .resolve import Application


def of(application: Application) -> set[tuple[str, str]]:
    """Return what an application claims, as (key, words); what it names twice it claims once."""
    claims = {("name", f"the name {application.name}")}
    if not application.present:
        return claims
    groups = application.host.groups
    claims |= {("domains", f"the domain {domain.lower()}") for domain in application["domains"]}
    if groups & {"postgresql", "mariadb"}:
        names = [application.name, *(one["name"] for one in application["databases"] if not one.get("url"))]
        claims |= {("databases", f"the database {name}") for name in names}
    claims |= {("directories", f"the folder {folders.clean(path)}") for path in application["directories"]}
    paths = [file["path"] for file in application["files"] if "path" in file]
    claims |= {("files", f"the file {path}") for path in paths if path.startswith("/")}
    return claims | {(key, f"the port 127.0.0.1:{port}") for key, port in ports(application)}


def ports(application: Application) -> list[tuple[str, int]]:
    """Return the ports of this host that the instances of Redis listen on, [(key, port)]."""
    if "redis" not in application.host.groups:
        return []
    used = ["cache_url", *(["broker_url"] if application["processes"] else [])]
    found = [(key, urls.listener(application[key])["port"]) for key in used]
    return [(key, port) for key, port in found if port]


def findings(applications: list[Application]) -> Iterator[Finding]:
    """Yield what two applications of one host claim; `applications` are all of that host."""
    counted = Counter(words for one in applications for words in {words for _, words in of(one)})
    names = Counter(one.name for one in applications)
    told = set()
    for one in applications:
        for key, words in sorted(of(one)):
            if counted[words] > 1 and words not in told and (key == "name" or names[one.name] == 1):
                told.add(words)
                others = [other.name for other in applications if words in {words for _, words in of(other)}]
                sentence = f"claims {words}, and so does {' and '.join(others[1:])}: it belongs to one application"
                yield one.finding("claimed-twice", key, sentence)
        own = Counter(port for _, port in ports(one))
        for port in [port for port, count in own.items() if count > 1]:
            sentence = f"is on the port 127.0.0.1:{port} of the cache, and each is a server of its own"
            yield one.finding("claimed-twice", "broker_url", sentence, "broker_url: redis://:PASSWORD@127.0.0.1:6380/0")
