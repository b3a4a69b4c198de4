"""What each web server calls: the project's application, with the address of the client and the name of the release."""

import asyncio
import importlib.util
import io
import json
import shutil
import sys
from pathlib import Path

import groundcrew_release
import pytest

MODULE = Path(groundcrew_release.__file__).parent / "inside/groundcrew_server.py"
PROJECT = """
def application(environ, start_response):
    start_response("200 OK", [("A", "b")])
    return [environ]

def make(name):
    return lambda environ, start_response: [name]

async def asynchronous(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
    await send({"type": "http.response.body", "body": scope})
    await send({"type": "websocket.accept"})
"""
NGINX = {"HTTP_X_REAL_IP": "192.0.2.7", "HTTP_X_FORWARDED_PROTO": "https"}


@pytest.fixture
def called(tmp_path, monkeypatch):
    """Return a function that returns what a server finds as `groundcrew_server:application`."""
    (tmp_path / "overlay").mkdir()
    (tmp_path / "project_of_a_test.py").write_text(PROJECT)
    shutil.copy(MODULE, tmp_path / "overlay")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "project_of_a_test", raising=False)

    def load(dotted="project_of_a_test:application", interface="wsgi"):
        record = {"id": "abc", "application": dotted, "server": {"interface": interface}}
        (tmp_path / "release.json").write_text(json.dumps(record))
        spec = importlib.util.spec_from_file_location("served", tmp_path / "overlay/groundcrew_server.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.application

    return load


@pytest.mark.parametrize("address", ["", "0.0.0.0"])
def test_wsgi(called, address):
    said = []
    environ = {"REMOTE_ADDR": address, "wsgi.url_scheme": "http"}
    [seen] = called()({**environ, **NGINX}, lambda *arguments: said.append(arguments))
    assert said == [("200 OK", [("A", "b"), ("X-Release", "abc")], None)]
    assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"]) == ("192.0.2.7", "https")
    [seen] = called()(dict(environ), lambda *_: None)
    assert seen == environ, "whoever asks at the socket itself"


class Answer(list):
    """An answer of Django."""

    streaming = False


@pytest.mark.parametrize(
    ("length", "streaming", "begins", "left"),
    [
        ("200000", False, True, b""),
        ("200000", True, True, b"x" * 199_990),  # it may still be read
        ("200000", False, False, b"x" * 199_990),  # so may one that has not begun
        ("", False, True, b"x" * 199_990),  # there is none, and a read would wait for it
    ],
)
def test_what_the_application_did_not_read_is_read(called, monkeypatch, length, streaming, begins, left):
    def application(environ, start_response):
        environ["wsgi.input"].read(10)
        if begins:
            start_response("403 Forbidden", [])
        answer = Answer(["no"])
        answer.streaming = streaming
        return answer

    monkeypatch.setattr(sys.modules["builtins"], "application_of_a_test", application, raising=False)
    environ = {"CONTENT_LENGTH": length, "wsgi.input": io.BytesIO(b"x" * 200_000)}
    assert called("project_of_a_test:application_of_a_test")(environ, lambda *_: None) == ["no"]
    assert environ["wsgi.input"].read() == left


def test_callables_as_gunicorn_takes_them(called):
    assert called("project_of_a_test:make('shop')")({}, None) == ["shop"]
    with pytest.raises(NameError, match="nothing"):
        called("project_of_a_test:nothing")
    with pytest.raises(ModuleNotFoundError):
        called("no_such_project:application")


@pytest.mark.parametrize(("kind", "plain"), [("http", "http"), ("websocket", "ws")])
def test_asgi(called, kind, plain):
    application = called("project_of_a_test:asynchronous", "asgi")

    def ask(headers):
        sent = []

        async def send(message):
            sent.append(message)

        asyncio.run(application({"type": kind, "scheme": plain, "client": None, "headers": headers}, None, send))
        return sent

    start, body, accept = ask([(b"x-real-ip", b"192.0.2.7"), (b"x-forwarded-proto", b"https")])
    assert start["headers"] == [(b"a", b"b"), (b"x-release", b"abc")]
    assert accept["headers"] == [(b"x-release", b"abc")]
    assert (body["body"]["client"], body["body"]["scheme"]) == (("192.0.2.7", 0), f"{plain}s")
    assert ask([(b"x-real-ip", b"192.0.2.7")])[1]["body"]["scheme"] == plain
    assert ask([])[1]["body"]["client"] is None


def test_asgi_without_headers(called):
    """The protocol `lifespan` has none."""
    application, seen = called("project_of_a_test:asynchronous", "asgi"), []

    async def send(message):
        seen.append(message)

    asyncio.run(application({"type": "lifespan"}, None, send))
    assert seen[1]["body"] == {"type": "lifespan"}
