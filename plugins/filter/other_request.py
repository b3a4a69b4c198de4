"""Say what a request for a certificate asks for beside its own."""

from __future__ import annotations

from ansible_collections.groundcrew.django.plugins.module_utils.applications import signing

DOCUMENTATION = r"""
name: other_request
short_description: Say what a request for a certificate asks for beside its own
description:
  - An authority that signs what a host sends would sign the name of another host, too, and an authority below itself.
  - This filter compares a request with the names and the use that its host may have.
positional: names, usage
options:
  _input:
    description: What the module M(community.crypto.openssl_csr_info) returns.
    type: dict
    required: true
  names:
    description: Subject alternative names of the host, such as C(DNS:web1.example.org) and C(IP:10.0.0.7).
    type: list
    elements: str
    required: true
  usage:
    description: Whether it is shown to those who connect, or by one who connects.
    type: str
    choices: [server, client]
    required: true
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
wrong: "{{ asked | groundcrew.django.other_request(['DNS:web1.example.org'], 'server') }}"
"""

RETURN = r"""
_value:
  description: What else it asks for, as words; empty when nothing.
  type: str
"""


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"other_request": signing.other_request}
