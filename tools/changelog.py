#!/usr/bin/env python3
"""Write CHANGELOG.md from `changelogs/`: `make docs`.

What is released stands in `changelogs/changelog.yaml`, what is not in `changelogs/fragments`. antsibull-changelog
would move fragments to the former; here it works on a copy, so that they stay until there is a release.
"""

import html
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
CHANGELOG = ROOT / "CHANGELOG.md"


def plain(text: str) -> str:
    """Return Markdown in which antsibull-changelog escaped all punctuation as it can be read and searched."""

    def code(match: re.Match[str]) -> str:
        return "`" + html.unescape(re.sub(r"\\(.)", r"\1", match[1])) + "`"

    # Before a sign that means nothing in the middle of a line, a backslash is not needed.
    return re.sub(r"\\([^\w\s`*_<>&\[\]\\])", r"\1", re.sub(r"<code>(.*?)</code>", code, text))


def generated(root: Path = ROOT) -> str:
    """Return the text of CHANGELOG.md, with the fragments below the version of galaxy.yml.

    Raises ValueError, with what is wrong, if a fragment is invalid or its version has been released.
    """
    version = yaml.safe_load((root / "galaxy.yml").read_text())["version"]
    released, fragments = root / "changelogs/changelog.yaml", list((root / "changelogs/fragments").glob("*.yml"))
    if fragments and released.exists() and version in yaml.safe_load(released.read_text())["releases"]:
        raise ValueError(f"{version} is released: give galaxy.yml the version to come, to which the fragments belong.")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copy(root / "galaxy.yml", copy)
        shutil.copytree(root / "changelogs", copy / "changelogs")
        command = ["antsibull-changelog", "release"]
        result = subprocess.run(command, cwd=copy, check=False, capture_output=True, text=True)
        if result.returncode:
            raise ValueError(result.stdout + result.stderr)
        return plain((copy / CHANGELOG.name).read_text())


if __name__ == "__main__":
    try:
        CHANGELOG.write_text(generated())
    except ValueError as error:
        sys.exit(str(error))
