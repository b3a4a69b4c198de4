"""Fixtures of molecule/shared that this scenario uses."""

from network import address  # noqa: F401 (a fixture)
