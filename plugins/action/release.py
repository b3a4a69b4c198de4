"""Run the module `release`, and again when the connection is lost: the host goes on by itself, and has the result.

What a verb says for people is printed as it is, a line for each line: a result would fold it, or not show it at all.
"""

import re
import secrets

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

ATTEMPTS = 3
READS = ("list", "logs", "plan", "preview")
SILENT = re.compile("connect to host|resolve hostname|Permission denied|Host key verification|kex_exchange")
"""What ssh says of a host to which no connection came about."""
LOST = (
    "{name}: the connection to the host was lost during `{verb}`, and did not come back. The host goes on by itself "
    "and ends with one whole release. Run the playbook again: it waits for what still runs, and goes on from there."
)
UNREAD = "{name}: the connection to the host was lost during `{verb}`, which changes nothing. Run the playbook again."


def is_lost(result):
    """Return whether a result (dict) is that of a connection that broke off, not the module's own."""
    return bool(result.get("failed")) and "invocation" not in result and "verb" not in result


def divide(result):
    """Return a failure (dict) with its first line as `msg`, which ansible-core 2.19 prints twice, the rest beside."""
    first, _, rest = str(result.get("msg", "")).partition("\n")
    return {**result, "msg": first, **({"details": rest} if rest else {})}


class ActionModule(ActionBase):
    """The action plugin of the module `release`."""

    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Return what the module returned."""
        result = super().run(tmp, task_vars)
        answer = self._ask(task_vars)
        if answer.get("failed"):
            return {**result, **divide(answer)}
        if answer.get("changed") or self._task.args.get("verb") in ("list", "preview"):
            for line in answer.get("text", []):
                Display().display(f"[{task_vars['inventory_hostname']}] {line}")
        return {**result, **answer}

    def _ask(self, task_vars):
        """Return the answer of the module, or of one that is asked again after the connection was lost.

        :raises AnsibleConnectionFailure: none ever came about, so that nothing runs there.
        """
        began, error = False, None
        # By this name the host knows that it has done what is asked again.
        given = {**self._task.args, "call": secrets.token_hex(8)}
        for _ in range(ATTEMPTS):
            try:
                answer = self._execute_module(module_args=given, task_vars=task_vars)
                began = True
            except AnsibleConnectionFailure as failure:
                answer, error = {"failed": True}, failure
                began = began or not SILENT.search(str(failure))
            if not is_lost(answer):
                return answer
            self._connection.reset()
        if error and not began:
            raise error
        name, verb = self._task.args.get("name"), self._task.args.get("verb")
        return {"failed": True, "msg": (UNREAD if verb in READS else LOST).format(name=name, verb=verb)}
