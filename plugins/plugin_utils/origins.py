"""Where a variable was written: Ansible's values carry their file and line, each generation of it in its own way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from ansible_collections.groundcrew.django.plugins.module_utils.applications import secrecy, vaults

try:
    from ansible._internal._datatag._tags import Origin
except ImportError:  # ansible-core 2.17 and 2.18
    Origin = None

STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def origin(value):
    """Return (file, line) of a value; ("", 0) where it carries none."""
    if Origin:
        tag = Origin.get_tag(value)
        return (str(tag.path), tag.line_num or 0) if tag and tag.path else ("", 0)
    file, line, _ = getattr(value, "ansible_pos", None) or ("", 0, 0)
    return (str(file or ""), line)


@cache
def is_encrypted(file):
    """Say whether a file of variables is encrypted as a whole."""
    path = Path(file)
    return path.is_file() and path.open("rb").read(len(vaults.HEAD)) == vaults.HEAD


def mentioned(value):
    """Yield the words in all templates of a value."""
    for _, text in secrecy.walk(value, ""):
        if "{{" in text or "{%" in text:
            yield from WORD.findall(text)


def behind(value, variables):
    """Yield the words in the templates of a value, and in those of the variables that these words name, each once."""
    seen, waiting = set(), {*mentioned(value)}
    while waiting:
        word = waiting.pop()
        seen.add(word)
        yield word
        if word in variables:
            waiting |= {*mentioned(variables[word])} - seen


def clear(name, value):
    """Yield the places of secrets that stand in a file as they are, such as `django_apps[shop].env.API_TOKEN`."""
    for place, text in secrecy.walk(value, name):
        if "{{" not in text and secrecy.is_secret(place, text) and not is_encrypted(origin(text)[0]):
            yield place


def locate(variables, where, application, folder):
    """Return `FILE:LINE` of what a finding speaks of, as deep as the value is a written one; "" where nothing says it.

    `variables` are those of its host, as they were written; `folder` that of the inventory.
    """
    path = [index or key for index, key in STEP.findall(where)]
    if application and path and path[0] not in variables:
        path = ["django_apps", application, *path]
    found, value = ("", 0), variables
    for step in path:
        key, value = inside(value, step)
        found = next((one for one in (origin(key), origin(value)) if one[0]), found)
        if value is None:
            break
    file, line = found
    short = Path(file).relative_to(folder) if file and folder and Path(file).is_relative_to(folder) else file
    return f"{short}:{line}" if file else ""


def inside(value, step):
    """Return (key, value) at one step of a path: of a dictionary, or of a list by name or number; None for nothing."""
    if isinstance(value, Mapping):
        return next(((key, value[key]) for key in value if key == step), (None, None))
    if isinstance(value, (list, tuple)):
        named = [one for one in value if isinstance(one, Mapping) and str(one.get("name")) == step]
        if named:
            return None, named[0]
        if step.isdecimal() and int(step) < len(value):
            return None, value[int(step)]
    return None, None
