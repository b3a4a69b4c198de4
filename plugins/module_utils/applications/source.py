"""Where the code of an application comes from, as far as the controller can tell without asking anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .findings import Finding
from .resolve import Application
from .sources import listing
from .sources.kinds import URL, SourceError, kind, place

LOGIN = re.compile("(?<=://)[^@/]*@")


def shown(source: str) -> str:
    """Return a source without the login that its URL may carry."""
    return LOGIN.sub("", source)


def findings(application: Application) -> Iterator[Finding]:
    """Yield a source that the controller does not have; one that git serves is asked for by `versions.py`."""
    source, folder = application["source"], application.host.folder
    if not source:
        return
    if kind(source) in ("archive", "folder") and not URL.match(source):
        if not place(source, folder).exists():
            sentence = (
                f"is {shown(source)}, and there is nothing. It is a git URL, `pypi`, or a folder or an archive on this"
                f" machine; a relative path starts at the inventory{f' {folder}' if folder else ''}"
            )
            yield application.finding("no-source", "source", sentence, "source: https://git.example.org/shop.git")
    elif kind(source) == "archive":
        sentence = f"is {shown(source)}, and an archive is a file on this machine"
        yield application.finding("no-source", "source", sentence, "source: builds/shop.tar.gz")
    yield from includes(application)
    if kind(source) == "folder" and application.places["version"] == "-e version":
        sentence = "is a folder, which has one version: with `-e version=...` it would be shipped as it is"
        yield application.finding("no-version", "source", sentence, "source: https://git.example.org/shop.git")


def includes(application: Application) -> Iterator[Finding]:
    """Yield items of `include` that match nothing; of what the controller does not have, nothing can be included."""
    source, folder = application["source"], application.host.folder
    if application["include"] and kind(source) != "folder":
        sentence = f"is for a folder, and `source` is {shown(source)}: it has what it has"
        yield application.finding("no-include", "include", sentence, "source: ../shop")
    elif place(source, folder).is_dir():
        for pattern in application["include"]:
            try:
                listing.included(place(source, folder), pattern)
            except SourceError as error:
                yield application.finding(
                    "no-include", "include", str(error).removeprefix("`include` "), "include: [frontend/dist]"
                )
