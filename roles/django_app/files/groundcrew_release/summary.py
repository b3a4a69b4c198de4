"""What a deploy tells of migrations and of settings: all in a preview, what is new after a build."""

import json

from . import records
from .application import Application
from .records import Record

LISTED = 10  # migrations that are named one by one


def whole(pending: list[str], replaced: list[dict[str, str]]) -> list[str]:
    """Return lines about migrations that the database lacks and settings that the overlay replaces; none for none."""
    lines = ["Pending migrations:", *(f"  {one}" for one in pending)] if pending else []
    changes = [f"  {one['name']}: {one['was']} -> {one['now']}" for one in replaced]
    return lines + (["Settings that the overlay replaces:", *changes] if changes else [])


def news(application: Application, record: Record, pending: list[str]) -> list[str]:
    """Return what of all that is new with this release: a first one names what a preview would list."""
    serving = records.serving(application)
    before = records.read(application, serving) if serving else None
    if len(pending) > LISTED:
        migrations = [f"{len(pending)} migrations, from {pending[0].partition(':')[0]} on."]
    else:
        migrations = whole(pending, [])
    replaced = record["django"]["replaced"]
    if before is None:
        names = ", ".join(dict.fromkeys(one["name"] for one in replaced))
        return [*migrations, *([f"The overlay replaces {names} (a preview says by what)."] if names else [])]
    # The paths of each release are its own.
    old = before.get("django", {}).get("replaced", [])
    known = [json.dumps(one).replace(serving, record["id"]) for one in old]
    return [*migrations, *whole([], [one for one in replaced if json.dumps(one) not in known])]
