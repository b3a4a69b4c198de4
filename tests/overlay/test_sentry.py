"""What of an error reaches a receiver of Sentry's protocol: its place, release and host, and nothing that is secret.

The SDK is the real one, and the receiver a server of our own. What is secret has the word `wonderland` in it, which the
sources say in two pieces, since lines of source are sent.
"""

import gzip
import json
import signal
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

# Django decides little of this: the oldest and the newest are enough.
pytestmark = pytest.mark.parametrize("python", ["4.2", "newest"], indirect=True)

WORD = "wonderland"
HASH = "cwhhjt-" + "0123456789abcdef" * 2
SETTINGS = """
from shop.settings import *
INSTALLED_APPS = [*INSTALLED_APPS, "trouble"]
MIDDLEWARE = [name for name in MIDDLEWARE if "csrf" not in name]
ROOT_URLCONF = "trouble.urls"
PAYMENT_KEY = "wonder" "land-setting"
CELERY_BROKER_URL = "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS = {name: "/".join([str(BASE_DIR), "queue"]) for name in
                                   ("data_folder_in", "data_folder_out", "control_folder")}
"""
OWN = """
import sentry_sdk
sentry_sdk.init(dsn="{dsn}", release="own", send_default_pii=True)
"""
PROJECT = {
    "trouble/__init__.py": "",
    "trouble/urls.py": """
from django.urls import path
from trouble.views import fail, log, pay

urlpatterns = [path("pay/<str:link>/", pay), path("fail/", fail), path("log/", log)]
""",
    "trouble/views.py": """
import logging
import os

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpResponse


def charge(password):
    key, data = os.environ["PAYMENT_TOKEN"], {"nested": [settings.PAYMENT_KEY]}
    raise ConnectionError(f"https://shop:{password}@pay.example.org/v1/?key={key} does not answer")


def pay(request, link):
    words, cookies, body = dict(request.GET), request.COOKIES, request.body
    try:
        charge(request.headers["X-Shop"])
    except ConnectionError as error:
        raise RuntimeError("nothing was paid") from error


def fail(request):
    secret = request.GET["q"]
    raise LookupError("nothing here")


def log(request):
    logging.getLogger("shop").info("asked for %s", request.GET["q"])
    logging.getLogger("django.security.Shop").error("odd: %s", request.get_full_path(), extra={"request": request})
    logging.getLogger("celery.worker.consumer").error("Received %s", request.GET["q"])
    return HttpResponse("ok")
""",
    "trouble/management/__init__.py": "",
    "trouble/management/commands/__init__.py": "",
    "trouble/management/commands/nightly.py": """
import os

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("token")

    def handle(self, token, **options):
        key = os.environ["PAYMENT_TOKEN"]
        raise OSError("the nightly run broke")
""",
    "trouble/tasks.py": """
from celery import Celery

app = Celery("trouble")
app.config_from_object("django.conf:settings", namespace="CELERY")


@app.task
def remind(who, password):
    text = f"{who} {password}"
    raise ArithmeticError("nobody was reminded")
""",
}
WSGI = """
import io, sys
from wsgiref.util import setup_testing_defaults
from shop.wsgi import application
body = b'{"card": "wonderland-body"}'
headers = {
    "HOST": "shop.example.org", "X_FORWARDED_PROTO": "https", "X_FORWARDED_FOR": "198.51.100.7", "USER_AGENT": "test",
    "COOKIE": "sessionid=wonderland-cookie", "AUTHORIZATION": "Bearer wonderland", "X_SHOP": "wonderland-header",
    "REFERER": "https://shop.example.org/?code=wonderland-referer", "BAGGAGE": "sentry-user=wonderland",
}
environ = {
    "REQUEST_METHOD": "POST", "PATH_INFO": sys.argv[1], "QUERY_STRING": "q=wonderland-query",
    "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json",
    "wsgi.input": io.BytesIO(body), "wsgi.url_scheme": "https",
    **{f"HTTP_{name}": value for name, value in headers.items()},
}
setup_testing_defaults(environ)
said = []
list(application(environ, lambda status, headers: said.append(status)))
print(said)
import sentry_sdk
sentry_sdk.flush(30)
"""
ASGI = """
import asyncio, sys
from asgiref.testing import ApplicationCommunicator
from shop.asgi import application
headers = {"host": "shop.example.org", "x-forwarded-proto": "https", "cookie": "a=wonderland", "x-shop": "wonderland"}
scope = {
    "type": "http", "http_version": "1.1", "method": "POST", "path": sys.argv[1], "raw_path": sys.argv[1].encode(),
    "query_string": b"q=wonderland-query", "scheme": "https", "server": ("10.0.0.1", 80), "client": ("198.51.100.7", 1),
    "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
}
async def ask():
    one = ApplicationCommunicator(application, scope)
    await one.send_input({"type": "http.request", "body": b"card=wonderland-body"})
    return await one.receive_output(30)
print(asyncio.run(ask())["status"])
import sentry_sdk
sentry_sdk.flush(30)
"""


