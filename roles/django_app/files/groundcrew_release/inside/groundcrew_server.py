"""What the web server calls: the project's application, which learns who asks, and names its release in each answer.

No server knows who is behind a Unix socket. Nginx, which alone reaches it, says so in headers of its own.
"""

import contextlib
import json
from importlib import import_module
from pathlib import Path

RECORD = json.loads((Path(__file__).parent.parent / "release.json").read_text())
RELEASE, INTERFACE = RECORD["id"], RECORD["server"]["interface"]
CHUNK = 1 << 16  # bytes


def find(dotted):
    """Return the callable of such as `shop.wsgi:application` or `shop.wsgi:make("shop")`."""
    module, _, name = dotted.partition(":")
    return eval(name, dict(vars(import_module(module))))  # noqa: S307 - the settings or the inventory say it


def wsgi(application):
    """Return a WSGI application around one."""

    def released(environ, start_response):
        if "HTTP_X_REAL_IP" in environ:
            environ["REMOTE_ADDR"] = environ["HTTP_X_REAL_IP"]
            environ["wsgi.url_scheme"] = environ.get("HTTP_X_FORWARDED_PROTO", "http")

        started = []

        def start(status, headers, exc_info=None):
            started.append(status)
            return start_response(status, [*headers, ("X-Release", RELEASE)], exc_info)

        answer = application(environ, start)
        if started and not getattr(answer, "streaming", False):
            finish(environ)
        return answer

    return released


def finish(environ):
    """Read what the application left of a request: a socket that is closed before takes the answer along.

    Nginx has the whole request by then. An answer that is made while it is sent may still read; ASGI's Django has read.
    """
    if environ.get("CONTENT_LENGTH", "") in ("", "0") and "HTTP_TRANSFER_ENCODING" not in environ:
        return
    # Servers have errors of their own for a visitor who went away.
    with contextlib.suppress(Exception):
        while environ["wsgi.input"].read(CHUNK):
            pass


def asgi(application):
    """Return an ASGI application around one."""

    async def released(scope, receive, send):
        headers = dict(scope.get("headers", ()))
        if b"x-real-ip" in headers:
            secure = "s" if headers.get(b"x-forwarded-proto") == b"https" else ""
            scheme = ("ws" if scope["type"] == "websocket" else "http") + secure
            scope = {**scope, "client": (headers[b"x-real-ip"].decode(), 0), "scheme": scheme}

        async def named(message):
            if message["type"] in ("http.response.start", "websocket.accept"):
                message = {**message, "headers": [*message.get("headers", []), (b"x-release", RELEASE.encode())]}
            await send(message)

        await application(scope, receive, named)

    return released


application = (asgi if INTERFACE == "asgi" else wsgi)(find(RECORD["application"]))
