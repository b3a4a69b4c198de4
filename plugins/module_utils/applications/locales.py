"""Locales of databases: how PostgreSQL is asked for the order and the character classes that a locale means."""

from __future__ import annotations

import re
from typing import Any

PLAIN = re.compile(r"(?i)(C|POSIX)(\.utf-?8)?|ucs_basic")
LOCALE = re.compile(
    r"(?P<language>[a-z]{2,3})([_-](?P<script>[A-Z][a-z]{3}))?([_-](?P<region>[A-Z]{2}|[0-9]{3}))?"
    r"(?P<unicode>-u(-[a-z0-9]{2,8})+)?(\.(?i:utf-?8))?(@(?P<modifier>[a-z]+))?"
)
SCRIPTS = {"": "", "euro": "", "latin": "Latn", "cyrillic": "Cyrl", "devanagari": "Deva"}


def read(text: Any) -> dict[str, str]:
    """Return {provider, name} of a locale: `libc` for the order of bytes, `icu` for that of a language, "" for none.

    ICU's locales are part of Debian's PostgreSQL: nothing has to be generated on the host, and a dump that is restored
    on another host finds them there. `de_DE.UTF-8` is ICU's `de-DE`.

    :raises ValueError: it is none, or not of UTF-8, which every database here has; the text is a sentence's end.
    """
    text = str(text)
    if not text:
        return {"provider": "", "name": ""}
    if PLAIN.fullmatch(text):
        return {"provider": "libc", "name": text}
    found = LOCALE.fullmatch(text)
    if not found or (found["modifier"] or "") not in SCRIPTS:
        raise ValueError(f"is {text}, and takes a locale of UTF-8 such as de_DE.UTF-8, or C")
    parts = [found["language"], found["script"] or SCRIPTS[found["modifier"] or ""], found["region"]]
    return {"provider": "icu", "name": "-".join(part for part in parts if part) + (found["unicode"] or "")}
