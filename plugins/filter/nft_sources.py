"""Write addresses and networks as what nft matches."""

from __future__ import annotations

from ansible_collections.groundcrew.django.plugins.module_utils.applications import openings

DOCUMENTATION = r"""
name: nft_sources
short_description: Write addresses and networks as what nft matches
description:
  - Networks that are inside of others are left out, since nft refuses sets in which they overlap.
options:
  _input:
    description: Addresses and networks of both families.
    type: list
    elements: str
    required: true
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
rules: "{{ firewall_administrators | groundcrew.django.nft_sources }}"
"""

RETURN = r"""
_value:
  description: A text for each family.
  type: list
  elements: str
"""


def nft_sources(given):
    """Return the texts."""
    return list(openings.sources(given))


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"nft_sources": nft_sources}
