"""What an application of Groundcrew serves on a server, and how its newest deploy went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .observed import Serving
from .verdicts import Checks, Verdict, error, good, warning

RELEASES: Checks[Serving] = Checks()


def moment(one: Mapping[str, Any]) -> str:
    """Return when something happened to a release, such as `2026-11-26 13:50 UTC`."""
    return f"{one['deployed'][:16].replace('T', ' ')} UTC"


@RELEASES.add(
    "release",
    "The newest deploy went well",
    "What was shipped last is not what visitors get.",
    "version: v1.5.1, once the reason is mended; playbooks/releases.yml shows all releases",
)
def release(one: Serving) -> Verdict:
    """Judge what serves, and what happened last."""
    current = next((each for each in one.releases if each["state"] == "current"), None)
    if not current:
        return error("No release serves")
    who = f" by {current['by']}" if current["by"] else ""
    seen = f"{current['id']} of {current['version'] or 'HEAD'} serves since {moment(current)}{who}"
    last = max(one.releases, key=lambda each: each["deployed"])
    if last["state"] != "bad":
        return good(seen)
    return warning(f"{seen}; {last['id']} failed on {moment(last)}: {last['reason'] or 'nobody knows why'}")
