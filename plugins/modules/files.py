#!/usr/bin/python
"""Install several files by one program on the host: what two tasks for each would cost ten times."""

DOCUMENTATION = r"""
module: files
short_description: Install several files with their folders
description:
  - Brings each file to what it is to hold, and to its owner and mode, in the order of the list. Folders are made.
  - A file is written beside the one before, checked there, and then takes its place, so that nobody reads a half of it.
  - M(ansible.builtin.template) in a loop does the same in two programs and six round trips for each file.
options:
  files:
    description: The files.
    type: list
    elements: dict
    required: true
    suboptions:
      dest:
        description: Whole path of the file.
        type: str
        required: true
      content:
        description: What it holds, mostly by P(groundcrew.django.template#lookup). It is neither logged nor returned.
        type: str
        required: true
      owner:
        description: Who owns it.
        type: str
        default: root
      group:
        description: The group that it belongs to.
        type: str
        default: root
      mode:
        description: Its mode, in octal digits.
        type: str
        default: "0644"
      validate:
        description: Command that succeeds when the file may take its place; V(%s) is that file. None when empty.
        type: str
        default: ""
      follow:
        description: Whether to write where a link leads, in place of the link.
        type: bool
        default: false
attributes:
  check_mode:
    support: full
    description: Nothing is changed in check mode.
  diff_mode:
    support: full
    description: Shows each file that changes.
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Write the settings
  groundcrew.django.files:
    files:
      - dest: /etc/example/settings.conf
        content: "{{ lookup('groundcrew.django.template', 'settings.conf.j2') }}"
        validate: example --check %s
"""

RETURN = r"""
written:
  description: The paths of the files that changed.
  returned: success
  type: list
  elements: str
"""

import grp
import os
import pwd
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule


class Invalid(Exception):
    """A file that may not take its place."""


class File:
    """A file as it is to be."""

    def __init__(self, dest, content, owner="root", group="root", mode="0644", validate="", follow=False):
        self.path = Path(dest).resolve() if follow else Path(dest)
        self.content, self.mode, self.validate = content.encode(), int(mode, 8), validate
        self.owner, self.group = owner, group

    def state(self):
        """Return what the path holds, with owner, group and mode; None when it is no file."""
        if self.path.is_symlink() or not self.path.is_file():
            return None
        status = self.path.stat()
        return self.path.read_bytes(), status.st_uid, status.st_gid, status.st_mode & 0o7777

    def ids(self):
        """Return the numbers of owner and group."""
        return pwd.getpwnam(self.owner).pw_uid, grp.getgrnam(self.group).gr_gid

    def differs(self):
        """Return whether the path is something else. Who is not there yet owns nothing."""
        try:
            return self.state() != (self.content, *self.ids(), self.mode)
        except KeyError:
            return True

    def install(self, run):
        """Bring the path to what it is to be; ``run`` runs a command and returns (status, output, errors)."""
        self.path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        # A hidden one: no program reads it by a pattern.
        handle, name = tempfile.mkstemp(prefix=".groundcrew-", dir=self.path.parent)
        beside = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self.content)
                # After a power cut there is the file before, or all of this one.
                file.flush()
                os.fsync(file.fileno())
            if self.validate:
                status, output, errors = run(self.validate.replace("%s", name))
                if status != 0:
                    raise Invalid(f"{self.path} failed to validate: {(errors or output).strip()}")
            os.chown(beside, *self.ids())
            beside.chmod(self.mode)
            beside.replace(self.path)
        finally:
            beside.unlink(missing_ok=True)

    def diff(self):
        """Return the difference from what is there, as Ansible shows it."""
        before = self.state()
        heads = {"before_header": str(self.path), "after_header": str(self.path)}
        return {**heads, "before": before[0].decode(errors="replace") if before else "", "after": self.content.decode()}


def bring(files, run, check, diff):
    """Bring all files to what they are to be, and return what Ansible is told."""
    result = {"changed": False, "written": [], **({"diff": []} if diff else {})}
    for file in files:
        if not file.differs():
            continue
        result["changed"] = True
        result["written"].append(str(file.path))
        if diff:
            result["diff"].append(file.diff())
        if not check:
            file.install(run)
    return result


class Silent(AnsibleModule):
    """A module that does not tell the journal of the host what it was called with: contents may be secret.

    What a task says of `no_log` goes before what the constructor is given, and that of an option hides differences.
    """

    def _log_invocation(self):
        """Log nothing."""


def main():
    """Do what the task says."""
    options = {
        "dest": {"type": "str", "required": True},
        # Censored in what is returned, too, it would hide the differences: it is left out there instead.
        "content": {"type": "str", "required": True, "no_log": False},
        "owner": {"type": "str", "default": "root"},
        "group": {"type": "str", "default": "root"},
        "mode": {"type": "str", "default": "0644"},
        "validate": {"type": "str", "default": ""},
        "follow": {"type": "bool", "default": False},
    }
    files = {"type": "list", "elements": "dict", "required": True, "options": options}
    module = Silent({"files": files}, supports_check_mode=True)
    try:
        wanted = [File(**one) for one in module.params["files"]]
        result = bring(wanted, module.run_command, module.check_mode, module._diff)
    except (Invalid, OSError, KeyError) as error:
        module.fail_json(msg=str(error), invocation={})
    module.exit_json(**result, invocation={})


if __name__ == "__main__":
    main()
