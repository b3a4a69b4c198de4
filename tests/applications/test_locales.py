"""Which locale of PostgreSQL a locale of the inventory is."""

import pytest
from applications import locales

from inventories import make_host, mistakes


@pytest.mark.parametrize(
    ("text", "provider", "name"),
    [
        ("", "", ""),
        ("C", "libc", "C"),
        ("C.UTF-8", "libc", "C.UTF-8"),
        ("POSIX", "libc", "POSIX"),
        ("de_DE.UTF-8", "icu", "de-DE"),
        ("de_DE.utf8", "icu", "de-DE"),
        ("de_DE", "icu", "de-DE"),
        ("de-AT", "icu", "de-AT"),
        ("tr", "icu", "tr"),
        ("sr_RS.UTF-8@latin", "icu", "sr-Latn-RS"),
        ("de_DE.UTF-8@euro", "icu", "de-DE"),
        ("zh-Hant-TW", "icu", "zh-Hant-TW"),
        ("de-DE-u-co-phonebk", "icu", "de-DE-u-co-phonebk"),
    ],
)
def test_a_language_is_icus_and_bytes_are_libcs(text, provider, name):
    assert locales.read(text) == {"provider": provider, "name": name}


@pytest.mark.parametrize("text", ["de_DE.ISO-8859-1", "german", "de_DE.UTF-8@x", "de_DE; DROP", "de__DE"])
def test_what_is_no_locale_of_utf_8_is_refused(text):
    with pytest.raises(ValueError, match="takes a locale of UTF-8"):
        locales.read(text)
    for keys in ({"locale": text}, {"databases": [{"name": "stats", "locale": text}]}):
        (line,) = mistakes(make_host(groups=["django", "postgresql"], apps=keys))
        assert "takes a locale of UTF-8 such as de_DE.UTF-8, or C" in line
