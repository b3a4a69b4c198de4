"""Find what was brought for watching and for journals, and what nobody asks for any more."""

from __future__ import annotations

from ansible_collections.groundcrew.django.plugins.module_utils.applications import leftovers as found

DOCUMENTATION = r"""
name: leftovers
short_description: Find what was brought for watching and for journals, and what nobody asks for any more
description:
  - Returns what has to go by kind, and the record to write then; an empty dictionary when nothing has changed.
positional: wanted
options:
  _input:
    description: What the host said of itself in C(preflight.yml).
    type: str
    required: true
  wanted:
    description: What is asked of the host, as the resolver returns it (C(parts)).
    type: list
    elements: str
    required: true
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
left: "{{ answer.stdout | groundcrew.django.leftovers(['exporter mtail']) }}"
"""

RETURN = r"""
_value:
  description: Names by C(site), C(server), C(exporter), C(journal) and C(certificate), and C(files) and C(record).
  type: dict
"""


def leftovers(answer, wanted):
    """Return what has to go."""
    return found.left(str(answer), [str(part) for part in wanted])


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"leftovers": leftovers}
