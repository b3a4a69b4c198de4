"""Bring an image to this host: find its digest at a registry, and copy it into the layout `/srv/NAME/image`.

The layout is a cache of the layers, so that the next version brings what differs; what no image needs is removed. A
registry's password reaches skopeo in a file of root's.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote

from . import host, oci
from .application import ROOT, Application
from .steps import FailedError

DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
LATEST = "latest"
SAID = re.compile(r'level=(?:fatal|error) msg="((?:[^"\\]|\\.)*)"')
"""What skopeo says at its end."""


def split(location: str) -> tuple[str, str, str]:
    """Return (repository, user, password) of a `docker://` URL, which may carry a login."""
    login, at, place = location.removeprefix("docker://").rpartition("@")
    user, _, password = login.partition(":")
    return (place, unquote(user), unquote(password)) if at else (place, "", "")


def reference(application: Application, version: str) -> str:
    """Return what skopeo calls an image of a registry; a version is a tag, a digest, or a revision (a bare digest)."""
    digest = DIGEST.fullmatch(version)
    return f"docker://{split(application.source.location)[0]}{f'@sha256:{digest[1]}' if digest else f':{version}'}"


def logins(locations: Iterable[str]) -> str:
    """Return what skopeo and buildah read of the logins in `docker://` URLs, as JSON."""
    known = {}
    for repository, user, password in map(split, locations):
        word = base64.b64encode(f"{user}:{password}".encode()).decode()
        known[repository.partition("/")[0]] = {"auth": word}
    return json.dumps({"auths": known})


@contextmanager
def access(application: Application) -> Iterator[list[str]]:
    """Yield the options of skopeo that log in; without a login of the inventory, what root logged in to counts."""
    location = application.source.location
    user = split(location)[1]
    folder = ROOT / "run/groundcrew"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="registry-", dir=folder) as place:
        path = Path(place) / "auth.json"
        if user:
            host.write(path, logins([location]), host.SUPERUSER, 0o600)
        yield ["--authfile", str(path)] if user else []


def skopeo(verb: str, *arguments: str, what: str) -> str:
    """Run skopeo and return what it prints; FailedError says what it could not do with `what`, and why."""
    try:
        return host.run(["skopeo", verb, *arguments], cwd=ROOT, env={"LC_ALL": "C.UTF-8"}, command=f"skopeo {verb}")
    except FailedError as error:
        said = SAID.findall(error.log)
        reason = re.sub(r"\\(.)", r"\1", said[-1]) if said else host.last_line(error.log)
        raise FailedError(f"{what} cannot be had: {reason}", error.log, f"skopeo {verb}") from None


def resolve(application: Application) -> str:
    """Return the digest (64 digits) that the application's version means at the registry now; reads only."""
    version = application.source.version
    if digest := DIGEST.fullmatch(version):
        return digest[1]
    name = reference(application, LATEST if version == "HEAD" else version)
    with access(application) as options:
        said = skopeo("inspect", "--raw", *options, name, what=f"The image {name}")
    return hashlib.sha256(said.encode()).hexdigest()


def fetch(application: Application, name: str, what: str, options: list[str]) -> None:
    """Copy an image, by the name that skopeo has for it, into the layout; what is there of it is not copied again.

    umoci knows no zstd, which Docker and containerd write by now: skopeo compresses such layers anew.
    """
    target, index = f"oci:{application.image}:{oci.NAME}", application.image / "index.json"
    try:
        skopeo("copy", "--quiet", "--retry-times=2", "--dest-compress-format=gzip", *options, name, target, what=what)
        if found := oci.foreign(application.image):
            kinds = " and ".join(found)
            raise FailedError(f"{what} has layers that cannot be unpacked here, {kinds}: push it compressed with gzip.")
        host.write(index, oci.alone(index.read_text()), host.SUPERUSER, 0o644)
        host.run(["umoci", "gc", "--layout", application.image], cwd=ROOT, env={}, command="umoci gc")
    except FailedError:
        # Of a copy that was killed anything may be left.
        host.remove(application.image)
        raise