@pytest.fixture
def receiver():
    """A receiver: what arrived as it was sent (`text`), the events in it, and where it is (`dsn`)."""
    bodies = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_arguments):
            """Stay quiet."""

    def events():
        lines = [json.loads(line) for body in bodies for line in body.splitlines() if line.startswith(b"{")]
        return [line for line in lines if "event_id" in line and "level" in line]

    def wait():
        deadline = time.monotonic() + 60
        while not events() and time.monotonic() < deadline:
            time.sleep(0.2)
        return events()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    dsn = f"http://key@127.0.0.1:{server.server_port}/7"
    yield SimpleNamespace(dsn=dsn, events=events, wait=wait, text=lambda: b"".join(bodies).decode())
    server.shutdown()
    server.server_close()


@pytest.fixture
def shop(project, receiver):
    """A project that fails in several ways; a function that runs a command of it with the variables of a release."""
    for path, text in PROJECT.items():
        (project.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / path).write_text(text)
    (project.folder / "queue").mkdir(exist_ok=True)
    (project.folder / "shop/live.py").write_text(SETTINGS)
    variables = {
        "GROUNDCREW_SETTINGS_MODULE": "shop.live",
        "SENTRY_DSN": receiver.dsn,
        "SENTRY_RELEASE": "0123456789ab",
        "SENTRY_ENVIRONMENT": "staging",
        "PAYMENT_TOKEN": f"{WORD}-environment",
    }

    def run(*arguments, **more):
        return project(*arguments, **{**variables, **more})

    run.folder, run.environment = project.folder, {**project.environment, **variables}
    return run


def check(receiver, kind, place):
    """Hold the one event that arrived to what it is to say, and return it."""
    (event,) = receiver.wait()
    assert (event["release"], event["environment"]) == ("0123456789ab", "staging")
    assert event["server_name"] == socket.gethostname()
    (*_, last) = event["exception"]["values"]
    assert last["type"] == kind
    assert place in [frame["function"] for frame in last["stacktrace"]["frames"]]
    assert WORD not in receiver.text()
    assert HASH[-32:] not in receiver.text()
    assert "198.51.100.7" not in receiver.text()
    return event


def test_error_of_a_view(shop, receiver):
    done = shop("-c", WSGI, f"/pay/{HASH}/")
    assert done.stdout == "['500 Internal Server Error']\n", done.stderr
    event = check(receiver, "RuntimeError", "pay")
    assert event["exception"]["values"][0]["value"] == "https://***@pay.example.org/v1/?*** does not answer"
    assert event["transaction"] == "/pay/{link}/"
    assert event["request"]["method"] == "POST"
    assert event["request"]["url"] == "https://shop.example.org/pay/cwhhjt***/"
    assert event["request"]["headers"]["User-Agent"] == "test"
    assert "extra" not in event
    assert "breadcrumbs" not in event


