"""Environment variables: names and values that reach a process as they were written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .findings import Finding
from .resolve import Application
from .specification import Unreadable

NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")


def problem(name: str, value: Any) -> tuple[str, str, str] | None:
    """Return (id, sentence, example) when this cannot be an environment variable, None when it can."""
    if not NAME.fullmatch(name):
        return "env-name", f"has `{name}`, and a name takes letters, digits and `_`", "env: {SHOP_COLOUR: green}"
    if isinstance(value, Unreadable):
        return "unreadable", f"has {name}, which cannot be evaluated: {value.reason}", ""
    if isinstance(value, bool):
        text = str(value).lower()
        return (
            "env-value",
            f"has {name}, which YAML reads as {text} and not as text: quote it",
            f'env: {{{name}: "{text}"}}',
        )
    if value is None:
        return "env-value", f"has {name}, which is null: quote what is to be empty", f'env: {{{name}: ""}}'
    if isinstance(value, (dict, list)):
        kind = "dictionary" if isinstance(value, dict) else "list"
        return "env-value", f"has {name}, which is a {kind} and not text", f'env: {{{name}: "..."}}'
    if not isinstance(value, (str, int)):
        kind = "number with a point" if isinstance(value, float) else "date"
        return "env-value", f"has {name}, which YAML reads as a {kind}: quote it", f'env: {{{name}: "{value}"}}'
    if "\0" in str(value):
        return "env-value", f"has {name} with a NUL, which no environment can hold", ""
    return None


def of(application: Application, key: str, env: Mapping[str, Any], inside: str = "") -> Iterator[Finding]:
    """Yield what is wrong with a dictionary of environment variables at `key` and `inside` of it."""
    for name, value in env.items():
        if found := problem(name, value):
            kind, sentence, example = found
            yield application.finding(kind, key, sentence, example, inside)


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is wrong with the environment of one application and of its commands."""
    yield from of(application, "env", application["env"])
    for number, command in enumerate(application["commands"]):
        yield from of(application, "commands", command.get("env", {}), f"[{number}].env")
    yield from of(application, "certificate", application["certificate"].get("env", {}), ".env")
    for name, length in application["secrets"].items():
        if (
            not NAME.fullmatch(name)
            or isinstance(length, bool)
            or not isinstance(length, int)
            or not 1 <= length <= 4096
        ):
            sentence = f"has {name}, and takes names of environment variables with their length in characters"
            yield application.finding("secret", "secrets", sentence, "secrets: {DJANGO_SECRET_KEY: 64}")
