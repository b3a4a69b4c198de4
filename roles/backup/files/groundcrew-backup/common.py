"""What the parts share: the configuration that the role `backup` wrote, commands, one failure, and the records."""

import json
import os
import subprocess
import time
from pathlib import Path

CONFIGURATION = json.loads(Path("/etc/groundcrew-backup.json").read_text())
STATE = Path("/var/lib/groundcrew-backup")


class FailedError(Exception):
    """Something that an operator has to know, in one sentence."""


def run(*command, environment=None, user="", stdin=None, timeout=None):
    """Run a command, by default as root, and return what it printed (str).

    :raises FailedError: with the last lines that it printed, when it fails or takes more than ``timeout`` seconds.
    """
    prefix = ["runuser", f"--user={user}", "--"] if user else []
    try:
        # With a wrong key a tool prints what it decrypted: no text.
        result = subprocess.run(
            [*prefix, *map(str, command)],
            env=environment,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            cwd="/",
            check=False,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired as error:
        said = (error.stderr or b"").decode(errors="replace").strip().splitlines()
        raise FailedError(" ".join([f"{command[0]} {command[1]}: no answer in {timeout} s.", *said[-2:]])) from error
    if result.returncode:
        said = (result.stderr or result.stdout).strip().splitlines()
        raise FailedError(f"{command[0]} {command[1]}: " + " ".join(line.strip() for line in said[-6:]))
    return result.stdout


def record(kind, **facts):
    """Write how the newest run of ``kind`` (``backup`` or ``drill``) ended; the newest good one stays known."""
    path = STATE / f"{kind}.json"
    known = read_record(kind)
    known["last"] = {"time": time.time(), **facts}
    if facts["result"] == "good":
        known["good"] = known["last"]
    part = path.with_suffix(".part")
    part.write_text(json.dumps(known, indent=2) + "\n")
    settle(part, path)


def stamp():
    """Return how the name of what a restore replaces ends (str), such as ``.before-20261128T140000Z``."""
    return time.strftime(".before-%Y%m%dT%H%M%SZ", time.gmtime())


def settle(part, path):
    """Give a file (Path) its name once it is on the disk: after a power cut there is the one before, or all of it."""
    flush(part)
    part.rename(path)
    flush(path.parent)


def flush(path):
    """Wait until what was written to a file or a folder (Path) is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_record(kind):
    """Return ``{"last": facts, "good": facts}`` (dict) of the runs of ``kind``; what never happened is missing.

    So is what cannot be read: a record tells of backups, and is no reason to take none.
    """
    try:
        return json.loads((STATE / f"{kind}.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}
