"""What is read of an inventory: its hosts, and what the command line says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import evaluation
from .findings import Finding
from .specification import Option, Unreadable
from .written import Written


@dataclass(frozen=True)
class Host:
    """A host of the inventory.

    `variables` are evaluated: those that roles read and `django_apps`. `names` are the names of all of its variables,
    `mentioned` the words in its templates, `clear` the places of secrets that no vault holds.
    """

    name: str
    groups: frozenset[str] = frozenset()
    variables: Mapping[str, Any] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    folder: str = ""  # where relative paths of the controller start
    written: Written = field(default_factory=dict)  # how values were written that YAML reads as another text
    mentioned: frozenset[str] = frozenset()
    clear: frozenset[str] = frozenset()  # such as `django_apps[shop].env.API_TOKEN`
    too_deep: frozenset[str] = frozenset()  # variables of roles that stand where nothing reads them: `vars.django_apps`

    def said(self, name: str) -> Any:
        """Return the value of a variable as far as it could be evaluated, None when nobody says it or it could not."""
        value = evaluation.readable(self.variables.get(name))
        return None if isinstance(value, Unreadable) else value


@dataclass(frozen=True)
class Request:
    """What is asked for with `-e`: all applications or the one called `app`, in the version `version`, and the rest."""

    app: str = ""
    version: str = ""
    options: Mapping[str, Option] = field(default_factory=dict)  # what the playbook takes with -e
    extra: Mapping[str, Any] = field(default_factory=dict)  # what is given with -e
    known: frozenset[str] = frozenset()  # names that the inventory has by itself
    deployer: str = ""  # USER@HOST
    any_host: bool = False  # hosts need no group that a playbook acts on
    group: str = ""  # the one that the playbook acts on, and on no other
    reached: frozenset[str] = frozenset()  # hosts of the run, which `--limit` chooses


def findings(hosts: Sequence[Host]) -> Iterator[Finding]:
    """Yield hosts that Ansible read out of the inventory's folder `files`, which holds files for hosts."""
    folders = {host.folder for host in hosts}
    for host in hosts:
        if Path(host.folder).name == "files" and str(Path(host.folder).parent) in folders:
            sentence = f"is read as inventory ({host.folder}), and it holds files for hosts: ignore it in ansible.cfg"
            example = "[inventory] ignore_patterns = ^files$"
            yield Finding("files-as-inventory", host.name, "", "files", sentence, example)
