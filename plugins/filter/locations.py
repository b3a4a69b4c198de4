"""List the parts of a site of Nginx."""

from __future__ import annotations

from ansible_collections.groundcrew.django.plugins.module_utils.applications import locations as parts

DOCUMENTATION = r"""
name: locations
short_description: List the parts of a site of Nginx
description:
  - Returns who answers for the paths that begin alike, and who may come in there.
options:
  _input:
    description: The site, as the role C(nginx) takes it, complete.
    type: dict
    required: true
author:
  - Groundcrew contributors (@groundcrew)
"""

EXAMPLES = r"""
locations: "{{ nginx_site | groundcrew.django.locations }}"
"""

RETURN = r"""
_value:
  description: The parts, each with C(path), C(kind), C(folder), C(base) and C(rule).
  type: list
  elements: dict
"""


def locations(site):
    """Return the parts of the site."""
    return parts.locations(site["static"], site["media"], site["restricted_paths"])


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"locations": locations}
