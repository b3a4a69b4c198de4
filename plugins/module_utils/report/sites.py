"""The practices that a connection to a site's address shows: the name, the certificate, TLS. More in `pages`."""

from __future__ import annotations

import ipaddress
import re

from .observed import Site
from .verdicts import Checks, Verdict, error, good, listed, note, unknown, warning

SITES: Checks[Site] = Checks()
RESERVED = re.compile(r"(^|\.)(localhost|test|invalid|example|example\.(com|net|org))$")
LEAST_HSTS = 30 * 86400  # seconds


def is_public(address: str) -> bool:
    """Say whether an address is one of the internet."""
    try:
        return ipaddress.ip_address(address.split("%")[0]).is_global
    except ValueError:
        return False


@SITES.add(
    "dns",
    "The name is in the DNS",
    "Visitors and certificate authorities look there first.",
    "domains: [shop.example.org]",
)
def dns(site: Site) -> Verdict:
    """Judge the name."""
    if site.resolved:
        return good(f"{site.name} is {listed(list(site.resolved))}")
    say = note if RESERVED.search(site.name) else warning
    where = f"; the server was asked at {site.connected}" if site.connected else ", and nothing was asked"
    return say(f"No DNS knows {site.name}{where}")


@SITES.add("answer", "The site answers", "Nothing else matters to visitors before it does.", "probe: {path: /}")
def answer(site: Site) -> Verdict | None:
    """Judge the home page."""
    if not site.connected:
        return None
    status = site.home.status
    if status == 0:
        return error(f"No answer: {site.home.text}")
    seen = f"{site.home.path} answers with status {status}"
    return error(seen) if status >= 500 else note(seen) if status >= 400 else good(seen)


@SITES.add(
    "https",
    "It is served over HTTPS",
    "Over plain HTTP everybody on the way reads passwords and sessions.",
    "certificate: {source: acme}",
)
def https(site: Site) -> Verdict | None:
    """Judge that TLS is there."""
    if not site.connected:
        return None
    return good("It answers over TLS") if site.secure else error("It answers over plain HTTP alone")


@SITES.add(
    "redirect",
    "Plain HTTP leads to HTTPS",
    "Who types the name alone would stay on HTTP.",
    "certificate: {source: acme}",
)
def redirect(site: Site) -> Verdict | None:
    """Judge what plain HTTP does."""
    if not site.secure or site.plain is None:
        return None
    if site.plain.status == 0:
        return note("Nothing answers on port 80: who types the name alone may get no page")
    if site.plain.status // 100 == 3 and site.plain.header("Location").startswith("https://"):
        return good("Port 80 redirects to HTTPS")
    if site.plain.status >= 400:
        return note(f"Port 80 answers with status {site.plain.status} and no redirect")
    return error(f"Port 80 serves the site, with status {site.plain.status}")


@SITES.add(
    "certificate",
    "Browsers trust the certificate",
    "A warning in the browser turns visitors away, and teaches them to ignore it.",
    "certificate: {source: acme}",
)
def certificate(site: Site) -> Verdict | None:
    """Judge who signed."""
    if not (found := site.certificate):
        return None
    if found.trusted:
        return good("It is trusted, and holds for this name")
    if found.own:
        seen = "The server signed it by itself"
        return warning(seen) if any(map(is_public, site.resolved)) else note(seen)
    return error(f"It is not trusted: {found.reason}")


@SITES.add(
    "certificate-days",
    "The certificate is renewed in time",
    "On the day it ends no browser opens the site any more.",
    "certificate: {source: acme}",
)
def certificate_days(site: Site) -> Verdict | None:
    """Judge how long it holds, by its life: those of 6 days are new with 6."""
    found = site.certificate
    if not found or found.days is None:
        return None
    life = found.life or 90
    seen = f"It holds for {found.days:.0f} more days"
    if found.days < min(7, life / 10):
        return error(seen)
    return warning(seen) if found.days < min(21, life / 4) else good(seen)


@SITES.add(
    "tls-old",
    "Old versions of TLS are refused",
    "TLS 1.0 and 1.1 have known breaks, and no browser needs them.",
    "nginx_tls_profile: intermediate",
)
def tls_old(site: Site) -> Verdict | None:
    """Judge what it takes."""
    old = {title: taken for title, taken in site.tls.items() if title in ("TLS 1.0", "TLS 1.1")}
    if not old:
        return None
    if taken := [title for title, one in old.items() if one]:
        return error(f"It takes {listed(taken)}")
    return (
        good("TLS 1.0 and 1.1 are refused")
        if False in old.values()
        else unknown("This machine speaks no old TLS to try")
    )


@SITES.add(
    "tls-new",
    "TLS 1.3 is there",
    "It is faster, and what is encrypted stays so when a key leaks later.",
    "nginx_tls_profile: intermediate",
)
def tls_new(site: Site) -> Verdict | None:
    """Judge what it offers."""
    if "TLS 1.3" not in site.tls:
        return None
    return good("TLS 1.3 is offered") if site.tls["TLS 1.3"] else warning("TLS 1.3 is not offered")


@SITES.add(
    "hsts",
    "Browsers insist on HTTPS (HSTS)",
    "Without it the first request of each visit may go over HTTP, where anybody can answer it.",
    "hsts_max_age: 31536000",
)
def hsts(site: Site) -> Verdict | None:
    """Judge Strict-Transport-Security."""
    if not site.secure or not site.home.status:
        return None
    found = re.search(r"max-age=\"?(\d+)", site.home.header("Strict-Transport-Security"), re.IGNORECASE)
    if not found or not int(found[1]):
        return warning("No Strict-Transport-Security")
    seen = f"It holds for {int(found[1]) / 86400:.0f} days"
    return good(seen) if int(found[1]) >= LEAST_HSTS else note(seen)
