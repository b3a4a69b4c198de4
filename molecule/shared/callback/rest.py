"""Let the controller sleep while hosts work: it would ask a thousand times a second whether they are done.

That takes four percent of a processor for each run that waits, and three run at a time. The collector of garbage leaves
what was loaded before the first task alone, which workers then do not have to copy.
"""

import gc

from ansible import constants
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: rest
type: aggregate
short_description: Let the controller sleep while hosts work
description: Asks a hundred times a second whether hosts are done.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Sets the interval, which has a place in no environment."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "rest"

    def v2_playbook_on_start(self, *_: object) -> None:
        """Begin to rest."""
        constants.DEFAULT_INTERNAL_POLL_INTERVAL = 0.01
        gc.freeze()
