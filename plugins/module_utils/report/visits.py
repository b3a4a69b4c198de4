"""Visit a site over its public address as strangers do, and return what was seen. Nothing is sent but GET."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import re
import socket
import ssl
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urljoin, urlsplit

from .observed import Answer, Certificate, Site

PATIENCE = 8  # seconds for a connection and for an answer
MOST = 300_000  # bytes of a page
STRANGE_HOST = "groundcrew-report.invalid"
STRANGE_PATH = "/groundcrew-report-asks-for-nothing/"
FORMS = ("/admin/login/", "/accounts/login/", "/login/")
PRIVATE = ("/.env", "/.git/HEAD", "/db.sqlite3", "/settings.py", "/static/", "/media/")
VERSIONS = {"TLS 1.0": ssl.TLSVersion.TLSv1, "TLS 1.1": ssl.TLSVersion.TLSv1_1, "TLS 1.3": ssl.TLSVersion.TLSv1_3}
STATIC = re.compile(r"""(?:href|src)=["']([^"']*\.(?:css|js)(?:\?[^"']*)?)["']""")


def resolve(name: str) -> list[str]:
    """Return the addresses of a host name as this machine knows them."""
    try:
        return sorted({str(found[4][0]) for found in socket.getaddrinfo(name, None, proto=socket.IPPROTO_TCP)})
    except OSError:
        return []


def is_open(address: str, port: int) -> bool:
    """Say whether a connection to the port is taken."""
    try:
        socket.create_connection((address, port), 2).close()
    except OSError:
        return False
    return True


def lax() -> ssl.SSLContext:
    """Return a context that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Visitor:
    """Who visits one site, at one address whatever the name says."""

    def __init__(self, address: str, name: str, port: int = 443, plain_port: int = 80) -> None:
        self.address, self.name, self.port, self.plain_port = address, name, port, plain_port

    def connect(self, context: ssl.SSLContext | None, port: int) -> socket.socket:
        """Return a connection, over TLS when a context is given."""
        stream = socket.create_connection((self.address, port), PATIENCE)
        if context is None:
            return stream
        try:
            return context.wrap_socket(stream, server_hostname=self.name)
        except BaseException:
            stream.close()
            raise

    def get(self, path: str, secure: bool = True, host: str = "") -> Answer:
        """Return the answer to one request; its status is 0 and its text says why when there is none."""
        port = self.port if secure else self.plain_port
        usual = port == (443 if secure else 80)
        headers = {"Host": (host or self.name) + ("" if usual else f":{port}"), "User-Agent": "groundcrew-report"}
        headers["Accept"] = "text/html,*/*"
        try:
            with self.connect(lax() if secure else None, port) as stream:
                connection = http.client.HTTPConnection(self.name, port, timeout=PATIENCE)
                connection.sock = stream
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
                text = answer.read(MOST).decode(errors="replace")
                return Answer(answer.status, tuple(answer.getheaders()), text, path)
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, (), f"{type(error).__name__}: {error}", path)

    def page(self, path: str, secure: bool) -> Answer:
        """Return the answer to a path, redirects on the same site followed."""
        answer = self.get(path, secure)
        for _ in range(4):
            there = urlsplit(urljoin(f"http{'s' * secure}://{self.name}{answer.path}", answer.header("Location")))
            if answer.status // 100 != 3 or there.hostname != self.name or (there.scheme == "https") != secure:
                break
            answer = self.get(there.path + (f"?{there.query}" if there.query else ""), secure)
        return answer

    def takes(self, version: ssl.TLSVersion) -> bool | None:
        """Say whether the server takes a version of TLS; None when this machine does not speak it."""
        context = lax()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = context.maximum_version = version
            context.set_ciphers("ALL:@SECLEVEL=0")
            with self.connect(context, self.port):
                return True
        except ssl.SSLError as error:
            return None if "NO_PROTOCOLS" in str(error) else False
        except (OSError, ValueError):
            return False

    def certificate(self, authority: str) -> Certificate | None:
        """Return the certificate, None when there is none; `authority` is the server's own (PEM), or ""."""
        reason = ""
        for own in (False, True) if authority else (False,):
            context = ssl.create_default_context(cadata=authority if own else None)
            try:
                with self.connect(context, self.port) as stream:
                    found = stream.getpeercert() if isinstance(stream, ssl.SSLSocket) else None
                    begin, end = (
                        ssl.cert_time_to_seconds(str((found or {})[key])) for key in ("notBefore", "notAfter")
                    )
                    days, life = (end - time.time()) / 86400, (end - begin) / 86400
                    return Certificate(trusted=not own, own=own, reason=reason, days=days, life=life)
            except ssl.SSLCertVerificationError as error:
                reason = reason or str(error.verify_message)
            except OSError:
                return None
        return Certificate(trusted=False, own=False, reason=reason)


