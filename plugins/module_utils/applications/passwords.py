"""Who comes in with a password: names and hashes as a file of Nginx holds them, `name:hash` in a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .specification import Unreadable

NAME = re.compile(r"[^\s:#]([^:\r\n]*[^\s:])?")
HASHED = re.compile(r"(\$[0-9a-z]+\$|\{(SHA|SSHA)\})[^\s:]+")


def wrong(users: Mapping[str, Any]) -> Iterator[str]:
    """Yield sentences, which go on from the variable, about users who could not come in."""
    for name, password in users.items():
        if not NAME.fullmatch(str(name)):
            yield f'has "{name}", and a name takes no `:`, no `#` at its beginning and no space around it'
        elif name in ("True", "False", "None"):
            yield f"has a name that YAML reads as {str(name).lower().replace('none', 'null')}: quote the name"
        if not isinstance(password, Unreadable) and not HASHED.fullmatch(str(password)):
            yield f"has {name}, whose password is no hash: print it with `openssl passwd -6`"
