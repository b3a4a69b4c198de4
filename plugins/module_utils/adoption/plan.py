"""Decide what an inventory takes from a project that runs, and what is stopped, packed and set aside to adopt it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .look import SERVICES

COPIES = 2.2
"""Times that the uploads are on the disk while they move, beside where they were, with something to spare."""
LEAST_KEY = 50
"""Characters of a key that Django itself calls long enough (check security.W009)."""
SHIPPED = {"12": 15, "13": 17}
"""The PostgreSQL of each Debian."""
OWN = re.compile(
    r"(PATH|HOME|USER|LOGNAME|SHELL|PWD|OLDPWD|SHLVL|_|TERM|MAIL|LANG|LANGUAGE|VIRTUAL_ENV\w*|HOSTNAME|LISTEN_\w+|NOTIFY_SOCKET"
    r"|INVOCATION_ID|JOURNAL_STREAM|SYSTEMD_\w+|MAINPID|MANAGERPID|WATCHDOG_\w+|XDG_\w+|DBUS_\w+|SSH_\w+|SUDO_\w+|LC_\w+|LS_COLORS"
    r"|SUPERVISOR_\w+|PYTHON\w*|GUNICORN_\w+|SERVER_SOFTWARE|FORWARDED_ALLOW_IPS|WEB_CONCURRENCY|UWSGI_\w+|CREDENTIALS_DIRECTORY"
    r"|\w+_DIRECTORY|MEMORY_PRESSURE_\w+|RUN_MAIN|TZ|DJANGO_SETTINGS_MODULE|PS1|EDITOR|PAGER|DEBIAN_FRONTEND|DEBUG|DJANGO_DEBUG)"
)
"""Variables of a process that its server, its shell or systemd set, or that Groundcrew sets."""
LOCAL = re.compile(r"(|/.*|localhost|127\.[\d.]+|::1)")
DUMPED = ("dumpdata", "--natural-foreign", "--natural-primary", "--exclude=contenttypes", "--exclude=auth.permission")
"""What `manage.py` writes of a database that is not PostgreSQL; Django makes those two itself."""


class CannotError(Exception):
    """A sentence that says why a project cannot be adopted."""


@dataclass(frozen=True)
class Project:
    """A Django project as it described itself (in_django.py), with the units of the processes that serve it."""

    said: Mapping[str, Any]
    units: Sequence[str] = ()
    runs_in: str = ""  # where its processes run, when that is not the folder of manage.py

    @property
    def folder(self) -> str:
        """The folder of manage.py."""
        return str(self.said["folder"])

    @property
    def media(self) -> str:
        """The folder of its uploads, "" for none: Django takes a relative one from where the process runs."""
        media = self.said["media"]
        return posixpath.normpath(posixpath.join(self.working_directory, media)) if media else ""

    @property
    def working_directory(self) -> str:
        """Where relative paths lead from."""
        return self.runs_in or self.folder

    @property
    def folders(self) -> list[str]:
        """Folders that only this project's units name: its own, and its environment when that is no system's."""
        return [self.folder, *([] if self.said["prefix"] in ("/usr", "/usr/local") else [self.said["prefix"]])]


def projects(answer: Mapping[str, Any]) -> list[Project]:
    """Return the projects of a server that are not Groundcrew's, by what on_host.py printed with in_django.py."""
    found = []
    for said in answer.get("applications", ()):
        if said.get("groundcrew") or "folder" not in said:
            continue
        serving = [one for one in answer["servers"] if inside(one["folder"], said["folder"])]
        units = sorted({one["unit"] for one in serving})
        places = [one["folder"] for one in serving]
        runs_in = places[0] if places and said["folder"] not in places else ""
        found.append(Project(said, units, runs_in))
    return found


def inside(path: str, folder: str) -> bool:
    """Say whether one folder is in or around another: servers start at manage.py, above it or beside the settings."""
    one, other = f"{path.rstrip('/')}/", f"{folder.rstrip('/')}/"
    return one.startswith(other) or other.startswith(one)


