"""Gunicorn's configuration of a release: read as Gunicorn does, and called as it calls the application."""

import asyncio
import os

import pytest
from groundcrew_release import server
from groundcrew_release.application import Server


@pytest.fixture
def configuration(shop):
    """Return a function that writes the configuration of a release and returns its variables."""

    def read(dotted="shop.wsgi:application", **keys):
        application = shop(server=Server(**keys))
        folder = application.release("a")
        folder.mkdir(parents=True, exist_ok=True)
        server.write(application, "a", dotted, server.facts(application))
        scope = {}
        exec((folder / "gunicorn.conf.py").read_text(), scope)  # as Gunicorn does
        return scope

    return read


def test_defaults(configuration, shop):
    found = configuration()
    assert found["bind"] == f"unix:{shop().socket('a')}"
    assert (found["wsgi_app"], found["worker_class"]) == ("shop.wsgi:application", "gthread")
    assert (found["workers"], found["threads"]) == (max(2, os.cpu_count()), 4)
    assert found["timeout"] == found["graceful_timeout"] == 30
    assert (found["keepalive"], found["limit_request_line"], found["umask"]) == (5, 8190, 0o007)
    assert "raw_env" not in found


def test_what_the_inventory_says(configuration):
    settings = {"max_requests": 1000, "preload_app": True, "proc_name": 'a"b', "certfile": None, "raw_env": ["A=b'c"]}
    found = configuration(workers=3, threads=1, timeout=90, settings=settings)
    assert {name: found[name] for name in settings} == settings
    assert (found["workers"], found["threads"], found["graceful_timeout"]) == (3, 1, 90)


def test_pool_is_for_the_web_servers_alone(configuration, shop):
    url = "postgresql:///shop?host=/run/pgbouncer-shop"
    found = configuration(pool_url=url, settings={"raw_env": ["A=b"]})
    assert found["raw_env"] == ["A=b", f"DATABASE_URL={url}"]
    # The URL may hold a password.
    assert (shop().release("a") / "gunicorn.conf.py").stat().st_mode & 0o777 == 0o640


def test_link_to_the_socket(configuration, shop):
    configuration()
    configuration()
    assert (shop().release("a") / "web.sock").readlink() == shop().socket("a")


def test_wsgi_answers_name_the_release(configuration):
    def application(environ, start_response):
        start_response("200 OK", [("A", environ["b"])])
        return [b"body"]

    worker = type("Worker", (), {"wsgi": staticmethod(application)})()
    configuration()["post_worker_init"](worker)
    said = []
    body = worker.wsgi({"b": "c"}, lambda *arguments: said.append(arguments))
    assert (said, body) == ([("200 OK", [("A", "c"), ("X-Release", "a")], None)], [b"body"])


def test_asgi_answers_name_the_release(configuration):
    async def application(scope, receive, send):  # noqa: ARG001
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
        await send({"type": "http.response.body", "body": b"body"})
        await send({"type": "websocket.accept"})

    worker = type("Worker", (), {"wsgi": staticmethod(application)})()
    found = configuration("shop.asgi:application", interface="asgi")
    assert found["worker_class"] == "uvicorn_worker.UvicornWorker"
    found["post_worker_init"](worker)
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(worker.wsgi({}, None, send))
    assert sent[0]["headers"] == [(b"a", b"b"), (b"x-release", b"a")]
    assert sent[1] == {"type": "http.response.body", "body": b"body"}
    assert sent[2]["headers"] == [(b"x-release", b"a")]
