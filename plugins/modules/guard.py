#!/usr/bin/python
"""Save files of a host before a change that could lock the operator out, and put them back when nobody confirms it."""

DOCUMENTATION = r"""
module: guard
short_description: Put files of a host back unless a change to them is confirmed in time
description:
  - C(armed) saves files and starts a timer that puts them back. The files are also put back when the host starts
    again before the change is confirmed. An earlier change of this name that nobody confirmed is undone first.
  - The change is confirmed by running the file C(/var/lib/groundcrew-guard/NAME/keep), best over a new connection, see
    M(groundcrew.django.login). It fails when the files were put back already.
  - C(reverted) puts the files back at once. Without a change that waits for its confirmation it does nothing.
options:
  name:
    description: Name of the change. Two changes with different names do not know each other.
    type: str
    required: true
  state:
    description: What to do.
    type: str
    choices: [armed, reverted]
    required: true
  paths:
    description: Whole paths of the files. Those that do not exist yet are removed when the others are put back.
    type: list
    elements: str
    default: []
  command:
    description: Shell command that makes the service read its files again after they were put back.
    type: str
    default: "true"
  seconds:
    description: After how many seconds the files are put back.
    type: int
    default: 120
attributes:
  check_mode:
    support: full
    description: Nothing is changed in check mode.
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Arm the guard
  groundcrew.django.guard:
    name: ssh
    state: armed
    paths: [/etc/ssh/sshd_config.d/00-groundcrew.conf]
    command: systemctl --no-block reload-or-restart ssh
"""

RETURN = r"""
undone:
  description: The files that had changed and were put back.
  returned: success
  type: list
  elements: str
waiting:
  description: Whether a change waited for its confirmation. If not, the timer has put its files back.
  returned: success
  type: bool
"""

import filecmp
import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

STORE = Path("/var/lib/groundcrew-guard")
UNITS = Path("/etc/systemd/system")

KEEP = """#!/bin/sh
# Confirms the change. Only one of this and `revert` can take the file `armed`.
mv {folder}/armed {folder}/kept || exit 1
systemctl stop {unit}.timer
rm -rf {units} {folder}
systemctl daemon-reload
"""
REVERT = """#!/bin/sh
# Puts back what was there before a change that nobody confirmed.
mv {folder}/armed {folder}/reverting 2> /dev/null || [ -e {folder}/reverting ] || exit 0
echo "nobody confirmed the change in time: putting files back" {paths}
{restore}
rm -f {new}
{command}
rm -rf {units} {folder}
systemctl daemon-reload
"""
SERVICE = """[Unit]
Description=Put back the files of the change "{name}", which nobody confirmed
# After a power cut the host must not start with them.
Before=ssh.service network-pre.target

[Service]
Type=oneshot
ExecStart=/bin/sh {folder}/revert

[Install]
WantedBy=multi-user.target
"""
TIMER = """[Unit]
Description=Wait for the confirmation of the change "{name}"

[Timer]
OnActiveSec={seconds}
# systemd is free to be a minute late otherwise.
AccuracySec=100ms
"""


def systemctl(*words):
    """Run systemctl; CalledProcessError when it fails."""
    subprocess.run(["systemctl", *words], check=True, capture_output=True, text=True)


class Guard:
    """A change by its name."""

    def __init__(self, name):
        self.name, self.folder, self.unit = name, STORE / name, f"groundcrew-guard-{name}"
        self.units = [UNITS / f"{self.unit}.service", UNITS / f"{self.unit}.timer"]

    @property
    def waits(self):
        """Whether a change waits for its confirmation."""
        return (self.folder / "revert").exists()

    def arm(self, paths, command, seconds):
        """Save the files (list of str) and start the timer."""
        part = STORE / f".{self.name}"
        shutil.rmtree(part, ignore_errors=True)
        (part / "files").mkdir(parents=True, mode=0o700)
        STORE.chmod(0o700)
        new = [path for path in paths if not os.path.lexists(path)]
        restore = []
        for path in [path for path in paths if path not in new]:
            saved = part / "files" / path.lstrip("/")
            saved.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-a", path, str(saved)], check=True, capture_output=True)
            restore.append(shlex.join(["cp", "-a", "--remove-destination", str(self.saved(path)), path]))
        words = {
            "name": self.name,
            "folder": shlex.quote(str(self.folder)),
            "unit": self.unit,
            "units": " ".join([*map(str, self.units), str(UNITS / f"multi-user.target.wants/{self.unit}.service")]),
            "paths": shlex.join(paths),
            "restore": "\n".join(restore),
            "new": shlex.join(new),
            "command": command,
            "seconds": seconds,
        }
        (part / "armed").write_text(json.dumps(paths))
        (part / "keep").write_text(KEEP.format(**words))
        (part / "revert").write_text(REVERT.format(**words))
        # A power cut leaves all of it or nothing, and what could not be put back before is in nobody's way.
        os.sync()
        shutil.rmtree(self.folder, ignore_errors=True)
        part.rename(self.folder)
        for path, text in zip(self.units, (SERVICE, TIMER), strict=True):
            path.write_text(text.format(**words))
        systemctl("daemon-reload")
        systemctl("enable", f"{self.unit}.service")
        # One that has gone off is still active for systemd: `start` would leave it, and it would never go off again.
        systemctl("restart", f"{self.unit}.timer")
        os.sync()

    def saved(self, path):
        """Return where a file is saved."""
        return self.folder / "files" / path.lstrip("/")

    def changed(self):
        """Return the saved files (list of str) that are another now."""
        try:
            paths = json.loads((self.folder / "armed").read_text())
        except (FileNotFoundError, ValueError):
            paths = []
        return [path for path in paths if not self.is_same(path)]

    def is_same(self, path):
        """Say whether a file is as it was saved, or still not there."""
        saved = self.saved(path)
        if not os.path.lexists(path) or not os.path.lexists(saved):
            return os.path.lexists(path) == os.path.lexists(saved)
        if Path(path).is_symlink() or saved.is_symlink():
            return Path(path).is_symlink() and saved.is_symlink() and Path(path).readlink() == saved.readlink()
        return filecmp.cmp(path, saved, shallow=False)

    def revert(self):
        """Put the files of a change that waits back, and return those (list of str) that were another."""
        if not self.waits:
            return []
        undone = self.changed()
        subprocess.run(["systemctl", "stop", f"{self.unit}.timer"], check=False, capture_output=True)
        # This waits for the end where the timer has just started it: its last step would remove what is armed next.
        subprocess.run(["systemctl", "start", f"{self.unit}.service"], check=False, capture_output=True)
        # Whoever armed it was killed before the unit was there.
        if self.waits:
            subprocess.run(["/bin/sh", str(self.folder / "revert")], check=True, capture_output=True, text=True)
        return undone


def main():
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["armed", "reverted"], "required": True},
            "paths": {"type": "list", "elements": "str", "default": []},
            "command": {"type": "str", "default": "true"},
            "seconds": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
    )
    given, guard = module.params, Guard(module.params["name"])
    if module.check_mode:
        module.exit_json(changed=False, undone=[], waiting=guard.waits)
    try:
        waiting, undone = guard.waits, guard.revert()
        if given["state"] == "armed":
            guard.arm(given["paths"], given["command"], given["seconds"])
        module.exit_json(changed=bool(undone), undone=undone, waiting=waiting)
    except subprocess.CalledProcessError as error:
        module.fail_json(msg=f"{shlex.join(map(str, error.cmd))}: {error.stderr or error.stdout}")
    except OSError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
