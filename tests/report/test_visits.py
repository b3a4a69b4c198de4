"""Sites are visited as strangers do: servers of this test answer on a port of this machine, over HTTP and over TLS."""

import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from report import collect, judge, observed, visits

ACME = ["-days", "60", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]


class Shop(BaseHTTPRequestHandler):
    """A shop with a log-in, a style, and a file that should not be there."""

    asked = ()

    def do_GET(self):
        host, pages = (
            self.headers["Host"].partition(":")[0],
            {"/": "<a>", "/admin/login/": "<link href='/s/base.1.css'>"},
        )
        self.server.asked.append((host, self.path))
        if host != "localhost":
            self.answer(400, "Bad Request")
        elif self.path == "/old/":
            self.answer(302, "", Location="/admin/login/")
        elif self.path == "/.env":
            self.answer(200, "SECRET_KEY=canary")
        elif self.path in pages:
            self.answer(200, pages[self.path], **{"Set-Cookie": "csrftoken=a; Secure"})
        else:
            self.answer(200 if self.path.endswith(".css") else 404, "p {}")

    def answer(self, status, text, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """Return the files of a certificate of this name, which signs itself, and of its key."""
    folder = tmp_path_factory.mktemp("authority")
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(["openssl", "req", "-x509", *ACME, *names, *files], check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def serve():
    """Return a function that starts a server and returns its port; a context puts it behind TLS."""
    servers = []

    def start(context=None):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
        server.asked = []
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def tls(authority, newest=ssl.TLSVersion.TLSv1_3):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = newest
    context.load_cert_chain(*authority)
    return context


def level(site, check):
    (found,) = [one for one in judge.findings([], [site]) if one.id == check]
    return found.level


def test_a_site_over_http(serve):
    server = serve()
    site = visits.visit(f"http://localhost:{server.server_port}")
    assert site.home.status == 200
    assert not site.secure
    assert level(site, "https") == "error"
    assert level(site, "private") == "error"
    assert level(site, "host") == "good"
    assert level(site, "error-page") == "good"
    assert (site.static.status, site.static.path) == (200, "/s/base.1.css")
    assert {path for host, path in server.asked if host == visits.STRANGE_HOST} == {"/"}


def test_a_site_over_tls_that_its_own_authority_signed(serve, authority):
    port = serve(tls(authority)).server_port
    site = visits.visit(f"https://localhost:{port}", authority[0].read_text())
    assert site.secure
    assert (site.certificate.trusted, site.certificate.own) == (False, True)
    assert 58 < site.certificate.days <= 60 == round(site.certificate.life)
    assert site.tls["TLS 1.3"] is True
    assert site.plain is None  # where plain HTTP would be is not known
    assert level(site, "certificate") == "note"
    assert level(site, "cookies") == "good"
    assert level(site, "hsts") == "warning"


def test_a_certificate_that_nobody_knows(serve, authority):
    site = visits.visit(f"https://localhost:{serve(tls(authority)).server_port}")
    assert level(site, "certificate") == "error"
    assert "self" in site.certificate.reason


def test_a_server_without_tls_1_3(serve, authority):
    site = visits.visit(f"https://localhost:{serve(tls(authority, ssl.TLSVersion.TLSv1_2)).server_port}")
    assert level(site, "tls-new") == "warning"


def test_redirects_on_the_site_are_followed(serve):
    server = serve()
    site = visits.visit(f"http://localhost:{server.server_port}/old/")
    assert (site.home.status, site.home.path) == (200, "/admin/login/")


def test_nobody_answers():
    site = visits.visit("http://localhost:9")
    assert level(site, "answer") == "error"
    assert {one.id for one in judge.findings([], [site])} == {"dns", "answer", "https"}


def test_a_name_that_no_dns_knows_is_asked_at_the_server(serve):
    server = serve()
    site = visits.visit(f"http://shop.invalid:{server.server_port}", fallback="127.0.0.1")
    assert site.connected == "127.0.0.1"
    assert level(site, "dns") == "note"
    assert ("shop.invalid", "/") in server.asked
    assert visits.visit("https://shop.invalid").connected == ""


def test_a_server_is_tried_where_ansible_reaches_it(serve):
    """Its name in the inventory need be no name of the DNS, and its own addresses may be behind another."""
    port = serve().server_port
    said = {"addresses": ["192.0.2.1"], "listening": [{"address": "0.0.0.0", "port": port, "program": "python3"}]}
    server = observed.Server("web1.invalid", said=said, at="127.0.0.1")
    assert collect.tried(server).open == {port}
    (site,) = collect.sites([server], {"web1.invalid": [f"http://shop.invalid:{port}"]})
    assert site.home.status == 400


@pytest.mark.parametrize(
    ("found", "fallback", "has_port", "where"),
    [
        (["93.184.216.34"], "10.0.0.2", False, "93.184.216.34"),
        ([], "10.0.0.2", False, "10.0.0.2"),
        ([], "", False, ""),
        (["127.0.0.1", "::1"], "10.0.0.2", False, "10.0.0.2"),
        (["127.0.0.1"], "10.0.0.2", True, "127.0.0.1"),
        (["127.0.0.1"], "", False, "127.0.0.1"),
        (["fe80::1%eth0"], "10.0.0.2", False, "fe80::1%eth0"),
    ],
)
def test_where_a_name_is_asked_for(found, fallback, has_port, where):
    assert visits.chosen(found, fallback, has_port) == where
