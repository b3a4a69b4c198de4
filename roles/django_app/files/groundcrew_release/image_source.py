"""An image as the source of a release: bring it to this host, unpack it, and refuse one that cannot serve."""

import json
import platform
import sys
from dataclasses import asdict
from pathlib import Path

from . import bytecode, commands, dockerfile, host, image, oci, records, registry, requirements, rootfs, run, source
from .application import Application
from .image import PATH, Image, packages
from .project.names import named, sentence
from .steps import FailedError

ENVIRONMENTS = (".venv/bin", "venv/bin")
"""Where its WORKDIR may have an environment that its PATH does not name, as for `uv run`."""
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
"""What images call processors."""


def fetch(application: Application, revision: str) -> None:
    """Bring the image of a release to this host: from a registry, or of what the controller sent."""
    kind, sent = application.source.kind, source.sent(application)
    if kind == "registry":
        name = registry.reference(application, revision)
        with registry.access(application) as options:
            registry.fetch(application, name, f"The image {name}", options)
        return
    if kind == "dockerfile":
        dockerfile.fetch(application, sent)
        return
    try:
        transport, found = oci.described(sent)
    except oci.ArchiveError as error:
        raise FailedError(str(error)) from None
    if found != revision:
        raise FailedError(f"The archive {application.source.location} did not arrive whole: send it again.")
    registry.fetch(application, f"{transport}:{sent}", f"The image in {application.source.location}", [])


def unpack(application: Application, release: Path, revision: str) -> Image:
    """Unpack the image in the layout into a release (its folder) that is being built.

    :raises FailedError: it is none that can serve, in one sentence.
    """
    owner, root = host.user(application.name), release / "rootfs"
    said = oci.configuration(application.image)
    check_machine(said.get("architecture", ""), platform.machine())
    words = ["umoci", "raw", "unpack", "--rootless", "--image", f"{application.image}:{oci.NAME}", str(root)]
    home = {"HOME": str(application.cache)}
    host.run(words, cwd=release, env=home, owner=owner, command="umoci raw unpack")
    folders = [*application.writable, str(application.dumps)]
    words = [sys.executable, "-I", rootfs.__file__, str(root), application.name, *map(str, owner), str(release)]
    host.run([*words, *folders], cwd=release, env={}, owner=owner, command="make a root of the image")
    config = said.get("config") or {}
    env = dict(one.partition("=")[::2] for one in config.get("Env") or [])
    # A folder is no image yet: it has the digest of what was built.
    named = oci.digest(application.image) if application.source.kind == "dockerfile" else f"sha256:{revision}"
    packed = find(application, root, named, config.get("WorkingDir") or "", env)
    host.link(release / "source", str(rootfs.chase(root, packed.directory).relative_to(release)))
    host.link(release / "venv", str(rootfs.chase(root, packed.bin).parent.relative_to(release)))
    check_packages(application, release)
    gid = owner[1]
    host.write(release / "image.json", json.dumps(asdict(packed), indent=2) + "\n", gid, 0o640)
    return packed


def check_machine(made: str, machine: str) -> None:
    """Refuse an image for another processor than the host's."""
    own = MACHINES.get(machine, machine)
    if made and made != own:
        raise FailedError(f"The image is for {made}, and this host is {own}: build it with `--platform linux/{own}`.")


def find(application: Application, root: Path, digest: str, directory: str, env: dict[str, str]) -> Image:
    """Return where an image has its project and its server.

    :raises FailedError: it has none, or no Python.
    """
    if rootfs.chase(root, directory) == root or not rootfs.chase(root, directory).is_dir():
        raise FailedError("The image does not say where the project is: `WORKDIR` of its Dockerfile names the folder.")
    server = application.server.kind
    places = [one for one in env.get("PATH", PATH).split(":") if one.startswith("/") and one.endswith("bin")]
    places += [f"{directory}/{one}" for one in ENVIRONMENTS]
    found = next((one for one in places if has(root, one, server)), "")
    if not any(has(root, one, "python3") for one in places):
        raise FailedError(f"The image has no python3 that its PATH leads to ({':'.join(places)}).")
    if not found:
        others = [one for one in ("gunicorn", "granian", "uwsgi") if any(has(root, place, one) for place in places)]
        says = f"; `server: {others[0]}` names what it has" if others else ""
        raise FailedError(f"The image has no {server}: add it to the requirements that it installs{says}.")
    if not has(root, "/usr/bin", "env"):
        raise FailedError("The image has no /usr/bin/env, which starts its commands: build it on a base with a shell.")
    place = next(one for one in [found, *places] if has(root, one, "python3"))
    if not has(root, place, "python"):
        # What commands call everywhere else; by the owner of the tree, since its folders may be links by now.
        link = ["ln", "--symbolic", "python3", str(rootfs.chase(root, f"{place}/python"))]
        host.run(link, cwd=root, env={}, owner=host.user(application.name), command="ln")
    return Image(digest, directory, found, env)


def has(root: Path, folder: str, program: str) -> bool:
    """Say whether an image has a program in one of its folders."""
    return rootfs.chase(root, f"{folder}/{program}").is_file()


def check_packages(application: Application, release: Path) -> None:
    """Refuse an image that lacks Django, or what the host's side of the application needs, such as a driver."""
    paths = [path for folder in packages(release) for path in folder.iterdir()]
    infos = [path.stem.partition("-")[0] for path in paths if path.suffix in (".dist-info", ".egg-info")]
    installed = {named(one) for one in infos}
    pyvenv, root = (release / "venv/pyvenv.cfg").resolve(), (release / "rootfs").resolve()
    if (
        pyvenv.is_relative_to(root)
        and pyvenv.is_file()
        and "true" in pyvenv.read_text().partition("include-system-site-packages")[2].split("\n")[0]
    ):
        # Python alone knows all that it finds then.
        return
    wanted = ["django", *requirements.servers(application)]
    lacking = [one for one in wanted if named(one) not in installed]
    lacking += requirements.drivers(application, "\n".join(installed))
    if lacking:
        what = sentence([f"`{one}`" for one in lacking], "and")
        raise FailedError(f"The image lacks {what}: add what is missing to the requirements that it installs.")


def share(application: Application, release: str) -> None:
    """Let files that the newest image on the disk has as well be the same there: each costs what is new in it."""
    known = [one["id"] for one in records.releases(application) if "image" in one and one["id"] != release]
    earlier = (application.release(known[0]) / "rootfs").resolve() if known else None
    bytecode.share(application.release(release) / "rootfs", earlier, host.user(application.name))


def compile_all(application: Application, release: str) -> None:
    """Compile what Python has in an image and the project: nothing can be written once it serves.

    The images of Python itself come without bytecode, and each start would compile Django. What is there already is
    passed over, and an error is none: without bytecode all works, too.
    """
    folder, packed = application.release(release), image.read(application.release(release))
    if not packed:
        return
    root = folder / "rootfs"
    places = [rootfs.chase(root, one).parent for one in [packed.bin, *packed.env.get("PATH", PATH).split(":")]]
    found = [rootfs.inside(root, path) for place in dict.fromkeys(places) for path in place.glob("lib/python3*")]
    folders = [*dict.fromkeys(found), packed.directory]
    lines = [*run.properties(application, release), f"ReadWritePaths={' '.join(folders)}"]
    words = ["python", "-IS", "-m", "compileall", "-qq", "-j", "0", *folders]
    environment = run.environment_files(application, release)
    commands.finish(application, words, lines, environment, run.working_directory(application, release), None)
