"""What a release answers, over real sockets: on its own before the switch, over TLS as visitors do after it."""

import socketserver
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler

import pytest
from groundcrew_release import probe, systemd
from groundcrew_release.application import Probe
from groundcrew_release.steps import FailedError

HOST = "shop.example.org"


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """HTTP on a Unix socket."""

    daemon_threads = True


class TlsServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """HTTP over TLS; a client that goes away is no news."""

    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_):
        pass


class Site:
    """What answers: `answer(number, headers)` returns (status, headers, seconds to think) of each request."""

    def __init__(self):
        self.seen, self.answer = [], lambda *_: (200, {"X-Release": "new"}, 0)
        self.page = b"<h1>Welcome</h1>"

    def handler(self):
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                site.seen.append((time.monotonic(), self.path, dict(self.headers)))
                status, headers, seconds = site.answer(len(site.seen), dict(self.headers))
                time.sleep(seconds)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(site.page)

            def log_message(self, *_):
                pass

            def address_string(self):
                return ""

        return Handler


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(probe, "PAUSE", 0.02)
    monkeypatch.setattr(probe, "STUBBORN", 0.3)
    monkeypatch.setattr(probe, "KEPT", 0.4)


@pytest.fixture
def unit(root, monkeypatch):  # noqa: ARG001
    """The properties of the unit, and what its journal says."""
    state = {"NRestarts": "0", "ActiveState": "active", "journal": ""}
    monkeypatch.setattr(systemd, "show", lambda _unit, *names: {name: state[name] for name in names})
    monkeypatch.setattr(systemd, "journal", lambda *_: state["journal"])
    return state


@pytest.fixture
def release(shop, unit):  # noqa: ARG001
    """Listen where the release `new` does."""
    site, path = Site(), shop().socket("new")
    path.parent.mkdir(parents=True)
    with UnixServer(str(path), site.handler()) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield site
        server.shutdown()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    command += ["-subj", f"/CN={HOST}", "-keyout", str(folder / "key"), "-out", str(folder / "cert")]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture
def nginx(certificate, monkeypatch, unit):  # noqa: ARG001
    """Listen where Nginx does."""
    site = Site()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert", certificate / "key")
    with TlsServer(("127.0.0.1", 0), site.handler()) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        monkeypatch.setattr(probe, "HTTPS", server.server_address)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield site
        server.shutdown()


def ask(shop, timeout=5.0, path="/", status=()):
    probe.wait_until_good(shop(), "new", HOST, Probe(path, status, timeout), time.time())


def verify(shop, timeout=5.0, broken=False, status=()):
    return probe.verify(shop(), "new", HOST, Probe("/", status, timeout), broken)


def test_three_good_answers_with_what_nginx_sends(shop, release):
    ask(shop, path="/health/")
    assert [path for _, path, _ in release.seen] == ["/health/"] * 3
    headers = release.seen[0][2]
    assert headers["Host"] == headers["X-Forwarded-Host"] == HOST
    assert headers["X-Forwarded-Proto"] == "https"
    assert headers["X-Forwarded-Port"] == "443"
    assert headers["X-Real-IP"] == headers["X-Forwarded-For"] == "127.0.0.1"
    assert len(headers["X-Request-ID"]) == 32
    assert headers["X-Request-ID"] != release.seen[1][2]["X-Request-ID"]


def test_headers_are_those_of_the_role_nginx(repository):
    """A header that Nginx sends and the probe does not hides an error until visitors meet it."""
    text = (repository / "roles/nginx/templates/groundcrew-proxy.conf.j2").read_text()
    sent = {
        line.split()[1]
        for line in text.splitlines()
        if line.startswith("proxy_set_header") and not line.endswith('"";')
    }
    assert sent - {"Connection", "Upgrade"} == {"Host", *probe.nginx_headers(HOST)}


