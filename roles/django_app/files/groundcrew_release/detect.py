"""Read from a source tree what its owner would otherwise have to say in the inventory.

It only reads text: nothing of the project runs here.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import SpecifierSet

from .steps import FailedError

REQUIREMENTS = [
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements-production.txt",
    "requirements.txt",
    "requirements/base.txt",
]


@dataclass(frozen=True)
class Detected:
    """What a source tree says of itself; all paths are relative to it.

    `working_directory` is the folder of manage.py, `settings` the module that manage.py names ("" for none),
    `requirements` the files to install from, `lock` the folder with a uv.lock beside its pyproject.toml (None without
    one). `project` says that the tree is itself an installable package without manage.py, and `django` is the
    requirement that the header of `startproject` implies when the tree asks for nothing ("" for none).
    """

    working_directory: str = "."
    settings: str = ""
    requirements: tuple[str, ...] = ()
    lock: str | None = None
    project: bool = False
    django: str = ""


def find_manage(folder: Path) -> Path | None:
    """Return the path of the outermost manage.py, at most two folders deep, or None."""
    found = sorted(folder.glob("manage.py")) + sorted(folder.glob("*/manage.py")) + sorted(folder.glob("*/*/manage.py"))
    return found[0] if found else None


def read_settings(manage: Path) -> str:
    """Return the settings module (str) that a manage.py names, "" when it names none."""
    match = re.search(
        r"""DJANGO_SETTINGS_MODULE["']\s*(?:,|\]\s*=)\s*["']([\w.]+)["']""", manage.read_text(errors="replace")
    )
    return match[1] if match else ""


def read_django(folder: Path) -> str:
    """Return the requirement (str) that the header of a generated settings file implies, or ""."""
    for path in sorted(folder.rglob("settings*.py")) + sorted(folder.rglob("settings/base.py")):
        match = re.search(r"using Django (\d+)\.(\d+)", path.read_text(errors="replace")[:2000])
        if match:
            return f"Django=={match[1]}.{match[2]}.*"
    return ""


def refuse_python(pyproject: Path, venv: Path) -> None:
    """Refuse a Python that a pyproject.toml leaves out with `requires-python`, as PEP 621 spells it."""
    found = re.search(r"^version_info = ([\d.]+)", (venv / "pyvenv.cfg").read_text(), re.MULTILINE)
    try:
        wanted = tomllib.loads(pyproject.read_text(errors="replace")).get("project", {}).get("requires-python", "")
        fits = not found or SpecifierSet(wanted).contains(found[1], prereleases=True)
    except ValueError as error:
        raise FailedError(f"{pyproject.name} of the project cannot be read: {error}.") from None
    if not fits:
        version = found[1] if found else ""
        raise FailedError(
            f"The project asks for Python {wanted}, and this is {version}. Name another interpreter with `python`."
        )


def detect(folder: Path, venv: Path, working_directory: str = "") -> Detected:
    """Return what the tree in `folder` says of itself.

    :param venv: the virtual environment, whose Python has to suit the project.
    :param working_directory: what the inventory says, "" to find it.
    :raises FailedError: the project does not run on that Python, or its pyproject.toml is broken.
    """
    manage = folder / working_directory / "manage.py" if working_directory else find_manage(folder)
    manage = manage if manage and manage.is_file() else None
    home = manage.parent if manage else folder / working_directory
    places = list(dict.fromkeys([home, folder]))
    listed = next((place / name for place in places for name in REQUIREMENTS if (place / name).is_file()), None)
    pyproject = next((place / "pyproject.toml" for place in places if (place / "pyproject.toml").is_file()), None)
    if pyproject:
        refuse_python(pyproject, venv)
    lock = pyproject.parent if pyproject and pyproject.with_name("uv.lock").is_file() else None
    declares = pyproject and re.search(r"^\[project\]", pyproject.read_text(errors="replace"), re.MULTILINE)
    setup = any((place / name).is_file() for place in places for name in ("setup.py", "setup.cfg"))
    if lock or (not listed and declares):
        listed = pyproject
    requirements = (str(listed.relative_to(folder)),) if listed else ()
    project = not manage and bool(declares or setup)
    return Detected(
        working_directory=str(home.relative_to(folder)),
        settings=read_settings(manage) if manage else "",
        requirements=() if project else requirements,
        lock=str(lock.relative_to(folder)) if lock else None,
        project=project,
        django="" if requirements or project else read_django(folder),
    )
