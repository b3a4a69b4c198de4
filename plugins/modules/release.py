#!/usr/bin/python
"""Run a verb of the release engine, `groundcrew-release`, on the host."""

DOCUMENTATION = r"""
---
module: release
short_description: Plan, build, activate and roll back the releases of one application
description:
  - Runs C(groundcrew-release), which the role P(groundcrew.django.django_app#role) installs, and returns what it
    found and did.
  - A verb that changes something goes on to its end on the host when the connection is lost. Run again, the module
    waits for it and takes its result.
options:
  name:
    description: Name of the application.
    type: str
    required: true
  verb:
    description: What is done. C(plan), C(list), C(logs) and a C(rollback) with O(target) only read.
    type: str
    choices: [plan, resolve, build, activate, rollback, list, preview, rotate, logs, export, import]
    required: true
  application:
    description: >-
      What the engine is told of the application, as JSON. It is written to C(/etc/django/NAME/application.json); a
      C(preview) and check mode only read it.
    type: str
  call:
    description: >-
      Names this call. Asked again, as after a lost connection, one that has ended returns its result and does nothing
      more. The action plugin gives each task a name of its own.
    type: str
    default: ""
  release:
    description: >-
      Release to activate or to go back to; of C(rotate) its step, C(prepare), C(use) or C(finish); of C(logs) the span
      of time, such as C(10m); of C(export) and C(import) the file on the host.
    type: str
    default: ""
  by:
    description: Who deploys, for the log of deploys and for whoever finds the application locked.
    type: str
    default: ""
  leads:
    description: Whether this host runs the commands that run on one host only.
    type: bool
    default: false
  target:
    description: Only find the release to go back to.
    type: bool
    default: false
  allow_schema_ahead:
    description: Go back although the database has migrations that the release does not know.
    type: bool
    default: false
  fresh_environment:
    description: Give the release the environment of today.
    type: bool
    default: false
  keep_personal_data:
    description: Leave out the commands of C(anonymise) in an C(import).
    type: bool
    default: false
attributes:
  check_mode:
    description: A verb that changes something is left out.
    support: full
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Plan the release
  groundcrew.django.release:
    name: shop
    verb: plan
  register: planned

- name: Switch to it
  groundcrew.django.release:
    name: shop
    verb: activate
    release: "{{ planned.id }}"
"""

RETURN = r"""
id:
  description: Name of the release.
  returned: for all verbs but C(list), C(export) and C(import)
  type: str
  sample: 4f1c0a9b77e2
state:
  description: Whether that release is C(absent), C(built) or C(serving).
  returned: for C(plan)
  type: str
missing_packages:
  description: >-
    Packages of Debian without which the requirements cannot be built. Nothing was built; when they are installed, it
    can be tried again.
  returned: for C(resolve) and C(build) when there are any
  type: list
  elements: str
steps:
  description: What was done, and in how many seconds.
  returned: for verbs that change something
  type: list
  elements: list
lines:
  description: What was said, as lists of when (seconds of the Unix epoch), who and what.
  returned: for C(logs)
  type: list
  elements: list
text:
  description: What a person at a terminal would have read.
  returned: success
  type: list
  elements: str
"""

import json
import os
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

ENGINE = Path("/usr/local/bin/groundcrew-release")
RUN = Path("/run/groundcrew")
VERBS = ["plan", "resolve", "build", "activate", "rollback", "list", "preview", "rotate", "logs", "export", "import"]
READS = ["plan", "list", "logs"]
INSTALLS = ["resolve", "build"]
FLAGS = ["leads", "target", "allow_schema_ahead", "fresh_environment", "keep_personal_data"]
# What a host says on which nothing is laid out yet, as in a first dry run.
NOTHING = {
    "id": "",
    "state": "absent",
    "serving": "",
    "upload": False,
    "site": {},
    "sessions": False,
    "lines": [],
    "text": [],
}


def read_options():
    """Return the module with the options of its documentation."""
    texts = {name: {"type": "str", "default": ""} for name in ("release", "by", "call")}
    return AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "verb": {"type": "str", "required": True, "choices": VERBS},
            "application": {"type": "str", "no_log": True},
            **texts,
            **{name: {"type": "bool", "default": False} for name in FLAGS},
        },
        supports_check_mode=True,
    )


MODE = 0o600  # what tempfile gives


def provide(module, path, text):
    """Write the application's file, 0600 and root's, unless it has this text already; return whether it changed."""
    if path.is_file() and path.read_text() == text and stat.S_IMODE(path.stat().st_mode) == MODE:
        return False
    if not module.check_mode:
        # Not by `atomic_move`, which lets a new file be read by others.
        handle, part = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(text)
            # After a power cut there is the file before, or all of this one.
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    return True


@contextmanager
def aside(text):
    """Write a description to a file that root alone reads, for the time of the context; yield its path."""
    RUN.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=RUN, prefix="preview-", suffix=".json") as file:
        file.write(text)
        file.flush()
        yield file.name


def compose(given, described=""):
    """Return the engine's command line (list of str); `described` is a file, or - for standard input."""
    changes = given["verb"] not in READS and not given["target"]
    command = [str(ENGINE), given["name"], given["verb"]]
    command += [given["release"], "--json"] if given["release"] else ["--json"]
    command += [f"--by={given['by']}"] if given["by"] and changes else []
    command += [f"--application={described}"] if described else []
    return command + [f"--{flag.replace('_', '-')}" for flag in FLAGS if given[flag]]


def main():
    """Run the verb that the arguments name."""
    module = read_options()
    given, name, verb = module.params, module.params["name"], module.params["verb"]
    folder = Path("/etc/django") / name
    if module.check_mode and verb not in READS and not given["target"]:
        module.exit_json(changed=True)
    if not (ENGINE.exists() and folder.is_dir()):
        if module.check_mode or verb in ("list", "logs"):
            module.exit_json(changed=False, **NOTHING)
        module.fail_json(msg=f"{name}: this host has no such application yet. Run playbooks/site.yml first.", verb=verb)

    text, path = given["application"], folder / "application.json"
    environment = {"GROUNDCREW_CALL": given["call"]} if given["call"] else {}
    changed = False
    if text and verb == "preview":
        with aside(text) as described:
            status, output, errors = module.run_command(compose(given, described), environ_update=environment)
    else:
        changed = bool(text) and provide(module, path, text)
        dry = text if verb == "plan" and module.check_mode else None
        status, output, errors = module.run_command(
            compose(given, "-" if dry else ""), data=dry, environ_update=environment
        )
    try:
        result = json.loads(output.splitlines()[-1])
    except (IndexError, ValueError):
        said = f"{name}: groundcrew-release {verb} ended with status {status}.\n{(output + errors)[-2000:]}"
        module.fail_json(msg=said, verb=verb)
    if verb in INSTALLS and result.get("missing_packages"):
        packages = result["missing_packages"]
        text = [f"{name}: its requirements must be built, and Debian's {', '.join(packages)} are installed for that."]
        module.exit_json(changed=True, missing_packages=packages, text=text)
    result["changed"] = bool(result.get("changed")) or changed
    if result.pop("failed", False) or status != 0:
        module.fail_json(msg=result.get("msg", ""), verb=verb)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
