"""Secrets that are none: a placeholder that was left in, a key that is short, a text that another key was meant for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .findings import Finding
from .inventory import Host
from .resolve import Application

NAMES = re.compile(r"(?i)(.*_)?(secret|password|passwd|passphrase|pass|pwd|token|key|dsn|credential|salt)s?")
"""Names whose value is a secret."""
CERTAIN = re.compile(
    r"(?i)(.*[-_ ])?change[-_]?me([-_ !.].*)?"
    # The name of a variable without its braces, and what the vault made without its tag.
    r"|[{ ]*vault_[a-z0-9_]+[} ]*|\$ANSIBLE_VAULT;[\s\S]*"
)
"""What is a placeholder wherever it stands."""
PLACEHOLDER = re.compile(
    CERTAIN.pattern + r"|(change|replace|fill)[-_ ]?(me|it|this|in)([-_ !.].*)?|to-?do|fix-?me|tbd|<.*>|your[-_ ].*"
    r"|(put|insert|paste|enter)[-_ ].*here|x{3,10}|\.{3}|…|\*{3,}|insecure"
    r"|(my|your)?[-_ ]?(password|passwort|passphrase)[-_ ]?(here|123)?"
)
"""And what is one where a secret belongs."""
PATH = re.compile(
    r"(~|/(etc|home|mnt|opt|root|run|srv|usr|var))/[^=]+|([\w .-]+/)*[\w-]+\.(crt|json|key|p12|pem|pfx|pub|txt)"
)
"""The name of a file that holds a secret, which is none."""
DJANGO = ("DJANGO_SECRET_KEY", "SECRET_KEY")
SHORTEST = 32  # characters of SECRET_KEY, which are 128 bits when they are hexadecimal
SHORTEST_TOLD = 8  # characters of what is told to stand in plain text
SHORTEST_MADE = 16  # characters of what a host makes up, and a secret's name has
VARIABLES = ("backup_passphrase", "backup_repository", "postgresql_databases")
"""Variables of roles that hold secrets."""
EXAMPLE = "'{{ vault_shop_secret }}'"


def is_placeholder(name: str, value: Any) -> bool:
    """Say whether the value of this name was left in from an example."""
    if not isinstance(value, str) or not value.strip():
        return False
    pattern = PLACEHOLDER if NAMES.fullmatch(name) else CERTAIN
    return pattern.fullmatch(value.strip()) is not None


def kind_of(text: str) -> str:
    """Return what a text is that stands where a secret belongs."""
    if "vault_" in text.lower():
        return "the name of a variable without its braces"
    return "what ansible-vault made, without `!vault`" if text.startswith("$") else "a placeholder that was left in"


def walk(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield (path, text) of all texts in a value."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from walk(one, f"{path}.{name}")
    elif isinstance(value, (list, tuple)):
        for number, one in enumerate(value):
            label = one.get("name") if isinstance(one, Mapping) and isinstance(one.get("name"), str) else number
            yield from walk(one, f"{path}[{label}]")


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is no secret in one application."""
    yield from environment(application)
    for key in ("database_url", "cache_url", "broker_url"):
        password = re.search("://[^/:@]*:([^@]*)@", application[key] or "")
        if password and is_placeholder("password", password[1]):
            yield application.finding("placeholder", key, "has a placeholder where the password is", "", "")
    for name, length in application["secrets"].items():
        if isinstance(length, int) and 0 < length < SHORTEST_MADE and NAMES.fullmatch(name):
            sentence = f"makes up {name} with {length} characters, which can be guessed: at least {SHORTEST_MADE}"
            yield application.finding("weak-secret", "secrets", sentence, f"secrets: {{{name}: 64}}")


def environment(application: Application) -> Iterator[Finding]:
    """Yield environment variables that hold a placeholder, or a key that can be guessed."""
    for name, value in application["env"].items():
        if is_placeholder(name, value):
            sentence = f"has {name}, whose value is {kind_of(value)}"
            yield application.finding("placeholder", "env", sentence, f"env: {{{name}: {EXAMPLE}}}")
        elif name in DJANGO and isinstance(value, str):
            if value.startswith("django-insecure-"):
                sentence = f"has {name} as `startproject` wrote it for development: its beginning says that it is known"
            elif len(value) < SHORTEST or len(set(value)) < 5:
                sentence = f"has {name}, which can be guessed: it takes {SHORTEST} random characters or more"
            else:
                continue
            example = "leave it out, and the host makes up one of its own"
            yield application.finding("weak-secret", "env", sentence, example)


def variables(host: Host) -> Iterator[Finding]:
    """Yield what is no secret among the variables of roles."""
    for variable in VARIABLES:
        for path, text in walk(host.variables.get(variable), variable):
            if is_placeholder(re.split(r"[.\]]+", path)[-1] or path, text):
                yield Finding("placeholder", host.name, "", path, f"is {kind_of(text)}")
    databases = host.variables.get("postgresql_databases")
    for one in databases if isinstance(databases, list) else []:
        if isinstance(one, dict) and one.get("clients"):
            roles = one.get("read_only_roles")
            for who in [one, *[role for role in (roles if isinstance(roles, list) else []) if isinstance(role, dict)]]:
                password = who.get("password")
                if not password or (isinstance(password, str) and len(password) < 12):
                    inside = "" if who is one else f".read_only_roles[{who.get('name')}]"
                    sentence = "takes 12 characters or more, since `clients` log in with it over the network"
                    place = f"postgresql_databases[{one.get('name')}]{inside}.password"
                    yield Finding("weak-secret", host.name, "", place, sentence, f"password: {EXAMPLE}")


def is_secret(place: str, text: str) -> bool:
    """Say whether a text at this place is a secret that belongs into the vault."""
    if re.search("://[^/:@]*:[^@]+@", text) or "PRIVATE KEY-----" in text:
        return True
    name = re.split(r"[.\]]+", place)[-1]
    if "publi" in name.lower() or PATH.fullmatch(text):
        return False
    return len(text) >= SHORTEST_TOLD and NAMES.fullmatch(name) is not None
