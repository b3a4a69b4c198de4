"""What the inventory gives a release beside its source: environment, files, settings overlay, links."""

from os.path import normpath
from pathlib import Path

from . import environment, host, image, private
from .application import Application, File
from .project import Project
from .steps import FailedError

INSIDE = Path(__file__).parent / "inside"
START = """import os; "GROUNDCREW_SETTINGS_MODULE" in os.environ and __import__("groundcrew_start")\n"""
"""A line of `groundcrew_project.pth`, which Python runs when it starts; nothing without the release's environment."""


def installed(application: Application) -> list[str]:
    """Return the absolute paths among the `files`, which `activate` installs."""
    return [file.path for file in application.files if file.path.startswith("/")]


def write(application: Application, release: Path, file: File) -> None:
    """Write one of the `files` and make the folders in its path."""
    gid, path = host.user(application.name)[1], private.place(release, file)
    top = release / ("source" if file.path.startswith("source/") else "files")
    if ".." in Path(file.path).parts:
        raise FailedError(f"The path of a file must not hold `..`: {file.path}.")
    missing = [folder for folder in path.parents if not folder.exists()]
    # The source may hold links, and root writes here.
    if not path.parents[len(missing)].resolve().is_relative_to(top.resolve()):
        raise FailedError(f"The file {file.path} would leave the release: a folder of its path is a link.")
    for folder in reversed(missing):
        folder.mkdir(mode=0o750)
        host.give(folder, host.SUPERUSER, gid)
    host.write(path, file.content, gid, int(file.mode, 8))


def packages_of(release: Path) -> list[Path]:
    """Return the folders of packages of a virtual environment; what was installed may have made links of them."""
    top = release.resolve()
    return [one for one in (top / "venv/lib").glob("python3*/site-packages") if one.resolve() == one]


def configure(application: Application, name: str, project: Project) -> None:
    """Write the environment and the files of a release, install the overlay, and point at its working directory."""
    release, gid = application.release(name), host.user(application.name)[1]
    environment.write(application, name, project.settings, project.first)
    (release / "files").mkdir(mode=0o750)
    host.give(release / "files", host.SUPERUSER, gid)
    # Paths of the release that is being built, for `env` and `files`: units see this folder as /etc/django/NAME.
    host.link(release / "files/release", str(release))
    for file in application.files:
        write(application, release, file)
    (release / "overlay").mkdir(mode=0o755)
    modules = [
        "groundcrew_settings.py",
        "groundcrew_start.py",
        "groundcrew_server.py",
        *(["groundcrew_sentry.py"] if application.sentry.dsn else []),
    ]
    for module in modules:
        host.write(release / "overlay" / module, (INSIDE / module).read_text(), gid, 0o644)
    if not (release / "source" / project.working_directory).is_dir():
        raise FailedError(
            f"The source has no folder {project.working_directory}: `working_directory` names one that it has."
        )
    packed = image.read(release)
    # Inside, the folder of an image has one name, which the project may have, too.
    inside = packed.directory if packed else f"{release}/source"
    host.link(release / "work", normpath(f"{inside if packed else 'source'}/{project.working_directory}"))
    # `site-packages` names the folder without the version of Python.
    for packages in image.packages(release) if packed else packages_of(release):
        host.link(release / "site-packages", str(packages.relative_to(release.resolve())))
        # What the project appends comes last, so that `apps/email` does not stand in for Python's own; and so does the
        # folder of manage.py, which Python puts on the path of that program alone.
        folders = "".join(f"{inside}/{folder}\n" for folder in (*project.last, project.working_directory))
        host.write(packages / "groundcrew_project.pth", folders + START, gid, 0o644)
