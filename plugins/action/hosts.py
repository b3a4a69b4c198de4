"""Check what the hosts answered, all of them at once; `module_utils/applications/machines` decides what is wrong."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.groundcrew.django.plugins.module_utils.applications import (
    connections,
    findings,
    machines,
)
from ansible_collections.groundcrew.django.plugins.plugin_utils import answers, public_keys

AT_ONCE = 16
PASSWORDS = ("ansible_become_password", "ansible_become_pass", "ansible_sudo_pass")


@cache
def resolve(name):
    """Return the addresses of a host name as this machine knows them, [] for none, None when no DNS answers."""
    try:
        return sorted({str(found[4][0]) for found in socket.getaddrinfo(name, 443, proto=socket.IPPROTO_TCP)})
    except socket.gaierror as error:
        return None if error.errno == socket.EAI_AGAIN else []
    except OSError:
        return None


class ActionModule(ActionBase):
    """Runs on the controller, without a connection, for all hosts of the play at once."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset({"answers", "resolved", "summary"})
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return nothing, or fail with everything that is wrong."""
        super().run(tmp, task_vars)
        # By their names: a template would copy what is resolved for all hosts.
        resolved = task_vars[self._task.args["resolved"]]
        said = answers.of_hosts(task_vars, self._task.args["answers"])
        cores = {name: machines.cores(str(one.get("stdout") or "")) for name, one in said.items()}
        asked = [self._machine(name, said[name], task_vars["hostvars"][name], resolved, cores) for name in said]
        names = {domain for one in asked for _, domain in machines.uncertified(one)}
        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(threads.map(resolve, names))
        found = [finding for one in asked for finding in machines.findings(one, resolve)]
        notes = findings.lines(note for one in asked for note in machines.notes(one))
        for line in [*resolved.get("notices", ()), *notes]:
            Display().display(f"Note: {line}")
        if found:
            who = "A host" if len({one.host for one in found}) == 1 else "Hosts"
            message = f"{who} cannot be what the inventory says. Nothing was changed."
            return {
                "failed": True,
                "changed": False,
                "msg": message,
                "mistakes": "\n".join([*findings.lines(found), ""]),
            }
        if self._task.args.get("summary"):
            for line in ["The inventory is good.", *resolved["summary"], *map(machines.described, asked)]:
                Display().display(str(line))
        return {"changed": False}

    def _machine(self, name, said, variables, resolved, cores):
        """Return a host as it answered, with what is asked of it."""
        stated = resolved["hosts"][name]["stated"]["machine"]
        text = str(said.get("stdout") or "")
        way = variables.get("__way") or {}
        has_password = any(variables.get(one) for one in PASSWORDS) or bool(self._play_context.become_pass)
        return machines.Machine(
            name=name,
            groups=frozenset(map(str, variables["group_names"])),
            answer=machines.parse(text),
            reason=""
            if "system=" in text
            else " ".join(str(said.get("msg") or "it says nothing").removeprefix("Task failed: ").split()),
            applications=resolved["hosts"][name]["applications"],
            has_password=has_password,
            connections=connections.expected(resolved, name, cores),
            held_keys=self._held(name, variables) if stated["administrators"] else None,
            is_opened_by_password=bool(variables.get("ansible_password") or variables.get("ansible_ssh_pass"))
            or bool(self._play_context.password),
            way=(way["user"], way["port"]) if way.get("own") is False else None,
            **stated,
        )

    def _held(self, name, variables):
        """Return the keys that this machine can show to a host."""
        file = variables.get("ansible_ssh_private_key_file") or self._play_context.private_key_file or ""
        return public_keys.held(str(variables.get("ansible_host", name)), str(file))
