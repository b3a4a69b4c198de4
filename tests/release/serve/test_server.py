"""Gunicorn's configuration of a release: read as Gunicorn does, and called as it calls the application."""

import asyncio
import os

import pytest
from groundcrew_release import gunicorn, server
from groundcrew_release.application import Server
from groundcrew_release.steps import FailedError


@pytest.fixture
def configuration(shop):
    """Return a function that writes the configuration of a release and returns its variables."""

    def read(dotted="shop.wsgi:application", own="", said=None, **keys):
        application = shop(server=Server(**keys), directories=("/srv/shop/logs",))
        folder = application.release("a")
        (folder / "source").mkdir(parents=True, exist_ok=True)
        (folder / "source/gunicorn.conf.py").write_text(own)
        path = "gunicorn.conf.py" if own else ""
        server.write(application, "a", server.text(application, "a", dotted, server.facts(application), path, said))
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


PROJECT = """
import json as os  # whatever it calls its own things
_project = "not ours"
bind = "0.0.0.0:8000"
workers = 1 + 2
threads = 1
timeout = 120
max_requests = 1000
raw_env = ["COLOUR=green"]
errorlog = "/var/log/gunicorn.log"
accesslog = "/srv/shop/logs/access.log"
worker_class = "sync"
calls = []

def post_fork(server, worker):
    calls.append("post_fork")

def post_worker_init(worker):
    calls.append("post_worker_init")
"""
SAID = {
    "bind": "0.0.0.0:8000",
    "workers": 3,
    "threads": 1,
    "timeout": 120,
    "max_requests": 1000,
    "raw_env": ["COLOUR=green"],
    "errorlog": "/var/log/gunicorn.log",
    "accesslog": "/srv/shop/logs/access.log",
    "worker_class": "sync",
    "post_fork": "function",
    "post_worker_init": "function",
}


def test_the_projects_own_configuration_is_beneath_ours(configuration, shop):
    found = configuration(own=PROJECT, said=SAID, pool_url="postgresql:///x")
    assert found["bind"] == f"unix:{shop().socket('a')}"
    assert (found["workers"], found["threads"], found["worker_class"]) == (3, 1, "sync")
    assert (found["timeout"], found["max_requests"]) == (30, 1000)
    assert found["raw_env"] == ["COLOUR=green", "DATABASE_URL=postgresql:///x"]
    assert "errorlog" not in found
    assert found["accesslog"] == "/srv/shop/logs/access.log"
    worker = type("Worker", (), {"wsgi": staticmethod(print)})()
    found["post_fork"](None, worker)
    found["post_worker_init"](worker)
    assert found["calls"] == ["post_fork", "post_worker_init"]
    assert worker.wsgi.__name__ == "released", "and ours"


def test_what_the_inventory_says_wins(configuration):
    settings = {"max_requests": 5, "raw_env": ["A=b"], "config": "gunicorn.conf.py"}
    found = configuration(own=PROJECT, said=SAID, workers=7, threads=2, settings=settings)
    assert (found["workers"], found["threads"], found["max_requests"]) == (7, 2, 5)
    assert found["raw_env"] == ["COLOUR=green", "A=b"]
    assert "config" not in found


@pytest.mark.parametrize(
    ("said", "keys", "told"),
    [
        ({"bind": "0.0.0.0:80"}, {}, {"bind": "the host"}),
        ({"daemon": False, "reload": False, "umask": 7}, {}, {"daemon": "", "reload": "", "umask": ""}),
        ({"workers": 3, "threads": 2}, {"workers": 1}, {"workers": "the key `workers`"}),
        ({"timeout": 30}, {}, {"timeout": ""}),
        ({"timeout": 90}, {}, {"timeout": "the key `timeout`, since Nginx waits as long"}),
        ({"worker_class": "gevent"}, {}, {}),
        ({"worker_class": "uvicorn.workers.UvicornWorker"}, {}, {"worker_class": "the key `interface`"}),
        ({"worker_class": "sync"}, {"interface": "asgi"}, {"worker_class": "the key `interface`"}),
        ({"errorlog": "-", "accesslog": None, "loglevel": "debug"}, {}, {}),
        ({"errorlog": "/x.log"}, {}, {"errorlog": "the journal"}),
        ({"preload_app": True}, {"settings": {"preload_app": False}}, {"preload_app": "`gunicorn_settings`"}),
        ({"when_ready": "function"}, {}, {}),
    ],
)
def test_what_of_it_does_not_count(shop, said, keys, told):
    facts = server.facts(shop(server=Server(**keys)))
    assert gunicorn.overrule(said, facts, ("/srv/shop/media",)) == told


def test_where_it_is(shop):
    release = shop().release("a")
    (release / "source/site/deploy").mkdir(parents=True)
    for path in ("gunicorn.conf.py", "site/deploy/gunicorn_prod.py"):
        (release / "source" / path).touch()
    assert gunicorn.find(release, "site", {}) == "gunicorn.conf.py"
    (release / "source/site/gunicorn.conf.py").touch()
    assert gunicorn.find(release, "site", {}) == "site/gunicorn.conf.py"
    assert gunicorn.find(release, "site", {"config": "deploy/gunicorn_prod.py"}) == "site/deploy/gunicorn_prod.py"
    assert gunicorn.find(release, "site", {"config": "site/deploy/gunicorn_prod.py"}) == "site/deploy/gunicorn_prod.py"
    for missing in ("nothing.py", "../../../../../etc/passwd"):
        with pytest.raises(FailedError, match="has no file"):
            gunicorn.find(release, "site", {"config": missing})
    assert gunicorn.overlooked(release) == [
        "gunicorn.conf.py",
        "site/deploy/gunicorn_prod.py",
        "site/gunicorn.conf.py",
    ]


def test_a_person_reads_what_does_not_count():
    told = gunicorn.sentence("gunicorn.conf.py", {"bind": "the host", "daemon": ""})
    assert told == "gunicorn.conf.py of the project is used; what is decided elsewhere: bind (the host)."
    assert gunicorn.sentence("x.py", {}) == "x.py of the project is used."
