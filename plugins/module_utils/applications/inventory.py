"""What is read of an inventory: its hosts, and what the command line says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Host:
    """A host of the inventory.

    `variables` are evaluated: those that roles read and `django_apps`. `names` are the names of all of its variables.
    """

    name: str
    groups: frozenset[str] = frozenset()
    variables: Mapping[str, Any] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    folder: str = ""  # where relative paths of the controller start


@dataclass(frozen=True)
class Request:
    """What is asked for: all applications or the one called `app`, in the version of `-e version`."""

    app: str = ""
    version: str = ""
    options: frozenset[str] = frozenset()  # names that the playbook takes with -e
    extra: frozenset[str] = frozenset()  # names that were given with -e
    known: frozenset[str] = frozenset()  # names that the inventory has by itself
    deployer: str = ""  # USER@HOST
