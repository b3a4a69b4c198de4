"""Inventories of a line: a host, its groups, its variables, and what comes out."""

from __future__ import annotations

import pytest
from applications import every, findings, resolve
from applications.inventory import Host, Request

SOURCE = "/"
APP = {"name": "shop", "source": SOURCE, "domains": ["shop.example.org"]}
ALL = ("django", "postgresql", "pgbouncer", "redis", "backup")
PASSPHRASE = "correct horse battery"


def make_host(name="web1", groups=("django",), apps=None, written=None, **variables):
    """Return a host of these groups. `apps` are its applications: a dictionary is APP with further keys."""
    if apps is not None:
        apps = [{**APP, **one} for one in ([apps] if isinstance(apps, dict) else apps)]
        variables["django_apps"] = apps
    return Host(name, frozenset(groups), variables, frozenset(variables), "/nowhere", written or {})


def every_part(*hosts, **request):
    """Return what is resolved; a mistake is a failure of the test."""
    result, found = every.resolve_all(list(hosts), Request(**request))
    assert findings.lines(found) == []
    return result


def one_part(keys=None, groups=("django",), **variables):
    """Return the parts of the one application of one host."""
    host = make_host(groups=groups, apps=keys or {}, **variables)
    return every_part(host)["hosts"]["web1"]["applications"][0]


def mistakes(*hosts, **request):
    """Return the lines that tell what is wrong."""
    return findings.lines(every.resolve_all(list(hosts), Request(**request))[1])


def kinds(*hosts, **request):
    """Return the ids of what is wrong, sorted."""
    return sorted({one.id for one in every.resolve_all(list(hosts), Request(**request))[1]})


def resolved(keys, **variables):
    """Return (application, ids of what is wrong with its keys by the specifications)."""
    host = make_host(**variables)
    application, found = resolve.resolve(host, "shop", keys, Request())
    return application, [one.id for one in found]


@pytest.fixture
def no_questions(monkeypatch):
    """Let no test ask a git server."""
    monkeypatch.setattr(every.versions, "ask", lambda *_: "")