@pytest.mark.parametrize(
    ("status", "headers", "reason"),
    [
        (500, {}, "It answers 500 for /."),
        (400, {}, f"It answers 400: {HOST} is not in its ALLOWED_HOSTS."),
        (301, {"Location": f"https://{HOST}/"}, "It redirects / to itself: it does not trust X-Forwarded-Proto."),
    ],
)
def test_wrong_answer_that_stays(shop, release, status, headers, reason):
    release.answer = lambda *_: (status, headers, 0)
    start = time.monotonic()
    with pytest.raises(FailedError) as caught:
        ask(shop)
    assert str(caught.value) == reason
    assert 0.3 <= time.monotonic() - start < 2


def test_wrong_answer_that_mends(shop, release):
    release.answer = lambda number, _: (500 if number < 4 else 200, {}, 0)
    ask(shop)
    assert len(release.seen) == 6


def test_503_may_warm_up(shop, release):
    begin = time.monotonic()
    release.answer = lambda *_: (503 if time.monotonic() - begin < 0.8 else 200, {}, 0)
    ask(shop)


def test_status_that_is_asked_for(shop, release):
    release.answer = lambda *_: (404, {}, 0)
    ask(shop)
    with pytest.raises(FailedError, match="It answers 404 for /"):
        ask(shop, status=(200,))


def test_no_answer_in_time(shop, release, unit):
    release.answer = lambda *_: (200, {}, 1)
    unit["journal"] = "Booting\nModuleNotFoundError: No module named 'x'\nShutting down"
    with pytest.raises(FailedError) as caught:
        ask(shop, timeout=0.5)
    text = "No good answer within 0 s: it does not answer in time: a module that it imports is not installed."
    assert str(caught.value).startswith(f"{text} Nothing that was installed has a module x")
    assert caught.value.log.splitlines()[-1] == "ModuleNotFoundError: No module named 'x'"


def test_unit_that_ends_again_and_again(shop, unit, monkeypatch):  # noqa: ARG001
    numbers = iter(["3", "3", "4", "5", "6"])  # three times before this activation
    monkeypatch.setattr(
        systemd,
        "show",
        lambda _unit, *names: {name: next(numbers) if name == "NRestarts" else "activating" for name in names},
    )
    start = time.monotonic()
    with pytest.raises(FailedError, match="It ends as soon as it starts"):
        ask(shop, timeout=20)
    assert time.monotonic() - start < 2


def test_unit_that_has_ended(shop, unit):
    unit["ActiveState"] = "failed"
    with pytest.raises(FailedError, match="It has ended"):
        ask(shop, timeout=20)


