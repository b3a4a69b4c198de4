"""What serving a release needs, written while it is built: Gunicorn's configuration and the link to its socket."""

from dataclasses import asdict
from typing import Any

from . import host
from .application import Application

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
TEXT = """# Written by Groundcrew when it built this release, which never changes.
import os

bind = {bind!r}
wsgi_app = {callable!r}
worker_class = {worker!r}
workers = {workers}
threads = {threads}
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
    application = worker.wsgi
{wrapper}
    worker.wsgi = released
"""


def facts(application: Application) -> dict[str, Any]:
    """Return what `release.json` keeps as `server`: interface, workers, threads, timeout, settings, pool_url."""
    return asdict(application.server)


def settings(server: dict[str, Any]) -> dict[str, Any]:
    """Return Gunicorn's settings, by its own names, of a recorded `server`; the pool is for the web servers alone."""
    given = dict(server["settings"])
    if server.get("pool_url"):
        given["raw_env"] = [*given.get("raw_env", []), f"DATABASE_URL={server['pool_url']}"]
    return given


def text(application: Application, release: str, dotted: str, server: dict[str, Any]) -> str:
    """Return gunicorn.conf.py of a release that serves the callable `dotted`, such as `shop.wsgi:application`."""
    asgi = server["interface"] == "asgi"
    return TEXT.format(
        bind=f"unix:{application.socket(release)}",
        callable=dotted,
        worker="uvicorn_worker.UvicornWorker" if asgi else "gthread",
        workers=server["workers"] or "max(2, os.cpu_count())",
        threads=server["threads"],
        timeout=server["timeout"],
        settings="".join(f"{name} = {value!r}\n" for name, value in settings(server).items()),
        wrapper=(ASGI if asgi else WSGI).format(release=release),
    )


def write(application: Application, release: str, dotted: str, server: dict[str, Any]) -> None:
    """Write gunicorn.conf.py and web.sock of a release that is being built; the pool's URL may hold a password."""
    folder = application.release(release)
    path = folder / "gunicorn.conf.py"
    path.touch(mode=0o640)
    path.chmod(0o640)
    path.write_text(text(application, release, dotted, server))
    host.link(folder / "web.sock", str(application.socket(release)))
