"""Values that YAML reads as something else than what was written: the files of the inventory say which."""

import datetime

import pytest
import yaml
from applications import written

from inventories import SOURCE, make_host, mistakes

SAID = """
django_apps:
  - name: shop
    source: {source}
    domains: [shop.example.org]
    {key}: {value}
"""


def told(key, value):
    """Return what is wrong with an application that says this in YAML, as one text."""
    text = SAID.format(source=SOURCE, key=key, value=value)
    (application,) = yaml.safe_load(text)["django_apps"]
    # As the action plugin hands it over.
    if isinstance(application[key], dict):
        application[key] = {str(name): one for name, one in application[key].items()}
    return "\n".join(mistakes(make_host(written=written.misread([text]), django_apps=[application])))


@pytest.mark.parametrize(
    ("key", "value", "example"),
    [
        ("env", "{UMASK: 0022}", 'env: {UMASK: "0022"}'),
        ("env", "{AT: 12:30}", 'env: {AT: "12:30"}'),
        ("env", "{MASK: 0x1F}", 'env: {MASK: "0x1F"}'),
        ("env", "{MOST: 1_000}", 'env: {MOST: "1_000"}'),
        ("env", "{DEBUG: yes}", 'env: {DEBUG: "yes"}'),
        ("env", "{DEBUG: False}", 'env: {DEBUG: "False"}'),
        ("env", "{RATE: 3.10}", 'env: {RATE: "3.10"}'),
        ("env", "{RATE: 1.0e+3}", 'env: {RATE: "1.0e+3"}'),
        ("env", "{SINCE: 2026-11-26 1:00:00}", 'env: {SINCE: "2026-11-26 1:00:00"}'),
        ("env", "{NOTHING: ~}", 'env: {NOTHING: ""}'),
        ("env", "{NO: x}", 'env: {"NO": "..."}'),
        ("env", "{on: x}", 'env: {"ON": "..."}'),
        ("commands", "[{run: x, env: {UMASK: 0022}}]", 'env: {UMASK: "0022"}'),
        ("python", "3.10", 'python: "3.10"'),
        ("version", "3.10", 'version: "3.10"'),
        ("version", "0123456", 'version: "0123456"'),
        ("version", "2026-11-26", 'version: "2026-11-26"'),
        ("umask", "0027", 'umask: "0027"'),
        ("timers", "[{name: a, run: x, on_calendar: 12:30}]", 'on_calendar: "12:30"'),
        ("processes", "[{name: 010, run: x}]", 'name: "010"'),
        ("processes", "[{name: a, run: on}]", 'run: "on"'),
        ("requirements", "[no, 007]", 'requirements: ["007"]'),
        ("databases", "[0x10]", 'databases: ["0x10"]'),
        ("settings", "1_0", 'settings: "shop.settings.production"'),
        ("files", "[{path: a, content: 0777}]", 'content: "..."'),
    ],
)
def test_what_was_written_is_the_example(key, value, example):
    assert f"For example: {example}" in told(key, value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("env", "{PORT: 8000, ZERO: 0, LOW: -5}"),
        ("env", "{UMASK: '0022', AT: '12:30', EXPONENT: 1e3, COMMIT: 1e5}"),
        ("version", "1e5"),
        ("node", "18"),
        ("workers", "0x2"),
        ("overlay", "yes"),
    ],
)
def test_what_is_read_as_it_was_written(key, value):
    assert told(key, value) == ""


def test_a_secret_is_not_told():
    assert "0123" not in told("env", "{API_TOKEN: 0123, PASSWORD: 1.50}")


def test_how_values_were_written():
    text = "a: {b: [0022, 18], c: 18, d: !vault 1}\n---\ne: 1.10\nf: 2026-01-02\ng: 'yes'"
    assert written.misread([text, "not: [yaml"]) == {("b", "18"): "0022", ("e", "1.1"): "1.10"}
    assert written.read(datetime.date(2026, 1, 2)) == "2026-01-02"


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("timeout", "010", "`timeout` is 8 to YAML, and 010 is written there: it takes a number in plain digits"),
        ("probe", "{timeout: 010}", "`probe.timeout` is 8 to YAML, and 010 is written there"),
        ("probe", "{status: [0310]}", "For example: status: 310"),
        ("watch", "1:30", "`watch` is 90 to YAML, and 1:30 is written there"),
    ],
)
def test_a_number_that_is_another_one(key, value, line):
    assert line in told(key, value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ssh_port: 0022", "`ssh_port` is 18 to YAML, and 0022 is written there"),
        ("nginx_public_ports: [0443]", "443"),
        ("backup_retention_weeks: 012", "For example: backup_retention_weeks: 12"),
    ],
)
def test_a_number_of_a_variable_that_is_another_one(text, line):
    variables = yaml.safe_load(text)
    assert line in "\n".join(mistakes(make_host(apps={}, written=written.misread([text]), **variables)))
