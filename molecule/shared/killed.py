"""Run a playbook and kill it, with all that it started, when it has come to a task: `killed.py NUMBER COMMAND`.

The number counts the tasks that begin; a run that has fewer ends by itself. What the hosts do then goes on there.
"""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path


def family(pid):
    """Yield a process and all that it started, by their numbers."""
    yield pid
    for children in [*Path(f"/proc/{pid}/task").glob("*/children")]:
        for child in children.read_text().split():
            yield from family(int(child))


def kill(process):
    """Kill a run with all that it started: Ansible's workers have sessions of their own, and would end their tasks."""
    with contextlib.suppress(ProcessLookupError, FileNotFoundError):
        os.kill(process.pid, signal.SIGSTOP)
        for pid in [*family(process.pid)]:
            os.kill(pid, signal.SIGKILL)


def main(number, *command):
    """Return 0 when the run was killed, 3 when it ended before."""
    environment = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "default", "ANSIBLE_NOCOLOR": "1", "PYTHONUNBUFFERED": "1"}
    begun = 0
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, env=environment, **pipe) as process:
        for line in process.stdout:
            print(line, end="")
            begun += line.startswith("TASK [")
            if begun == int(number):
                kill(process)
                return 0
    print(f"It had {begun} tasks.")
    return 3


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
