"""The SSH keys that this machine can show to a host."""

from __future__ import annotations

import os
import subprocess

from ansible_collections.groundcrew.django.plugins.module_utils.applications import logins
from ansible_collections.groundcrew.django.plugins.module_utils.applications.sources.kinds import expanded

SECONDS = 10


def run(*command, **environment):
    """Return what a command prints (str), "" when it fails."""
    try:
        result = subprocess.run(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout if result.returncode == 0 else ""


def of_file(path):
    """Return the public key (str) of the file of a private one, "" when its passphrase keeps it."""
    public = path.with_name(f"{path.name}.pub")
    return public.read_text() if public.is_file() else run("ssh-keygen", "-y", "-P", "", "-f", str(path))


def held(host, file):
    """Return the keys (frozenset of str) that ssh would show to a host, None when one cannot be read or there is none.

    `file` is the private key that the inventory names, "" for what the configuration of ssh says.
    """
    words = [line.split(maxsplit=1) for line in run("ssh", "-G", "--", host).splitlines()]
    said = [(word[0], word[1]) for word in words if len(word) == 2]
    files = [file] if file else [value for name, value in said if name == "identityfile"]
    found = [of_file(path) for path in (expanded(one) for one in files) if path.is_file()]
    agent = next((value for name, value in said if name == "identityagent"), "SSH_AUTH_SOCK")
    socket = {} if agent in ("SSH_AUTH_SOCK", "none") else {"SSH_AUTH_SOCK": str(expanded(agent))}
    found += [line for line in run("ssh-add", "-L", **socket).splitlines() if logins.blob(line)]
    keys = frozenset(filter(None, map(logins.blob, found)))
    return keys if keys and all(found) else None
