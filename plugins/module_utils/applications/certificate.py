"""Where a certificate comes from: that of a site, and those that a host has as variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import formats
from .findings import Finding
from .resolve import Application
from .sources.kinds import expanded
from .specification import ROLES

PRIVATE = re.compile(
    r"[^.]+|[0-9.]+|(.+\.)?(local|lan|home|internal|intranet|corp|private|localhost|localdomain|test|invalid)"
)
"""Names and addresses for which no public authority signs."""
PUBLIC = "https://acme-v02.api.letsencrypt.org/directory"
WEBROOT = "/var/www/acme"
"""What Nginx shows of every domain."""
AMBIENT = ("route53", "lightsail", "gcloud", "azure", "azuredns", "manual")
"""Providers that may know a host by where it runs, and ask for no variable."""
GENERAL = re.compile("LEGO_.*|(https?|no|all)_proxy", re.IGNORECASE)
ACME, PROVIDED = ("server", "server_ca", "email", "dns", "env"), ("certificate", "private_key")
RSA = ("rsa_certificate", "rsa_private_key")
FILES = "certificate: {source: provided, certificate: files/shop.pem, private_key: files/shop.key}"
DNS = "certificate: {source: acme, dns: cloudflare, env: {CLOUDFLARE_DNS_API_TOKEN: ...}}"

Wrong = tuple[str, str, str, str]
"""(id, key inside of the certificate, such as `.env`, or "" for all of it; sentence; example)."""


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is wrong with the certificate of one application."""
    said, domains, folder = application["certificate"], application["domains"], application.host.folder
    for kind, inside, sentence, example in problems(said, domains, folder, "certificate", shown=WEBROOT):
        yield application.finding(kind, "certificate", sentence, example, inside)


def problems(
    said: Mapping[str, Any], domains: Sequence[str], folder: str, name: str, shown: str = ""
) -> Iterator[Wrong]:
    """Yield what a certificate for these domains lacks or says in vain.

    :param folder: the inventory's, where relative paths start; "" where Ansible alone looks for them.
    :param name: what it is called where it is said.
    :param shown: the folder that the web server of the host shows for it, "" for nobody knows.
    """
    source = said.get("source") or "selfsigned"
    found = [*contradictions(said, source)]
    if source == "provided":
        found += provided(said, folder)
    elif source == "acme":
        found += asked(said, domains, shown)
    for kind, inside, sentence, example in found:
        yield kind, inside, sentence, re.sub("^certificate:", f"{name}:", example)


def contradictions(said: Mapping[str, Any], source: str) -> Iterator[Wrong]:
    """Yield keys that belong to another source of a certificate."""
    for source_, names in (("acme", ACME), ("provided", PROVIDED + RSA)):
        # What the specification fills in is nobody's word.
        odd = [name for name in names if said.get(name) and said[name] != PUBLIC]
        if odd and source != source_:
            sentence = f"has {', '.join(odd)}, which `source: {source_}` reads, and the source is {source}"
            yield "contradiction", "", sentence, f"certificate: {{source: {source_}, ...}}"
    if not said.get("rsa") and (odd := [name for name in RSA if said.get(name)]):
        yield "contradiction", "", f"has {', '.join(odd)} without `rsa: true`", "rsa: true"


def provided(said: Mapping[str, Any], folder: str) -> Iterator[Wrong]:
    """Yield files that are not said or not there, and those that are something else."""
    needed = PROVIDED + (RSA if said.get("rsa") else ())
    if missing := [name for name in needed if not said.get(name)]:
        yield "certificate", "", f"lacks {', '.join(missing)}", FILES
    for name in needed:
        text = str(said.get(name) or "")
        if not text or not re.fullmatch(formats.FILE.pattern, text):
            continue  # told above, or by its format
        path = place(text, folder)
        if path is None:
            start = (
                f"a relative path starts at the inventory {folder}"
                if folder
                else "it begins with `{{ inventory_dir }}`"
            )
            where = "" if text.startswith(("/", "~")) else f": {start}"
            yield "no-file", f".{name}", f"is {text}, and there is no such file{where}", ""
        elif wrong := other(path, "key" if name.endswith("key") else "certificate"):
            yield "certificate", f".{name}", f"is {text}, which {wrong}", FILES


def files(said: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """Return a certificate with whole paths of its files, as far as they are there."""
    given = {name: str(said[name]) for name in PROVIDED + RSA if said.get(name)}
    return {**said, **{name: str(place(text, folder) or text) for name, text in given.items()}}


def place(text: str, folder: str) -> Path | None:
    """Return the file of a path, None for none: below the inventory, or else where Ansible looks by itself."""
    own = [ROLES / "certificate", ROLES.parent / "playbooks"]
    folders = [*([Path(folder)] if folder else []), *(one / inner for one in own for inner in ("files", ""))]
    try:
        return next((path for one in folders if (path := one / expanded(text)).is_file()), None)
    except OSError:
        return None


def other(path: Path, kind: str) -> str:
    """Return what is wrong with what a file holds, "" for nothing; what a vault holds, nobody knows."""
    try:
        held = path.read_bytes()
    except OSError:
        return "cannot be read"
    mark = b"PRIVATE KEY-----" if kind == "key" else b"CERTIFICATE-----"
    if held.startswith(b"$ANSIBLE_VAULT") or mark in held:
        return ""
    return "holds no private key" if kind == "key" else "holds no certificate"


def asked(said: Mapping[str, Any], domains: Sequence[str], shown: str) -> Iterator[Wrong]:
    """Yield what an ACME authority would not sign, or could not look at."""
    dns, env, webroot = said.get("dns"), said.get("env") or {}, str(said.get("webroot") or WEBROOT)
    wildcards = [one for one in domains if one.startswith("*")]
    if wildcards and not dns:
        sentence = f"lacks `dns`: an ACME authority signs {', '.join(wildcards)} for a record in the DNS alone"
        yield "certificate-dns", "", sentence, DNS
    elif env and not dns and not all(GENERAL.fullmatch(str(name)) for name in env):
        yield "certificate-dns", "", "has `env` without `dns`: it is for the provider that `dns` names", DNS
    if dns and not env and dns not in AMBIENT:
        sentence = f"has `dns: {dns}` without `env`, which lets lego into it: `lego dnshelp --code {dns}` lists it"
        yield "certificate-dns", "", sentence, DNS
    if not dns and (not webroot.startswith("/") or (shown and webroot.rstrip("/") != shown)):
        sentence = f"is {webroot}, and takes {f'{shown}, which Nginx shows' if shown else 'a whole path'}"
        yield "webroot", ".webroot", sentence, f"webroot: {WEBROOT}"
    if "letsencrypt.org" in (said.get("server") or PUBLIC):
        for name in [one for one in domains if PRIVATE.fullmatch(one.lower())]:
            sentence = f"asks a public authority for {name}, which is no public host name"
            yield "private-name", "", sentence, "certificate: {source: selfsigned}"
