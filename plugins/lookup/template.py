"""Render a template without a copy of every variable that Ansible knows."""

from __future__ import annotations

from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase

DOCUMENTATION = r"""
name: template
author: Groundcrew contributors (!UNKNOWN)
short_description: Render a template, cheaply
description:
  - Does what P(ansible.builtin.template#lookup) does, with the same options.
  - That one makes a deep copy of all variables for each template, all applications of the inventory among them, which
    took more time than the rendering. This one lends them.
options:
  _terms:
    description: Files to render.
    required: true
"""

EXAMPLES = r"""
content: "{{ lookup('groundcrew.django.template', 'site.conf.j2') }}"
"""

RETURN = r"""
_raw:
  description: Contents of the files after rendering.
  type: list
  elements: raw
"""


class Lent(dict):
    """Variables whose deep copy is a shallow one: a template changes none of their values."""

    def __deepcopy__(self, memo):
        """Return a dictionary of the same values."""
        return dict(self)


class LookupModule(LookupBase):
    """The lookup plugin."""

    def run(self, terms, variables=None, **kwargs):
        """Return the rendered files (list of str)."""
        there = lookup_loader.get("ansible.builtin.template", loader=self._loader, templar=self._templar)
        return there.run(terms, Lent(variables or {}), **kwargs)
