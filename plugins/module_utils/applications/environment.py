"""Environment variables: names and values that reach a process as they were written."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from typing import Any

from . import words
from .findings import Finding
from .resolve import Application
from .sources.kinds import is_image
from .specification import Unreadable
from .written import Written, differs, read, spelling

NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")
MISREAD = {"True": ("true (on, yes)", "ON"), "False": ("false (off, no)", "NO"), "None": ("nothing (null, ~)", "NULL")}
"""What a key is that YAML reads as a truth value or as nothing, and how it may have been written."""


def problem(name: str, value: Any, written: Written) -> tuple[str, str, str] | None:
    """Return (id, sentence, example) when this cannot be an environment variable, None when it can.

    A whole number may stand without quotes when it is written as it is read.
    """
    if not NAME.fullmatch(name):
        return "env-name", f"has `{name}`, and a name takes letters, digits and `_`", "env: {SHOP_COLOUR: green}"
    if name in MISREAD:
        kind, example = MISREAD[name]
        return "env-name", f"has a name that YAML reads as {kind}: quote the name", f'env: {{"{example}": "..."}}'
    if isinstance(value, Unreadable):
        return "unreadable", f"has {name}, which cannot be evaluated: {value.reason}", ""
    if value is None:
        return "env-value", f"has {name}, which is null: quote what is to be empty", f'env: {{{name}: ""}}'
    if isinstance(value, (dict, list)):
        kind = "dictionary" if isinstance(value, dict) else "list"
        return "env-value", f"has {name}, which is a {kind} and not text", f'env: {{{name}: "..."}}'
    if isinstance(value, bool) or not isinstance(value, (str, int)) or differs(written, name, value):
        hidden = words.is_secret(name)
        text = "..." if hidden else spelling(written, name, value)
        kind = "another value" if hidden else READ.get(type(value)) or f"{read(value)} and not as text"
        return "env-value", f"has {name}, which YAML reads as {kind}: quote it", f'env: {{{name}: "{text}"}}'
    if "\0" in str(value):
        return "env-value", f"has {name} with a NUL, which no environment can hold", ""
    return None


READ: dict[type, str] = {float: "a number with a point", datetime.date: "a date", datetime.datetime: "a time"}


def of(application: Application, key: str, env: Mapping[str, Any], inside: str = "") -> Iterator[Finding]:
    """Yield what is wrong with a dictionary of environment variables at `key` and `inside` of it."""
    for name, value in env.items():
        if found := problem(name, value, application.host.written):
            kind, sentence, example = found
            yield application.finding(kind, key, sentence, example, inside)
    path = env.get("PATH")
    if (
        key != "certificate"
        and isinstance(path, str)
        and not is_image(application["source"])
        and "/venv/bin" not in path
    ):
        sentence = "has PATH without the folder of the virtual environment, whose programs would not be found"
        example = f"env: {{PATH: /etc/django/{application.name}/release/venv/bin:/opt/tools:/usr/bin:/bin}}"
        yield application.finding("env-path", key, sentence, example, inside)


def hosts(application: Application) -> Iterator[Finding]:
    """Yield a list of host names that lacks the site's own, to which Django would answer 400."""
    said = application["env"].get("DJANGO_ALLOWED_HOSTS")
    domains = application["domains"][:1] if application["redirect_to_canonical"] else application["domains"]
    if not isinstance(said, str):
        return
    # A list as JSON has them is taken by some.
    names = [one.lower() for one in re.split(r"[\s,\[\]\"']+", said) if one]
    for domain in map(str.lower, domains):
        suffixes = [one.lstrip("*") for one in names if one.startswith((".", "*."))]
        if not {domain, domain.lstrip("*"), "*"} & set(names) and not any(
            f".{domain}".endswith(one) for one in suffixes
        ):
            sentence = f"has DJANGO_ALLOWED_HOSTS without {domain}, to which Django would answer 400"
            yield application.finding("env-hosts", "env", sentence, "leave it out, and it is the `domains`")


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is wrong with the environment of one application and of its commands."""
    yield from of(application, "env", application["env"])
    yield from hosts(application)
    for key in ("commands", "anonymise", "build"):
        for number, command in enumerate(application[key]):
            yield from of(application, key, command.get("env", {}), f"[{number}].env")
    yield from of(application, "certificate", application["certificate"].get("env", {}), ".env")
    for name, length in application["secrets"].items():
        if (
            not NAME.fullmatch(name)
            or name in MISREAD
            or isinstance(length, bool)
            or not isinstance(length, int)
            or not 1 <= length <= 4096
        ):
            sentence = f"has {name}, and takes names of environment variables with their length in characters"
            yield application.finding("secret", "secrets", sentence, "secrets: {DJANGO_SECRET_KEY: 64}")
