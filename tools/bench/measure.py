"""Run something once and see what it took."""

import contextlib
import ctypes
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import TextIO

from bench import LOGS, ROOT
from bench.figures import Spent
from bench.hosts import Host

# What is measured: it works on the host, prints into the file and returns its exit status.
Work = Callable[[Host, TextIO], int]
PR_SET_CHILD_SUBREAPER = 36


def adopt(on: bool) -> None:
    """Inherit orphans, and so hear what they took: only during a run, for podman's monitors are orphans that stay."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, int(on), 0, 0, 0)


def measure(host: Host, work: Work, label: str, refused: bool = False) -> tuple[Spent, str]:
    """Run a work once; return what it took, and what it printed. It ends well, or else is to be refused."""
    LOGS.mkdir(exist_ok=True)
    path = LOGS / f"bench-{label.replace(' ', '-').replace('/', '-')}.log"
    adopt(True)
    with path.open("w") as log:
        own, there, begin = resource.getrusage(resource.RUSAGE_CHILDREN), host.cpu(), time.monotonic()
        code = work(host, log)
        wall = time.monotonic() - begin
    # The connections that stay open worked for the run, too.
    host.hang_up()
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    adopt(False)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    there = host.cpu() - there
    if (code != 0) is not refused:
        sys.exit(f"{label} {'was not refused' if refused else 'failed'}: {path.relative_to(ROOT)}")
    here = spent.ru_utime + spent.ru_stime - own.ru_utime - own.ru_stime
    return Spent(here, there, wall), path.read_text()
