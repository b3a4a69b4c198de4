"""Ask a host how it is, in one command: hands `on_host.py` to its Python, as root where that can be."""

from __future__ import annotations

import shlex

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.groundcrew.django.plugins.module_utils.report import observed


class ActionModule(ActionBase):
    """Runs one command on the host, which is sent nothing else."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset({"projects"})
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return what the host printed, and why there is nothing when there is nothing."""
        super().run(tmp, task_vars)
        said, reason = self._ask()
        if observed.MARK not in said and self._connection.become:
            # Who may not become root sees less, and the report says so.
            self._connection.set_become_plugin(None)
            said, other = self._ask()
            reason = f"{reason} {other}"
        return {"changed": False, "stdout": said, "stderr": reason}

    def _ask(self):
        """Return what the host printed, and what it said of errors."""
        try:
            answer = self._low_level_execute_command(
                shlex.join(observed.question(self._task.args.get("projects", True))), executable="/bin/sh"
            )
        except AnsibleConnectionFailure:
            raise
        except AnsibleError as error:
            # Such as a password of sudo that nobody gave.
            return "", str(error)
        return answer["stdout"], answer["stderr"]
