"""Ask PostgreSQL for a locale."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError
from ansible_collections.groundcrew.django.plugins.module_utils.applications import locales

DOCUMENTATION = r"""
name: database_locale
short_description: Ask PostgreSQL for a locale
description:
  - Returns which provider of PostgreSQL has a locale and how it is called there.
  - The order of bytes (C, POSIX) is that of the C library, the order of a language that of ICU.
positional: strict
options:
  _input:
    description: A locale such as C(de_DE.UTF-8).
    type: str
    required: true
  strict:
    description: Whether another locale than those is an error. Else it is taken as one of the C library.
    type: bool
    default: true
author:
  - Groundcrew contributors (!UNKNOWN)
"""

EXAMPLES = r"""
locale: "{{ 'de_DE.UTF-8' | groundcrew.django.database_locale }}"  # {provider: icu, name: de-DE}
"""

RETURN = r"""
_value:
  description: C(provider) and C(name); both are empty when no locale is given.
  type: dict
"""


def read(text, strict=True):
    """Return the locale (dict); AnsibleFilterError when it is none, unless it is a server's own and not ``strict``."""
    try:
        return locales.read(text)
    except ValueError as error:
        if not strict:
            return {"provider": "libc", "name": text}
        raise AnsibleFilterError(f"The key `locale` {error}.") from error


class FilterModule:
    """The filter."""

    def filters(self):
        """Return the filter by name."""
        return {"database_locale": read}
