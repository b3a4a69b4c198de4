"""The host names of a site, and the address of its CDN."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .findings import Finding
from .resolve import Application

LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOMAIN = re.compile(rf"(?=.{{1,253}}$)([*]\.)?({LABEL}\.)*{LABEL}")
CDN = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?/?")


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is wrong with the domains of one application."""
    domains = application["domains"]
    if not domains and application.places["domains"] and "domains" not in application.wrong:
        yield application.finding("no-domain", "domains", "is empty", "domains: [shop.example.org]")
    for domain in domains:
        if not DOMAIN.fullmatch(domain):
            example = "domains: [shop.example.org, www.shop.example.org]"
            yield application.finding("domain", "domains", f"has {domain}, which is no host name", example)
    # The first is the site's own name: it is asked for when a release proves itself.
    if domains and domains[0].startswith("*"):
        sentence = f"begins with {domains[0]}, and the first is the site's own name, which is no pattern"
        yield application.finding("domain", "domains", sentence, f"domains: [{domains[0][2:]}, '{domains[0]}']")
    cdn = application["cdn_url"]
    if cdn and not CDN.fullmatch(cdn):
        yield application.finding(
            "cdn", "cdn_url", f"is {cdn}, which is no address of a CDN", "cdn_url: https://cdn.example.net"
        )
