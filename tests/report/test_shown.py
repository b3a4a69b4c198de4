"""Findings as table, as page and as JUnit XML: nothing is lost, and nothing that was seen is markup."""

from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from report import judge, junit, page, table
from report.observed import Answer
from seen import SERVER, SITE, tutorial

BAD = "<script>alert(1)</script> & \x00 \x1b[31m"
EMPTY = {"meta", "link", "br", "!doctype"}


@pytest.fixture
def found():
    """Return the findings about a host of a tutorial, with something nasty in them."""
    site, host = tutorial()
    return judge.findings([host], [replace(site, home=Answer(500, (("Server", BAD),), BAD))])


class Reader(HTMLParser):
    """Holds the tags of a page against each other."""

    def __init__(self):
        super().__init__()
        self.open, self.rows, self.outside = [], [], []

    def handle_starttag(self, tag, attrs):
        self.open += [] if tag in EMPTY else [tag]
        self.rows += [
            dict(attrs)["class"].split()[1] for _ in range((dict(attrs).get("class") or "").startswith("row "))
        ]
        self.outside += [value for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_page(found):
    text = page.write(found, judge.counted(found), "26 November 2026")
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    assert sorted(reader.rows) == sorted(one.level for one in found)
    # One file, that fetches and runs nothing.
    assert reader.outside == []
    assert "<script" not in text
    assert "url(" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    for one in found:
        assert one.level == "good" or escape(one.seen) in text


def test_page_of_nothing_wrong():
    found = judge.findings([SERVER], [SITE])
    assert "As it should be: https://shop.org, shop on web1 and 1 more" in page.write(
        found, judge.counted(found), "today"
    )


@pytest.mark.parametrize(
    ("fail_on", "levels"), [("error", {"error"}), ("warning", {"error", "warning"}), ("never", set())]
)
def test_junit(found, fail_on, levels):
    """What fails there is what fails the run."""
    root = ElementTree.fromstring(junit.write(found, "2026-11-26T22:00:00+00:00", fail_on).encode())
    cases = root.findall("testsuite/testcase")
    assert [case.get("name") for case in cases] == [one.id for one in found]
    failures = root.findall("testsuite/testcase/failure")
    assert [one.get("message") for one in failures] == [one.seen for one in found if one.level in levels]
    assert sum(int(suite.get("failures")) for suite in root) == len(failures)
    assert {one.get("type") for one in failures} == levels
    text = "".join(one.text for case in cases for one in case)
    assert "Mend it: certificate: {source: acme}" in text


def test_table_shows_what_is_wrong_with_its_reason_and_what_mends_it(found):
    text = "\n".join(line for line, _ in table.lines(found))
    assert "  error    https              It answers over plain HTTP alone" in text
    assert "Mend it: certificate: {source: acme}" in text
    assert "  good " not in text
    assert max(len(line) for line in text.splitlines()) <= 100
    assert "\x1b" not in text


def test_table_shows_all_when_asked(found):
    whole = [line.split()[0] for line, _ in table.lines(found, whole=True) if line.startswith("  ") and line[2] != " "]
    assert len(whole) == len(found)
