#!/usr/bin/env python3
"""Say who deploys: the run of Ansible that this process belongs to.

    deployer.py            prints USER@HOST, process id and start of the run, such as
                           alice@laptop 4711 Mon-Nov-23-03:14:13-2026
    deployer.py HOLDER     prints `dead` when that run was on this machine and has ended, else `alive`

Runs on the controller. `ps` and its columns are POSIX; `lstart` is known to procps and BSD alike.
"""

import getpass
import os
import platform
import subprocess
import sys
from pathlib import Path


def ask_ps(column, pid):
    """Return one column of `ps` for a process, "" when there is none."""
    command = ["ps", "-o", f"{column}=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"LC_ALL": "C"}).stdout.strip()


def describe(pid):
    """Return ``USER@HOST PID START`` (str) of a process."""
    return f"{getpass.getuser()}@{platform.node()} {pid} {'-'.join(ask_ps('lstart', pid).split())}"


def find_run():
    """Return the process id (int) of the outermost ansible process above this one."""
    pid, found = os.getppid(), 0
    while pid > 1:
        # The interpreter and the program, not the arguments: a test runner may name Ansible in those.
        if any(Path(word).name.startswith("ansible") for word in ask_ps("command", pid).split()[:2]):
            found = pid
        pid = int(ask_ps("ppid", pid) or 0)
    return found


def main(holder=""):
    """Print who deploys, or whether ``holder`` still does."""
    if not holder:
        print(describe(find_run()))
        return
    # systemd describes a unit that is gone by then with its name alone.
    who, _, run = holder.partition(" ")
    here = who.rpartition("@")[2] == platform.node()
    dead = not run or (here and describe(run.split(" ")[0]).partition(" ")[2] != run)
    print("dead" if dead else "alive")


if __name__ == "__main__":
    main(*sys.argv[1:])
