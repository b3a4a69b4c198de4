"""Hosts are reached over TCP."""

from network import address, ansible, login, run  # noqa: F401 (fixtures)
