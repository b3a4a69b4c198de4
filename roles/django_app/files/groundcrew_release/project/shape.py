"""What is asked of the reader, and what it answers; all paths are relative to the source."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .pythons import Demand
from .tree import join


@dataclass(frozen=True)
class Asked:
    """What the inventory says of the project; "" and () leave it to the reader.

    `provided` are the files that the inventory puts into the source, `wheel` says that the source is one, `installed`
    that all it needs is there already, as in an image, `builds` that the inventory says how it is built, and `queue`
    that it gives the application a queue, as it does for its processes.
    `given` are the variables that its environment has; without any, nobody knows.
    """

    name: str = ""
    working_directory: str = ""
    settings: str = ""
    manage: str = "python manage.py"
    application: str = ""
    interface: str = "wsgi"
    requirements: tuple[str, ...] = ()
    requirements_files: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    provided: tuple[str, ...] = ()
    wheel: bool = False
    installed: bool = False
    builds: bool = False
    queue: bool = False
    given: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Choice:
    """One choice of the plan, such as settings, shop.settings.production, config/wsgi.py."""

    what: str
    value: str
    reason: str

    def __str__(self) -> str:
        """Return the line that a person reads."""
        return f"{self.what}: {self.value}, {self.reason}" if self.reason else f"{self.what}: {self.value}"


@dataclass(frozen=True)
class Dependencies:
    """One declaration of dependencies, and how it is installed.

    `kind` is uv, poetry, pipenv, pdm or pylock for a lock, files for requirements files, pyproject for the dependencies
    of a pyproject.toml, package for an installable folder that brings its own. `folder` is where its tool works,
    `path` the file itself. `member` is the package of a workspace, "*" for all of them. `install` is the folder of the
    project that is installed as well, editable; None for none. `lines` stand for the file where uv cannot read it, and
    `limits` for its files of constraints.
    """

    kind: str
    path: str
    folder: str = "."
    member: str = ""
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    install: str | None = None
    lines: tuple[str, ...] = ()
    reason: str = ""
    limits: tuple[str, ...] = ()

    @property
    def locked(self) -> bool:
        """Whether every version is decided."""
        return self.kind in ("uv", "poetry", "pipenv", "pdm", "pylock")


@dataclass(frozen=True)
class Project:
    """What a tree says of itself.

    `working_directory` is the folder of manage.py, `settings` the settings module, `application` the callable that the
    tree offers where the settings name none ("" for none), `servers` its files that may offer one. `first` and `last`
    are the folders that manage.py, wsgi.py or asgi.py put before and behind everything else on the path of imports.
    `proposed` are keys of the inventory, as YAML, that would build what it evidently has to build, `beside` those that
    would run what it shows beside a web server for WSGI, `variables` those with the variables that its settings need
    and nobody gives.
    """

    working_directory: str = "."
    settings: str = ""
    application: str = ""
    servers: tuple[str, ...] = ()
    dependencies: tuple[Dependencies, ...] = ()
    demands: tuple[Demand, ...] = ()
    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    proposed: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()

    @property
    def roots(self) -> list[str]:
        """The folders that its modules are imported from."""
        home = self.working_directory
        return [home, *self.first, *self.last, join(home, "src"), "."]
