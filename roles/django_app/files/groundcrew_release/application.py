"""What the engine is told of an application: `/etc/django/NAME/application.json`, read here and nowhere else.

The role `django_app` writes the file, 0600 and root's, since it holds the environment with its secrets. Its keys are
those of the role's argument specification (`roles/django_app/meta/argument_specs.yml`); `source`, which the role
completes, says how the code reaches the host. What the engine does not act on is left out here.
"""

import json
import os
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

ROOT = Path(os.environ.get("GROUNDCREW_ROOT", "/"))
"""Where all paths of the host begin; the tests give a folder of their own."""


@dataclass(frozen=True)
class Source:
    """Where the code comes from.

    `kind` is git, folder, archive, pypi, or for an image registry, image or dockerfile. What the controller has it
    names: `revision` is the SHA-256 of its contents, and it arrives as `/srv/NAME/sources/REVISION` with its `suffix`.
    Of git and of a registry the host itself finds the revision. `location` is a URL, else what the inventory says.
    """

    kind: str
    location: str
    version: str = "HEAD"
    revision: str = ""
    suffix: str = ""
    deploy_key: str = ""


@dataclass(frozen=True)
class Command:
    """One command of a new release: `manage` is appended to the application's `manage`, `run` stands for itself.

    `allow` are words of the sandbox (sandbox.py) that hold for this command alone.
    """

    manage: str = ""
    run: str = ""
    unless: str = ""
    env: dict[str, str] = field(default_factory=dict)
    once: bool = False
    allow: tuple[str, ...] = ()


@dataclass(frozen=True)
class BuildStep:
    """One step that builds a new release: `manage` and `run` as of a command, `directory` inside the source."""

    manage: str = ""
    run: str = ""
    directory: str = ""
    env: dict[str, str] = field(default_factory=dict)
    allow: tuple[str, ...] = ()


@dataclass(frozen=True)
class File:
    """A file that the project reads: absolute, `source/…` inside the source, or relative to `/etc/django/NAME`."""

    path: str
    content: str
    mode: str = "0640"


@dataclass(frozen=True)
class Database:
    """A database beside the main one: its alias in Django's DATABASES, and its URL, "" when nobody knows it."""

    name: str
    alias: str = ""
    url: str = ""

    @property
    def variable(self) -> str:
        """The environment variable with its URL, such as `REPORTS_DATABASE_URL`."""
        return f"{re.sub('[^A-Z0-9]', '_', self.alias.upper())}_DATABASE_URL"


@dataclass(frozen=True)
class Server:
    """What serving a release needs; it is recorded with the release, so that a rollback brings it back."""

    kind: str = "gunicorn"  # or granian, uwsgi
    interface: str = "wsgi"
    workers: int = 0  # 0: as the project says, else one for each core, at least two
    threads: int = 0  # 0: as the project says, else four
    timeout: int = 30  # seconds
    settings: dict[str, Any] = field(default_factory=dict)  # by the server's own names
    pool_url: str = ""  # DATABASE_URL of the web servers alone, which go through PgBouncer


@dataclass(frozen=True)
class Probe:
    """What a release must answer before it takes traffic, and after. No `status` means all below 500 but 400."""

    path: str = "/"
    status: tuple[int, ...] = ()
    timeout: float = 60.0  # seconds


@dataclass(frozen=True)
class Sentry:
    """Where errors are reported, and under which environment; nowhere without a `dsn`."""

    dsn: str = ""
    environment: str = ""


