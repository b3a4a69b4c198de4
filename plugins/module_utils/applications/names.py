"""What an application may be called: the name becomes a Unix user and group, a database, a folder, a part of units."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .findings import Finding
from .resolve import Application

NAME = re.compile(r"[a-z][a-z0-9_-]{0,29}")

# Users and groups of Debian (base-passwd), of systemd and of what our roles install.
DEBIAN = """
    root daemon bin sys sync adm tty disk lp mail news uucp man proxy kmem dialout fax voice cdrom floppy tape sudo
    audio dip www-data backup operator list irc src shadow utmp video sasl plugdev staff games users nogroup nobody
    gnats input systemd-journal systemd-network systemd-resolve systemd-timesync systemd-coredump sgx kvm render netdev
    crontab messagebus polkitd sshd ssh ssl-cert uuidd tss ntp ntpsec chrony debian admin docker
    postgres mysql redis memcache nginx pgbouncer
"""
# Names of our own folders and units, and of databases that a server has or refuses.
OURS = """
    ca groundcrew maintenance postgresql mariadb memcached
    public none template0 template1 information_schema performance_schema
"""
RESERVED = frozenset([*DEBIAN.split(), *OURS.split()])

TAKEN_UNITS = ("worker", "web", "timer", "broker", "release", "command")
"""NAME-worker-*, NAME-timer-*, NAME-web@, the Redis NAME-broker, NAME-release, NAME-command."""
TAKEN_COMMANDS = ("run", "manage")
"""NAME-run, NAME-manage."""


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is wrong with the name of one application."""
    name = application.name
    if "name" in application.wrong or not application.places["name"]:
        return  # told by the specification
    if not NAME.fullmatch(name):
        sentence = f"is `{name}`, and takes up to 30 lower-case letters, digits, `-` and `_`, with a letter first"
        yield application.finding("name", "name", f"{sentence}: it becomes a Unix user", "name: shop")
    elif name in RESERVED or name.startswith("pg_"):
        sentence = (
            f"is `{name}`, which Debian, a database server or this collection has already: it becomes a Unix user"
        )
        yield application.finding("reserved-name", "name", sentence, "name: shop")
    elif name == application.host.variables.get("ansible_user"):
        sentence = f"is `{name}`, who logs in to the host: the application would take that user over"
        yield application.finding("reserved-name", "name", sentence, "name: shop")


def collisions(applications: list[Application]) -> Iterator[Finding]:
    """Yield applications of one host whose units another one would take for its own."""
    names = {one.name for one in applications}
    for one in applications:
        for other in sorted(names - {one.name}):
            rest = one.name.removeprefix(f"{other}-")
            word = rest.partition("-")[0]
            if rest == one.name or word not in TAKEN_UNITS + TAKEN_COMMANDS:
                continue
            if rest == word or word in ("worker", "timer"):
                sentence = f"is `{one.name}`, and the application `{other}` names its own parts `{other}-{word}`"
                yield one.finding("name-collision", "name", sentence, f"name: {one.name.replace('-', '_')}")
