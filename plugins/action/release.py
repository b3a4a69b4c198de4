"""Run the module `release`, and again when the connection is lost: the host goes on by itself, and has the result."""

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

ATTEMPTS = 3
LOST = (
    "{name}: the connection to the host was lost during `{verb}`, and did not come back. The host goes on by itself "
    "and ends with one whole release. Run the playbook again: it waits for what still runs, and goes on from there."
)


def is_lost(result):
    """Return whether a result (dict) is that of a connection that broke off, not the module's own."""
    return bool(result.get("failed")) and "invocation" not in result and "verb" not in result


class ActionModule(ActionBase):
    """The action plugin of the module `release`."""

    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Return what the module returned."""
        result = super().run(tmp, task_vars)
        for _ in range(ATTEMPTS):
            try:
                answer = self._execute_module(task_vars=task_vars)
            except AnsibleConnectionFailure:
                answer = {"failed": True}
            if not is_lost(answer):
                return {**result, **answer}
            self._connection.reset()
        name, verb = self._task.args.get("name"), self._task.args.get("verb")
        return {**result, "failed": True, "msg": LOST.format(name=name, verb=verb)}
