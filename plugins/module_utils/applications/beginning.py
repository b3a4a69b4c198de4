"""What `new_inventory` is given: each value becomes a part of files that others read, or of a path."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping

from . import domains, extra, names, specification
from .findings import Finding
from .inventory import Request
from .sources import kinds

HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
STAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
TAKEN = frozenset({"ci", "collections", "files", "group_vars", "host_vars"})
"""Folders beside those of the stages, and names that mean something to Ansible."""


def host(text: str) -> tuple[str, str]:
    """Return (what is wrong with the server, what to write), "" for nothing."""
    user, _, name = text.rpartition("@")
    if user and HOST.fullmatch(name):
        return "has the user in front: name it by itself", f"-e host={name} -e user={user}"
    try:
        ipaddress.ip_address(text)
    except ValueError:
        right = HOST.fullmatch(text)
        return ("", "") if right else ("is no name and no address of a server", "-e host=web1.example.org")
    return "", ""


def domain(text: str) -> tuple[str, str]:
    """Return (what is wrong with the domain of the site, what to write)."""
    if domains.DOMAIN.fullmatch(text) and not text.startswith("*"):
        return "", ""
    bare = re.sub(r"^[a-z]+://|[/:?#].*$|\.$", "", re.sub("^[a-z]+://", "", text))
    right = bare if domains.DOMAIN.fullmatch(bare) else "shop.example.org"
    return "is no host name", f"-e domain={right}"


def app(text: str) -> tuple[str, str]:
    """Return (what is wrong with the name of the application, what to write)."""
    if not names.NAME.fullmatch(text):
        bare = re.sub("[^a-z0-9_-]+", "", text.lower()).strip("-_0123456789")[:30]
        words = "becomes a Unix user, and takes up to 30 lower-case letters, digits, `-` and `_`, with a letter first"
        return words, f"-e app={bare or 'shop'}"
    return ("is a name that the host has already", "-e app=shop") if names.is_reserved(text) else ("", "")


def stage(text: str) -> tuple[str, str]:
    """Return (what is wrong with the name of the stage, what to write)."""
    if STAGE.fullmatch(text) and text not in TAKEN:
        return "", ""
    return "becomes a folder beside `apps.yml`, and takes letters, digits, `-` and `_`", "-e stage=staging"


def user(text: str) -> tuple[str, str]:
    """Return (what is wrong with who logs in, what to write)."""
    return ("", "") if USER.fullmatch(text) else ("is no name of a user", "-e user=root")


def adopt(text: str) -> tuple[str, str]:
    """Return (what is wrong with the word, what to write)."""
    words = specification.TRUE | specification.FALSE
    return ("", "") if text.lower() in words else ("takes true or false", "-e adopt=true")


def project_folder(text: str) -> tuple[str, str]:
    """Return (what is wrong with the folder on the server, what to write)."""
    return ("", "") if text.startswith("/") else ("is a whole path on the server", "-e project_folder=/srv/shop")


FORMS: Mapping[str, Callable[[str], tuple[str, str]]] = {
    "host": host,
    "domain": domain,
    "app": app,
    "stage": stage,
    "user": user,
    "adopt": adopt,
    "project_folder": project_folder,
}
"""By option; what is empty is missing, or has a meaning, which the playbook knows."""
OPTIONS = {name: specification.Option() for name in (*FORMS, "folder", "source", "ci")}


def source(text: str, here: str) -> str:
    """Return what is wrong with the project, "" for nothing; a relative path starts at `here`."""
    if kinds.kind(text) not in kinds.LOCAL:
        return ""
    return "" if kinds.place(text, here).exists() else "is neither here nor the URL of a git repository"


def findings(given: Mapping[str, object], named: Mapping[str, object], here: str) -> Iterator[Finding]:
    """Yield what is wrong with the values of the options, and with the names among `named`, all given with -e."""
    yield from extra.strange(Request(options=OPTIONS, extra=named))
    for name, form in FORMS.items():
        text = str(given.get(name, ""))
        problem, example = form(text) if text else ("", "")
        if problem:
            yield Finding("new-inventory", "", "", f"-e {name}={text}", problem, example)
    text = str(given.get("source", ""))
    if problem := source(text, here) if text else "":
        yield Finding("new-inventory", "", "", f"-e source={text}", problem, "-e source=~/shop")
