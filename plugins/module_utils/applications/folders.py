"""Folders of the host: which of them belong to the system, to a release, to another application or to backups."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from . import parts
from .findings import Finding
from .resolve import Application

EXAMPLE = "directories: [/srv/shop/index]"
SERVICES = (
    "NetworkManager|alertmanager|apt|cloud|containerd?|containers|cron|dbus|debconf|dhcp.*|docker|dpkg|fail2ban|fontconfig"
    "|groundcrew.*|grub|initramfs-tools|journal|ldconfig|locks?|logrotate|mail|man|mariadb|memcached.*|misc|mysqld?|nginx"
    "|pam|pgbackrest|pgbouncer.*|polkit-1|postgresql.*|private|prometheus.*|python|redis.*|rsyslog|shm|snapd|sshd?"
    "|stunnel4?|sudo|systemd|ucf|udev|unattended-upgrades|user|vim|xml-core"
)
PLACES = {
    "/": r"bin|boot|dev|etc|home|lib\w*|lost\+found|proc|root|sbin|sys|tmp|usr",
    "/opt": "groundcrew.*",
    "/run": SERVICES,
    "/srv": "(?!)",
    "/usr/local": "bin|etc|games|include|lib|man|sbin|src",
    "/usr/local/share": "ca-certificates|fonts|man|" + SERVICES,
    "/var": "lock|mail|tmp",
    "/var/backups": "groundcrew.*",
    "/var/cache": SERVICES,
    "/var/lib": SERVICES,
    "/var/log": SERVICES,
    "/var/opt": "(?!)",
    "/var/spool": SERVICES,
    "/var/www": "acme",
}
"""Folders that many share, and the names in them that are the system's; what else is in them may be a product's."""
OPENED = {"home": "/home/", "tmp": "/tmp/"}  # noqa: S108 - names a folder
"""What lies deeper in these an application has by a word of its `sandbox`."""
READ = ("/usr/share/", "/usr/lib/", "/home/")
"""Where others than applications keep files that a site may show."""
ENGINE = tuple(name for name in parts.MADE_ANEW if name != "cache")
"""What the release engine has in the folder of an application."""


def clean(path: str) -> str:
    """Return a path as the host takes it: without `.`, `..` and repeated slashes, by its first name."""
    return re.sub("^/var/run(?=/|$)", "/run", posixpath.normpath("/" + path.lstrip("/")))


def lies_in(path: str, folder: str) -> bool:
    """Say whether a clean path is a folder or something inside of it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def of_system(path: str) -> str:
    """Return the folder of the system that a clean path is or lies in, "" when it is none of the system's."""
    if path in PLACES:
        return path
    shared = max((place for place in PLACES if lies_in(path, place)), key=len)
    name = path.removeprefix(shared).strip("/").partition("/")[0]
    return posixpath.join(shared, name) if re.fullmatch(PLACES[shared], name) else ""


def backups(application: Application) -> str:
    """Return the folder with the backups of the host, "" when they are elsewhere."""
    said = application.host.variables.get("backup_repository")
    if not isinstance(said, dict) or said.get("type", "local") != "local":
        return ""
    return clean(str(said["path"])) if str(said.get("path", "")).startswith("/") else ""


def written(application: Application) -> Iterator[Finding]:
    """Yield `directories` that are not the application's to have: their owner and their mode would be changed."""
    home, allow = f"/srv/{application.name}", application["sandbox"].get("allow", [])
    for said in application["directories"]:
        path, kept = clean(said), backups(application)
        deep = any(word in allow and path.startswith(OPENED[word]) and path.count("/") > 2 for word in OPENED)
        if said.startswith("/") and not deep and (owned := of_system(path)):
            whole = "" if owned == path else f" with all of {owned}"
            sentence = f"has {said}, which belongs to the system{whole}: its owner and mode would be the application's"
            yield application.finding("directory", "directories", sentence, EXAMPLE)
        elif path == home or any(lies_in(path, f"{home}/{name}") for name in ENGINE):
            sentence = f"has {said}, where the releases are: name a folder beside them"
            yield application.finding("directory", "directories", sentence, f"directories: [{home}/data]")
        elif kept and (lies_in(path, kept) or lies_in(kept, path)):
            sentence = f"has {said}, and the backups are in {kept}: the application could change them"
            yield application.finding("directory", "directories", sentence, f"directories: [{home}/data]")


def shown(application: Application) -> Iterator[Finding]:
    """Yield folders of `static` and `media` that hold more than files for everybody."""
    home = f"/srv/{application.name}"
    inner = [home, *(f"{home}/{name}" for name in ("current", "current/source"))]
    for key in ("static", "media"):
        for prefix, said in application[key].items():
            path, example = clean(str(said)), f"{key}: {{{prefix}: {home}/{key}}}"
            public = path.startswith(READ) and path.count("/") > 2 and "/." not in path
            if not str(said).startswith("/") or path.startswith(f"/etc/django/{application.name}/release/"):
                continue
            if of_system(path) and not public:
                sentence = f"has {prefix}: {said}, which belongs to the system: the site would show all of it"
                yield application.finding("shown", key, sentence, example)
            elif path in inner or any(lies_in(path, f"{home}/{name}") for name in ENGINE if name != "current"):
                sentence = f"has {prefix}: {said}, and more is in it than files for everybody"
                yield application.finding("shown", key, sentence, example)
            elif (kept := backups(application)) and (lies_in(path, kept) or lies_in(kept, path)):
                sentence = f"has {prefix}: {said}, and the backups are in {kept}: the site would show them"
                yield application.finding("shown", key, sentence, example)


def between(applications: list[Application]) -> Iterator[Finding]:
    """Yield folders of one application that lie in those of another; `applications` are all of a host."""
    present = [one for one in applications if one.present]
    for one in present:
        for key, said in chosen(one):
            for other in [other for other in present if other.name != one.name]:
                others = [clean(folder) for folder in other["directories"]] if key == "directories" else []
                # What both name alike is told of all claims.
                outer = next((outer for outer in (f"/srv/{other.name}", *others) if lies_in(clean(said), outer)), "")
                if outer and clean(said) not in others:
                    sentence = f"has {said}, and {outer} belongs to the application {other.name}"
                    own = f"[/srv/{one.name}/data]" if key == "directories" else f"{{/{key}/: /srv/{one.name}/{key}}}"
                    yield one.finding("folder-of-another", key, sentence, f"{key}: {own}")


def chosen(application: Application) -> Iterator[tuple[str, str]]:
    """Yield the folders that the inventory chooses for an application, (key, folder)."""
    for folder in application["directories"]:
        yield "directories", str(folder)
    for key in ("static", "media"):
        for folder in application[key].values():
            yield key, str(folder)