def choose(answer: Mapping[str, Any], folder: str) -> Project:
    """Return the project to adopt.

    :raises CannotError: there is none, or there are several and `folder` names none of them.
    """
    found = projects(answer)
    if folder:
        found = [one for one in found if one.folder == folder.rstrip("/")]
    if len(found) == 1:
        return found[0]
    if not found:
        errors = [f" ({one['error']})" for one in answer.get("applications", ()) if one.get("error")]
        where = f"in {folder} " if folder else ""
        raise CannotError(
            f"No Django project that Groundcrew did not make serves {where}here{''.join(errors)}. "
            "It is found by its process: gunicorn, uvicorn, uwsgi, daphne, hypercorn, granian or runserver, "
            "in the folder of its manage.py."
        )
    names = ", ".join(one.folder for one in found)
    raise CannotError(
        f"Several projects serve here: name the folder of one of them, -e project_folder=FOLDER: {names}."
    )


def allowed(name: str, hosts: Iterable[str]) -> bool:
    """Say whether ALLOWED_HOSTS takes a name (Django's own rule)."""
    return any(one in ("*", name) or (one.startswith(".") and (name.endswith(one) or name == one[1:])) for one in hosts)


def domains(answer: Mapping[str, Any], project: Project) -> list[str]:
    """Return the names that Nginx serves and that the project takes; without any in Nginx those of ALLOWED_HOSTS."""
    hosts = [str(one).lower() for one in project.said["allowed_hosts"]]
    found = [name for name in answer.get("names", ()) if allowed(name, hosts)]
    named = [one.lstrip(".") for one in hosts if re.fullmatch(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)+", one)]
    return found or [one for one in named if not re.fullmatch(r"[\d.]+", one) and one != "localhost.localdomain"]


def environment(project: Project, given: Iterable[str]) -> dict[str, str]:
    """Return the variables that a release needs as well; `given` are those that Groundcrew sets."""
    ours = set(given)
    return {
        name: str(value)
        for name, value in sorted(project.said["env"].items())
        if not OWN.fullmatch(name) and name not in ours and re.fullmatch("[A-Za-z]\\w*", name)
    }


def key(project: Project) -> str:
    """Return the key to sign with, so that nobody is logged out; "" for one that everybody can know."""
    said = str(project.said["secret_key"])
    return "" if said.startswith("django-insecure-") or len(said) < LEAST_KEY or len(set(said)) < 5 else said


def is_postgresql(database: Mapping[str, Any]) -> bool:
    """Say whether a database is PostgreSQL's, PostGIS's too."""
    return database["engine"].rpartition(".")[2] in ("postgresql", "postgis", "postgresql_psycopg2")


def database_url(project: Project) -> str:
    """Return the URL of a PostgreSQL elsewhere, which stays in use; "" for a database whose data come here."""
    one = project.said["databases"]["default"]
    if not is_postgresql(one) or LOCAL.fullmatch(one["host"]):
        return ""
    login = ":".join(quote(word, safe="") for word in (one["user"], one["password"]) if word)
    place = f"{one['host']}:{one['port']}" if one["port"] else one["host"]
    return f"postgresql://{login}@{place}/{quote(one['name'], safe='')}"


def version(project: Project, debian: str) -> str:
    """Return the major version of a PostgreSQL on this host that is not Debian's own, "" for no such."""
    one = project.said["databases"]["default"]
    other = is_postgresql(one) and not database_url(project) and one.get("version", 0) != SHIPPED.get(debian)
    return str(one["version"]) if other and one.get("version") else ""


def notes(project: Project, look: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    """Return what somebody should know before, a line each."""
    said, found = project.said, []
    found.append(f"{said['folder']} of the server, Django {said['django']}, settings {said['module']}")
    if changed := said["changed"]:
        found.append(
            f"{len(changed)} files there differ from what git has, such as {changed[0].split()[-1]}: commit them"
        )
    if not key(project):
        found.append("its SECRET_KEY is weak: a new one is made up, and whoever is logged in logs in again")
    for alias, one in said["databases"].items():
        if alias != "default":
            found.append(f"its database {alias} is not taken along: see the key `databases`")
        elif not is_postgresql(one):
            found.append(
                f"its data move from {one['engine'].rpartition('.')[2]} into PostgreSQL, by Django's own serializer"
            )
    if project.media and not look.get("has_media", True):
        found.append(f"its MEDIA_ROOT, {project.media}, is no folder: no uploads are taken along")
    found += [
        f"{field} keeps its files in {place}, outside of MEDIA_ROOT: they are not taken along"
        for field, place in said.get("elsewhere", {}).items()
    ]
    own = set(domains(answer, project))
    others = sorted({name for names in look["sites"].values() for name in names} - own)
    if others:
        found.append(
            f"{', '.join(others)}: stays in Nginx, and has no PostgreSQL by password at 127.0.0.1, "
            "no Redis at port 6379 and no files in /home any more"
        )
    if any(set(look["sites"][path]) & own for path in look["letsencrypt"]):
        found.append("certbot renews a certificate that nobody reads after the adoption: remove it then")
    found += [
        f"{path} starts `{line.strip()}`: make it a process with `on_calendar`"
        for path, lines in look["crontabs"].items()
        for line in lines
    ]
    return found


def steps(project: Project, look: Mapping[str, Any], name: str, asked: Sequence[str]) -> dict[str, Any]:
    """Return what take_over.py does: what it stops, packs, renames and sets aside, with the states of before.

    :param name: of the application, whose database has its name.
    :param asked: its domains.
    :raises CannotError: a file of Nginx also serves what is not adopted, or the uploads cannot be taken along.
    """
    if look["odd"]:
        raise CannotError(f"{look['odd'][0]} is no file, or a link that leaves the uploads: put the file in its place.")
    if look["uploads"] * COPIES > look["free"]:
        raise CannotError(
            f"{project.media} has {look['uploads'] >> 20} MB, and is copied twice on the way: "
            f"{look['free'] >> 20} MB are free."
        )
    for path, names in look["sites"].items():
        if set(names) & set(asked) and set(names) - set(asked):
            others = ", ".join(sorted(set(names) - set(asked)))
            raise CannotError(
                f"{path} serves {others}, too, which would go with it: move that into a file of its own, "
                "or name it in `domains`."
            )
    said = project.said
    databases, rename = {}, []
    for alias, one in said["databases"].items():
        if alias != "default" or database_url(project):
            continue
        if is_postgresql(one):
            command = ["pg_dump", "--format=custom", f"--port={one['port'] or 5432}", f"--dbname={one['name']}"]
            databases[alias] = {"user": "postgres", "command": command, "folder": "/", "env": {}}
            rename += [[one["name"], f"{name}_before"]] if one["name"] == name else []
        else:
            # A relative name of an SQLite leads from there, too.
            where, manage = project.working_directory, posixpath.join(project.folder, "manage.py")
            command = [said["python"], manage, *DUMPED, f"--database={alias}"]
            databases[alias] = {"user": said["user"], "command": command, "folder": where, "env": said["env"]}
    stop = [unit for unit in look["units"] if unit not in SERVICES]
    return {
        "stop": stop,
        "states": look["units"],
        "crontabs": look["crontabs"],
        "supervisor": look["supervisor"],
        "processes": [one for one in look["processes"] if not supervised(one["unit"], look)],
        "sites": [path for path, names in look["sites"].items() if set(names) & set(asked)],
        "databases": databases,
        "media": project.media,
        "rename": rename,
        "port": said["databases"]["default"]["port"],
    }


def supervised(unit: str, look: Mapping[str, Any]) -> bool:
    """Say whether something starts a process again: a unit that is stopped, or supervisor."""
    return unit in look["units"] or (unit == "supervisor.service" and bool(look["supervisor"]))


def described(
    project: Project, look: Mapping[str, Any], answer: Mapping[str, Any], given: Iterable[str]
) -> dict[str, Any]:
    """Return what an inventory takes from a project, and what somebody should know before."""
    debian = re.search(r"\d+", str(answer.get("system", "")))
    own = domains(answer, project)
    public = [path for path in look["letsencrypt"] if set(look["sites"][path]) & set(own)]
    return {
        "domains": own,
        "source": project.said["remote"],
        "branch": "" if project.said["branch"] == "HEAD" else project.said["branch"],
        "settings": project.said["module"],
        "env": environment(project, given),
        "secret_key": key(project),
        "database_url": database_url(project),
        "extensions": project.said["databases"]["default"].get("extensions", []),
        "postgresql_version": version(project, debian[0] if debian else ""),
        "certificate": "acme" if public else "selfsigned",
        "notes": notes(project, look, answer),
    }
