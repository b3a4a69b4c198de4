"""List the parts of a site of Nginx."""

from __future__ import annotations

from ansible_collections.groundcrew.django.plugins.module_utils.applications import locations as parts

DOCUMENTATION = r"""
name: locations
short_description: List the parts of a site of Nginx
description:
  - Returns who answers for the paths that begin alike, and who may come in there.
positional: media, rules
options:
  _input:
    description: URL prefixes of static files and the folders behind them.
    type: dict
    required: true
  media:
    description: The same of uploads.
    type: dict
    required: true
  rules:
    description: Who may come in where, as C(restricted_paths) of the role C(nginx).
    type: list
    elements: dict
    required: true
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
locations: "{{ nginx_site.static | groundcrew.django.locations(nginx_site.media, nginx_site.restricted_paths) }}"
"""

RETURN = r"""
_value:
  description: The parts, each with C(path), C(kind), C(folder), C(base) and C(rule).
  type: list
  elements: dict
"""


def locations(static, media, rules):
    """Return the parts of the site."""
    return parts.locations(static, media, rules)


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"locations": locations}
