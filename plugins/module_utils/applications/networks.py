"""Addresses and networks, as Nginx reads them."""

from __future__ import annotations

import ipaddress
from typing import Any

EXAMPLE = "[192.0.2.7, 10.0.0.0/8]"


def wrong(addresses: list[Any]) -> list[str]:
    """Return those that are neither an address nor a network; `unix:` are clients on sockets."""
    found = []
    for address in map(str, addresses):
        try:
            ipaddress.ip_network(address, strict=False)
        except ValueError:
            if address not in ("unix:", "all"):
                found.append(address)
    return found


def sentence(address: str) -> str:
    """Return what is to be said of it."""
    return f"has {address}, which is no address and no network"
