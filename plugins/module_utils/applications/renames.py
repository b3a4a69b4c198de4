"""An application under another name (`renamed_from`): what it has under the old one follows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from . import names, parts
from .findings import Finding
from .resolve import Application


def old(application: Application) -> Application:
    """Return the application under its old name, as one that is to be absent: its data stay."""
    name = application["renamed_from"]
    given = {"name": name, "state": "absent", "purge": [], "renamed_from": ""}
    return replace(application, name=name, values={**application.values, **given})


def every(application: Application, run_singletons: bool) -> list[dict[str, Any]]:
    """Return the parts of one application, between those of what takes its data along and what removes the rest."""
    made = parts.every(application, run_singletons)
    if not application["renamed_from"] or not application.present:
        return [made]
    before = parts.every(old(application), run_singletons)
    return [{**before, "state": "renamed", "renamed_from": before["name"], "new_name": application.name}, made, before]


def called(application: Application) -> list[str]:
    """Return the names that the application has on its host."""
    return [name for name in (application.name, application["renamed_from"]) if name]


def findings(applications: list[Application]) -> Iterator[Finding]:
    """Yield old names that are none, or that somebody else has; `applications` are all of one host."""
    listed = {one.name for one in applications}
    counted = Counter(one["renamed_from"] for one in applications)
    for one in applications:
        name, example = one["renamed_from"], "renamed_from: shop"
        if not name or not one.present:
            continue
        if not names.NAME.fullmatch(name) or names.is_reserved(name) or names.logs_in(one, name):
            sentence = f"is `{name}`, which names no application"
            yield one.finding("renamed-from", "renamed_from", sentence, example)
        elif name in listed:
            sentence = f"is `{name}`, which this host has as an application, too: leave that one out"
            yield one.finding("renamed-from", "renamed_from", sentence)
        elif counted[name] > 1:
            yield one.finding("renamed-from", "renamed_from", f"is `{name}` of two applications")
        elif "mariadb" in one.host.groups and not one.places["database_url"] and "mysql:" in one["database_url"]:
            sentence = (
                f"is `{name}`, and MariaDB renames no database: keep the name, or dump it and load it under the new one"
            )
            yield one.finding("renamed-from", "renamed_from", sentence)