def test_listens_late(shop, unit):
    path = shop().socket("new")

    def listen():
        time.sleep(0.3)
        path.parent.mkdir(parents=True)
        server = UnixServer(str(path), Site().handler())
        threading.Thread(target=server.serve_forever, daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    unit["ActiveState"] = "activating"
    ask(shop)


def test_good_behind_nginx(shop, nginx):
    assert verify(shop) == []
    assert len(nginx.seen) == probe.AT_ONCE
    assert nginx.seen[0][2]["Host"] == HOST


def test_release_before_is_not_yet(shop, nginx):
    begin = time.monotonic()
    # It answers badly, too: that is why it is replaced.
    nginx.answer = lambda *_: (
        (200, {"X-Release": "new"}, 0) if time.monotonic() - begin > 0.5 else (500, {"X-Release": "old"}, 0)
    )
    assert verify(shop) == []
    assert time.monotonic() - begin > 0.5


def test_all_answers_at_once_have_to_be_of_the_release(shop, nginx):
    mixed = probe.AT_ONCE * 2
    nginx.answer = lambda number, _: (200, {"X-Release": "old" if number <= mixed and number % 2 else "new"}, 0)
    assert verify(shop) == []
    assert len(nginx.seen) == mixed + probe.AT_ONCE


@pytest.mark.parametrize(
    ("status", "headers", "reason"),
    [
        (500, {"X-Release": "new"}, "behind Nginx it answers 500 for /"),
        (503, {"X-Release": "new"}, "behind Nginx it answers 503 for /"),
        (502, {}, "visitors get 502 for /"),
        (500, {}, "visitors get 500 for /"),
    ],
)
def test_first_wrong_answer_behind_nginx(shop, nginx, status, headers, reason):
    """One wrong answer among many of the release before, while others still think."""
    nginx.answer = lambda number, _: (
        (status, headers, 0) if number == 6 else (200, {"X-Release": "old"}, 2 if number > 6 else 0)
    )
    start = time.monotonic()
    with pytest.raises(probe.WrongError) as caught:
        verify(shop)
    assert str(caught.value) == reason
    assert time.monotonic() - start < 0.5
    assert len(nginx.seen) <= 8


def test_slow_answers_do_not_hold_up_a_wrong_one(shop, nginx):
    nginx.answer = lambda number, _: (500, {"X-Release": "new"}, 0) if number == 2 else (200, {"X-Release": "new"}, 3)
    start = time.monotonic()
    with pytest.raises(probe.WrongError):
        verify(shop)
    assert time.monotonic() - start < 1


def test_release_before_that_raised_for_visitors(shop, nginx):
    """Errors that name no release, as they were before the switch, too, are those of the release before at first."""
    begin = time.monotonic()
    nginx.answer = lambda *_: (200, {"X-Release": "new"}, 0) if time.monotonic() - begin > 0.25 else (500, {}, 0)
    assert verify(shop, broken=True) == []
    begin = time.monotonic() + 60
    with pytest.raises(probe.WrongError, match="visitors get 500"):
        verify(shop, broken=True)


@pytest.mark.parametrize(
    ("status", "headers", "broken"),
    [(200, {"X-Release": "new"}, False), (500, {"X-Release": "new"}, False), (500, {}, True), (404, {}, False)],
)
def test_release_before_that_raises(shop, release, status, headers, broken):
    release.answer = lambda *_: (status, headers, 0)
    assert probe.is_broken(shop(), "new", HOST, Probe()) is broken
    # One that does not listen, and none.
    assert probe.is_broken(shop(), "other", HOST, Probe())
    assert not probe.is_broken(shop(), "", HOST, Probe())


@pytest.mark.parametrize(
    ("status", "headers", "why"),
    [(503, {"Retry-After": "300"}, "closed for maintenance"), (401, {}, "not shown to this host (status 401)")],
)
def test_site_that_is_closed(shop, nginx, status, headers, why):
    nginx.answer = lambda *_: (status, headers, 0)
    assert verify(shop) == [f"The site is {why}, so the release was probed on its own socket alone."]


def test_release_before_that_answers_on_and_on(shop, nginx):
    nginx.answer = lambda *_: (200, {"X-Release": "old"}, 0)
    with pytest.raises(probe.WrongError, match="no good answer through Nginx within 1 s: release old answers"):
        verify(shop, timeout=0.6)


def test_nginx_that_does_not_listen(shop, unit, monkeypatch):  # noqa: ARG001
    monkeypatch.setattr(probe, "HTTPS", ("127.0.0.1", 1))
    with pytest.raises(probe.WrongError, match=r"Nginx does not listen \(ConnectionRefusedError\)"):
        verify(shop)


def test_cause_and_the_end_of_the_traceback(shop, unit):
    unit["journal"] = "Traceback\n  x\ndjango.core.exceptions.ImproperlyConfigured: no SECRET_KEY\n" + "noise\n" * 100
    failed = probe.failure("it does not listen", shop(), "new", 0)
    assert str(failed) == "It does not listen: the settings are not complete."
    assert failed.log.endswith("ImproperlyConfigured: no SECRET_KEY")


def test_ban_of_the_sandbox_is_named(shop, unit):
    unit["journal"] = "MemoryError: Cannot allocate write+execute memory for ffi.callback().\n"
    failed = probe.failure("it ends as soon as it starts", shop(), "new", 0)
    assert "`sandbox: {allow: [jit]}` allows it." in str(failed)
    assert "sandbox" not in str(probe.failure("it ends as soon as it starts", shop(allow=("jit",)), "new", 0))
