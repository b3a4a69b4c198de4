"""Locks of other tools than uv: the tool itself says what is in its lock, in an environment of its own.

Nothing but the tool knows its format whole, its markers, its hashes and whether a lock is out of date.
"""

from collections.abc import Callable
from pathlib import Path

from .project import Dependencies
from .steps import FailedError

Run = Callable[..., str]
"""Runs uv: the folder, then its arguments."""

POETRY = ("--from", "poetry>=2.1,<3", "--with", "poetry-plugin-export>=1.9,<2", "poetry")
PIPENV = ("--from", "pipenv>=2024", "pipenv")
PDM = ("--from", "pdm>=2.20,<3", "pdm")
ENVIRONMENT = {
    "POETRY_NO_INTERACTION": "1",
    "POETRY_VIRTUALENVS_CREATE": "false",
    "PIPENV_IGNORE_VIRTUALENVS": "1",
    "PIPENV_YES": "1",
    "PIPENV_NOSPIN": "1",
    "PDM_CHECK_UPDATE": "0",
    "PDM_USE_VENV": "0",
    "PDM_NON_INTERACTIVE": "1",
    "NO_COLOR": "1",
}
CHECKS = {
    "poetry": ((*POETRY, "check", "--lock"), "poetry lock"),
    "pipenv": ((*PIPENV, "verify"), "pipenv lock"),
    "pdm": ((*PDM, "lock", "--check"), "pdm lock"),
}
"""How each tool says that its lock is not out of date, and how it makes a new one."""
LATE = (
    "out of date",
    "out-of-date",
    "outdated",
    "changed significantly",
    "not up to date",
    "content-hash",
    "hash of pyproject",
)


def pairs(option: str, values: tuple[str, ...]) -> list[str]:
    """Return an option for each value."""
    return [word for value in values for word in (option, value)]


def arguments(dependencies: Dependencies) -> list[str]:
    """Return the words after `uv tool run` that print what a lock holds as a requirements file with hashes."""
    groups, extras = dependencies.groups, dependencies.extras
    if dependencies.kind == "poetry":
        only = pairs("--only", ("main", *groups))
        return [*POETRY, "export", "--format", "requirements.txt", *only, *pairs("--extras", extras)]
    if dependencies.kind == "pipenv":
        chosen = ["--categories", " ".join(("packages", *groups))] if groups else []
        return [*PIPENV, "requirements", "--hash", *chosen]
    return [*PDM, "export", "--format", "requirements", "--prod", *pairs("--group", groups)]


def export(uv: Run, source: Path, dependencies: Dependencies) -> str:
    """Return what a lock holds, as a requirements file.

    :raises FailedError: the lock is out of date, or its tool cannot read it.
    """
    folder = source / dependencies.folder
    check, renew = CHECKS[dependencies.kind]
    try:
        uv(folder, "tool", "run", "--quiet", *check)
    except FailedError as error:
        if any(word in error.log.lower() for word in LATE):
            raise FailedError(
                f"{dependencies.path} is out of date: run `{renew}` and commit it.", error.log, error.command
            ) from None
        if dependencies.kind != "poetry":
            raise
        # `poetry check` also dislikes what does not concern the lock, such as a README that is not there.
    return uv(folder, "tool", "run", "--quiet", *arguments(dependencies))
