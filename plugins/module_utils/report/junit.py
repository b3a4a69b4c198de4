"""Findings as JUnit XML: a test suite for each site, application and server, a failure for what fails the run."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree

from .verdicts import Finding, is_worse


def write(found: Sequence[Finding], at: str, fail_on: str) -> str:
    """Return the XML; `at` is the time of the report in ISO 8601, `fail_on` the least level that is a failure."""
    root = ElementTree.Element("testsuites", name="report")
    for about, group in groupby(found, key=lambda one: one.about):
        each = list(group)
        count = {
            "tests": len(each),
            "failures": sum(is_worse([one], fail_on) for one in each),
            "errors": 0,
            "skipped": sum(one.level == "unknown" for one in each),
        }
        given = {"name": about, "timestamp": at, "time": "0", **{key: str(count[key]) for key in count}}
        suite = ElementTree.SubElement(root, "testsuite", given)
        for one in each:
            case = ElementTree.SubElement(suite, "testcase", classname=about, name=one.id, time="0")
            text = f"{one.title}: {one.seen}. {one.why} Mend it: {one.mend}"
            if is_worse([one], fail_on):
                failure = ElementTree.SubElement(case, "failure", type=one.level, message=one.seen)
                failure.text = text
            elif one.level == "unknown":
                ElementTree.SubElement(case, "skipped", message=one.seen)
            else:
                ElementTree.SubElement(case, "system-out").text = f"{one.level}: {text}"
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
