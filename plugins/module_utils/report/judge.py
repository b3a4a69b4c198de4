"""All findings about servers and sites, and what they are together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from .observed import Server, Site
from .pages import SITES
from .projects import PROJECTS
from .upkeep import SERVERS
from .verdicts import LEVELS, Finding


def findings(servers: Iterable[Server], sites: Iterable[Site]) -> list[Finding]:
    """Return what all checks say: of each site, of each application, of each server."""
    servers = list(servers)
    found = [one for site in sites for one in SITES.findings(site, site.address)]
    for server in servers:
        for application in server.applications:
            found += PROJECTS.findings(application, f"{application.name} on {server.name}")
    return found + [one for server in servers for one in SERVERS.findings(server, server.name)]


def counted(found: Iterable[Finding]) -> str:
    """Return how many there are of each level, such as `2 errors, 1 warning, 40 good`."""
    many = {"error": "errors", "warning": "warnings", "note": "notes"}
    counts = Counter(one.level for one in found)
    parts = [
        f"{counts[level]} {many.get(level, level) if counts[level] != 1 else level}"
        for level in LEVELS
        if counts[level]
    ]
    return ", ".join(parts) or "nothing was asked"


def is_worse(found: Iterable[Finding], least: str) -> bool:
    """Say whether a finding is as grave as `least`, or graver; `never` is no level."""
    grave = LEVELS[: LEVELS.index(least) + 1] if least in LEVELS else ()
    return any(one.level in grave for one in found)
