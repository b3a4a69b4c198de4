"""Who may log in to a host, and how a run finds its way in when that changes."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .inventory import Host

Way = tuple[str, int]
"""A user and a port; "" and 0 are those of the run itself."""

USUAL = 22
KINDS = r"ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com"
KEY = re.compile(rf"(?:[^\n]*\s)?({KINDS})\s+([A-Za-z0-9+/]+=*)(?:\s[^\n]*)?")
CLOSED = {"permitrootlogin": "root", "passwordauthentication": "passwords", "kbdinteractiveauthentication": "passwords"}


def blob(key: str) -> str:
    """Return what of a public key is the key, without its options and its comment; "" when it is none."""
    found = KEY.fullmatch(key.strip())
    if not found:
        return ""
    try:
        held = base64.b64decode(found[2], validate=True)
    except binascii.Error:
        return ""
    # A key is a row of texts with their lengths, the first of which is its kind.
    parts, rest = [], held
    while len(rest) >= 4 and len(rest) >= 4 + int.from_bytes(rest[:4], "big"):
        end = 4 + int.from_bytes(rest[:4], "big")
        parts.append(rest[4:end])
        rest = rest[end:]
    return found[2] if not rest and len(parts) > 1 and parts[0] == found[1].encode() else ""


def administrators(value: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield (sentence, example) for administrators who could not log in."""
    names = [str(one["name"]) for one in value if "name" in one]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"has `name: {name}` {names.count(name)} times", ""
    for one in value:
        if one.get("name") == "root":
            yield "has root, who is not let in: name a user who uses sudo", "name: ops"
        if one.get("keys") == []:
            yield f"has {one.get('name')} without keys", 'keys: ["ssh-ed25519 AAAA... ops@laptop"]'
        for key in one.get("keys") or ():
            if isinstance(key, str) and not blob(key):
                private = "a private key" if "PRIVATE KEY" in key else "no whole public key"
                text = "" if "PRIVATE" in key else f' ("{key[:40]}")'
                yield f"has {private} for {one.get('name')}{text}", 'keys: ["ssh-ed25519 AAAA... ops@laptop"]'


def settings(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield directives of sshd that the role decides by itself, and those that are none."""
    for name, one in value.items():
        if name.lower() in CLOSED:
            yield (
                f"has {name}: {CLOSED[name.lower()]} are let in by a `Match` block in a file of your own in /etc/ssh",
                "",
            )
        elif name.lower() == "port":
            yield "has Port, which is a variable", "ssh_port: 2222"
        elif not re.fullmatch("[A-Za-z][A-Za-z0-9]+", name) or name.lower() in ("match", "include"):
            yield f"has {name}, and takes directives of sshd_config with their values", "{ClientAliveInterval: 60}"
        elif one is None or isinstance(one, dict) or "\n" in str(one):
            yield f"has {name} without a value of one line", "{ClientAliveInterval: 60}"


def ways(host: Host) -> list[Way]:
    """Return how a run may log in to a host, first what the inventory says; none where log-ins are left alone.

    A user or a port that changes is the old one before the run, and the new one after it.
    """
    listed, port = host.variables.get("ssh_administrators"), host.variables.get("ssh_port")
    if not isinstance(listed, list) or not listed:
        return []
    names, port = [str(one["name"]) for one in listed], int(port or 0)
    users, ports = ["", *names, "root"], dict.fromkeys([0, port, USUAL])
    return [(user, one) for one in ports for user in users]


def ports(host: Host) -> list[int]:
    """Return the ports of SSH that a run uses: that of the inventory, and the one that the server is to take."""
    said = (host.variables.get("ansible_port"), host.variables.get("ssh_port"))
    return sorted({int(port) for port in said if port and str(port).isdecimal()})


def lacks(listed: Sequence[Mapping[str, Any]], held: frozenset[str] | None) -> bool:
    """Say whether none of the keys that this machine holds opens an administrator; None is not known."""
    return held is not None and not held & {blob(key) for one in listed for key in one["keys"]}
