"""Whether a visitor could use an answer, whatever its status says.

Each function returns what is wrong as the end of a sentence, "" when nothing is.
"""

import re
from collections.abc import Collection
from urllib.parse import SplitResult, urljoin, urlsplit

NOWHERE = re.compile(r"(.*\.)?(localhost|invalid)|127\..*|0\.0\.0\.0|::1?")
"""Names and addresses of the visitor's own machine, or of none."""
INSIDE = re.compile(
    r"(.*\.)?(local|internal|lan|test|home\.arpa)|10\..*|192\.168\..*|172\.(1[6-9]|2\d|3[01])\..*|f[cd].*:.*|[^.:]*"
)
"""Those that only who is inside a network finds."""
DEBUG = re.compile(rb"because.{0,200}?\bDEBUG ?= ?True\b", re.DOTALL)
"""What Django's own pages for developers say: of an error, of a missing page, of a project without pages."""
LOADS = re.compile(
    rb"""<(?:script\b[^<>]*?\bsrc|link\b(?=[^<>]*\bstylesheet\b)[^<>]*?\bhref)=["']?((?:https?:)?//(?:\[([^]]+)\]|([^/"':>\s]+))[^"'>\s]*)"""
)
"""Scripts and style sheets of a page, with their hosts."""
PORTS = (None, 80, 443)


def page(status: int, body: bytes, named: bool) -> str:
    """Judge what is shown; `named` says that the operator listed this status."""
    if DEBUG.search(body):
        return "it shows a page for developers: DEBUG is on"
    if status == 400 and b"Bad Request (400)" in body:
        return "it answers 400"
    if status == 200 and not body.strip() and not named:
        return "it answers 200 with an empty page (if that is meant, say probe: {status: [200]})"
    for url, address, name in [] if named else LOADS.findall(body):
        if NOWHERE.fullmatch((address or name).decode(errors="replace").lower()):
            found = url.decode(errors="replace")
            return f"its page loads {found}, from the visitor's own machine: the settings name a development server"
    return ""


def redirect(location: str, host: str, path: str, domains: Collection[str], named: bool) -> str:
    """Judge where an answer for `path` on `host` leads; `named` says that the operator listed its status."""
    asked = f"https://{host}{path}"
    try:
        target = urlsplit(urljoin(asked, location))
        name, port, host = (target.hostname or "").rstrip("."), target.port, host.lower()
    except ValueError:
        return f"it redirects {path} to {location}, which is no address"
    if target.scheme not in ("http", "https"):
        return ""
    if name == host and port in PORTS and where(target) == where(urlsplit(asked)):
        return f"it redirects {path} to itself: it does not trust X-Forwarded-Proto"
    own = is_own(name, host, domains)
    away = NOWHERE.fullmatch(name) or (INSIDE.fullmatch(name) and not INSIDE.fullmatch(host))
    if port not in PORTS if own else away:
        return f"it redirects {path} to {location}, where no visitor finds it"
    if not named and not own and organization(name) != organization(host):
        return (
            f"it redirects {path} to {location}, and {name} is none of its domains (if that is meant, say "
            "probe: {status: [302]})"
        )
    return ""


def where(url: SplitResult) -> tuple[str, str]:
    """Return what is asked for on a host."""
    return url.path or "/", url.query


def is_own(name: str, host: str, domains: Collection[str]) -> bool:
    """Say whether a name is one of the application's; a domain may be a pattern such as `*.example.org`."""
    known = {host, *(domain.lower() for domain in domains)}
    return name in known or f"*.{name.partition('.')[2]}" in known


def organization(name: str) -> str:
    """Return the last two labels of a name: who signs in at `login.example.org` is at home in `shop.example.org`."""
    return ".".join(name.split(".")[-2:])