@dataclass(frozen=True)
class Application:
    """One application of this host, complete: no key is missing here, defaults are the specification's affair."""

    name: str
    source: Source
    domains: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    working_directory: str = ""
    python: str = "python3"
    python_mirror: str = ""
    requirements: tuple[str, ...] = ()
    requirements_files: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    index_url: str = ""
    registries: tuple[str, ...] = ()  # docker://USER:PASSWORD@REGISTRY, for the FROM of a Dockerfile
    node: str = ""  # a version that the release brings, such as 22
    build: tuple[BuildStep, ...] = ()
    manage: str = "python manage.py"
    settings: str = ""
    overlay: bool = True
    application: str = ""
    server: Server = Server()
    probe: Probe = Probe()
    verify: bool = False  # ask this host's HTTPS server after the switch, too
    watch: float = 0.0  # seconds for which visitors' answers are watched after the switch
    drain_timeout: float = 30.0  # seconds
    database_url: str = ""
    database_scheme: str = "postgresql"  # takes the place of `postgresql` in database_url
    databases: tuple[Database, ...] = ()  # beside that of database_url
    cache_url: str = ""
    broker_url: str = ""
    files: tuple[File, ...] = ()
    commands: tuple[Command, ...] = ()
    anonymise: tuple[Command, ...] = ()  # after data came from elsewhere
    static: dict[str, str] = field(default_factory=dict)
    media: dict[str, str] = field(default_factory=dict)
    cdn_url: str = ""
    hsts_max_age: int | None = None  # seconds; None is what the settings say
    sentry: Sentry = Sentry()
    dump_before_migrate: bool = True
    keep_releases: int = 5
    umask: str = "0027"
    directories: tuple[str, ...] = ()  # that it may write to beside its media
    allow: tuple[str, ...] = ()  # words of the sandbox, in their order

    @property
    def home(self) -> Path:
        """`/srv/NAME`."""
        return ROOT / "srv" / self.name

    @property
    def config(self) -> Path:
        """`/etc/django/NAME`: secrets/, this file. The application sees the files of its release there instead."""
        return ROOT / "etc/django" / self.name

    @property
    def current(self) -> Path:
        """The link to the release that serves."""
        return self.home / "current"

    @property
    def releases(self) -> Path:
        """The folder of all releases."""
        return self.home / "releases"

    @property
    def media_folder(self) -> Path:
        """Uploads, which outlive every release."""
        return self.home / "media"

    @property
    def cache(self) -> Path:
        """HOME of the application."""
        return self.home / "cache"

    @property
    def writable(self) -> tuple[str, ...]:
        """The folders that its processes may write to."""
        return (str(self.media_folder), str(self.cache), *self.directories)

    @property
    def packages(self) -> Path:
        """The cache of uv, which runs as the application's user; the running application may not write there."""
        return self.home / "packages"

    @property
    def dumps(self) -> Path:
        """Dumps of the databases from before migrations."""
        return self.home / "dumps"

    @property
    def image(self) -> Path:
        """The image that was built last, as an OCI layout."""
        return self.home / "image"

    @property
    def sources(self) -> Path:
        """Archives that the controller sent."""
        return self.home / "sources"

    def release(self, name: str) -> Path:
        """Return the folder of a release."""
        return self.releases / name

    def unit(self, name: str) -> str:
        """Return the unit of a release's web servers."""
        return f"{self.name}-web@{name}.service"

    def drop_in(self, name: str) -> Path:
        """Return the folder with what the unit of one release has beside the file that all of them share."""
        return ROOT / "etc/systemd/system" / f"{self.unit(name)}.d"

    def socket(self, name: str) -> Path:
        """Return where the web servers of a release listen."""
        return ROOT / "run" / f"{self.name}-{name}" / "web.sock"


SERVER = ("interface", "workers", "threads", "timeout", "pool_url")
SETTINGS = {"gunicorn": "gunicorn_settings", "granian": "granian_settings", "uwsgi": "uwsgi_settings"}
"""By server: the key with its own settings; those of another server build nothing."""


def known(kind: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Return those of `values` that the dataclass `kind` has; lists become tuples."""
    names = {one.name for one in fields(kind)} & set(values)
    return {name: tuple(values[name]) if isinstance(values[name], list) else values[name] for name in names}


def allowed(values: dict[str, Any]) -> tuple[str, ...]:
    """Return the words that a `sandbox` allows, sorted: their order means nothing."""
    sandbox = values.get("sandbox")
    # An older version wrote lines of units here.
    return tuple(sorted(sandbox.get("allow", []))) if isinstance(sandbox, dict) else ()


def made(kind: Any, values: dict[str, Any]) -> Any:
    """Return a command or a build step."""
    return kind(**known(kind, values) | {"env": texts(values.get("env") or {}), "allow": allowed(values)})


def texts(values: dict[str, Any]) -> dict[str, str]:
    """Return environment variables as text: what YAML read as a number, and nothing for null."""
    return {name: "" if value is None else str(value) for name, value in values.items()}


def read_file(name: str, values: dict[str, Any]) -> File:
    """Return one of the `files`; the whole path of one below `/etc/django/NAME` is as good as a relative one."""
    return File(**known(File, values | {"path": values["path"].removeprefix(f"/etc/django/{name}/")}))


def parse(text: str) -> Application:
    """Return the application that a JSON text describes; ValueError or TypeError when it does not describe one."""
    values = json.loads(text)
    kind = values.get("server", "gunicorn")
    server = {name: values[name] for name in SERVER if name in values}
    parts = {
        "source": Source(**known(Source, values["source"])),
        "server": Server(kind, **server, settings=values.get(SETTINGS[kind], {})),
        "probe": Probe(**known(Probe, values.get("probe", {}))),
        "sentry": Sentry(**known(Sentry, values.get("sentry") or {})),
        "env": texts(values.get("env", {})),
        "databases": tuple(Database(**known(Database, one)) for one in values.get("databases", [])),
        "files": tuple(read_file(values["name"], one) for one in values.get("files", [])),
        "commands": tuple(made(Command, one) for one in values.get("commands", [])),
        "anonymise": tuple(made(Command, one) for one in values.get("anonymise", [])),
        "build": tuple(made(BuildStep, one) for one in values.get("build", [])),
        "allow": allowed(values),
    }
    return Application(**known(Application, values) | parts)


def path(name: str) -> Path:
    """Return where an application of this host is described."""
    return ROOT / "etc/django" / name / "application.json"


def load(name: str) -> Application:
    """Return an application of this host; FileNotFoundError when it has none of this name."""
    return parse(path(name).read_text())
