"""What serving a release needs, written while it is built: Gunicorn's configuration and the link to its socket."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from . import gunicorn, host
from .application import Application

THREADS = 4
"""Of a web worker, where neither the inventory nor the project says how many."""
WSGI = """
    def released(environ, start_response):
        def start(status, headers, exc_info=None):
            return start_response(status, [*headers, ("X-Release", {release!r})], exc_info)

        return application(environ, start)
"""
ASGI = """
    async def released(scope, receive, send):
        async def named(message):
            if message["type"] in ("http.response.start", "websocket.accept"):
                message = {{**message, "headers": [*message.get("headers", []), (b"x-release", {release!r}.encode())]}}
            await send(message)

        await application(scope, receive, named)
"""
OWN = """
# The project's own configuration, {path}.
_loader = importlib.machinery.SourceFileLoader("gunicorn_conf", {path!r})
_project = importlib.util.module_from_spec(importlib.util.spec_from_loader(_loader.name, _loader))
sys.modules[_loader.name] = _project
sys.path.insert(0, "")
_loader.exec_module(_project)
_dropped = {dropped!r}
globals().update({{name: value for name, value in vars(_project).items() if name not in _dropped and name[0] != "_"}})
"""
TEXT = """# Written by Groundcrew when it built this release, which never changes.
import importlib.machinery
import importlib.util
import sys

_project = None
{own}
import os

bind = {bind!r}
wsgi_app = {callable!r}
{sized}
timeout = {timeout}
graceful_timeout = {timeout}
# Longer than Nginx keeps a connection: whoever sends closes, so that no request meets a closing connection.
keepalive = 5
# As long as Nginx takes: its own answer to a longer one has the site's headers and looks.
limit_request_line = 8190
# Nginx alone reaches the socket: it is in the group, and the folder is closed to others.
umask = 0o007
forwarded_allow_ips = "*"
worker_tmp_dir = "/dev/shm"
control_socket_disable = True
{settings}

def post_worker_init(worker):
    \"\"\"Name the release in every answer, so that a deploy can see who answers.\"\"\"
    if hasattr(_project, "post_worker_init"):
        _project.post_worker_init(worker)
    application = worker.wsgi
{wrapper}
    worker.wsgi = released
"""


def facts(application: Application) -> dict[str, Any]:
    """Return what `release.json` keeps as `server`: interface, workers, threads, timeout, settings, pool_url."""
    return asdict(application.server)


def settings(server: dict[str, Any], before: Sequence[str] = ()) -> dict[str, Any]:
    """Return Gunicorn's settings, by its own names, of a recorded `server`; the pool is for the web servers alone.

    `before` is `raw_env` of the project.
    """
    given = {name: value for name, value in server["settings"].items() if name != "config"}
    variables = [*before, *given.get("raw_env", [])]
    if server.get("pool_url"):
        variables.append(f"DATABASE_URL={server['pool_url']}")
    return given | ({"raw_env": variables} if variables else {})


def sized(server: dict[str, Any], kept: Sequence[str]) -> str:
    """Return the lines about workers, without what the project's own configuration decides."""
    asgi = server["interface"] == "asgi"
    lines = {
        "worker_class": repr("uvicorn_worker.UvicornWorker" if asgi else "gthread"),
        "workers": server["workers"] or "max(2, os.cpu_count())",
        "threads": server["threads"] or THREADS,
    }
    return "\n".join(f"{name} = {value}" for name, value in lines.items() if name not in kept)


def text(
    application: Application,
    release: str,
    dotted: str,
    server: dict[str, Any],
    own: str = "",
    said: Mapping[str, Any] | None = None,
) -> str:
    """Return gunicorn.conf.py of a release that serves the callable `dotted`, such as `shop.wsgi:application`.

    `own` is the path of the project's own configuration inside the source, which says what is in `said`.
    """
    said = said or {}
    dropped = sorted(gunicorn.overrule(said, server, application.writable))
    path = f"{application.release(release)}/source/{own}"
    return TEXT.format(
        own=OWN.format(path=path, dropped=dropped) if own else "",
        bind=f"unix:{application.socket(release)}",
        callable=dotted,
        sized=sized(server, [name for name in gunicorn.KEEPS if name in said and name not in dropped]),
        timeout=server["timeout"],
        settings="".join(
            f"{name} = {value!r}\n" for name, value in settings(server, said.get("raw_env") or ()).items()
        ),
        wrapper=(ASGI if server["interface"] == "asgi" else WSGI).format(release=release),
    )


def write(application: Application, release: str, configuration: str) -> None:
    """Write gunicorn.conf.py and web.sock of a release that is being built; the pool's URL may hold a password."""
    folder = application.release(release)
    path = folder / "gunicorn.conf.py"
    path.touch(mode=0o640)
    path.chmod(0o640)
    path.write_text(configuration)
    host.link(folder / "web.sock", str(application.socket(release)))
