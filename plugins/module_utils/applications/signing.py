"""What an authority signs for a host: a certificate of its own names for one use, and nothing else."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

USAGES = {"server": "TLS Web Server Authentication", "client": "TLS Web Client Authentication"}
"""By C(usage) of C(certificate_host), as OpenSSL names them."""
EXTENSIONS = {"2.5.29.17": "names", "2.5.29.15": "key usage", "2.5.29.37": "extended key usage"}


def plain(name: str) -> str:
    """Return a subject alternative name in its one form."""
    kind, _, value = name.partition(":")
    return f"IP:{ipaddress.ip_address(value)}" if kind in ("IP", "IP Address") else f"{kind}:{value.lower()}"


def strange(asked: dict[str, Any], names: Iterable[str], usage: str) -> Iterator[str]:
    """Yield what a request asks for beside what the inventory says, as words."""
    if not asked["signature_valid"]:
        yield "whoever asks does not have the key"
    if asked["subject"]:
        yield f"the subject {asked['subject']}"
    ours = {plain(one) for one in names}
    theirs = [str(one) for one in asked["subject_alt_name"] or []]
    yield from (f"the name {one}" for one in theirs if plain(one) not in ours)
    if asked["extended_key_usage"] != [USAGES[usage]]:
        yield f"the use {', '.join(asked['extended_key_usage'] or ['of any kind'])}"
    if asked["key_usage"] != ["Digital Signature"]:
        yield f"the use {', '.join(asked['key_usage'] or ['of any kind'])}"
    if asked["basic_constraints"]:
        yield "to be an authority itself"
    yield from (f"the extension {one}" for one in asked["extensions_by_oid"] if one not in EXTENSIONS)


def other_request(asked: dict[str, Any], names: Iterable[str], usage: str) -> str:
    """Return what a request asks for beside what the inventory says, "" for nothing.

    `asked` is what the module `openssl_csr_info` returns, `names` are written as `DNS:web1` and `IP:10.0.0.7`.
    """
    return ", ".join(strange(asked, names, usage))
