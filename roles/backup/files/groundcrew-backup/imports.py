"""Imports into applications (`NAME-release import`, the playbook `clone_data`): half of one is nothing to keep."""

import contextlib
import time
from pathlib import Path

from common import FailedError, run, stamp

HOMES = Path("/srv")
BEGUN = "importing/begun.json"
"""What an import has in the folder of its application until it has ended, also when it is put back."""
PATIENCE, PAUSE = 3600, 10


def unfinished():
    """Return the imports that have begun and not ended: of each the application (str) and its folder (Path)."""
    found = sorted(HOMES.glob(f"*/{BEGUN}"))
    return [(begun.parents[1].name, begun.parent) for begun in found]


def wait():
    """Wait for the imports that are under way: until then databases and uploads are neither of before nor of after.

    :raises FailedError: when one has not ended in an hour, so that the newest backup stays the one of before.
    """
    end = time.monotonic() + PATIENCE
    while found := unfinished():
        if time.monotonic() > end:
            name, _ = found[0]
            raise FailedError(f"An import into {name} has not ended for an hour. On the host: {name}-release recover")
        time.sleep(PAUSE)


def stop():
    """Stop what puts the data of before an import back, which a restore is about to replace."""
    for name, _ in unfinished():
        # Without one that is loaded it fails, and has stopped the other.
        with contextlib.suppress(FailedError):
            run("systemctl", "stop", f"{name}-recover.service", f"{name}-release.service")


def set_aside():
    """Let nobody put back what was there before an import: the databases are those of a backup by now."""
    for _, folder in unfinished():
        before = folder.with_name(folder.name + stamp())
        folder.rename(before)
        print(f"The uploads from before an import that did not end are kept in {before}/before.")
