"""Where the code of a release comes from: git, a folder or an archive of the controller, an image, or PyPI alone."""

import hashlib
import re
import shutil
import sys
from pathlib import Path

from . import git, host, missing, registry
from .application import Application
from .project.names import canonical
from .steps import FailedError

SENT = ("folder", "archive", "image", "dockerfile")
"""Kinds of source that the controller sends to the host."""
IMAGES = ("registry", "image", "dockerfile")
"""Kinds of source that are an image (image.py)."""


def resolve(application: Application) -> str:
    """Return the revision that the application asks for, without a change to the host.

    "" means that only `fetch` can tell: an abbreviated commit that the host has not met.
    """
    kind = application.source.kind
    if kind == "registry":
        return registry.resolve(application)
    return git.resolve(application) if kind == "git" else "pypi" if kind == "pypi" else application.source.revision


def fetch(application: Application, revision: str) -> str:
    """Bring a revision to this host, and return its full name."""
    if application.source.kind == "git":
        return git.fetch(application, revision)
    if application.source.kind in SENT and not sent(application).is_file():
        raise FailedError(
            f"The source {application.source.location} was not sent to this host: {sent(application)} is missing."
        )
    return revision


def is_image(application: Application) -> bool:
    """Say whether the source is an image."""
    return application.source.kind in IMAGES


def sent(application: Application) -> Path:
    """Return where the controller puts what it sends."""
    return application.sources / f"{application.source.revision}{application.source.suffix}"


def wheel(application: Application) -> str:
    """Return the file name of the wheel that is the source, "" when it is none; installers read the name.

    Its `suffix` is `-` and that name.
    """
    suffix = application.source.suffix
    return suffix.removeprefix("-") if application.source.kind == "archive" and suffix.endswith(".whl") else ""


def product(application: Application) -> str:
    """Return the distribution that is the product, of `pypi` the first of the requirements; "" where none is."""
    if application.source.kind == "pypi":
        found = re.match(r"([\w.-]+)\s*($|[\[<>=!~;@])", next(iter(application.requirements), ""))
        return found[1] if found else ""
    return wheel(application).partition("-")[0]


def wanted(application: Application) -> str:
    """Return the version that is asked for, as people know it: of a product its own, else its name."""
    if name := wheel(application):
        return name.split("-")[1]
    if application.source.kind == "pypi":
        pinned = re.match(r"[^;]*?===?\s*([^\s,;*]+)\s*(;|$)", next(iter(application.requirements), ""))
        if pinned or application.source.version == "HEAD":
            return pinned[1] if pinned else product(application) or "pypi"
    if application.source.kind == "registry" and application.source.version == "HEAD":
        return registry.LATEST
    return application.source.version


def version(application: Application, release: Path) -> str:
    """Return the version of a release (its folder): of a product the one that was installed."""
    name = canonical(product(application))
    for path in sorted(release.glob("venv/lib/python3*/site-packages/*.dist-info")) if name else []:
        found, _, number = path.name.removesuffix(".dist-info").partition("-")
        if canonical(found) == name:
            return number
    return wanted(application)


def unpack(application: Application, target: Path) -> None:
    """Fill the folder `target`, which belongs to the application's user, as everything in it does then."""
    uid, gid = host.user(application.name)
    if application.source.kind == "git":
        git.unpack(application, target)
        host.give(target, uid, gid)
    elif application.source.kind in SENT:
        verify(application)
        if name := wheel(application):
            shutil.copyfile(sent(application), target / name)
            (target / name).chmod(0o640)
            host.give(target, uid, gid)
        else:
            # The controller has judged the links of a folder.
            words = ["links"] if application.source.kind == "folder" else []
            extract(sent(application), target, (uid, gid), *words, title=f"unpack {application.source.location}")
    missing.check_pointers(target, application.source.kind)
    if application.source.kind == "archive":
        missing.check_submodules(target)


def extract(archive: Path, target: Path, owner: tuple[int, int], *words: str, title: str) -> None:
    """Unpack an archive as the user that owns `target`; `words` are those of archive.py."""
    command = [sys.executable, "-I", str(Path(__file__).with_name("archive.py")), str(target), *words]
    host.run(command, cwd=target, env={}, owner=owner, stdin=archive, command=title)


def verify(application: Application) -> None:
    """Refuse an archive that is not the one that the controller named; a folder is named by its contents, unpacked."""
    if application.source.kind == "archive":
        with sent(application).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != application.source.revision:
            raise FailedError(f"The archive {application.source.location} did not arrive whole: send it again.")


def forget(application: Application) -> None:
    """Remove what the controller sent: the release holds it now."""
    if application.sources.is_dir():
        for path in application.sources.iterdir():
            host.remove(path)
