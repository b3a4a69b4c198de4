"""A release that is an image: `releases/ID/rootfs` is the root of its units, and it brings Python, Django and server.

The folder of the release is mounted inside at its own path, so what the engine writes beside the root is found by the
same names in each kind of release: `venv` leads to where the image has its packages, `source` to its WORKDIR. What the
image says of users, ports and its command counts for nothing; its variables are defaults.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import files
from .application import Application

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where an image's programs are when it does not say."""
HOST = "/run -/etc/resolv.conf -/etc/hosts -/etc/ssl/certs/ca-certificates.crt"
"""What units see of the host: sockets, how to find other hosts, and whom to trust.

The folder of a socket comes and goes with its server, so /run is seen as a whole, as without an image.
"""
PACKAGES = ("lib*/python3*/*-packages", "local/lib/python3*/*-packages")
"""Where Python has its packages: site-packages, and those of Debian."""


@dataclass(frozen=True)
class Image:
    """What is known of the image of a release: `bin` is the folder of its server, all paths are those inside."""

    digest: str
    directory: str
    bin: str
    env: dict[str, str] = field(default_factory=dict)


def read(release: Path) -> Image | None:
    """Return what is known of the image of a release (its folder), None for one of another kind."""
    try:
        return Image(**json.loads((release / "image.json").read_text()))
    except (FileNotFoundError, NotADirectoryError):
        return None


def variables(image: Image) -> dict[str, str]:
    """Return the variables of an image, with its server's folder first on the PATH."""
    own = {"PATH": f"{image.bin}:{image.env.get('PATH', PATH)}"}
    if image.bin.endswith("/.local/bin"):
        # `pip install --user` of the user who built it.
        own["PYTHONUSERBASE"] = str(Path(image.bin).parent)
    return image.env | own


def packages(release: Path) -> list[Path]:
    """Return the folders of Python's packages of a release (its folder), which lie in its root."""
    root = release / "rootfs"
    found = dict.fromkeys(path.resolve() for pattern in PACKAGES for path in (release / "venv").glob(pattern))
    # A link may lead anywhere, and root writes there.
    return [root / path.relative_to(root.resolve()) for path in found if path.is_relative_to(root.resolve())]


def unit(application: Application, release: str, writable: Sequence[Path] = ()) -> list[str]:
    """Return the lines that give a unit the root of a release, none for one that is no image.

    They come last: /home of an image holds no person's files.
    """
    folder = application.release(release)
    if not (folder / "rootfs").is_dir():
        return []
    return [
        f"RootDirectory={folder}/rootfs",
        "MountAPIVFS=yes",
        "ProtectHome=read-only",
        f"BindReadOnlyPaths={HOST} {folder}",
        f"BindPaths={' '.join([*application.writable, *map(str, writable)])}",
        *files.binds(application, release),
    ]
