"""The practices that the pages of a site show to strangers: headers, cookies, errors, files."""

from __future__ import annotations

import re
from collections.abc import Callable

from .observed import Site
from .verdicts import Checks, Verdict, error, good, listed, note, unknown, warning
from .visits import STRANGE_HOST

PAGES: Checks[Site] = Checks()
DEBUG_PAGE = re.compile(
    r"<code>DEBUG = True</code>|<code>DEBUG=True</code>|The install worked successfully! Congratulations!"
    r"|You're seeing this error because you have|<h2>Traceback .{0,200}Switch to copy-and-paste view",
    re.DOTALL,
)
TELLING = {
    "/.env": re.compile(r"^(export )?[A-Z][A-Z0-9_]*=", re.MULTILINE),
    "/.git/HEAD": re.compile(r"\A(ref: |[0-9a-f]{40})"),
    "/db.sqlite3": re.compile(r"\ASQLite format 3"),
    "/settings.py": re.compile("INSTALLED_APPS"),
    "/static/": re.compile("<title>Index of /|<h1>Index of /|<title>Directory listing"),
    "/media/": re.compile("<title>Index of /|<h1>Index of /|<title>Directory listing"),
}


@PAGES.add(
    "nosniff",
    "Browsers do not guess types",
    "An upload that is guessed to be a page runs its scripts as the site.",
    "overlay: true",
)
def nosniff(site: Site) -> Verdict | None:
    """Judge X-Content-Type-Options."""
    return header(site, "X-Content-Type-Options")


@PAGES.add(
    "frames",
    "Other sites cannot frame it",
    "A page in an invisible frame takes clicks that were meant for another.",
    "overlay: true",
)
def frames(site: Site) -> Verdict | None:
    """Judge X-Frame-Options, or the policy that replaces it."""
    if "frame-ancestors" in site.home.header("Content-Security-Policy"):
        return good("Content-Security-Policy has frame-ancestors")
    return header(site, "X-Frame-Options")


@PAGES.add(
    "referrer",
    "Addresses of pages stay here",
    "A link to elsewhere tells that site the whole address, with tokens in it.",
    "overlay: true",
)
def referrer(site: Site) -> Verdict | None:
    """Judge Referrer-Policy."""
    return header(site, "Referrer-Policy", note)


@PAGES.add(
    "csp",
    "A Content-Security-Policy is enforced",
    "A script that got into a page runs with the rights of its reader.",
    "csp: enforce",
)
def csp(site: Site) -> Verdict | None:
    """Judge the policy."""
    if not site.home.header("Content-Security-Policy") and site.home.header("Content-Security-Policy-Report-Only"):
        return note("It is reported and not enforced")
    return header(site, "Content-Security-Policy", warning)


def header(site: Site, name: str, say: Callable[[str], Verdict] = warning) -> Verdict | None:
    """Judge that the home page has a header."""
    if not site.home.status:
        return None
    value = site.home.header(name)
    if value:
        return good(f"{name}: {value if len(value) < 60 else value[:57] + '…'}")
    return say(f"No {name}")


@PAGES.add("cookies", "Cookies are for HTTPS alone", "One request over HTTP gives the session away.", "overlay: true")
def cookies(site: Site) -> Verdict | None:
    """Judge the cookies of all pages that were seen."""
    if not site.pages:
        return None
    found = {one.split("=")[0]: one.lower() for page in site.pages for one in page.all("Set-Cookie")}
    bare = [name for name, one in found.items() if not re.search(r";\s*secure\b", one)]
    open_to_scripts = [name for name, one in found.items() if "session" in name and "httponly" not in one]
    if bare:
        return error(f"{listed(bare)} without Secure")
    if open_to_scripts:
        return error(f"{listed(open_to_scripts)} without HttpOnly: scripts read it")
    return good(f"{listed(list(found))} with Secure" if found else "No page that was seen sets one")