def test_error_under_asgi(shop, receiver):
    done = shop("-c", ASGI, "/fail/")
    assert done.stdout == "500\n", done.stderr
    event = check(receiver, "LookupError", "fail")
    assert event["request"]["url"] == "https://shop.example.org/fail/"


def test_error_in_the_log(shop, receiver):
    done = shop("-c", WSGI, "/log/")
    assert done.stdout == "['200 OK']\n", done.stderr
    odd, quoted = sorted(receiver.wait(), key=lambda event: event["logentry"]["message"], reverse=True)
    assert odd["logentry"]["formatted"] == "odd: /log/?***"
    assert quoted["logentry"] == {"message": "Received %s"}
    assert WORD not in receiver.text()


def test_error_of_a_command(shop, receiver):
    done = shop("manage.py", "nightly", f"{WORD}-argument")
    assert done.returncode == 1
    assert "the nightly run broke" in done.stderr
    check(receiver, "OSError", "handle")


def test_error_of_a_task(shop, receiver, python):
    sent = shop("-c", f"from trouble.tasks import remind; remind.delay('{WORD}', password='{WORD}')")
    assert sent.returncode == 0, sent.stderr
    assert receiver.events() == []
    words = [python, "-m", "celery", "--app", "trouble.tasks", "worker", "--concurrency", "1", "--loglevel", "INFO"]
    words += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    environment = {**shop.environment, "C_FORCE_ROOT": "1"}
    with subprocess.Popen(words, cwd=shop.folder, env=environment, stderr=subprocess.PIPE, text=True) as worker:
        try:
            receiver.wait()
        finally:
            worker.send_signal(signal.SIGTERM)
            said = worker.communicate(timeout=60)[1]
    assert receiver.events(), said
    event = check(receiver, "ArithmeticError", "remind")
    assert event["transaction"] == "trouble.tasks.remind"


def test_project_that_initialises_the_sdk_itself_is_left_alone(shop, receiver):
    (shop.folder / "shop/own.py").write_text(SETTINGS + OWN.format(dsn=receiver.dsn))
    done = shop("-c", WSGI, "/pay/x/", GROUNDCREW_SETTINGS_MODULE="shop.own")
    assert done.stdout == "['500 Internal Server Error']\n", done.stderr
    (event,) = receiver.wait()
    assert event["release"] == "own"
    assert WORD in receiver.text(), "what is looked for can be found"


def test_project_whose_own_address_is_empty_is_helped(shop, receiver):
    (shop.folder / "shop/own.py").write_text(SETTINGS + OWN.format(dsn=""))
    assert shop("manage.py", "nightly", WORD, GROUNDCREW_SETTINGS_MODULE="shop.own").returncode == 1
    check(receiver, "OSError", "handle")


def test_report_says_who_initialises(shop, receiver):
    entry = {"name": "Sentry", "was": "not initialised", "now": "errors are reported"}
    (shop.folder / "shop/own.py").write_text(SETTINGS + OWN.format(dsn=receiver.dsn))
    assert entry in json.loads(shop("-m", "groundcrew_settings", "--json").stdout)
    own = shop("-m", "groundcrew_settings", "--json", GROUNDCREW_SETTINGS_MODULE="shop.own")
    assert entry not in json.loads(own.stdout)
    assert entry not in json.loads(shop("-m", "groundcrew_settings", "--json", SENTRY_DSN="").stdout)


def test_pages_answer_when_the_sdk_cannot_start(shop):
    done = shop("-c", WSGI, "/log/?q=x", SENTRY_DSN="https://errors.example.org")
    assert "Groundcrew: errors are not reported: BadDsn" in done.stderr
    done = shop("manage.py", "check", SENTRY_DSN="https://errors.example.org")
    assert done.returncode == 0, done.stderr
