"""Check what `new_inventory` is given before anything is written; `module_utils/applications/beginning` decides."""

from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible.utils.vars import load_extra_vars
from ansible_collections.groundcrew.django.plugins.module_utils.applications import beginning, findings


class ActionModule(ActionBase):
    """Runs on the controller, without a connection."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset({"given", "here"})
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return nothing, or fail with everything that is wrong."""
        super().run(tmp, task_vars)
        given = {str(name): str(value) for name, value in self._task.args["given"].items()}
        named = {str(name): str(value) for name, value in load_extra_vars(self._loader).items()}
        lines = findings.lines(beginning.findings(given, named, str(self._task.args["here"])))
        if lines:
            message = "That makes no inventory. Nothing was written."
            return {"failed": True, "changed": False, "msg": message, "mistakes": "\n".join([*lines, ""])}
        return {"changed": False}
