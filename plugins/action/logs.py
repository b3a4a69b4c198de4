"""Print what several hosts said of an application, in the order of time."""

from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.groundcrew.django.plugins.module_utils.applications import engine
from ansible_collections.groundcrew.django.plugins.plugin_utils import answers

logs = engine.load("logs")


class ActionModule(ActionBase):
    """The action plugin of the module `logs`: runs on the controller, once for all hosts."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset({"register"})
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return how many lines there were."""
        super().run(tmp, task_vars)
        lines = []
        for name, said in answers.of_hosts(task_vars, self._task.args["register"]).items():
            lines += [(*line, name) for line in said.get("lines") or ()]
        for moment, who, what, name in sorted(lines, key=lambda line: line[0]):
            Display().display(logs.told((moment, who, what), name))
        return {"changed": False, "count": len(lines)}
