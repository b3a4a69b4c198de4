"""The virtual environment of a release, and what uv installs into it."""

import re
from pathlib import Path

from . import host, source
from .application import ROOT, Application
from .detect import Detected
from .environment import REDIS

DRIVERS = {
    # Scheme of the URL: the drivers that Django takes, and the one that is installed when the project brings none.
    "postg": (("psycopg", "psycopg2", "psycopg2-binary"), "psycopg[binary,pool]"),
    "mysql:": (("mysqlclient", "pymysql"), "mysqlclient"),
    "mariadb:": (("mysqlclient", "pymysql"), "mysqlclient"),
}


def program() -> Path:
    """Return where the role installs uv."""
    return ROOT / "opt/groundcrew/uv/bin/uv"


def uv(application: Application, release: Path, cwd: Path, *arguments: str) -> str:
    """Run uv as the application's user and return what it prints; a failure names the command as `uv …`.

    uv looks for its configuration and its cache where it is told, not at root's.
    """
    environment = {
        "UV_CACHE_DIR": f"{application.cache}/uv",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_LINK_MODE": "hardlink",
        "UV_PROJECT_ENVIRONMENT": f"{release}/venv",
        "HOME": str(application.cache),
        # Of whoever calls the engine.
        "VIRTUAL_ENV": "",
        "PYTHONPATH": "",
    }
    owner = host.user(application.name)
    title = f"uv {' '.join(arguments)}".replace(f"{release}/", "")
    return host.run([program(), *arguments], cwd=cwd, env=environment, owner=owner, command=title)


def create(application: Application, release: Path) -> None:
    """Create the virtual environment. It has its final path from the start, since its scripts carry it."""
    uv(application, release, release, "venv", "--quiet", "--python", application.python, "venv")


def locked(application: Application, detected: Detected) -> bool:
    """Say whether the project's uv.lock decides; files that the inventory names win over it."""
    return detected.lock is not None and not application.requirements_files


def listed(application: Application, detected: Detected) -> tuple[str, ...]:
    """Return the files (relative to the source) that are installed from beside a lock file."""
    return application.requirements_files or (() if locked(application, detected) else detected.requirements)


def servers(application: Application) -> list[str]:
    """Return what serving and the cache need; a version that the project chooses holds for these, too."""
    cache = application.cache_url
    return [
        "gunicorn",
        *(["uvicorn-worker", "uvicorn[standard]"] if application.server.interface == "asgi" else []),
        *(["redis"] if cache.startswith(REDIS) else []),
        *(["pymemcache"] if re.match("(py)?memcached?:", cache) else []),
    ]


def lines(application: Application, detected: Detected) -> list[str]:
    """Return the lines of requirements.txt, which lies beside the source."""
    files = [name for name in listed(application, detected) if not name.endswith("pyproject.toml")]
    wheel = source.wheel(application)
    return [
        *([f"--index-url {application.index_url}"] if application.index_url else []),
        *(f"-r source/{name}" for name in files),
        *application.requirements,
        *servers(application),
        *([detected.django] if detected.django and not application.requirements else []),
        *(["./source"] if detected.project else []),
        *([f"./source/{wheel}"] if wheel else []),
    ]


def driver(application: Application, installed: str) -> str:
    """Return the database driver that is missing, "" for none.

    It never comes beside one that the project brings, since Django would prefer it.

    :param installed: what `uv pip list --format freeze` printed.
    """
    names = {re.split("[= @]", line)[0].lower() for line in installed.splitlines()}
    for scheme, (known, wanted) in DRIVERS.items():
        if application.database_url.startswith(scheme) and not names.intersection(known):
            return wanted
    return ""


def install(application: Application, release: Path, detected: Detected) -> None:
    """Install everything into the virtual environment.

    The requirements travel in files, since an index or a requirement may carry credentials, and every user of the host
    may read a command line.
    """
    gid = host.user(application.name)[1]
    options = ["--quiet", "--compile-bytecode", "--python", f"{release}/venv"]
    for kind, versions in (("constraints", application.constraints), ("overrides", application.overrides)):
        if versions:
            host.write(release / f"{kind}.txt", "\n".join(versions) + "\n", gid)
            options += [f"--{kind}", f"{release}/{kind}.txt"]
    host.write(release / "requirements.txt", "\n".join(lines(application, detected)) + "\n", gid)
    if locked(application, detected):
        project = release / "source" / (detected.lock or "")
        uv(
            application,
            release,
            project,
            "sync",
            "--quiet",
            "--frozen",
            "--no-dev",
            "--no-install-project",
            "--inexact",
        )
    # uv reads the dependencies of a pyproject.toml like a requirements file.
    projects = [
        f"--requirements=source/{name}" for name in listed(application, detected) if name.endswith("pyproject.toml")
    ]
    uv(application, release, release, "pip", "install", *options, "--requirements", "requirements.txt", *projects)
    installed = uv(application, release, release, "pip", "list", "--quiet", "--format", "freeze", "--python", "venv")
    if missing := driver(application, installed):
        uv(application, release, release, "pip", "install", *options, missing)
