"""Check the inventory and resolve its applications: hands the variables of all hosts to `module_utils/applications`."""

from __future__ import annotations

import datetime
import getpass
import platform

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.template import Templar
from ansible.utils.vars import load_extra_vars
from ansible_collections.groundcrew.django.plugins.module_utils.applications import (
    evaluation,
    every,
    findings,
    specification,
    variables,
    written,
)
from ansible_collections.groundcrew.django.plugins.module_utils.applications.extra import selected
from ansible_collections.groundcrew.django.plugins.module_utils.applications.inventory import Host, Request
from ansible_collections.groundcrew.django.plugins.module_utils.applications.specification import Unreadable
from ansible_collections.groundcrew.django.plugins.plugin_utils import origins, texts

ALSO_READ = ("ansible_host", "ansible_user", "ansible_port", "ansible_connection")


def plain(value, template, variables=()):
    """Return a variable evaluated and as Python's own kinds: each text by itself, so that one that fails fails alone.

    ``template`` evaluates one text, by way of ``variables``. Values of Ansible carry tags, or are lazy, or are
    decrypted when they are read.
    """
    if isinstance(value, dict):
        return {str(key): plain(one, template, variables) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one, template, variables) for one in value]
    if value is None or isinstance(value, (bool, int, float, datetime.date)):
        return untagged(value)
    try:
        made = template(value)
    except AnsibleError as error:
        named = evaluation.facts(origins.behind(value, variables))
        return Unreadable(" ".join(str(error).split()), named)
    # A template may make a list; what it holds is evaluated.
    if isinstance(made, (dict, list, tuple)):
        return plain(made, lambda text: text)
    return untagged(made)


def untagged(value):
    """Return a text, number, date or None as Python's own kind."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, datetime.date):
        kind = datetime.datetime if isinstance(value, datetime.datetime) else datetime.date
        return kind.fromisoformat(value.isoformat())
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    # A text, or one that ansible-core 2.17 decrypts when it is read.
    return str(value)


class ActionModule(ActionBase):
    """Runs on the controller, without a connection, for all hosts of the inventory at once."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset({"options", "any_host", "group"})
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return the hosts with their applications, or fail with everything that is wrong."""
        super().run(tmp, task_vars)
        self._raw = {}
        options = specification.parse(plain(self._task.args.get("options") or {}, str))
        extra = plain(load_extra_vars(self._loader), self._templar.template)
        # A playbook that ends with another one has had its own options checked by then, and reads them at its end.
        before = (task_vars.get(str(self._task.register)) or {}).get("options")
        request = Request(
            app=selected(options, extra, "app"),
            version=selected(options, extra, "version"),
            options=options,
            extra={name: value for name, value in extra.items() if name in options} if before is not None else extra,
            known=self._known(task_vars, extra),
            any_host=bool(self._task.args.get("any_host")),
            group=str(self._task.args.get("group") or ""),
            reached=frozenset(map(str, task_vars["ansible_play_hosts_all"])),
            deployer=f"{getpass.getuser()}@{platform.node()}",
        )
        result, found = every.resolve_all(self._hosts(task_vars, extra), request)
        if found:
            # Beside `msg`, which ansible-core 2.19 prints twice. As one text: YAML would fold the items of a list.
            lines = findings.lines(found, lambda one: self._locate(one, task_vars))
            mistakes = "\n".join([*lines, ""])
            return {"failed": True, "changed": False, "msg": findings.summary(len(lines)), "mistakes": mistakes}
        result["notices"] = findings.lines(result["notices"], lambda one: self._locate(one, task_vars))
        result["options"] = {**(before or {}), **result["options"]}
        # It holds the secrets of all applications.
        return {"changed": False, "_ansible_no_log": True, **result}

    def _hosts(self, task_vars, extra):
        """Return all hosts of the inventory (list of Host); those of the group `django` come in its order."""
        groups = task_vars["groups"]
        names = list(dict.fromkeys([*groups.get("django", []), *groups["all"]]))
        misread = written.misread(self._texts(task_vars))
        return [self._host(name, task_vars, extra, misread) for name in names]

    def _texts(self, task_vars):
        """Yield the texts (str) that the variables of this inventory and of `-e @FILE` come from."""
        for file in texts.files(task_vars.get("ansible_inventory_sources"), self._loader.get_basedir()):
            try:
                yield self._loader._get_file_contents(str(file))[0].decode()
            except (AnsibleError, OSError, UnicodeDecodeError):
                continue

    def _host(self, name, task_vars, extra, misread):
        """Return a host with the variables that anything here reads, evaluated; names given with -e are not its own."""
        raw = self._variables(name, task_vars)
        templar = Templar(loader=self._loader, variables={**raw, "hostvars": task_vars["hostvars"]})
        wanted = [one for one in raw if one in variables.known() or one in ALSO_READ]
        groups = frozenset(map(str, raw["group_names"]))
        return Host(
            name=str(name),
            groups=groups,
            variables={one: plain(raw[one], templar.template, raw) for one in wanted},
            names=frozenset(map(str, raw)) - set(extra),
            folder=str(raw.get("inventory_dir") or ""),
            written=misread,
            mentioned=frozenset(word for one in raw for word in origins.mentioned(raw[one])),
            clear=frozenset(place for one in wanted for place in origins.clear(one, raw[one])),
            # Ansible's own `vars` are all variables; what a file calls so stands in them.
            too_deep=frozenset(variables.too_deep(raw.get("vars", raw), groups | {str(name)})),
        )

    def _locate(self, finding, task_vars):
        """Return the file and the line that a finding speaks of."""
        if not finding.host or finding.where.startswith("-e "):
            return ""
        raw = self._variables(finding.host, task_vars)
        return origins.locate(raw, finding.where, finding.application, str(raw.get("inventory_dir") or ""))

    def _variables(self, name, task_vars):
        """Return the variables of a host (dict), as the play sees them, not evaluated; Ansible gathers them once."""
        if name not in self._raw:
            self._raw[name] = self._gather(name, task_vars)
        return self._raw[name]

    def _gather(self, name, task_vars):
        """Return the variables of a host (dict), gathered now."""
        hostvars = task_vars["hostvars"]
        play = getattr(self._task._parent, "_play", None)
        host = hostvars._inventory.get_host(name)
        return hostvars._variable_manager.get_vars(play=play, host=host, include_hostvars=False)

    def _known(self, task_vars, extra):
        """Return the names (frozenset of str) that hosts and play have by themselves, without the command line."""
        if not extra:
            return frozenset()
        manager = task_vars["hostvars"]._variable_manager
        before, manager._extra_vars = manager._extra_vars, {}
        try:
            return frozenset(str(one) for name in task_vars["groups"]["all"] for one in self._gather(name, task_vars))
        finally:
            manager._extra_vars = before
