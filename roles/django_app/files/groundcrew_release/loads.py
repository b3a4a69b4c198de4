"""Where the first page of a site leads, and what it loads from the site itself.

One that leads to an error, or has no style sheets, is up, and of no use.
"""

import contextlib
import http.client
import re
import time
from html.parser import HTMLParser
from urllib.parse import SplitResult, urljoin, urlsplit

from . import probe, records
from .application import Application

HOPS = 4  # redirects that are followed, such as to the log-in
MOST = 20  # files of a page that are asked for
LARGEST = 1 << 20  # bytes of a page that are read
LIMIT = 5.0  # seconds after which no further file is asked for
REMEMBERED = 1.1  # seconds after which Nginx looks again whether a file exists (`open_file_cache_valid`)


class Page(HTMLParser):
    """The addresses of the style sheets and scripts of a page, in their order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.base, self.addresses = "", list[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag loads."""
        said = dict(attrs)
        if tag == "base":
            self.base = self.base or said.get("href") or ""
        styled = tag == "link" and "stylesheet" in (said.get("rel") or "").lower().split()
        if address := said.get("href") if styled else said.get("src") if tag == "script" else "":
            self.addresses.append(address)


def missing(application: Application, record: records.Record, host: str, path: str) -> list[str]:
    """Return a sentence when visitors do not get what a page of the release that serves loads, or leads to.

    It is no failure: a site may name files that it never had.
    """
    try:
        return found(application, record, host, path)
    # Whatever a page holds is no reason to go back.
    except Exception:
        return []


def found(application: Application, record: records.Record, host: str, path: str) -> list[str]:
    """Return the sentence of `missing`, or raise what the page was the reason of."""
    shown, status, text = read(record["id"], host, path)
    if shown != path and (status == 404 or status >= 500):
        return [f"{path} leads to {shown}, where visitors get {status}."]
    page = Page(text.decode(errors="replace"))
    base = urljoin(f"https://{host}{shown}", page.base)
    targets = [urlsplit(urljoin(base, one)) for one in page.addresses]
    own = list(dict.fromkeys(inside(one) for one in targets if one.hostname == host))[:MOST]
    if gone := refused(host, own, time.monotonic() + LIMIT):
        time.sleep(REMEMBERED)
        gone = refused(host, list(gone), time.monotonic() + LIMIT)
    if not gone:
        return []
    first = next(iter(gone))
    more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
    return [f"{shown} loads {first}{more}, and visitors get {gone[first]}. {remedy(application, record, first)}"]


def read(release: str, host: str, path: str) -> tuple[str, int, bytes]:
    """Return the page that visitors see of a release: its path, status and content, which only 200 has.

    The status is 0 when it shows none of its own.
    """
    for _ in range(HOPS):
        answer = probe.ask_nginx(host, path, probe.SHORTEST)
        target = urlsplit(urljoin(f"https://{host}{path}", answer.location))
        if answer.release != release or target.hostname != host:
            break
        if not 300 <= answer.status < 400:
            return path, answer.status, answer.page[:LARGEST] if answer.status == 200 else b""
        path = inside(target)
    return path, 0, b""


def inside(target: SplitResult) -> str:
    """Return what is asked for on a host: the path and the query of an address."""
    return f"{target.path or '/'}?{target.query}".removesuffix("?")


def refused(host: str, addresses: list[str], until: float) -> dict[str, int]:
    """Return the status of each address that visitors do not get; those for which no time is left are not asked for."""
    told = dict[str, int]()
    for address in addresses:
        # An address may hold what HTTP does not take.
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            if time.monotonic() < until:
                told[address] = probe.ask_nginx(host, address, probe.SHORTEST).status
    return {address: status for address, status in told.items() if status >= 400}


def remedy(application: Application, record: records.Record, address: str) -> str:
    """Return a sentence that says with which key Nginx finds a static file."""
    prefix, folder = record["django"].get("static_url", ""), kept(application, record)
    served = records.site(application, record)["static"]
    looked = [where for url, where in served.items() if address.startswith(url)]
    if folder == f"{application.current}/static" and not looked:
        return "Nothing was collected: `{manage: collectstatic --noinput}` among the `commands` does it."
    if address.startswith(prefix or "/") and folder and folder not in [one.rstrip("/") for one in looked]:
        return f"The settings keep static files in {folder}: `static: {{{prefix}: {folder}}}` has Nginx serve them."
    if looked:
        return f"Nginx looks in {looked[0]}: a command puts it there (`commands`), or `static` names another folder."
    return "The application answers for it: `static` names a folder in which Nginx finds it."


def kept(application: Application, record: records.Record) -> str:
    """Return the STATIC_ROOT of a release by a path that is right in each release, "" when it has none."""
    current, release = str(application.current), application.release(record["id"])
    folder = record["django"].get("static_root", "").rstrip("/")
    for own in (f"/etc/django/{application.name}/release", str(release)):
        folder = re.sub(f"^{re.escape(own)}(?=/)", current, folder)
    return re.sub(r"/venv/lib/python3[^/]*/site-packages(?=/)", "/site-packages", folder)
