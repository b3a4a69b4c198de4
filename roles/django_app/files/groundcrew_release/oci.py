"""Images as files: archives that `skopeo`, `buildah` or `docker save` write, and the layout that a host keeps one in.

https://github.com/opencontainers/image-spec says what stands in them. The controller reads archives by this, too.
"""

import hashlib
import json
import re
import tarfile
from pathlib import Path
from typing import Any

NAME = "image"
"""What the one image of a layout is called."""
REFERENCE = "org.opencontainers.image.ref.name"
LAYER = re.compile(r"application/vnd\.oci\.image\.layer\.(nondistributable\.)?v1\.tar(\+gzip)?")
"""The media types of layers that umoci unpacks."""


class ArchiveError(Exception):
    """A file is no archive of one image: one sentence."""


def members(path: Path, *names: str) -> dict[str, Any]:
    """Return what those of the JSON files in an archive say that it has."""
    found = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                content = archive.extractfile(member) if name in names and member.isfile() else None
                if content:
                    found[name] = json.load(content)
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise ArchiveError(f"{path.name} cannot be read as the archive of an image: {error}.") from None
    return found


def described(path: Path) -> tuple[str, str]:
    """Return (transport, revision) of an archive: how skopeo calls its kind, and the SHA-256 that names the image.

    The digest of its manifest does; where the archive has none, as that of an older Docker, that of its configuration.

    :raises ArchiveError: it holds no image, or several.
    """
    found = members(path, "index.json", "manifest.json")
    several = f"{path.name} holds several images: make the archive of one."
    if manifests := found.get("index.json", {}).get("manifests"):
        if len({one["digest"] for one in manifests}) > 1:
            raise ArchiveError(several)
        return "oci-archive", manifests[0]["digest"].removeprefix("sha256:")
    listed = found.get("manifest.json")
    if not listed or not isinstance(listed, list):
        raise ArchiveError(
            f"{path.name} holds no image: `buildah push IMAGE oci-archive:{path.name}` or "
            f"`docker save --output {path.name} IMAGE` writes one."
        )
    if len(listed) > 1:
        raise ArchiveError(several)
    return "docker-archive", hashlib.sha256(json.dumps(listed[0]["Config"]).encode()).hexdigest()


def blob(layout: Path, digest: str) -> Any:
    """Return what a JSON blob of a layout says."""
    return json.loads((layout / "blobs" / digest.replace(":", "/")).read_text())


def named(index: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of the one image of a layout in its index."""
    found: dict[str, Any] = next(one for one in index["manifests"] if one.get("annotations", {}).get(REFERENCE) == NAME)
    return found


def alone(index: str) -> str:
    """Return the index (JSON) of a layout without earlier images, which skopeo leaves in it without a name."""
    known = json.loads(index)
    return json.dumps(known | {"manifests": [named(known)]})


def digest(layout: Path) -> str:
    """Return the digest of the manifest of the image in a layout."""
    return str(named(json.loads((layout / "index.json").read_text()))["digest"])


def configuration(layout: Path) -> dict[str, Any]:
    """Return the configuration of the image in a layout: `architecture`, `config` with Env, WorkingDir and others."""
    found: dict[str, Any] = blob(layout, blob(layout, digest(layout))["config"]["digest"])
    return found


def foreign(layout: Path) -> list[str]:
    """Return the media types of layers of the image in a layout that umoci does not unpack."""
    layers = blob(layout, digest(layout))["layers"]
    return sorted({one["mediaType"] for one in layers if not LAYER.fullmatch(one["mediaType"])})
