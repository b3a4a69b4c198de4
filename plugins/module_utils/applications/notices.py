"""What is no mistake and worth a word: variables that nothing reads, secrets in plain text, what hosts do not share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from . import command_lines, elsewhere, keys, secrecy, shared, urls, variables, vaults
from .findings import Finding
from .inventory import Host
from .resolve import Application
from .sources.kinds import kind as kind_of

MAGIC = frozenset({"environment", "state", "name", "version", "timeout"})
"""Words that a user may well have for something else, and that are keys of an application, too."""
OF_GROUP = {
    "postgresql": "postgresql",
    "mariadb": "mariadb",
    "backup": "backup",
    "prometheus": "monitoring",
    "alertmanager": "monitoring",
    "journal": "logs",
    "firewall": "firewall",
    "nginx": "django",
    "django_app": "django",
}
"""The group whose hosts read the variables of a role."""


def findings(hosts: list[Host], applications: Mapping[str, list[Application]]) -> Iterator[Finding]:
    """Yield everything that is worth a word, about hosts and about their applications."""
    for host in hosts:
        yield from unread(host)
        yield from plain_text(host)
        yield from left_alone(host)
        for variable in secrecy.VARIABLES:
            for path, text in secrecy.walk(host.variables.get(variable), variable):
                if is_ended(text):
                    yield Finding("dropped", host.name, "", path, ENDED)
    yield from unused(hosts)
    yield from vaults.findings({host.folder for host in hosts})
    present = [one for of_host in applications.values() for one in of_host if one.present]
    yield from elsewhere.notices(hosts, present)
    for one in present:
        yield from dropped(one)
    for name in dict.fromkeys(one.name for one in present):
        yield from apart([one for one in present if one.name == name])


def unread(host: Host) -> Iterator[Finding]:
    """Yield variables that look like ours and that neither a role nor a template of the host reads."""
    for name in sorted(host.names - host.mentioned - variables.known()):
        if name in keys.options() and name not in MAGIC:
            sentence = f"is read by nothing. A key of all applications is `{keys.FLAT}{name}`"
            yield Finding("unread", host.name, "", name, sentence)
        elif (role := variables.role_of(name)) and not variables.misspelt(name):
            sentence = f"is read by nothing; names that begin with `{role}_` belong to that role"
            yield Finding("unread", host.name, "", name, sentence)


def plain_text(host: Host) -> Iterator[Finding]:
    """Yield secrets that stand in a file as they are."""
    for place in sorted(host.clear):
        sentence = "is a secret in plain text: encrypt it with `ansible-vault encrypt_string`"
        yield Finding("plain-text", host.name, "", place, sentence)


def left_alone(host: Host) -> Iterator[Finding]:
    """Yield what is said of an SSH server that is left alone."""
    for name in ("ssh_port", "ssh_settings") if not host.variables.get("ssh_administrators") else ():
        if host.variables.get(name):
            sentence = "is read by nothing: without `ssh_administrators` the SSH server of a host is left alone"
            yield Finding("unused", host.name, "", name, sentence)


def unused(hosts: list[Host]) -> Iterator[Finding]:
    """Yield variables of roles that run on none of the hosts that have them."""
    for name in sorted(variables.known()):
        role = "django_app" if name == "django_apps" else variables.role_of(name)
        having = [host for host in hosts if host.variables.get(name) is not None]
        if having and role in OF_GROUP and not any(OF_GROUP[role] in host.groups for host in having):
            sentence = f"is read by no host: none that has it is in the group `{OF_GROUP[role]}`"
            for host in having:
                yield Finding("unused", host.name, "", name, sentence)


ENDED = "ends with a line break, which is a part of it: write `|-` in place of `|`"


def is_ended(text: str) -> bool:
    """Say whether a text of one line has a line break behind it, as YAML's `|` leaves it."""
    return "\n" not in text.rstrip("\n") and text.rstrip("\n") not in ("", text)


def dropped(application: Application) -> Iterator[Finding]:
    """Yield keys of an application that say nothing beside another."""
    kind = kind_of(application["source"]) if application["source"] else "git"
    if application.places["version"] == "version" and kind not in ("git", "registry", "pypi"):
        what = {"image": "an archive of an image", "dockerfile": "a folder"}.get(kind, f"a {kind}")
        sentence = f"is not read: the source is {what}, which has one version"
        yield application.finding("dropped", "version", sentence)
    for name, value in application["env"].items():
        if isinstance(value, str) and is_ended(value):
            yield application.finding("dropped", "env", f"has {name}, which {ENDED}")
    debug = application["env"].get("DEBUG")
    if str(debug).lower() in ("true", "1", "yes", "on") and application["overlay"]:
        yield application.finding("dropped", "env", f"has DEBUG: {debug}, which is off in production whatever it says")


def apart(applications: list[Application]) -> Iterator[Finding]:
    """Yield what hosts of one site do not share; `applications` is it on each of them."""
    sharing = [one for one in applications if urls.split(one["database_url"]).hostname]
    if len(sharing) < 2 or shared.finds_its_own(sharing[0]):
        return
    for one in sharing:
        if not one["cache_url"]:
            sentence = f"is missing: each process of {len(sharing)} hosts has a cache of its own"
            yield one.finding("apart", "cache_url", sentence, urls.EXAMPLES["cache_url"])
        if not any(path.startswith(f"/srv/{one.name}/media") for path in one["directories"]) and not one["media"]:
            sentence = (
                f"is a folder of each of {len(sharing)} hosts: uploads of one are on no other, unless it is a mount"
            )
            yield one.finding("apart", "media", sentence)
        for job in one["processes"]:
            if not job.get("singleton") and clock(command_lines.words(str(job.get("run", "")))):
                sentence = f"plans jobs on each of {len(sharing)} hosts: each of them would run as often"
                yield one.finding("apart", "processes", sentence, "singleton: true", f"[{job.get('name')}]")


def clock(words: list[str]) -> bool:
    """Say whether a command line plans jobs, which one program of a site does: Celery's beat and its like."""
    celery = any(word.rpartition("/")[2] == "celery" for word in words) and {"beat", "-B", "--beat"} & set(words)
    return bool(celery) or any(word.rpartition("/")[2] in ("rqscheduler", "celerybeat") for word in words)
