"""Pack a folder of the controller."""

from __future__ import annotations

from ansible_collections.groundcrew.django.plugins.module_utils.applications import packing

DOCUMENTATION = r"""
name: packed
short_description: Pack a folder of the controller
description:
  - Packs the files of a folder, without what Python compiled, into an archive that is the same for the same files.
options:
  _input:
    description: Path of the folder.
    type: path
    required: true
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
program: "{{ (role_path ~ '/files/program') | groundcrew.django.packed }}"
"""

RETURN = r"""
_value:
  description: >-
    C(archive), the tar.gz in Base64, and C(digest), the SHA-256 that this prints in a folder of the same files:
    C(find . -type f -not -path '*/__pycache__/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum).
  type: dict
"""


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"packed": packing.pack}
