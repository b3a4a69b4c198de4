"""Say what kind of source an application has, and pack a folder of the controller.

Runs on the controller, without a connection: `module_utils/applications/sources` decides.
"""

from ansible.plugins.action import ActionBase
from ansible_collections.groundcrew.django.plugins.module_utils.applications.sources import packing
from ansible_collections.groundcrew.django.plugins.module_utils.applications.sources.kinds import SourceError


class ActionModule(ActionBase):
    """The action plugin `source`."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset({"location", "include"})
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return `source`, or fail with the sentence that says why it cannot be shipped."""
        super().run(tmp, task_vars)
        location, include = str(self._task.args["location"]), [str(one) for one in self._task.args.get("include") or []]
        try:
            said = packing.describe(location, str(task_vars.get("inventory_dir") or ""), include)
        except (SourceError, OSError) as error:
            return {"failed": True, "changed": False, "msg": str(error)}
        # A URL may carry a password.
        return {"changed": False, "source": said, "_ansible_no_log": True}
