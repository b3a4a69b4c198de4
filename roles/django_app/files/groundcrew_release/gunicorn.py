"""Gunicorn of a release: its configuration, with the project's own beneath it.

Gunicorn by itself reads `gunicorn.conf.py` of the working directory. Here it is executed first, and what the host or
the inventory decides comes after it; hooks stay.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .application import Application
from .project.tree import up
from .steps import FailedError

USUAL = "gunicorn.conf.py"
KEEPS = ("workers", "threads", "worker_class")
"""What the project decides where the inventory says nothing."""

DECIDED = {
    "bind": None,
    "wsgi_app": None,
    "daemon": False,
    "user": None,
    "group": None,
    "pidfile": None,
    "chdir": None,
    "pythonpath": None,
    "umask": 0o007,
    "forwarded_allow_ips": "*",
    "worker_tmp_dir": None,
    "limit_request_line": 8190,
    "keepalive": 5,
    "graceful_timeout": None,
    "control_socket_disable": True,
    "certfile": None,
    "keyfile": None,
    "proxy_protocol": False,
    "reload": False,
}
"""What the host decides, each with a value that says nothing else."""

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
{settings}"""


def find(release: Path, working_directory: str, settings: Mapping[str, Any]) -> str:
    """Return the path of the project's own configuration inside the source, "" when it has none.

    `config` of the `gunicorn_settings` names another one than gunicorn.conf.py of the working directory or above it.

    :raises FailedError: the source has no such file.
    """
    source, named = release / "source", str(settings.get("config") or "")
    for folder in up(working_directory or "."):
        path = source / folder / (named or USUAL)
        if path.is_file() and path.resolve().is_relative_to(source.resolve()):
            return str(path.relative_to(source))
    if named:
        raise FailedError(f"The source has no file {named}, which `config` of `gunicorn_settings` names.")
    return ""


def overlooked(release: Path) -> list[str]:
    """Return files of the source that look like a configuration of Gunicorn, for people: nobody reads them."""
    source = release / "source"
    paths = [path for depth in ("", "*/", "*/*/") for path in source.glob(f"{depth}*gunicorn*.py")]
    return sorted(str(path.relative_to(source)) for path in paths)


def overrule(said: Mapping[str, Any], server: Mapping[str, Any], writable: tuple[str, ...]) -> dict[str, str]:
    """Return the settings of the project that do not count, each with who decides.

    Args:
        said: the project's settings by name.
        server: what the inventory says of the server.
        writable: folders that the application may write.
    """
    found = {}
    for name, value in said.items():
        if name in server["settings"] and name != "raw_env":
            found[name] = "`gunicorn_settings`"
        elif name in DECIDED:
            found[name] = "the host" if value != DECIDED[name] else ""
        elif name in ("workers", "threads") and server[name]:
            found[name] = f"the key `{name}`"
        elif name == "timeout":
            found[name] = "the key `timeout`, since Nginx waits as long" if value != server["timeout"] else ""
        elif name == "worker_class":
            asynchronous = any(word in str(value).lower() for word in ("uvicorn", "hypercorn", "asgi"))
            if server["interface"] == "asgi" or asynchronous:
                found[name] = "the key `interface`"
        elif (
            name in ("errorlog", "accesslog")
            and value not in ("-", None)
            and not str(value).startswith(tuple(f"{folder}/" for folder in writable))
        ):
            found[name] = "the journal"
    return found


def sentence(path: str, overruled: Mapping[str, str]) -> str:
    """Return what a person reads of it."""
    told = [f"{name} ({who})" for name, who in overruled.items() if who]
    return f"{path} of the project is used" + (f"; what is decided elsewhere: {', '.join(told)}." if told else ".")


def settings(server: dict[str, Any], before: Sequence[str] = ()) -> dict[str, Any]:
    """Return Gunicorn's settings, by its own names, of a recorded `server`; the pool is for the web servers alone.

    `before` is `raw_env` of the project.
    """
    given = {name: value for name, value in server["settings"].items() if name != "config"}
    variables = [*before, *given.get("raw_env", [])]
    if server.get("pool_url"):
        variables.append(f"DATABASE_URL={server['pool_url']}")
    return given | ({"raw_env": variables} if variables else {})


def sized(server: dict[str, Any], threads: int, kept: Sequence[str]) -> str:
    """Return the lines about workers, without what the project's own configuration decides."""
    asgi = server["interface"] == "asgi"
    lines = {
        "worker_class": repr("uvicorn_worker.UvicornWorker" if asgi else "gthread"),
        "workers": server["workers"] or "max(2, os.cpu_count())",
        "threads": threads,
    }
    return "\n".join(f"{name} = {value}" for name, value in lines.items() if name not in kept)


def text(
    application: Application,
    release: str,
    server: dict[str, Any],
    threads: int,
    called: str,
    own: str = "",
    said: Mapping[str, Any] | None = None,
) -> str:
    """Return gunicorn.conf.py of a release that serves the callable `called`.

    `own` is the path of the project's own configuration inside the source, which says what is in `said`.
    """
    said = said or {}
    dropped = sorted(overrule(said, server, application.writable))
    path = f"{application.release(release)}/source/{own}"
    return TEXT.format(
        own=OWN.format(path=path, dropped=dropped) if own else "",
        bind=f"unix:{application.socket(release)}",
        callable=called,
        sized=sized(server, threads, [name for name in KEEPS if name in said and name not in dropped]),
        timeout=server["timeout"],
        settings="".join(
            f"{name} = {value!r}\n" for name, value in settings(server, said.get("raw_env") or ()).items()
        ),
    )
