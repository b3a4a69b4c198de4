"""The project's own configuration of Gunicorn: where it is, and what of it is used beneath ours.

Gunicorn by itself reads `gunicorn.conf.py` of the working directory. Here it is executed first, and what the host or
the inventory decides comes after it; hooks stay, and the one that we have, too, calls the project's first.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
