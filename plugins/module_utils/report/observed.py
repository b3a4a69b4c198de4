"""What was seen: a server as it described itself, and a site as it answered. `read` makes them of the server's JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MARK = "GROUNDCREW "
"""The line of an answer begins with it, since a log-in may print more."""
ASKING = ("on_host.py", "in_django.py")


def question(projects: bool = True, inside: str = "") -> list[str]:
    """Return the command line that a server answers; it is sent nothing else. Without `projects` no Django is asked.

    :param inside: what each Django project runs in place of in_django.py.
    """
    program, report = (Path(__file__).with_name(name).read_text() for name in ASKING)
    return ["python3", "-c", program, (inside or report) if projects else ""]


@dataclass(frozen=True)
class Answer:
    """An answer over HTTP; status 0 is none, and the text says why."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    text: str = ""
    path: str = "/"

    def all(self, name: str) -> list[str]:
        """Return the values of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str:
        """Return the first value of a header, "" when it is not there."""
        return next(iter(self.all(name)), "")


@dataclass(frozen=True)
class Certificate:
    """A certificate: trusted by this machine, or signed by the server's `own` authority, or neither for a reason."""

    trusted: bool
    own: bool = False
    reason: str = ""
    days: float | None = None  # that are left
    life: float | None = None  # days from its first to its last


@dataclass(frozen=True)
class Site:
    """A site as a stranger sees it. `connected` is "" when there was no address to ask."""

    address: str
    name: str
    resolved: Sequence[str] = ()
    connected: str = ""
    secure: bool = False  # it answers over TLS, and all but `plain` was asked there
    certificate: Certificate | None = None
    tls: Mapping[str, bool | None] = field(default_factory=dict)  # versions that it takes; None: not known
    home: Answer = Answer(0)
    plain: Answer | None = None  # the home page over plain HTTP
    missing: Answer = Answer(0)  # a path that is not there
    strange: Sequence[Answer] = ()  # the home page under a name that is not the site's
    pages: Sequence[Answer] = ()  # home page and forms that were found
    private: Sequence[Answer] = ()  # what nobody should get
    static: Answer | None = None  # a style or a script


@dataclass(frozen=True)
class Application:
    """A Django project as it describes itself; `error` says why it could not."""

    name: str
    host: str
    groundcrew: bool = False
    error: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Serving:
    """An application of Groundcrew on a server, with its releases as `groundcrew-release NAME list` has them."""

    name: str
    host: str
    releases: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Server:
    """A server as it describes itself; `error` says why it could not. `open` are the ports that were reached."""

    name: str
    error: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)
    open: frozenset[int] | None = None
    at: str = ""  # name or address that it is reached by, when it is not its own name

    @property
    def applications(self) -> list[Application]:
        """The Django projects that were found there."""
        return [
            Application(one["name"], self.name, one["groundcrew"], one.get("error", ""), one)
            for one in self.said.get("applications", ())
        ]

    @property
    def serving(self) -> list[Serving]:
        """What Groundcrew ships there."""
        return [Serving(name, self.name, found) for name, found in self.said.get("releases", {}).items()]


def read(name: str, answer: str, error: str = "", at: str = "") -> Server:
    """Return a server by what `on_host.py` printed there; `at` is what it is reached by."""
    for line in answer.splitlines():
        if line.startswith(MARK):
            try:
                return Server(name, said=json.loads(line[len(MARK) :]), at=at)
            except ValueError:
                break
    return Server(name, error=" ".join(error.split()) or "it gave no answer that can be read", at=at)
