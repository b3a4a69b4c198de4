"""Who may deploy an application by SSH, and do nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from . import logins
from .findings import Finding
from .inventory import Host
from .resolve import Application

NAME = "ssh_deployers"
PROGRAM = "/usr/local/bin/groundcrew-deploy"
KIND = re.compile(logins.KINDS)
EXAMPLE = '{shop: ["ssh-ed25519 AAAA... pipeline"]}'


def comment(key: str) -> str:
    """Return who holds a public key: its comment in letters that a command line takes, for the log of deploys."""
    said = key.strip().partition(logins.blob(key))[2]
    return re.sub(r"[^\w.@+-]+", "-", said).strip("-") or "groundcrew-deploy"


def lines(keys: Mapping[str, Sequence[str]]) -> str:
    """Return the lines of `authorized_keys` that let keys deploy the application of their name, and nothing else."""
    made = []
    for name, key in ((one, key) for one in sorted(keys) for key in keys[one]):
        kind, blob = KIND.search(key), logins.blob(key)
        if kind and blob:
            who = comment(key)
            made.append(f'restrict,command="sudo {PROGRAM} {name} {who}" {kind[0]} {blob} {who}\n')
    return "".join(made)


def wrong(value: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield (sentence, example) for keys that let nobody in, say more than who it is, or open two applications."""
    seen: dict[str, str] = {}
    for name, keys in value.items():
        if not isinstance(keys, list):
            yield f"has no list of keys for {name}", EXAMPLE
            continue
        for key in map(str, keys):
            kind, blob, text = KIND.search(key), logins.blob(key), key.strip()
            if "PRIVATE KEY" in text:
                yield f"has a private key for {name}: it takes the public half, the line of the .pub file", EXAMPLE
            elif not kind or not blob:
                yield f"has no whole public key for {name} (`{text[:40]}`)", EXAMPLE
            elif kind.start() != key.index(text):
                yield f"has `{text.partition(kind[0])[0].strip()}` before a key, which is limited to deploys", EXAMPLE
            elif seen.setdefault(blob, name) != name:
                yield f"has one key for {seen[blob]} and {name}: the key says which application it is", EXAMPLE


def findings(host: Host, applications: Iterable[Application]) -> Iterator[Finding]:
    """Yield names that no application of the host has."""
    given, known = host.variables.get(NAME), [one.name for one in applications if one.present]
    for name in given if isinstance(given, dict) else ():
        if name not in known and "django" in host.groups:
            sentence = f"has keys for {name}, and the host has no application of that name"
            example = f"{NAME}: {{{known[0]}: [...]}}" if known else ""
            yield Finding("no-deployed-application", host.name, "", NAME, sentence, example)
