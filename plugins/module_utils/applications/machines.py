"""What only a host knows: whether it can be what its groups ask for. Each answered one question."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import connections, engine, extensions, logins
from .findings import Finding

DEBIAN = ("12", "13")
LEAST_DISK = 1500  # MB free: the packages of a first run, and a release
LEAST_MEMORY = 400  # MB: a PostgreSQL, two workers and what ships a release
OLDEST_PYTHON = (3, 9)  # which ansible-core asks for
PUBLIC = "https://acme-v02.api.letsencrypt.org/directory"

FACTORS = {"": 2**-20, "K": 2**-10, "M": 1, "G": 2**10, "T": 2**20}  # MB
ELSEWHERE = (
    "an authority would ask there. Behind a CDN or a load balancer, name its networks in `nginx_trusted_proxies`"
)


@dataclass(frozen=True)
class Machine:
    """A host as it answered, and what is asked of it; `reason` says why it did not answer."""

    name: str
    groups: frozenset[str] = frozenset()
    answer: Mapping[str, Sequence[str]] = field(default_factory=dict)
    reason: str = ""
    applications: Sequence[Mapping[str, Any]] = ()
    has_password: bool = False  # for sudo
    is_behind_proxies: bool = False
    connections: int = 0  # that applications may open to its PostgreSQL
    most_connections: int = 0  # that its PostgreSQL is told to take; 0 for what the role chooses
    databases: Sequence[Mapping[str, Any]] = ()  # that its PostgreSQL has beside those of applications
    has_repository: bool = False  # that PostgreSQL comes from, in place of Debian's own
    administrators: Sequence[Mapping[str, Any]] = ()
    held_keys: frozenset[str] | None = None  # which this machine can show to it; None when they are not known
    is_opened_by_password: bool = False
    way: tuple[str, int] | None = None  # user and port, where the inventory says others that do not open it

    def one(self, key: str) -> str:
        """Return the only value of a key, "" when the host said none."""
        return next(iter(self.answer.get(key, ())), "")


def parse(text: str) -> dict[str, list[str]]:
    """Return what a host answered, a line `key=value` each, by key."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, separator, value = line.strip().partition("=")
        if separator:
            found.setdefault(key, []).append(value)
    return found


def cores(text: str) -> int:
    """Return the number of cores in what a host answered, 0 when it did not."""
    return next((int(value) for value in parse(text).get("cores", ()) if value.isdecimal()), 0)


def findings(machine: Machine, resolve: Callable[[str], list[str] | None]) -> Iterator[Finding]:
    """Yield what is wrong with one host. `resolve` returns the addresses of a name, None if nobody knows."""

    def finding(kind: str, sentence: str, example: str = "", where: str = machine.name) -> Finding:
        return Finding(kind, machine.name, "", where, sentence, example)

    if machine.reason:
        sentence, example = f"does not answer: {machine.reason.rstrip('.')}", ""
        if machine.administrators:
            sentence += (
                ". Nor can its administrators log in. If it still has another user or port, name it for this run"
            )
            example = "-e ansible_user=ops -e ansible_port=2222"
        yield finding("unreachable", sentence, example, "ansible_host")
        return
    system, version = [*machine.one("system").split(), "", ""][:2]
    if system != "debian" or version not in DEBIAN:
        known = " and ".join(DEBIAN)
        yield finding(
            "system", f"runs {system or 'an unknown system'} {version}, and this collection knows Debian {known}"
        )
        return
    yield from access(machine, finding)
    yield from lockout(machine, finding)
    memory, disk = machine.one("memory"), machine.one("disk")
    if memory.isdecimal() and int(memory) < LEAST_MEMORY:
        yield finding("memory", f"has {memory} MB of memory, and takes {LEAST_MEMORY} at the least")
    if disk.isdecimal() and int(disk) < LEAST_DISK:
        yield finding("disk", f"has {disk} MB free on its disk, and takes {LEAST_DISK} at the least")
    if "django" in machine.groups and (taken := machine.answer.get("port")) and not machine.one("nginx"):
        ports = " and ".join(sorted(set(taken)))
        yield finding("port", f"has another server than Nginx on port {ports}: stop it, or it would keep the sites out")
    for zone in machine.answer.get("nozone", ()):
        yield finding(
            "zone", f"is {zone}, which the host does not know", "base_timezone: Europe/Berlin", "base_timezone"
        )
    if "postgresql" in machine.groups and machine.connections + connections.OWN > (most := takes(machine)):
        sentence = f"takes {most} connections to PostgreSQL, and applications may open {machine.connections}"
        example = f"postgresql_settings: {{max_connections: {machine.connections + 2 * connections.OWN}}}"
        yield finding("connections", sentence, example)
    if "postgresql" in machine.groups and not machine.has_repository:
        yield from extensions.findings(machine.name, version, machine.applications, machine.databases)
    yield from names(machine)
    yield from domains(machine, resolve)


def names(machine: Machine) -> Iterator[Finding]:
    """Yield applications that could resolve no name, since the host's DNS is where a cloud keeps its credentials."""
    closed = [ipaddress.ip_network(one, strict=False) for one in engine.load("sandbox").METADATA.split()]
    servers = [one for one in machine.answer.get("nameserver", ()) if is_inside(one, closed)]
    for application in machine.applications if servers else ():
        if application["state"] == "present" and "metadata" not in application["app"]["sandbox"]["allow"]:
            sentence = (
                f"could resolve no name: the host's DNS is {servers[0]}, which its sandbox keeps it from, since clouds "
                "give their machines credentials there. Let the host use another resolver, or allow it"
            )
            yield Finding(
                "names", machine.name, application["name"], "sandbox", sentence, "sandbox: {allow: [metadata]}"
            )


