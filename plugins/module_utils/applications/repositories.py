"""The repository of backups: that its keys are those of its type, and that its place is one for backups."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from . import folders
from .findings import Finding
from .inventory import Host

NEEDED = {"s3": ("endpoint", "bucket", "key", "secret"), "sftp": ("host", "user", "private_key", "host_keys")}
READ = {"s3": (*NEEDED["s3"], "region", "ca"), "sftp": (*NEEDED["sftp"], "port")}
"""The keys that each type reads, beside `path`, which all do."""
DEFAULTS = {"region": "us-east-1", "port": 22}
PLACE = "/var/backups"
SHAPES = {
    "user": (r"[^\s:,/]+", "a name without spaces", "user: web1"),
    "region": (r"[A-Za-z0-9._-]+", "letters, digits and `-`", "region: eu-west-1"),
    "key": (r"\S+", "a word without spaces", "key: '{{ vault_s3_key }}'"),
    "secret": (r"\S+", "a word without spaces", "secret: '{{ vault_s3_secret }}'"),
}
SECRET = ("key", "secret")
HOST_KEY = re.compile(r"\S+ AAAA[A-Za-z0-9+/]*={0,3}( .*)?")


def problems(host: Host, repository: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (what is wrong, what to write) of `backup_repository`; the sentence goes on from its name."""
    kind = str(repository.get("type") or "local")
    for other, names in READ.items():
        odd = [name for name in names if repository.get(name) and str(repository[name]) != str(DEFAULTS.get(name))]
        if odd and kind != other:
            sentence = f"has {', '.join(odd)}, which `type: {other}` reads, and the type is {kind}"
            yield sentence, f"backup_repository: {{type: {other}, ...}}"
    if missing := [key for key in NEEDED.get(kind, ()) if not repository.get(key)]:
        example = f"backup_repository: {{type: {kind}, {', '.join(f'{key}: ...' for key in NEEDED[kind])}}}"
        yield f"lacks {', '.join(missing)}", example
    for key, (shape, words, example) in SHAPES.items():
        value = repository.get(key)
        if key in READ.get(kind, ()) and isinstance(value, str) and value and not re.fullmatch(shape, value):
            yield f"has {key}{'' if key in SECRET else f': {value}'}, and takes {words}", example
    listed = repository.get("host_keys") if kind == "sftp" else None
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, str) and re.match(r"\S+ \S", one) and not HOST_KEY.fullmatch(one):
            yield (
                f"has the host key {one}, which no machine has: ssh-keyscan prints it",
                "host_keys: [ssh-ed25519 AAAA...]",
            )
    yield from path(host, kind, str(repository.get("path") or f"{PLACE}/groundcrew"))


def path(host: Host, kind: str, said: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the folder of a repository."""
    example, whole = "path: /mnt/nas/groundcrew", folders.clean(said)
    if ".." in PurePosixPath(said).parts:
        yield f"has the path {said}, and takes one without `..`", example
    elif kind in ("local", "sftp") and not said.startswith("/"):
        yield f"has the path {said}, and takes a whole one", example
    elif kind == "local" and folders.of_system(whole) and not folders.lies_in(whole, PLACE):
        yield f"has the path {said}, which belongs to the system: name a folder for backups alone", example
    elif kind == "local" and (outer := kept(host, whole)):
        yield f"has the path {said}, which lies in {outer}: each backup would hold those before it", example


def kept(host: Host, path_: str) -> str:
    """Return the folder that is backed up and that a path lies in, "" when it lies in none."""
    listed = host.said("django_apps")
    items = list(listed.items()) if isinstance(listed, dict) else [("", one) for one in listed or () if one]
    inner = []
    for label, one in items if "django" in host.groups else []:
        if isinstance(one, dict):
            inner.append(f"/srv/{one.get('name') or label}")
            inner += texts(one.get("directories"))
    said = texts(host.variables.get("backup_paths")) + texts(host.variables.get("django_app_directories"))
    left_out = texts(host.variables.get("backup_exclude"))
    if any(folders.lies_in(path_, folders.clean(one)) for one in left_out if one.startswith("/")):
        return ""
    return next((one for one in inner + said if one.startswith("/") and folders.lies_in(path_, folders.clean(one))), "")


def texts(value: object) -> list[str]:
    """Return the texts of a list, or the one text."""
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, str)]


def shared(hosts: list[Host]) -> Iterator[Finding]:
    """Yield hosts that have one name in one repository: the backups of one would be taken for those of the other."""
    taken: dict[tuple[str, str], str] = {}
    for host in hosts:
        repository = host.said("backup_repository")
        if "backup" not in host.groups or not isinstance(repository, dict):
            continue
        name, place = str(host.variables.get("backup_name") or host.name), where(repository)
        if place and (other := taken.setdefault((name, place), host.name)) != host.name:
            sentence = f"is {name}, as that of {other} in the same repository: its backups would be those of both"
            yield Finding("backup-name", host.name, "", "backup_name", sentence, f"backup_name: {host.name}")


def where(repository: Mapping[str, Any]) -> str:
    """Return what is the same in one repository of several hosts, "" for a folder that each host has for itself."""
    kind, folder = str(repository.get("type") or "local"), folders.clean(str(repository.get("path") or PLACE))
    if kind == "local":
        return folder if folder.startswith(("/mnt/", "/media/", "/net/")) else ""
    return " ".join([kind, folder, *(str(repository.get(key, "")) for key in ("endpoint", "bucket", "host"))])
