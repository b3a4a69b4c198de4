"""What a web server would refuse of its settings, and what it does not serve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import specification, values, vocabulary
from .findings import Finding
from .resolve import Application

KEYS = {
    "gunicorn": {"workers": "workers", "threads": "threads", "timeout": "timeout"},
    "granian": {"workers": "workers", "blocking-threads": "threads", "interface": "interface"},
    "uwsgi": {"workers": "workers", "processes": "workers", "threads": "threads"},
}
"""By server: its settings that a key of the application says, with that key."""
RELEASED = {
    "gunicorn": ("bind", "daemon", "user", "group", "pidfile"),
    "granian": ("host", "port", "uds", "uds-permissions", "working-dir", "factory", "pid-file", "reload"),
    "uwsgi": (
        *("socket", "uwsgi-socket", "http", "https", "http-socket", "http11-socket", "https-socket", "fastcgi-socket"),
        *("chmod-socket", "chown-socket", "module", "wsgi", "wsgi-file", "file", "mount", "callable", "chdir", "uid"),
        *("gid", "daemonize", "daemonize2", "pidfile", "pidfile2", "master", "need-app", "die-on-term"),
    ),
}
"""By server: settings that the release says. Another socket would not be found; `die-on-term` loses requests."""


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is wrong with the server of an application."""
    chosen = application["server"]
    if chosen == "uwsgi" and application["interface"] == "asgi":
        sentence = "is uwsgi, which speaks WSGI alone, and `interface` is asgi"
        yield application.finding("contradiction", "server", sentence, "server: granian")
    for server in KEYS:
        key = f"{server}_settings"
        # One variable may serve applications with different servers.
        if server != chosen and application[key] and application.places[key] == key:
            sentence = f"is for `server: {server}`, and the server is {chosen}: it would be dropped"
            yield application.finding("contradiction", key, sentence, f"server: {server}")
        for wrong, right in settings(server, application[key]):
            example = f"{key}: {right}" if right.startswith("{") else right
            yield application.finding(server, key, wrong, example)


def settings(server: str, given: dict[str, Any]) -> Iterator[values.Wrong]:
    """Yield settings that a server would refuse, and those that a key says or that the release depends on."""
    for said, one in given.items():
        name = said if server == "gunicorn" else said.replace("_", "-")
        if vocabulary.names(f"{server}_settings").get(name) == "function":
            yield f"has {said}, which takes a function, and YAML holds none", ""
        elif key := KEYS[server].get(name):
            yield f"has {said}, which is a key of the application", f"{key}: {specification.spelled(one)}"
        elif name in RELEASED[server]:
            yield f"has {said}, which the release says: another one would not be found", ""
        elif server != "gunicorn" and isinstance(one, dict):
            yield f"has {said}, and {said} takes one value or a list", ""
        elif one is not None:
            yield from values.software(f"{server}_settings", {name: one})
