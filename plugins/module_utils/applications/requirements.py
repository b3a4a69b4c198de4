"""Requirements that are files to who wrote them: to pip they are names of packages, which anybody may register."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .findings import Finding
from .resolve import Application

FILE = re.compile(r"[^\s@:]*\.(txt|in|toml|lock|cfg|pip)|(\S*/)?Pipfile(\.lock)?")
OPTION = re.compile(r"(?:-[rc]|--(?:requirements?|constraints?))[\s=]*(\S+)")
OUTSIDE = ("source/", "/", "https://", "http://", "file://")
"""What is found from where the list is read: beside the source of a release, outside of it."""
EXAMPLES = {"requirements": "requirements: [Django==5.2.*]", "constraints": 'constraints: ["urllib3<2"]'}
EXAMPLES["overrides"] = "overrides: [Django==5.2.*]"


def findings(application: Application) -> Iterator[Finding]:
    """Yield files that stand where packages are named."""
    for key, example in EXAMPLES.items():
        for item in map(str, application[key]):
            option = OPTION.fullmatch(item.strip())
            name = option[1] if option else item.strip()
            if option and not name.startswith(OUTSIDE):
                sentence = f"has {item}, and the list is read outside of the source"
            elif not option and FILE.fullmatch(name):
                sentence = f"has {item}, which is a package to pip, and anybody may register it"
            else:
                continue
            if key == "requirements":
                file = name.removeprefix("./")
                said = f"{sentence}: a file of the source is one of the `requirements_files`"
                yield application.finding("requirements-file", key, said, f"requirements_files: [{file}]")
            else:
                said = f"{sentence}: write the lines of the file"
                yield application.finding("requirements-file", key, said, example)
