"""uWSGI of a release: its ini file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def options(server: Mapping[str, Any], socket: Path, workers: int, threads: int, application: str) -> dict[str, Any]:
    """Return our options by uWSGI's own names."""
    return {
        "strict": True,
        "master": True,
        # A process of its own loads the application: no connection or thread is shared with another.
        "lazy-apps": True,
        "need-app": True,
        "module": application,
        "single-interpreter": True,
        "enable-threads": True,
        "workers": workers,
        "threads": threads,
        # It ends the whole process, which nothing else does with a thread that hangs.
        "harakiri": server["timeout"],
        "worker-reload-mercy": server["timeout"],
        "socket-timeout": server["timeout"],
        # `die-on-term` would lose the requests that are under way.
        "hook-master-start": "unix_signal:15 gracefully_kill_them_all",
        # A thread that waits at a connection that Nginx keeps serves nobody else: each connection is for one request.
        "http-socket": str(socket),
        "add-header": "Connection: close",
        "chmod-socket": "770",
        "listen": 1024,
        # As much as Nginx takes of headers.
        "buffer-size": 65535,
        # What nobody has read when the socket closes, Nginx would answer with 502.
        "post-buffering": 65536,
        "disable-logging": True,
        # Visitors who go away are no errors.
        "ignore-sigpipe": True,
        "ignore-write-errors": True,
        "disable-write-exception": True,
    }


def text(options: Mapping[str, Any]) -> str:
    """Return the ini file; `false` leaves an option out, and a list says one several times."""
    lines = ["# Written by Groundcrew when it built this release, which never changes.", "[uwsgi]"]
    for name, value in options.items():
        values = value if isinstance(value, list | tuple) else [value]
        lines += [f"{name} = {'true' if one is True else one}" for one in values if one is not False]
    return "\n".join(lines) + "\n"
