"""Check the inventory and resolve its applications: hands the variables of all hosts to `module_utils/applications`."""

from __future__ import annotations

import functools
import getpass
import platform

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.template import Templar
from ansible.utils.vars import load_extra_vars
from ansible_collections.groundcrew.django.plugins.module_utils.applications import (
    every,
    extra,
    findings,
    specification,
    variables,
)
from ansible_collections.groundcrew.django.plugins.module_utils.applications.inventory import Host, Request
from ansible_collections.groundcrew.django.plugins.module_utils.applications.specification import Unreadable

ALSO_READ = ("ansible_user",)


def plain(value, template):
    """Return a variable evaluated and as Python's own kinds: each text by itself, so that one that fails fails alone.

    ``template`` evaluates one text. Values of Ansible carry tags, or are lazy, or are decrypted when they are read.
    """
    if isinstance(value, dict):
        return {str(key): plain(one, template) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one, template) for one in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    try:
        made = template(value)
    except AnsibleError as error:
        return Unreadable(" ".join(str(error).split()))
    # A template may make a list; what it holds is evaluated.
    if isinstance(made, (dict, list, tuple)):
        return plain(made, lambda text: text)
    if isinstance(made, str) or type(made).__name__ == "AnsibleVaultEncryptedUnicode":
        return str(made)
    return made


class ActionModule(ActionBase):
    """Runs on the controller, without a connection, for all hosts of the inventory at once."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset({"options"})
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return the hosts with their applications, or fail with everything that is wrong."""
        super().run(tmp, task_vars)
        given = load_extra_vars(self._loader)
        templar = Templar(loader=self._loader, variables=task_vars)
        taken = plain({name: given[name] for name in given if name in self._options}, templar.template)
        options, found = extra.read(self._options, taken)
        before = self._before(task_vars)
        request = Request(
            app=options.get("app", ""),
            version=options.get("version", ""),
            options=frozenset([*self._options, *before]),
            extra=frozenset(map(str, given)),
            known=self._known(task_vars, given),
            deployer=f"{getpass.getuser()}@{platform.node()}",
        )
        result, more = every.resolve_all(self._hosts(task_vars), request)
        if mistakes := findings.lines([*found, *more]):
            # Beside `msg`, which ansible-core 2.19 prints twice.
            return {"failed": True, "changed": False, "msg": findings.summary(len(mistakes)), "mistakes": mistakes}
        # It holds the secrets of all applications.
        kept = {name: value for name, value in options.items() if name not in extra.SELECTION}
        return {"changed": False, "_ansible_no_log": True, **result, "options": {**before, **kept}}

    @functools.cached_property
    def _options(self):
        """Return what the playbook takes with `-e` (dict of Option)."""
        return specification.parse(self._task.args.get("options"))

    def _before(self, task_vars):
        """Return the options of the playbook that imported this one, if it registered its result under the same name."""
        registered = task_vars.get(self._task.register) if self._task.register else None
        return dict(registered.get("options", {})) if isinstance(registered, dict) else {}

    def _hosts(self, task_vars):
        """Return all hosts of the inventory (list of Host); those of the group `django` come in its order."""
        groups = task_vars["groups"]
        names = list(dict.fromkeys([*groups.get("django", []), *groups["all"]]))
        return [self._host(name, task_vars) for name in names]

    def _host(self, name, task_vars):
        """Return a host with the variables that anything here reads, evaluated."""
        raw = self._variables(name, task_vars)
        templar = Templar(loader=self._loader, variables={**raw, "hostvars": task_vars["hostvars"]})
        wanted = [one for one in raw if one in variables.known() or one in ALSO_READ]
        return Host(
            name=str(name),
            groups=frozenset(map(str, raw["group_names"])),
            variables={one: plain(raw[one], templar.template) for one in wanted},
            names=frozenset(map(str, raw)),
            folder=str(raw.get("inventory_dir") or ""),
        )

    def _variables(self, name, task_vars):
        """Return the variables of a host (dict), as the play sees them, not evaluated."""
        hostvars = task_vars["hostvars"]
        play = getattr(self._task._parent, "_play", None)
        host = hostvars._inventory.get_host(name)
        return hostvars._variable_manager.get_vars(play=play, host=host, include_hostvars=False)

    def _known(self, task_vars, given):
        """Return the names (frozenset of str) that hosts and play have by themselves, without what was ``given``."""
        if not given:
            return frozenset()
        manager = task_vars["hostvars"]._variable_manager
        before, manager._extra_vars = manager._extra_vars, {}
        try:
            return frozenset(
                str(one) for name in task_vars["groups"]["all"] for one in self._variables(name, task_vars)
            )
        finally:
            manager._extra_vars = before
