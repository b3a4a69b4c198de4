"""What starts the web server of a release, and its configuration: read as the server does."""

import configparser
import os
import shlex

import pytest
from groundcrew_release import gunicorn, server
from groundcrew_release.application import Server
from groundcrew_release.steps import FailedError


@pytest.fixture
def configuration(shop):
    """Return a function that writes the configuration of a release and returns its variables."""

    def read(own="", said=None, **keys):
        application = shop(server=Server(**keys), directories=("/srv/shop/logs",))
        folder = application.release("a")
        (folder / "source").mkdir(parents=True, exist_ok=True)
        (folder / "source/gunicorn.conf.py").write_text(own)
        path = "gunicorn.conf.py" if own else ""
        server.write(application, "a", server.contents(application, "a", server.facts(application), path, said))
        scope = {}
        exec((folder / "gunicorn.conf.py").read_text(), scope)  # as Gunicorn does
        return scope

    return read


def test_defaults(configuration, shop):
    found = configuration()
    assert found["bind"] == f"unix:{shop().socket('a')}"
    assert (found["wsgi_app"], found["worker_class"]) == ("groundcrew_server:application", "gthread")
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


def test_asgi(configuration):
    assert configuration(interface="asgi")["worker_class"] == "uvicorn_worker.UvicornWorker"


@pytest.fixture
def written(shop):
    """Return a function that writes what another server needs and returns the release's folder."""

    def write(**keys):
        application = shop(server=Server(**keys))
        folder = application.release("a")
        folder.mkdir(parents=True, exist_ok=True)
        server.write(application, "a", server.contents(application, "a", server.facts(application)))
        assert (folder / "serve").stat().st_mode & 0o777 == 0o750, "its pool's URL may hold a password"
        assert (folder / "web.sock").readlink() == application.socket("a")
        return folder

    return write


def started(folder):
    """Return the words of the command that the script becomes, and what it exports."""
    lines = [line for line in (folder / "serve").read_text().splitlines() if not line.startswith("#")]
    return shlex.split(lines[-1].removeprefix("exec ")), [shlex.split(line)[1] for line in lines[:-1]]


def test_granian(written, shop):
    folder = written(kind="granian", workers=3, threads=8, timeout=90, pool_url="postgresql:///shop?password=a'b")
    words, exported = started(folder)
    assert (words[0], words[-1]) == (f"{folder}/venv/bin/granian", "groundcrew_server:application")
    assert {"--interface=wsgi", f"--uds={shop().socket('a')}", "--uds-permissions=0770", "--workers=3"} < set(words)
    assert {"--blocking-threads=8", "--workers-kill-timeout=90", "--no-ws", "--respawn-failed-workers"} < set(words)
    assert exported == ["DATABASE_URL=postgresql:///shop?password=a'b"]


def test_granian_takes_its_own_options(written):
    settings = {"backpressure": 64, "workers_lifetime": 3600, "access-log": True, "log": False, "env-files": ["a", "b"]}
    words, exported = started(written(kind="granian", settings={**settings, "http": "auto"}))
    own = {"--backpressure=64", "--workers-lifetime=3600", "--access-log", "--no-log", "--env-files=a", "--env-files=b"}
    assert own < set(words)
    assert [word for word in words if word.startswith("--http=")] == ["--http=auto"]
    assert {f"--workers={max(2, os.cpu_count())}", "--blocking-threads=4"} < set(words)
    assert exported == []


def test_granian_serves_asgi(written):
    words, _ = started(written(kind="granian", interface="asgi", threads=8, timeout=99999))
    assert {"--interface=asgi", "--workers-kill-timeout=1800"} < set(words)
    assert not [word for word in words if "threads" in word or "ws" in word.removeprefix("--interface")]


def read_ini(folder):
    """Return the options of uwsgi.ini, each with its values."""
    lines = (folder / "uwsgi.ini").read_text().splitlines()
    assert lines[1] == "[uwsgi]"
    found = {}
    for line in lines[2:]:
        name, _, value = line.partition(" = ")
        found.setdefault(name, []).append(value)
    return found


def test_uwsgi(written, shop):
    folder = written(kind="uwsgi", workers=3, threads=8, timeout=90, pool_url="postgresql:///p%20")
    assert started(folder) == (
        [f"{folder}/venv/bin/uwsgi", "--ini", f"{folder}/uwsgi.ini"],
        ["DATABASE_URL=postgresql:///p%20"],
    )
    found = read_ini(folder)
    assert {name: found[name] for name in ("workers", "threads", "harakiri")} == {
        "workers": ["3"],
        "threads": ["8"],
        "harakiri": ["90"],
    }
    assert found["http-socket"] == [str(shop().socket("a"))]
    assert found["module"] == ["groundcrew_server:application"]
    assert found["need-app"] == found["master"] == found["strict"] == ["true"]
    assert "die-on-term" not in found
    assert found["hook-master-start"] == ["unix_signal:15 gracefully_kill_them_all"]
    configparser.ConfigParser(strict=True).read_string((folder / "uwsgi.ini").read_text())


def test_uwsgi_takes_its_own_options(written):
    settings = {"max-requests": 500, "lazy_apps": False, "env": ["A=b", "C=d"], "harakiri": 600, "log-5xx": True}
    found = read_ini(written(kind="uwsgi", settings=settings))
    assert (found["max-requests"], found["env"], found["harakiri"]) == (["500"], ["A=b", "C=d"], ["600"])
    assert "lazy-apps" not in found
    assert found["log-5xx"] == ["true"]


def test_the_unit_starts_what_the_record_says(shop):
    folder = shop().release("a")
    start = ["ExecStart=", f"ExecStart={folder}/serve"]
    assert server.unit(folder, {"kind": "granian"}) == ["Type=exec", *start]
    assert server.unit(folder, {"kind": "uwsgi"}) == start
    assert server.unit(folder, {"kind": "gunicorn"}) == server.unit(folder, {}) == [], "as of an older version"


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
    worker = object()
    found["post_fork"](None, worker)
    found["post_worker_init"](worker)
    assert found["calls"] == ["post_fork", "post_worker_init"]


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
