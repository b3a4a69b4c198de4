"""The key that Django signs with, in a file of variables: found by its value, and moved one step on.

Only its lines change: comments and everything else stay as they are. What a key is, and which steps there are, the
release engine says, which does the same with a key that a host has made up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import engine

LINE = r"^(?P<before>[ \t]*{name}:[ \t]*)(?P<quote>[\"']?)(?P<value>{value})(?P=quote)(?P<after>[ \t]*(?:#.*)?)$"


def known(env: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the variable (str) and the keys (Keys) of an application's `env`; "" where that has no key."""
    keys = engine.load("keys")
    name = next((one for one in keys.NAMES if env.get(one)), "")
    further = tuple(one for one in str(env.get(keys.FALLBACKS, "")).split(",") if one)
    return name, keys.Keys(str(env.get(name, "")), further)


def search(text: str, name: str, value: str) -> list[re.Match[str]]:
    """Return the lines that give a variable one value; the value is a regular expression."""
    return list(re.finditer(LINE.format(name=re.escape(name), value=value), text, re.MULTILINE))


def read(text: str, name: str, before: Any) -> Any:
    """Return the keys that a file of variables gives, None unless it once gave those of `before` and no others."""
    keys = engine.load("keys")
    found = search(text, name, r"[^\"'\s#]+")
    further = search(text, keys.FALLBACKS, r"[^\"'\s#]*")
    if len(found) != 1 or len(further) > 1:
        return None
    accepted = tuple(one for one in further[0]["value"].split(",") if one) if further else ()
    now = keys.Keys(found[0]["value"], accepted)
    return now if before.key in (now.key, *now.fallbacks) else None


def move(now: Any, before: Any, step: str) -> Any:
    """Return the keys after a step; unchanged when this run has done the step already, for another host.

    :param now: what the file gives.
    :param before: what it gave when this run began.
    """
    done = {"prepare": now != before, "use": now.key != before.key, "finish": False}[step]
    return now if done else engine.load("keys").following(now, step)


def write(text: str, name: str, after: Any) -> str:
    """Return a file of variables with other keys."""
    fallbacks = engine.load("keys").FALLBACKS
    for line in search(text, fallbacks, r"[^\"'\s#]*"):
        text = text[: line.start()] + text[line.end() :].removeprefix("\n")
    line = search(text, name, r"[^\"'\s#]+")[0]
    made = f'{line["before"]}"{after.key}"{line["after"]}'
    if after.fallbacks:
        indent = line["before"][: len(line["before"]) - len(line["before"].lstrip())]
        made += f'\n{indent}{fallbacks}: "{",".join(after.fallbacks)}"'
    return text[: line.start()] + made + text[line.end() :]
