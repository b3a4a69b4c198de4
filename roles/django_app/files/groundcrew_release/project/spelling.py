"""One line of a requirements file: what pip means by it, apart from what the source has."""

import re
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement

from ..steps import FailedError

ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz")
LONG = {"--requirement": "-r", "--constraint": "-c", "--editable": "-e", "--find-links": "-f"}
OPTION = re.compile(r"(-[rcef]|--(?:requirement|constraint|editable|find-links)(?=[\s=]))[\s=]*(.+)")
HERE = re.compile(
    r"(?<![\w+:/])(?:(?:file:/*)?\$\{(?:PWD|PROJECT_ROOT|CI_PROJECT_DIR|GITHUB_WORKSPACE)\}/*|file://(?=\.{1,2}/))"
)
"""The folder that pip, PDM or a pipeline is called in, which is one of the source."""
ABSOLUTE = re.compile(r"(?:[\w.-]+(?:\[[^]]*\])?\s*@\s*)?(?:file:/*)?((?:~|\$\{HOME\}|[A-Za-z]:)?[\\/][^\s;\[#]*)")
MACHINE = re.compile(
    r"~|\$\{HOME\}|[A-Za-z]:|/.*feedstock_root/|/+(?:usr/src(?:/app)?|home|Users|root|tmp|private|croot|builds?|app|code|src|github"
    r"|workspaces?)(?![\w.-])"
)
"""A path of the machine that somebody wrote the list on, as `pip freeze` has it for what conda or a folder brought, or
of a container."""
PATH = re.compile(
    r"(?:(?P<name>[A-Za-z0-9][\w.-]*(?:\[[^]]*\])?)\s*@\s*)?(?:file:)?(?P<path>[\w.-][^\s;\[\]#]*)"
    r"(?P<extras>\[[^]]*\])?(?P<fragment>#[^\s;]*)?(?P<rest>\s*;.*|\s+--.*)?"
)
REMOTE = re.compile(r"://|^(?:[\w.-]+(?:\[[^]]*\])?\s*@\s*)?(?:git|hg|svn|bzr)\+")
REQUIREMENT = re.compile(r"((?:(?:-e|--editable(?=[\s=]))[\s=]*)?[^-\s].*?)(\s--?[A-Za-z].*)?")


@dataclass(frozen=True)
class Place:
    """A path that a line names, with what stands around it."""

    name: str
    path: str
    extras: str
    fragment: str
    rest: str

    @property
    def explicit(self) -> bool:
        """Whether it can only be a path."""
        return bool(self.name) or self.path in (".", "..") or self.path.startswith(("./", "../"))

    def line(self, path: str) -> str:
        """Return the line for this path in place of its own; uv takes extras or a fragment, not both."""
        rest = f" {self.rest}" if self.rest.startswith(";") else self.rest
        return f"{self.name} @ {path}{rest}" if self.name else f"{path}{self.extras or self.fragment}{rest}"


def place(text: str) -> Place | None:
    """Return the relative path that a requirement may name, None when it names none."""
    match = None if REMOTE.search(text) else PATH.fullmatch(text)
    if not match:
        return None
    path, fragment = match["path"], match["fragment"] or ""
    inner = re.search(r"subdirectory=([^&\[]+)", fragment)
    if inner and not path.endswith(ARCHIVES):
        path, fragment = f"{path}/{inner[1]}", ""
    return Place(match["name"] or "", path, match["extras"] or "", fragment, match["rest"] or "")


def understood(line: str) -> tuple[str, list[str]]:
    """Return a line as uv takes it, and the options that it refuses and pip does not.

    What pip is told of the build of one requirement matters only where no wheel fits. Hashes are checked anyway.
    """
    rest = re.sub(r"(^|\s)--require-hashes(?=\s|$)", "", line).strip()
    left = ["--require-hashes"] if rest != line else []
    match = REQUIREMENT.fullmatch(rest)
    if match and match[2]:
        hashes = re.findall(r"\s--hash[\s=]+\S+", match[2])
        others = re.findall(r"\s(--?[A-Za-z][\w-]*)", re.sub(r"\s--hash[\s=]+\S+", "", match[2]))
        if others:
            return match[1] + "".join(hashes), [*left, *others]
    return rest, left


def valid(path: str, line: str) -> str:
    """Return a line that names a package.

    :raises FailedError: it does not, as those of `pip list` and `conda list --export` do not.
    """
    if not line.startswith(("-", "/")) and not re.search(r"://|\$\{", line):
        try:
            Requirement(re.split(r"\s--", line)[0].strip())
        except InvalidRequirement:
            raise FailedError(
                f"{path} of the project has the line {line[:60]!r}, which is no requirement: write the file with "
                "`pip freeze`, or name another one with `requirements_files`."
            ) from None
    return line