@PAGES.add(
    "debug-page",
    "Errors show nothing of the project",
    "Pages of DEBUG show strangers source code, settings and addresses.",
    "overlay: true",
)
def debug_page(site: Site) -> Verdict | None:
    """Judge what was answered to what is not there."""
    answers = (site.home, site.missing, *site.strange)
    if not any(one.status for one in answers):
        return None
    for one in answers:
        if DEBUG_PAGE.search(one.text):
            return error(f"{one.path} shows a page of DEBUG, with status {one.status}")
    return good("An unknown path and an unknown name show no page of DEBUG")


@PAGES.add(
    "error-page",
    "An unknown path is a 404",
    "With any other status, search engines and monitors take errors for pages.",
    "probe: {path: /}",
)
def error_page(site: Site) -> Verdict | None:
    """Judge the status of an unknown path."""
    status = site.missing.status
    if not status:
        return None
    seen = f"An unknown path has status {status}"
    return error(seen) if status >= 500 else note(seen) if status == 200 else good(seen)


@PAGES.add(
    "host",
    "Unknown host names get no page",
    "A forged name gets into links, such as those that reset passwords, and into caches.",
    "domains: [shop.example.org]",
)
def host(site: Site) -> Verdict | None:
    """Judge what the site says to a name that is not its own."""
    if not site.strange or not site.home.status:
        return None
    for one in site.strange:
        if one.status and STRANGE_HOST in one.header("Location"):
            return error("A request with a strange Host is redirected to that host")
        if one.status // 100 == 2 and "Welcome to nginx" not in one.text:
            return error(f"A request with a strange Host gets a page, with status {one.status}")
        if one.status >= 500:
            return warning(f"A request with a strange Host gets status {one.status}")
    return good("A request with a strange Host gets no page of the site")


@PAGES.add(
    "private",
    "No private file is served",
    "One address that was forgotten gives away code, secrets or all data.",
    "restricted_paths: [{path: /private/, allow: [192.0.2.0/24]}]",
)
def private(site: Site) -> Verdict | None:
    """Judge what should not be there."""
    if not site.private or not site.home.status:
        return None
    told = [one.path for one in site.private if one.status == 200 and TELLING[one.path].search(one.text)]
    if told:
        return error(f"{listed(told)} can be read by everybody")
    return good(f"None of {listed([one.path for one in site.private], 6)} is served")


@PAGES.add(
    "static",
    "Styles and scripts arrive",
    "Without DEBUG Django serves none: pages have no style until a web server does.",
    "static: {/static/: /srv/shop/static}",
)
def static(site: Site) -> Verdict | None:
    """Judge the first style or script that a page links to."""
    if not site.pages:
        return None
    if not site.static:
        return unknown("No page that was seen links to a style or a script of the site")
    seen = f"{site.static.path} has status {site.static.status}"
    return good(seen) if site.static.status == 200 else error(seen)


@PAGES.add("static-cache", "Browsers keep styles and scripts", "Else each visit fetches them again.", "overlay: true")
def static_cache(site: Site) -> Verdict | None:
    """Judge Cache-Control of that file."""
    if not site.static or site.static.status != 200:
        return None
    value = site.static.header("Cache-Control")
    age = re.search(r"max-age=(\d+)", value)
    return (
        good(value)
        if age and int(age[1]) >= 3600
        else warning(f"Cache-Control: {value}" if value else "No Cache-Control")
    )


@PAGES.add(
    "real-server",
    "A real server answers",
    "`runserver` is not made for strangers or for load.",
    "django_apps: [{name: shop, source: ~/shop}]",
)
def real_server(site: Site) -> Verdict | None:
    """Judge the header Server."""
    if not site.home.status:
        return None
    names = {one.header("Server") for one in (site.home, site.missing, *site.pages)} - {""}
    if any("WSGIServer" in one or "Python/" in one for one in names):
        return error(f"Server: {listed(sorted(names))}")
    if any(re.search(r"\d", one) for one in names):
        return note(f"It tells its version: {listed(sorted(names))}")
    return good(f"Server: {listed(sorted(names))}" if names else "It does not say which")
