"""Run a playbook and kill it, with all that it started, when it has come to a task: `killed.py NUMBER COMMAND`.

The number counts the tasks that begin; a run that has fewer ends by itself. What the hosts do then goes on there.
"""

import os
import signal
import subprocess
import sys


def main(number, *command):
    """Return 0 when the run was killed, 3 when it ended before."""
    environment = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "default", "ANSIBLE_NOCOLOR": "1", "PYTHONUNBUFFERED": "1"}
    begun = 0
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        for line in process.stdout:
            print(line, end="")
            begun += line.startswith("TASK [")
            if begun == int(number):
                os.killpg(process.pid, signal.SIGKILL)
                return 0
    print(f"It had {begun} tasks.")
    return 3


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
