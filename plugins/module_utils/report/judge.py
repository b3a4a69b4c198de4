"""All findings about servers and sites, and what they are together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from .observed import Server, Site
from .pages import PAGES
from .projects import PROJECTS
from .releases import RELEASES
from .servers import SERVERS
from .sites import SITES
from .upkeep import UPKEEP
from .verdicts import LEVELS, Checks, Finding

SITE = (SITES, PAGES)
APPLICATION = (PROJECTS, RELEASES)
SERVER = (SERVERS, UPKEEP)
STATUS = (
    *("answer", "certificate", "certificate-days", "release", "server"),
    *("failed-units", "disk", "backup", "updates", "reboot", "alerts"),
)
"""The checks that say how things are now; the others, whether they were made well."""
MANY = {"error": "errors", "warning": "warnings", "note": "notes"}


def names(checks: Iterable[Checks[Any]]) -> list[str]:
    """Return the ids of checks."""
    return [one.id for some in checks for one in some.all]


def findings(servers: Iterable[Server], sites: Iterable[Site]) -> list[Finding]:
    """Return what all checks find: of each site, of each application, of each server."""
    servers = list(servers)
    found = [one for site in sites for checks in SITE for one in checks.findings(site, site.address)]
    for server in servers:
        for app in server.applications:
            found += PROJECTS.findings(app, f"{app.name} on {app.host}")
        for serving in server.serving:
            found += RELEASES.findings(serving, f"{serving.name} on {serving.host}")
    return found + [one for server in servers for checks in SERVER for one in checks.findings(server, server.name)]


def counted(found: Iterable[Finding]) -> str:
    """Return how many there are of each level, such as `2 errors, 1 warning, 40 good`."""
    counts = Counter(one.level for one in found)
    parts = [f"{counts[level]} {level if counts[level] == 1 else MANY.get(level, level)}" for level in LEVELS]
    return ", ".join(part for part in parts if not part.startswith("0 ")) or "nothing was asked"
