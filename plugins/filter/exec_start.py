"""Write a command line for a unit of systemd."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError
from ansible_collections.groundcrew.django.plugins.module_utils.applications import command_lines

DOCUMENTATION = r"""
name: exec_start
short_description: Write a command line for a unit of systemd
description:
  - Writes a command line so that a unit's C(ExecStart) has the words that a shell would see in it.
  - Nothing in them is replaced. systemd would put something else in the place of C(%h), C($HOME) and C(\n).
options:
  _input:
    description: The command line.
    type: str
    required: true
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
line: "ExecStart=/usr/bin/env -- {{ 'celery --app shop worker --hostname celery@%h' | groundcrew.django.exec_start }}"
"""

RETURN = r"""
_value:
  description: The command line as systemd reads it.
  type: str
"""


def exec_start(line):
    """Return the command line; an error that says what is wrong with it."""
    try:
        return command_lines.exec_start(line)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"exec_start": exec_start}
