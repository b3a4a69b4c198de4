"""The interpreter of a release: the host's own, or a version that the inventory names and uv installs.

Nothing is installed that nobody asked for by name. What uv installs belongs to root and lies below
`/opt/groundcrew/python`; it stays as it is until another version is named.
"""

import re
import shutil
from pathlib import Path

from packaging.version import Version

from . import host
from .application import ROOT, Application
from .steps import FailedError

DEFAULT = "python3"
"""The interpreter where the inventory names none."""
VERSION = re.compile(r"(?:python)?(\d+\.\d+(?:\.\d+)?)")
PATH = "/usr/local/bin:/usr/bin:/bin"


def program() -> Path:
    """Return where the role installs uv."""
    return ROOT / "opt/groundcrew/uv/bin/uv"


def folder() -> Path:
    """Return where uv installs interpreters."""
    return ROOT / "opt/groundcrew/python"


def asked(application: Application) -> str:
    """Return the version of Python that the inventory names, "" when it names a program or nothing."""
    match = VERSION.fullmatch(application.python)
    return match[1] if match else ""


def find(version: str) -> str:
    """Return the interpreter of a version that this host has, Debian's before uv's, "" for none."""
    if own := shutil.which(f"python{version}", path=PATH):
        return own
    pattern = f"cpython-{version}{'.*' if version.count('.') == 1 else ''}-linux-*/bin/python3"
    found = [path for path in folder().glob(pattern) if "+" not in path.parts[-3] and not path.parents[1].is_symlink()]
    return str(max(found, key=lambda path: Version(path.parts[-3].split("-")[1]), default=""))


def provide(application: Application) -> str:
    """Return the interpreter of an application; a version that this host lacks is installed.

    :raises FailedError: uv cannot install it.
    """
    version = asked(application)
    if not version:
        return application.python
    return find(version) or install(version, application.python_mirror)


def install(version: str, mirror: str) -> str:
    """Let uv install a version of Python, and return its interpreter.

    :param mirror: URL that holds what uv installs, "" for its own; it may carry credentials.
    :raises FailedError: there is no such version, or it cannot be fetched.
    """
    environment = {
        "UV_PYTHON_INSTALL_DIR": str(folder()),
        "UV_PYTHON_INSTALL_MIRROR": mirror,
        "UV_PYTHON_DOWNLOADS": "manual",
        "UV_NO_CONFIG": "1",
        "UV_NO_CACHE": "1",
    }
    words = [str(program()), "python", "install", "--no-progress", "--no-bin", version]
    title = f"uv python install {version}"
    try:
        host.run(words, cwd=ROOT, env=environment, command=title)
    except FailedError as error:
        causes = re.findall(r"cause: (.*)", error.log) or [host.last_line(error.log).removeprefix("error: ")]
        shown = dict.fromkeys([*(one for one in causes if one.startswith("Failed to download")), causes[-1]])
        sentence = f"This host has no Python {version}, and uv cannot install it: {': '.join(shown).rstrip('.: ')}"
        raise FailedError(f"{sentence}. `python_mirror` says where it comes from.", error.log, title) from None
    finally:
        # Of uv's own, and for everybody to write.
        if (lock := folder() / ".lock").exists():
            lock.chmod(0o600)
    if not (found := find(version)):
        raise FailedError(f"uv installed Python {version}, and it is not below {folder()}.", "", title)
    return found
