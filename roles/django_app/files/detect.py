#!/usr/bin/env python3
"""Read from a source tree what its owner would otherwise have to say in the inventory.

    detect.py FOLDER VENV [WORKING_DIRECTORY]

Prints a JSON object: ``working_directory`` (of manage.py, relative to the folder), ``settings`` (the module
that manage.py names), ``requirements`` (files to install from, relative), ``lock`` (a uv.lock beside
pyproject.toml), ``project`` (the tree is itself an installable package without manage.py) and ``django``
(the requirement that the header of `startproject` implies, when the tree asks for nothing).
It only reads text: nothing of the project runs here. Exits with a sentence when the project's `requires-python`
leaves out the Python of the virtual environment, as PEP 621 spells it.
"""

import json
import re
import sys
import tomllib
from pathlib import Path

from packaging.specifiers import SpecifierSet

REQUIREMENTS = [
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements-production.txt",
    "requirements.txt",
    "requirements/base.txt",
]


def find_manage(folder):
    """Return the path of the outermost manage.py (Path), or None."""
    found = sorted(folder.glob("manage.py")) + sorted(folder.glob("*/manage.py")) + sorted(folder.glob("*/*/manage.py"))
    return found[0] if found else None


def read_settings(manage):
    """Return the settings module (str) that a manage.py names, "" when it names none."""
    match = re.search(
        r"""DJANGO_SETTINGS_MODULE["']\s*(?:,|\]\s*=)\s*["']([\w.]+)["']""", manage.read_text(errors="replace")
    )
    return match[1] if match else ""


def read_django(folder):
    """Return the requirement (str) that the header of a generated settings file implies, or ""."""
    for path in sorted(folder.rglob("settings*.py")) + sorted(folder.rglob("settings/base.py")):
        match = re.search(r"using Django (\d+)\.(\d+)", path.read_text(errors="replace")[:2000])
        if match:
            return f"Django=={match[1]}.{match[2]}.*"
    return ""


def refuse_python(pyproject, venv):
    """Exit when ``pyproject`` (Path) asks for another Python than the virtual environment ``venv`` (Path) has."""
    wanted = tomllib.loads(pyproject.read_text()).get("project", {}).get("requires-python", "")
    version = re.search(r"^version_info = ([\d.]+)", (venv / "pyvenv.cfg").read_text(), re.MULTILINE)[1]
    if not SpecifierSet(wanted).contains(version, prereleases=True):
        sys.exit(
            f"The project asks for Python {wanted}, and this is {version}. Name another interpreter with `python`."
        )


def main(source, venv, working_directory=""):
    """Print what the tree at ``source`` says of itself."""
    folder = Path(source)
    manage = folder / working_directory / "manage.py" if working_directory else find_manage(folder)
    manage = manage if manage and manage.is_file() else None
    home = manage.parent if manage else folder / working_directory
    places = dict.fromkeys([home, folder])
    requirements = [next((p / n for p in places for n in REQUIREMENTS if (p / n).is_file()), None)]
    pyproject = next((p / "pyproject.toml" for p in places if (p / "pyproject.toml").is_file()), None)
    if pyproject:
        refuse_python(pyproject, Path(venv))
    lock = pyproject and pyproject.with_name("uv.lock").is_file()
    declares = pyproject and re.search(r"^\[project\]", pyproject.read_text(), re.MULTILINE)
    setup = next((p for p in places if (p / "setup.py").is_file() or (p / "setup.cfg").is_file()), None)
    if lock or (requirements == [None] and declares):
        requirements = [pyproject]
    requirements = [str(path.relative_to(folder)) for path in requirements if path]
    project = not manage and bool(declares or setup)
    print(
        json.dumps(
            {
                "working_directory": str(home.relative_to(folder)),
                "settings": read_settings(manage) if manage else "",
                "requirements": [] if project else requirements,
                "lock": bool(lock),
                "project": project,
                "django": "" if requirements or project else read_django(folder),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
