"""Build an image of a folder that has a Dockerfile, with buildah, which has no daemon.

The steps of a Dockerfile are often code of strangers. They run as a user of their own, `groundcrew-build`, who is root
inside of the build and nobody outside of it: it sees nothing of any application, and no secret but the logins of
`registries`, which buildah asks for the images of `FROM` with.
"""

import shutil
import subprocess
from pathlib import Path

from . import host, oci, registry, source, systemd
from .application import ROOT, Application
from .steps import FailedError

USER = "groundcrew-build"
NAMES = ("Containerfile", "Dockerfile")
"""What buildah looks for, in this order."""
OVERLAY = ("ext2/ext3", "xfs", "btrfs")
"""File systems over which an ordinary user has layers; elsewhere each of them is a copy."""


def home() -> Path:
    """Return the folder of the user that builds."""
    return ROOT / "var/lib" / USER


def driver() -> str:
    """Return how buildah keeps layers here, in its own words."""
    kind = subprocess.run(["stat", "--file-system", "--format=%T", home()], capture_output=True, text=True, check=True)
    return "overlay" if kind.stdout.strip() in OVERLAY else "vfs"


def buildah(application: Application, place: Path, *words: str) -> str:
    """Run buildah as the user that builds, in a folder, and return what it printed; FailedError when it fails."""
    log, run = ROOT / "run/groundcrew" / f"{application.name}-image.log", ROOT / "run" / USER
    log.unlink(missing_ok=True)
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    log.touch(mode=0o600)
    verb = f"{application.name}-release.service"
    options = ["--storage-driver", driver(), "--root", str(home() / "storage"), "--runroot", str(run)]
    transient = systemd.Transient(
        command=["buildah", *options, *words],
        unit=f"{application.name}-image",
        description=f"{application.name}: buildah {words[0]}",
        # It makes mounts of its own, which a sandbox of systemd's would hide from it.
        properties=[f"User={USER}", f"RuntimeDirectory={USER}", "UMask=0022", f"BindsTo={verb}", f"After={verb}"],
        environment={"HOME": str(home()), "TMPDIR": str(place.parent), "XDG_RUNTIME_DIR": str(run)},
        working_directory=place,
        log=log,
    )
    try:
        status, said = systemd.run(transient), log.read_text(errors="replace")
    finally:
        log.unlink(missing_ok=True)
    if status:
        raise host.failure(f"buildah {words[0]}", said, status)
    return said


def fetch(application: Application, sent: Path) -> None:
    """Build the image of the folder that the controller sent, and copy it into the application's layout."""
    top, owner = home() / application.name, host.user(USER)
    place, name = top / "source", f"localhost/{application.name}"
    host.remove(top)
    top.mkdir(mode=0o700)
    place.mkdir(mode=0o755)
    for folder in (top, place):
        shutil.chown(folder, *owner)
    try:
        source.extract(sent, place, owner, "links", title=f"unpack {application.source.location}")
        file = next((one for one in NAMES if (place / one).is_file()), "")
        if not file:
            raise FailedError(f"The folder {application.source.location} has no Dockerfile and no Containerfile.")
        words = ["--isolation=chroot", "--layers", f"--tag={name}", f"--file={file}"]
        if application.registries:
            logins = top / "auth.json"
            host.write(logins, registry.logins(application.registries), owner[1], 0o440)
            words.append(f"--authfile={logins}")
        buildah(application, place, "build", *words, ".")
        buildah(application, place, "push", "--quiet", name, f"oci:{top}/image:{oci.NAME}")
        registry.fetch(application, f"oci:{top}/image:{oci.NAME}", "The image that was built", [])
        # What no image needs any more.
        buildah(application, place, "rmi", "--prune", "--force")
    finally:
        host.remove(top)