def chosen(found: list[str], fallback: str, has_port: bool) -> str:
    """Return the address to connect to, of those that the DNS has for a name; "" for none.

    `fallback` is that of the server: for a name that no DNS knows, and for one that is this machine, such as
    shop.localhost, unless a port says that it is forwarded from here.
    """
    is_here = bool(found) and all(ipaddress.ip_address(one.partition("%")[0]).is_loopback for one in found)
    return fallback if fallback and (not found or (is_here and not has_port)) else next(iter(found), "")


def visit(address: str, authority: str = "", fallback: str = "", whole: bool = True) -> Site:
    """Return what is seen at an address such as https://shop.example.org: the certificate, and pages.

    All but the `whole` is the home page alone.
    `authority` is the certificate (PEM) of an authority that the server has for itself. `fallback` is the address of
    the server, where the name is asked for when no DNS knows it.
    """
    url = urlsplit(address if "://" in address else f"https://{address}")
    name = url.hostname or ""
    plain = url.scheme == "http"
    found = resolve(name)
    where = chosen(found, fallback, bool(url.port))
    if not where:
        return Site(address=address, name=name)
    ports = {"plain_port" if plain else "port": url.port} if url.port else {}
    visitor = Visitor(where, name, **ports)
    certificate = visitor.certificate(authority)
    secure = certificate is not None
    if not whole:
        page = visitor.page(url.path or "/", secure)
        return Site(address, name, tuple(found), where, secure, certificate, home=page)
    # A port of its own leaves open where plain HTTP would be.
    has_plain = plain or not url.port
    with ThreadPoolExecutor(4) as threads:
        home = threads.submit(visitor.page, url.path or "/", secure)
        plain_home = threads.submit(visitor.get, "/", False) if has_plain else None
        missing = threads.submit(visitor.get, STRANGE_PATH, secure)
        strange = [threads.submit(visitor.get, "/", one, STRANGE_HOST) for one in {secure, not has_plain}]
        forms = [threads.submit(visitor.page, path, secure) for path in FORMS]
        private = [threads.submit(visitor.get, path, secure) for path in PRIVATE]
        taken = {title: threads.submit(visitor.takes, version) for title, version in VERSIONS.items() if secure}
    pages = (home.result(), *(one.result() for one in forms))
    return Site(
        address=address,
        name=name,
        resolved=tuple(found),
        connected=where,
        secure=secure,
        certificate=certificate,
        tls={title: one.result() for title, one in taken.items()},
        home=home.result(),
        plain=plain_home.result() if plain_home else None,
        missing=missing.result(),
        strange=tuple(one.result() for one in strange),
        pages=tuple(one for one in pages if one.status == 200),
        private=tuple(one.result() for one in private),
        static=static(visitor, pages, secure),
    )


def static(visitor: Visitor, pages: tuple[Answer, ...], secure: bool) -> Answer | None:
    """Return the answer to the first style or script of the site that a page links to, None when none does."""
    for page in pages:
        for link in STATIC.findall(page.text) if page.status == 200 else ():
            with contextlib.suppress(ValueError):
                there = urlsplit(urljoin(f"https://{visitor.name}{page.path}", link))
                if there.hostname == visitor.name:
                    return visitor.get(there.path + (f"?{there.query}" if there.query else ""), secure)
    return None
