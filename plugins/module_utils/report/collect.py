"""Go over the public addresses of servers that have answered, several at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from .observed import Server, Site
from .visits import is_open, resolve, visit

AT_ONCE = 8


def sites(servers: Sequence[Server], addresses: Mapping[str, Sequence[str]], whole: bool = True) -> list[Site]:
    """Return what is seen at the addresses of each server, by its name; of one without, at the names of its Nginx.

    An address that several servers have is visited once: the DNS leads to one of them, or shares them out. All but the
    `whole` is a look at the home page.
    """
    asked: dict[str, Server] = {}
    for server in servers:
        own = addresses.get(server.name) or server.said.get("names") or [f"http://{one}" for one in near(server)[:1]]
        for address in own:
            asked.setdefault(address, server)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(lambda one: meet(one[0], one[1], whole), asked.items()))


def meet(address: str, server: Server, whole: bool = True) -> Site:
    """Return what is seen at one address of a server."""
    fallback = next(iter(near(server)), "")
    return visit(address, str(server.said.get("authority", "")), fallback, whole)


def near(server: Server) -> list[str]:
    """Return the addresses at which a server can be tried: what it is reached by, then those that it has."""
    return [*resolve(server.at or server.name)[:1], *server.said.get("addresses", ())]


def tried(server: Server) -> Server:
    """Return a server with those of its ports that take a connection from here."""
    ports = {int(one["port"]) for one in server.said.get("listening", ())}
    where = next(iter(near(server)), "")
    if not where or not ports:
        return server
    with ThreadPoolExecutor(AT_ONCE) as threads:
        taken = threads.map(lambda port: (port, is_open(where, port)), sorted(ports))
    return replace(server, open=frozenset(port for port, opened in taken if opened))
