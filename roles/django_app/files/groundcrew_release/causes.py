"""Why a program of the application failed: the exceptions down to the root, and what helps against the usual ones."""

import re
from collections.abc import Callable
from pathlib import PurePosixPath

from . import providers

LINKED = ("The above exception was the direct cause", "During handling of the above exception")
TRACE = "Traceback (most recent call last)"


def read_chain(log: str) -> list[str]:
    """Return the exceptions that led to the last traceback of a log, itself first and the root last.

    An exception is one line; what a library raises again with the same words is left out.
    """
    found, linked, inside = list[str](), False, False
    for line in log.splitlines():
        if line.lstrip().startswith(TRACE):
            found, linked, inside = (found if linked else []), False, True
        elif line.startswith(LINKED):
            linked = True
        elif inside and line and not line.startswith((" ", "\t")):
            found, inside = [*found, line.rstrip()], False
    chain = list[str]()
    for line in reversed(found):
        if line.partition(": ")[2] not in [one.partition(": ")[2] for one in chain]:
            chain.append(line)
    return chain


def explain(log: str) -> str:
    """Return what comes after the first words of a failure: the causes, and what helps; "" when nothing is known.

    It is the end of a sentence, with the sentences after it.
    """
    because = "".join(f", because of {one}" for one in read_chain(log)[1:4])
    helps = advise(log)
    return because + (f". {helps}" if helps else "")


def advise(log: str) -> str:
    """Return a sentence that says what helps against the failure that a log ends with, "" when nobody knows."""
    chain = read_chain(log)
    # Without a traceback what was said last counts.
    words = "\n".join(chain) if chain else "\n".join(log.splitlines()[-25:])
    for pattern, advice in RULES:
        if found := re.search(pattern, words, re.MULTILINE):
            return advice(found)
    variable = re.search(r"^KeyError: '(\w+)'", words, re.MULTILINE)
    if variable and re.search(r"os\.environ|<frozen os>|/os\.py", log):
        return read_environment(variable)
    return ""


STATIC = re.compile(r"(^|/)static(files|_?root)?(/|$)", re.IGNORECASE)
"""A folder of static files."""


def cannot_write(found: re.Match[str]) -> str:
    """Advise on a path that cannot be written."""
    path = found["path"]
    release = re.match(r"(/srv/([^/]+))/releases/[^/]+/(.*)", path)
    home = release[1] if release else "/srv/NAME"
    if not release and path.startswith("/"):
        own = folder(path) or f"{home}/data"
        return (
            f"{path} is outside of what the application may write, its media, its cache and /tmp: "
            f"`directories: [{own}]` makes a folder for it; the journal keeps what is logged to standard error."
        )
    if release and STATIC.search(release[3]) and not release[3].startswith("static/"):
        return (
            f"A release cannot be written, and {path} is in it: let the settings collect static files into "
            f"/etc/django/{release[2]}/release/static, the folder that Nginx serves."
        )
    return (
        f"A release cannot be written, and {path} is in it: write to a folder that outlives it, such as "
        f"`directories: [{home}/data]`, or log to standard error, which the journal keeps."
    )


def folder(path: str) -> str:
    """Return the folder of a path that a product has for itself, such as `/var/lib/product`; "" for none."""
    place = PurePosixPath(path)
    # Only some files have a suffix, and few folders do.
    own = place.parent if place.suffix else place
    enough = {"opt": 3, "srv": 3, "var": 4}.get(own.parts[1], 0) if len(own.parts) > 1 else 0
    return str(own) if enough and len(own.parts) >= enough else ""


def no_sqlite(_found: re.Match[str]) -> str:
    """Advise on a SQLite file that cannot be written."""
    return (
        "A SQLite file inside the release cannot be written: `database_url` names another database, and "
        "`databases: [{name: ..., alias: ...}]` one for a further alias."
    )


def no_library(found: re.Match[str]) -> str:
    """Advise on a shared library that is missing."""
    name = next(one for one in found.groups() if one)
    package = providers.library(name)
    if package:
        return f"Debian has the library {name} in the package {package}: `packages: [{package}]`."
    return f"The host lacks the library {name}: `packages` takes the Debian package that has it."


def no_program(found: re.Match[str]) -> str:
    """Advise on a program that is missing."""
    package = providers.PROGRAMS.get(found[1])
    return f"Debian has the program {found[1]} in the package {package}: `packages: [{package}]`." if package else ""


def no_module(found: re.Match[str]) -> str:
    """Advise on a module that is missing."""
    name = found[1].partition(".")[0]
    if name in providers.DISTRIBUTIONS:
        distribution = providers.DISTRIBUTIONS[name]
        return (
            f"The module {name} comes with {distribution}, which was not installed: name it in the project's "
            f"requirements, or `requirements: [{distribution}]`."
        )
    return (
        f"Nothing that was installed has a module {name}: `requirements` adds a package, and PYTHONPATH in `env` a "
        "folder of the source."
    )


def read_environment(found: re.Match[str]) -> str:
    """Advise on a variable that is missing."""
    # pydantic-settings says the name of a field.
    name = next(one for one in found.groups() if one)
    name = name.upper() if "Field required" in found[0] else name
    secret = re.search("KEY|SECRET|TOKEN|SALT|PASSWORD", name.upper())
    made = f", or `secrets: {{{name}: 50}}` for one that is made up on the host" if secret else ""
    return f"The project reads {name} from its environment: `env: {{{name}: ...}}`{made}."


