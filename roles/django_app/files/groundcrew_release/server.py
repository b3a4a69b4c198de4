"""What serving a release needs, written while it is built: the configuration of its web server, the link to its socket.

The servers differ in their configuration and in what starts them; socket, probe, switch and drain are the same.
"""

import os
import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import granian, gunicorn, host, uwsgi
from .application import Application

THREADS = 4
"""Of a web worker, where neither the inventory nor the project says how many."""
CALLED = "groundcrew_server:application"
"""What each server calls: inside/groundcrew_server.py, around the application of the project."""
START = """#!/bin/sh
# Written by Groundcrew when it built this release, which never changes.
{variables}exec {command}
"""


def facts(application: Application) -> dict[str, Any]:
    """Return what `release.json` keeps as `server`: kind, interface, workers, threads, timeout, settings, pool_url."""
    return asdict(application.server)


def workers(server: Mapping[str, Any]) -> int:
    """Return how many processes serve: one for each core of this host, at least two, where nobody says how many."""
    return server["workers"] or max(2, os.cpu_count() or 1)


def start(server: Mapping[str, Any], command: str) -> str:
    """Return the script that starts a server which reads no environment of its own; the pool is for it alone."""
    pool = f"export DATABASE_URL={shlex.quote(server['pool_url'])}\n" if server.get("pool_url") else ""
    return START.format(variables=pool, command=command)


def merged(own: dict[str, Any], server: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a server by its own names; the recorded `settings` win."""
    return own | {name.replace("_", "-"): value for name, value in server["settings"].items()}


def contents(
    application: Application,
    release: str,
    server: dict[str, Any],
    own: str = "",
    said: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Return the files of a release by their names that its server reads or is started by.

    `own` is the path of the project's own configuration of Gunicorn inside the source, which says what is in `said`.
    """
    folder, socket, threads = application.release(release), application.socket(release), server["threads"] or THREADS
    if server["kind"] == "granian":
        options = merged(granian.options(server, socket, workers(server), threads), server)
        return {"serve": start(server, granian.command(folder, options, CALLED))}
    if server["kind"] == "uwsgi":
        options = merged(uwsgi.options(server, socket, workers(server), threads, CALLED), server)
        command = shlex.join([f"{folder}/venv/bin/uwsgi", "--ini", f"{folder}/uwsgi.ini"])
        return {"uwsgi.ini": uwsgi.text(options), "serve": start(server, command)}
    return {"gunicorn.conf.py": gunicorn.text(application, release, server, threads, CALLED, own, said)}


def write(application: Application, release: str, texts: Mapping[str, str]) -> None:
    """Write what a server needs into a release that is being built; the pool's URL may hold a password."""
    folder, gid = application.release(release), host.user(application.name)[1]
    for name, text in texts.items():
        host.write(folder / name, text, gid, 0o750 if name == "serve" else 0o640)
    host.link(folder / "web.sock", str(application.socket(release)))


def unit(folder: Path, server: Mapping[str, Any]) -> list[str]:
    """Return the lines of the unit that a recorded server has beside those that all share; Gunicorn needs none."""
    kind = server.get("kind", "gunicorn")
    started = [] if kind == "gunicorn" else ["ExecStart=", f"ExecStart={folder}/serve"]
    # It does not say when it listens: the probe finds out.
    return (["Type=exec"] if kind == "granian" else []) + started
