"""Where an application reports its errors: the address of a receiver that speaks Sentry's protocol."""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import urls
from .findings import Finding
from .resolve import Application

PROJECT = re.compile(r"(/[^/\s]+)*/\d+")
ENVIRONMENT = re.compile(r"(?!None$)[^\s/]{1,64}")
EXAMPLE = "sentry: {dsn: '{{ vault_sentry_dsn }}'}"
READ = ("SENTRY_DSN", "SENTRY_ENVIRONMENT")
"""Environment variables that the key fills in; SENTRY_RELEASE may name a release in another way."""


def misspelt(dsn: str) -> str:
    """Return what is wrong with a DSN as the end of a sentence, "" when nothing is. It may be a secret: not shown."""
    parts = urls.split(dsn)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[\s?#]", dsn):
        return "is no DSN, which is https://KEY@HOST/PROJECT"
    if not parts.username:
        return "lacks the key before the host: a DSN is https://KEY@HOST/PROJECT"
    if not PROJECT.fullmatch(parts.path):
        return "lacks the number of a project at its end: a DSN is https://KEY@HOST/PROJECT"
    return ""


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is wrong with the key `sentry` of one application."""
    given = application["sentry"]
    if not given or not given.get("dsn"):
        return
    if wrong := misspelt(given["dsn"]):
        yield application.finding("dsn", "sentry", wrong, EXAMPLE, ".dsn")
    if not ENVIRONMENT.fullmatch(given["environment"]):
        sentence = "takes 64 characters at most, without spaces and `/`"
        yield application.finding(
            "environment", "sentry", sentence, "sentry: {..., environment: staging}", ".environment"
        )
    if twice := [name for name in READ if name in application["env"]]:
        sentence = f"has {' and '.join(twice)}, and `{application.places['sentry']}` says it, too: one would be dropped"
        yield application.finding("contradiction", "env", sentence)
