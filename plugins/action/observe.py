"""Ask a host how it is, in one command: hands `on_host.py` to its Python, as root where that can be."""

from __future__ import annotations

import shlex
from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible_collections.groundcrew.django.plugins.module_utils.report import observed

FOLDER = Path(observed.__file__).parent


class ActionModule(ActionBase):
    """Runs one command on the host, which is sent nothing else."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset()
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return what the host printed."""
        super().run(tmp, task_vars)
        programs = [(FOLDER / name).read_text() for name in ("on_host.py", "in_django.py")]
        command = shlex.join(["python3", "-c", *programs])
        answer = self._low_level_execute_command(command, executable="/bin/sh")
        if observed.MARK not in answer["stdout"] and self._connection.become:
            # Who may not become root sees less, and the report says so.
            self._connection.set_become_plugin(None)
            reason = answer["stderr"] or answer["stdout"]
            answer = self._low_level_execute_command(command, executable="/bin/sh")
            answer["stderr"] = f"{reason} {answer['stderr']}"
        return {"changed": False, "stdout": answer["stdout"], "stderr": answer["stderr"]}
