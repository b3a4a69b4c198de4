"""Write ports as rules of nft."""

from __future__ import annotations

from ansible_collections.groundcrew.django.plugins.module_utils.applications import openings

DOCUMENTATION = r"""
name: nft_rules
short_description: Write ports as rules of nft
description:
  - Networks that are inside of others are left out, since nft refuses sets in which they overlap.
options:
  _input:
    description: Entries with C(port), C(protocol) and C(from), as in C(firewall_open).
    type: list
    elements: dict
    required: true
author:
  - Groundcrew contributors (@groundcrew)
"""

EXAMPLES = r"""
rules: "{{ firewall_open | groundcrew.django.nft_rules }}"
"""

RETURN = r"""
_value:
  description: The rules.
  type: list
  elements: str
"""


def nft_rules(given):
    """Return the texts."""
    return list(openings.rules(given))


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"nft_rules": nft_rules}
