#!/usr/bin/python
"""Run a verb of the release engine, `groundcrew-release`, on the host."""

DOCUMENTATION = r"""
---
module: release
short_description: Plan, build, activate and roll back the releases of one application
version_added: 0.1.0
description:
  - Runs C(groundcrew-release), which the role P(groundcrew.django.django_app#role) installs, and returns what it found and did.
  - A verb that changes something goes on to its end on the host when the connection is lost. Run again, the module waits for it and
    takes its result.
options:
  name:
    description: Name of the application.
    type: str
    required: true
  verb:
    description: What is done. C(plan), C(list) and a C(rollback) with O(target) only read.
    type: str
    choices: [plan, build, activate, rollback, list, preview]
    required: true
  application:
    description: >-
      What the engine is told of the application, as JSON. It is written to C(/etc/django/NAME/application.json), and in check mode
      only read.
    type: str
  release:
    description: Release to activate or to go back to.
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
attributes:
  check_mode:
    description: A verb that changes something is left out.
    support: full
author:
  - Groundcrew contributors
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
  returned: for all verbs but C(list)
  type: str
  sample: 4f1c0a9b77e2
state:
  description: Whether that release is C(absent), C(built) or C(serving).
  returned: for C(plan)
  type: str
steps:
  description: What was done, and in how many seconds.
  returned: for verbs that change something
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
import tempfile

from ansible.module_utils.basic import AnsibleModule

ENGINE = "/usr/local/bin/groundcrew-release"
READS = ("plan", "list")
# What a host says on which nothing is laid out yet, as in a first dry run.
NOTHING = {"id": "", "state": "absent", "serving": "", "upload": False, "site": {}, "sessions": False, "releases": [], "text": []}


def provide(module, name, text):
    """Write the application's file, 0600 and root's, unless it has this text already; return whether it changed."""
    path = f"/etc/django/{name}/application.json"
    try:
        with open(path) as file:
            if file.read() == text:
                return False
    except FileNotFoundError:
        pass
    if not module.check_mode:
        handle, part = tempfile.mkstemp(dir=module.tmpdir)
        with os.fdopen(handle, "w") as file:
            file.write(text)
        module.atomic_move(part, path)
    return True


def main():
    """Run the verb that the arguments name."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "verb": {
                "type": "str",
                "required": True,
                "choices": ["plan", "build", "activate", "rollback", "list", "preview"],
            },
            "application": {"type": "str", "no_log": True},
            "release": {"type": "str", "default": ""},
            "by": {"type": "str", "default": ""},
            "leads": {"type": "bool", "default": False},
            "target": {"type": "bool", "default": False},
            "allow_schema_ahead": {"type": "bool", "default": False},
            "fresh_environment": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    given, verb = module.params, module.params["verb"]
    reads = verb in READS or given["target"]
    if module.check_mode and not reads:
        module.exit_json(changed=True)
    if not os.path.exists(ENGINE) or not os.path.isdir(f"/etc/django/{given['name']}"):
        if module.check_mode or verb == "list":
            module.exit_json(changed=False, **NOTHING)
        module.fail_json(msg=f"{given['name']}: this host has no such application yet. Run playbooks/site.yml first.", verb=verb)
    changed = bool(given["application"]) and provide(module, given["name"], given["application"])

    command = [ENGINE, given["name"], verb, "--json"]
    command += [given["release"]] if given["release"] else []
    command += [f"--by={given['by']}"] if given["by"] and not reads else []
    command += ["--application=-"] if module.check_mode and given["application"] and verb == "plan" else []
    command += [f"--{option.replace('_', '-')}" for option in ("leads", "target", "allow_schema_ahead", "fresh_environment") if given[option]]
    status, output, errors = module.run_command(command, data=given["application"] if "--application=-" in command else None)
    try:
        result = json.loads(output.splitlines()[-1])
    except (IndexError, ValueError):
        module.fail_json(msg=f"{given['name']}: groundcrew-release {verb} ended with status {status}.\n{(output + errors)[-2000:]}", verb=verb)
    result["changed"] = bool(result.get("changed")) or changed
    if result.pop("failed", False) or status != 0:
        module.fail_json(msg=result.get("msg", ""), verb=verb)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
