"""Write the lines of authorized_keys that let keys deploy an application and do nothing else."""

from __future__ import annotations

from ansible_collections.groundcrew.django.plugins.module_utils.applications import deployers

DOCUMENTATION = r"""
name: deployer_keys
short_description: Write the lines of authorized_keys that let keys deploy an application and do nothing else
description:
  - Each line has the options C(restrict) and C(command), whatever stood before the key.
options:
  _input:
    description: Lists of public keys by the name of the application.
    type: dict
    required: true
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
text: "{{ {'shop': ['ssh-ed25519 AAAA… ci']} | groundcrew.django.deployer_keys }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: str
"""


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"deployer_keys": deployers.lines}