def no_server(found: re.Match[str]) -> str:
    """Advise on a database that does not answer."""
    name = next(one for one in found.groups() if one)
    return (
        f"No database answers at {name}: the settings read where it is, from DATABASE_URL (`database_url`) or from "
        "other variables (`env`)."
    )


def no_login(found: re.Match[str]) -> str:
    """Advise on a database that refuses the user."""
    name = next(one for one in found.groups() if one)
    return (
        f"The database refuses the user {name}: over its socket PostgreSQL lets in the application's own user, as "
        "DATABASE_URL says; else `database_url` or `env` says who logs in."
    )


def no_redis(found: re.Match[str]) -> str:
    """Advise on a Redis that does not answer."""
    return (
        f"No Redis answers at {found[1]}: CACHE_URL, REDIS_URL and CELERY_BROKER_URL name the host's own, which "
        "listens on a port when `cache_url` or `broker_url` has one."
    )


def no_python(found: re.Match[str]) -> str:
    """Advise on a package that no Python as old as this one runs."""
    has, wanted, name = found.groups()
    return (
        f'{name} runs on Python {wanted} and newer, and this one is {has}: `python: "{wanted}"` has uv install one, '
        f"and `overrides: [{name}==...]` takes a version of {name} that runs here."
    )


def no_image(found: re.Match[str]) -> str:
    """Advise on a registry that refuses the image of a `FROM`. Docker Hub is the one that names leave out."""
    first = found[1].partition("/")[0]
    name = first if re.search("[.:]|^localhost$", first) and "/" in found[1] else "docker.io"
    return f"A registry asks who builds: `registries: [docker://USER:PASSWORD@{name}]` has the login for this `FROM`."


def no_configuration(_found: re.Match[str]) -> str:
    """Advise on django-configurations, which asks for the class that has the settings."""
    return "The settings are a class of django-configurations: `env: {DJANGO_CONFIGURATION: ...}` names it."


def no_list(_found: re.Match[str]) -> str:
    """Advise on a library that takes our variable, hosts with commas between, for the whole setting."""
    return (
        "A library reads it from DJANGO_ALLOWED_HOSTS: "
        "`env: {DJANGO_ALLOWED_HOSTS: '[\"www.example.org\"]'}` writes a list."
    )


def no_cache(_found: re.Match[str]) -> str:
    """Advise on a parser of URLs that knows no socket by the name that redis gives it."""
    return (
        "django-environ knows the host's Redis by CACHE_URL, not by REDIS_URL: "
        '`env: {REDIS_URL: "redis:///run/redis-NAME/redis.sock?db=0"}`, or let the settings read CACHE_URL.'
    )


PATH = r"(?P<quote>['\"])(?P<path>[^'\"]+)(?P=quote)"
RULES: list[tuple[str, Callable[[re.Match[str]], str]]] = [
    (rf"(OSError|PermissionError): \[Errno (30|13)\] [^:]*: {PATH}", cannot_write),
    # A folder for logs that git does not keep, or that a product's package for Debian makes.
    (r"FileNotFoundError: \[Errno 2\] [^:]*: (?P<quote>['\"])(?P<path>/[^'\"]+\.log)(?P=quote)", cannot_write),
    (r"attempt to write a readonly database|unable to open database file", no_sqlite),
    (r"cannot load library '?([\w.+-]+)|([\w.+-]+\.so[.\d]*): cannot open shared object", no_library),
    (r"Could not find the (GDAL) library|failed to find (libmagic)|Unable to find (zbar) shared library", no_library),
    (r"FileNotFoundError: \[Errno 2\] No such file or directory: ['\"]([\w+-]+)['\"]", no_program),
    (r"ModuleNotFoundError: No module named ['\"]([\w.]+)['\"]", no_module),
    (r"Error loading (MySQLdb|psycopg2)(?: or psycopg)? module", no_module),
    (r"Set the (\w+) environment variable|(\w+) not found\. Declare it as envvar", read_environment),
    (r"[Ee]nvironment variable [\"']?(\w+)[\"']? (?:is )?not set", read_environment),
    (r"validation errors? for [\w.]+:?\s+(\w+)\s+Field required", read_environment),
    (r"django-configurations settings importer wasn't correctly installed", no_configuration),
    (r"ALLOWED_HOSTS setting must be a list or a tuple", no_list),
    (r"Invalid cache schema unix", no_cache),
    (r"authentication failed for user \"([^\"]+)\"|role \"([^\"]+)\" does not exist", no_login),
    (r"Access denied for user '([^']+)'", no_login),
    (r"could not translate host name \"([^\"]+)\"|Unknown (?:MySQL )?server host '([^']+)'", no_server),
    (r"failed to resolve host '([^']+)'|connection to server at \"([^\"]+)\".*failed: Connection refused", no_server),
    (r"connection to server on socket \"([^\"]+)\" failed|Can't connect to [\w ]*?server \w+ .*?'([^']+)'", no_server),
    (r"(?:Error \d+|Error -?\d+) connecting to ([\w.-]+:\d+)", no_redis),
    (r"initializing source docker://(\S+):[\w.-]+: .*(?:unauthorized|denied|authentication required)", no_image),
    (
        r"current Python version \(([\d.]+)\) does not satisfy Python>=([\d.]+)\S* and "
        r"(?:all versions of )?([\w.-]+)\S* depends",
        no_python,
    ),
]
"""Regular expressions over the exceptions of a failure, and who advises: the first that fits counts."""