def is_inside(address: str, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    """Say whether an address lies in one of some networks."""
    try:
        return any(ipaddress.ip_address(address) in network for network in networks)
    except ValueError:
        return False


def takes(machine: Machine) -> int:
    """Return how many connections its PostgreSQL takes: what it is told, or what the role makes of the cores."""
    cores = machine.one("cores")
    return machine.most_connections or max(100, 25 * int(cores if cores.isdecimal() else 0))


def notes(machine: Machine) -> Iterator[Finding]:
    """Yield what is worth a word: who logs in from now on, processes that may take more memory than there is."""
    yield from newcomers(machine)
    limits = [process["memory"] for one in machine.applications for process in one["worker"]["processes"]]
    together = sum(map(megabytes, limits))
    if machine.one("memory").isdecimal() and together > int(machine.one("memory")):
        sentence = (
            f"may take {together} MB of memory together by their `memory`, and the host has {machine.one('memory')}"
        )
        yield Finding("memory", machine.name, "", "processes", sentence)


def megabytes(size: str) -> int:
    """Return what a size in systemd's words is in MB, 0 for one that is no number of bytes."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)", size)
    return int(float(found[1]) * FACTORS[found[2]]) if found else 0


def access(machine: Machine, finding: Callable[..., Finding]) -> Iterator[Finding]:
    """Yield what keeps Ansible from working there as root."""
    user, sudo, python = machine.one("user"), machine.one("sudo"), machine.one("python")
    if not sudo:
        yield finding("sudo", "has no `sudo`: as root, apt install sudo")
    elif sudo == "password" and not machine.has_password:
        sentence = f"is {user}, whom sudo asks for a password"
        yield finding("sudo", sentence, "--ask-become-pass", "ansible_user")
    numbers = tuple(int(part) for part in python.split(".")[:2] if part.isdecimal())
    if numbers < OLDEST_PYTHON:
        said = f"has Python {python}" if python else "has no Python"
        yield finding(
            "python", f"{said}, and Ansible takes {'.'.join(map(str, OLDEST_PYTHON))} or newer: apt install python3"
        )


def lockout(machine: Machine, finding: Callable[..., Finding]) -> Iterator[Finding]:
    """Yield a run after which nobody could log in from this machine, since it holds no key of an administrator."""
    if not machine.administrators:
        return
    first = machine.administrators[0]["name"]
    example = f"ssh_administrators: [{{name: {first}, keys: [...]}}], with the public key of this machine"
    if logins.lacks(machine.administrators, machine.held_keys):
        sentence = "has no key that this machine holds: after the run nobody could log in from here"
        yield finding("locked-out", sentence, example, "ssh_administrators")
    elif machine.held_keys is None and machine.is_opened_by_password:
        sentence = f"switches passwords off, and this run logs in as {machine.one('user')} with one"
        yield finding("locked-out", sentence, example, "ssh_administrators")


def newcomers(machine: Machine) -> Iterator[Finding]:
    """Yield what the inventory should say of the user and the port, where it says what opens the host no longer."""
    names, user = [one["name"] for one in machine.administrators], machine.one("user")
    if machine.way:
        user, port = machine.way
        sentence = f"is not what opens the host: this run logs in as {user} over port {port}"
        example = f"ansible_user: {user}" + ("" if port == logins.USUAL else f", ansible_port: {port}")
        yield Finding("way", machine.name, "", "ansible_user", sentence, example)
    elif names and user not in names and (user == "root" or machine.is_opened_by_password):
        sentence = f"is {user}, who cannot log in after a run of site.yml"
        yield Finding("way", machine.name, "", "ansible_user", sentence, f"ansible_user: {names[0]}")


def domains(machine: Machine, resolve: Callable[[str], list[str] | None]) -> Iterator[Finding]:
    """Yield domains where a public authority would not find this host."""
    own = set(machine.answer.get("address", ()))
    public = {one for one in own if is_public(one)}
    for application, domain in uncertified(machine):
        found = resolve(domain)
        where = ", ".join(found or ())
        if found == []:
            sentence = f"has {domain}, which no DNS knows: an authority asks there before it signs"
        elif found and public and not own & set(found) and not machine.is_behind_proxies:
            sentence = f"has {domain}, which is {where}, and this host is {', '.join(sorted(public))}: {ELSEWHERE}"
        else:
            continue
        yield Finding("dns", machine.name, application, "domains", sentence, "certificate: {source: selfsigned}")


def uncertified(machine: Machine) -> Iterator[tuple[str, str]]:
    """Yield each application (name) and domain at which a public authority is going to ask before it signs."""
    for application in machine.applications:
        name, certificate = application["name"], application["certificate"]
        http = certificate["source"] == "acme" and not certificate["dns"] and certificate["server"] == PUBLIC
        if application["state"] == "present" and http and name not in machine.answer.get("certified", ()):
            yield from ((name, domain) for domain in certificate["domains"])


def is_public(address: str) -> bool:
    """Say whether an address is one of the internet."""
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def described(machine: Machine) -> str:
    """Return a host in a line."""
    system = machine.one("system").capitalize()
    memory, disk = (int(machine.one(key) or 0) / 1024 for key in ("memory", "disk"))
    return f"{machine.name}: {system}, {machine.one('cores')} cores, {memory:.1f} GB of memory, {disk:.0f} GB free"
