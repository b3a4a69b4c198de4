"""Print where the applications answer and what waits for somebody, for all hosts of the play at once."""

from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.groundcrew.django.plugins.module_utils.applications import closing, machines
from ansible_collections.groundcrew.django.plugins.plugin_utils import answers


class ActionModule(ActionBase):
    """The action plugin of the module `closing`: runs on the controller."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset({"answers", "resolved"})
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return nothing."""
        super().run(tmp, task_vars)
        resolved = task_vars[self._task.args["resolved"]]["hosts"]
        registered = answers.of_hosts(task_vars, self._task.args["answers"])
        said = {name: machines.parse(str(one.get("stdout") or "")) for name, one in registered.items()}
        hosts = {name: resolved[name]["applications"] for name in said}
        consoles = closing.shown({name: resolved[name]["monitoring"] for name in said})
        for line in [*closing.lines(hosts, said), *consoles]:
            Display().display(line)
        return {"changed": False}
