"""Keep the modules that Ansible packs between the runs of one test run.

Ansible packs a module with all that it imports once in each run, in a folder that ends with the run: a quarter of its
processor time when it installs something. The code does not change while tests run, so that all share one folder.
"""

import os
from pathlib import Path

from ansible import constants
from ansible.plugins.callback import CallbackBase
from ansible.release import __version__

DOCUMENTATION = """
name: keep_modules
type: aggregate
short_description: Keep packed modules between runs
description: Packed modules are kept in the folder that the variable GROUNDCREW_MODULES names.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Puts a link where Ansible keeps packed modules."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "keep_modules"

    def v2_playbook_on_start(self, *_: object) -> None:
        """Share the folder with earlier runs of this Ansible."""
        if folder := os.environ.get("GROUNDCREW_MODULES"):
            shared, own = Path(folder) / __version__, Path(constants.DEFAULT_LOCAL_TMP) / "ansiballz_cache"
            # Before 2.19 two runs would write one file at once.
            if not own.exists() and tuple(map(int, __version__.split(".")[:2])) >= (2, 19):
                shared.mkdir(exist_ok=True, mode=0o700)
                own.symlink_to(shared)
