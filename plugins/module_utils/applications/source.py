"""Where the code of an application comes from, as far as the controller can tell without asking anybody."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Iterator
from pathlib import Path

from . import product
from .findings import Finding
from .resolve import Application
from .sources import listing
from .sources.kinds import LOCAL, URL, SourceError, is_image, kind, place

REPOSITORY = re.compile(
    r"docker://[A-Za-z0-9.-]+(:\d+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+(:(?P<tag>[\w.-]+))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
)
VERSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|sha256:[0-9a-f]{64}")
"""What images of a registry are called (https://github.com/distribution/reference)."""
EXAMPLE = "source: docker://registry.example.org/shop"
INSTALLS = ["requirements", "requirements_files", "constraints", "overrides", "index_url", "python", "python_mirror"]
INSTALLS += ["node", "build", "build_packages", "packages", "deploy_key"]
"""Keys by which a host installs what an image has already."""
LOGIN = re.compile("(?<=://)[^@/]*@")


def shown(source: str) -> str:
    """Return a source without the login that its URL may carry."""
    return LOGIN.sub("", source)


def unusable(path: Path, kind: str) -> str:
    """Return why a path that is there is no source, "" when it is one."""
    if kind in ("archive", "image") and not path.is_file():
        return "is no file"
    if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
        return f"{getpass.getuser()} may not read"
    if kind == "folder" and not path.is_dir():
        return "is neither a folder nor an archive of a kind that is known"
    if kind == "dockerfile" and not any((path / name).is_file() for name in ("Containerfile", "Dockerfile")):
        return "is no folder with a Dockerfile or a Containerfile"
    return "is empty" if kind == "folder" and not any(path.iterdir()) else ""


def findings(application: Application) -> Iterator[Finding]:
    """Yield a source that the controller does not have; one that git serves is asked for by `versions.py`."""
    source, folder = application["source"], application.host.folder
    if not source:
        return
    if kind(source) in LOCAL and not URL.match(source):
        path = place(source, folder)
        if not path.exists():
            sentence = (
                f"is {shown(source)}, and there is nothing. It is a git URL, `pypi`, an image, or a folder or an"
                f" archive on this machine; a relative path starts at the inventory{f' {folder}' if folder else ''}"
            )
            yield application.finding("no-source", "source", sentence, "source: https://git.example.org/shop.git")
        elif wrong := unusable(path, kind(source)):
            yield application.finding("no-source", "source", f"is {shown(source)}, which {wrong}")
    elif kind(source) == "archive":
        sentence = f"is {shown(source)}, and an archive is a file on this machine"
        yield application.finding("no-source", "source", sentence, "source: builds/shop.tar.gz")
    yield from includes(application)
    yield from images(application)
    yield from product.findings(application)
    if kind(source) in ("folder", "image", "dockerfile") and application.places["version"] == "-e version":
        sentence = "is a folder, which has one version: with `-e version=...` it would be shipped as it is"
        if kind(source) == "image":
            sentence = sentence.replace("a folder", "an archive")
        yield application.finding("no-version", "source", sentence, "source: https://git.example.org/shop.git")


def includes(application: Application) -> Iterator[Finding]:
    """Yield items of `include` that match nothing; of what the controller does not have, nothing can be included."""
    source, folder = application["source"], application.host.folder
    if application["include"] and kind(source) not in ("folder", "dockerfile"):
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


def images(application: Application) -> Iterator[Finding]:
    """Yield what is wrong with an image, and the keys of its application that would install what an image brings."""
    source = application["source"]
    if application["registries"] and application.places["registries"] == "registries" and kind(source) != "dockerfile":
        sentence = "is for the `FROM` of a Dockerfile; the login of an image's own registry stands in `source`"
        example = "source: docker://ci:PASSWORD@registry.example.org/shop"
        yield application.finding("image", "registries", sentence, example)
    if not is_image(source):
        return
    if kind(source) == "registry":
        found = REPOSITORY.fullmatch(LOGIN.sub("", source))
        if not found:
            sentence = f"is {shown(source)}, and takes docker://, a registry and a name in lower case"
            yield application.finding("image", "source", sentence, EXAMPLE)
        elif tag := found["digest"] or found["tag"]:
            sentence = f"is {shown(source)}, and the tag or the digest of an image stands in `version`"
            yield application.finding("image", "source", sentence, f"version: {tag}")
        if not VERSION.fullmatch(application["version"]):
            sentence = f"is {application['version']}, and takes the tag of an image or its digest, `sha256:…`"
            yield application.finding("image", "version", sentence, "version: v1.4.0")
    for key in INSTALLS:
        # A variable of the host may be meant for other applications.
        if application[key] and application.places[key] == key:
            sentence = "is for what is installed on the host, and `source` is an image, which brings all that it needs"
            yield application.finding("image", key, sentence, f"leave `{key}` out, and build it into the image")
