"""What an application may be called, and everything on a host that is called after it.

The name becomes a Unix user and group, a database, a folder, a part of units. Whether two applications of a host would
meet is asked of the names that they make, not of how the names begin: `omni` and `omni-worker` are two applications.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .findings import Finding
from .resolve import Application
from .sources.kinds import is_image

NAME = re.compile(r"[a-z][a-z0-9_-]{0,29}")

# Users and groups of Debian (base-passwd), of systemd and of what our roles install.
DEBIAN = """
    root daemon bin sys sync adm tty disk lp mail news uucp man proxy kmem dialout fax voice cdrom floppy tape sudo
    audio dip www-data backup operator list irc src shadow utmp video sasl plugdev staff games users nogroup nobody
    gnats input systemd-journal systemd-network systemd-resolve systemd-timesync systemd-coredump sgx kvm render netdev
    crontab messagebus polkitd sshd ssh ssl-cert uuidd tss ntp ntpsec chrony debian admin docker
    postgres mysql redis memcache nginx pgbouncer prometheus
"""
# Names of our own folders and units.
OURS = "ca groundcrew groundcrew-build maintenance postgresql mariadb memcached"
# Databases that a server has, and words that stand for all of them.
DATABASES = """
    postgres mysql sys public none template0 template1 information_schema performance_schema all replication sameuser
    samerole
"""
SERVERS = frozenset(DATABASES.split())
RESERVED = frozenset([*DEBIAN.split(), *OURS.split(), *SERVERS])

COMMANDS = ("run", "manage", "release")
SESSIONS = "clearsessions"
"""A timer that an application has unless it says otherwise."""


def of(application: Application) -> dict[str, str]:
    """Return the units, commands and folders that an application makes on its host, each with what it is for."""
    name, groups = application.name, application.host.groups
    made = {
        f"{name}-web@.service": "the web servers",
        f"{name}-release.service": "deploys",
        f"{name}-command.service": "commands of a deploy",
        f"{name}-recover.service": "the end of what was interrupted",
    }
    made |= {f"/usr/local/bin/{name}-{command}": f"the command `{name}-{command}`" for command in COMMANDS}
    for process in called(application, "processes"):
        made[f"{name}-worker-{process}.service"] = f"the process `{process}`"
    for timer in [*called(application, "timers"), SESSIONS]:
        made |= dict.fromkeys((f"{name}-timer-{timer}.service", f"{name}-timer-{timer}.timer"), f"the timer `{timer}`")
    if "redis" in groups:
        made |= {f"redis-server@{name}.service": "the cache", f"/run/redis-{name}": "the cache"}
        if application["processes"]:
            made |= dict.fromkeys((f"redis-server@{name}-broker.service", f"/run/redis-{name}-broker"), "the queue")
    for server in ("memcached", "pgbouncer"):
        if server in groups:
            unit = f"pgbouncer@{name}.service" if server == "pgbouncer" else f"memcached-{name}.service"
            made |= dict.fromkeys((unit, f"/run/{server}-{name}"), f"its {server}")
    return made


def called(application: Application, key: str) -> list[str]:
    """Return the names of the processes or timers; one without a name is told by the specification."""
    return [str(one["name"]) for one in application[key] if isinstance(one, dict) and "name" in one]


def is_reserved(name: str) -> bool:
    """Say whether Debian, a database server or this collection has the name."""
    return name in RESERVED or name.startswith("pg_")


def logs_in(application: Application, name: str) -> bool:
    """Say whether Ansible logs in under this name."""
    return name == application.host.variables.get("ansible_user")


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is wrong with the names of one application."""
    name = application.name
    if "name" in application.wrong or not application.places["name"]:
        return  # told by the specification
    if not NAME.fullmatch(name):
        sentence = f"is `{name}`, and takes up to 30 lower-case letters, digits, `-` and `_`, with a letter first"
        yield application.finding("name", "name", f"{sentence}: it becomes a Unix user", "name: shop")
    elif is_reserved(name):
        sentence = (
            f"is `{name}`, which Debian, a database server or this collection has already: it becomes a Unix user"
        )
        yield application.finding("reserved-name", "name", sentence, "name: shop")
    elif logs_in(application, name):
        sentence = f"is `{name}`, who logs in to the host: the application would take that user over"
        yield application.finding("reserved-name", "name", sentence, "name: shop")
    for database in (str(one["name"]) for one in application["databases"] if not one.get("url")):
        if database in SERVERS or database.startswith("pg_"):
            sentence = f"has {database}, which the server has already"
            yield application.finding("reserved-name", "databases", sentence, f"databases: [{name}_archive]")


def collisions(applications: list[Application]) -> Iterator[Finding]:
    """Yield applications of one host that would make the same unit, command or folder."""
    makers: dict[str, tuple[Application, str]] = {}
    told = set()
    for one in applications:
        for made, purpose in of(one).items():
            other, others = makers.setdefault(made, (one, purpose))
            pair = frozenset((one.name, other.name))
            if len(pair) == 2 and pair not in told:
                told.add(pair)
                sentence = f"is `{one.name}`, and `{made}` would be {purpose} of it and {others} of `{other.name}`"
                yield one.finding("name-collision", "name", f"{sentence}: rename one of them")
        # The units of processes and timers get the root of an image by how their names begin.
        for other in applications if is_image(one["source"]) else []:
            if re.match(f"{re.escape(one.name)}-(worker|timer)(-|$)", other.name):
                sentence = f"is `{other.name}`, whose units begin as those of processes and timers of `{one.name}`"
                yield other.finding("name-collision", "name", f"{sentence}, which is an image: rename one of them")
