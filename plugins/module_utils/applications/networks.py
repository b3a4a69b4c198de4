"""Addresses and networks, as Nginx reads them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from typing import Any

EXAMPLE = "[192.0.2.7, 10.0.0.0/8]"


def wrong(addresses: list[Any], words: Collection[str] = ("unix:",)) -> list[str]:
    """Return those that are neither an address nor a network nor one of the `words` that stand for some.

    `unix:` are clients on sockets, and `all` everybody.
    """
    return [one for one in map(str, addresses) if not is_network(one) and one not in words]


def is_network(text: str) -> bool:
    """Say whether Nginx, PostgreSQL and nft take a text: none of them takes a mask, or an address of an interface."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return re.fullmatch(r"[0-9A-Fa-f.:]+(/[0-9]+)?", text) is not None


def sentence(address: str) -> str:
    """Return what is to be said of it."""
    said = f"has {address}, which is no address and no network"
    try:
        network = ipaddress.ip_network(address.partition("%")[0], strict=False)
    except ValueError:
        return said
    return f"{said} without a mask: write {network}" if "/" in address else said
