"""Names and values given with -e."""

import pytest
from applications import extra as names
from applications import specification
from applications.specification import Unreadable

from inventories import every_part as resolved
from inventories import make_host, mistakes, one_part

OPTIONS = specification.parse(
    {
        "app": {"type": "str"},
        "version": {"type": "str"},
        "preview": {"type": "bool", "default": False},
        "method": {"type": "str", "choices": ["dump", "upgrade"], "default": "dump"},
    }
)
REQUIRED = specification.parse({name: {"type": "str", "required": True} for name in ("app", "from")})
FORMS = specification.parse({name: {"type": "str"} for name in ("time", "since", "address", "from", "report")})


def said(known=(), options=OPTIONS, **extra):
    """Return what is wrong with -e names and values."""
    request = {name: names.selected(options, extra, name) for name in ("app", "version")}
    return mistakes(make_host(apps={}), options=options, extra=extra, known=frozenset(known), **request)


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"verison": "v1"}, "`-e verison` is read by nothing. Did you mean `version`?"),
        ({"ap": "shop"}, "`-e ap` is read by nothing. Did you mean `app`?"),
        ({"xyzzy": "1"}, "The playbook reads app, method, preview, version."),
        ({"check_only": True}, "`-e check_only` is called `-e preview` now."),
        ({"django_app_static_url": "x"}, "`-e django_app_static_url` is called `django_app_cdn_url` now."),
        ({"django_app_wokers": 4}, "Did you mean `django_app_workers`?"),
        ({"preview": "nein"}, '`-e preview` is "nein", and takes true or false.'),
        ({"method": "copy"}, "takes one of dump, upgrade"),
        ({"app": "shoq"}, "no host has such an application. There are shop. For example: -e app=shop"),
    ],
)
def test_a_mistake(extra, words):
    lines = said(**extra)
    assert len(lines) == 1
    assert words in lines[0]


@pytest.mark.parametrize(
    "extra",
    [{"app": "shop"}, {"preview": "yes"}, {"ansible_user": "root"}, {"django_app_workers": 4}, {"generation": 2}],
)
def test_what_the_playbook_a_role_or_the_inventory_knows(extra):
    assert said(known=["generation"], **extra) == []


def test_what_is_required():
    options = specification.parse({"app": {"type": "str", "required": True}})
    assert said(options=options) == ["`-e app` is missing. For example: -e app=shop"]


def test_a_version_of_several_applications():
    host = make_host(apps=[{}, {"name": "blog", "domains": ["b.org"]}])
    lines = mistakes(host, version="v2")
    assert "would ship one version of blog, shop: name the application" in "\n".join(lines)


def test_options_are_returned_typed_without_what_they_select():
    extra = {"app": "shop", "preview": "on"}
    result = resolved(make_host(apps={}), app="shop", options=OPTIONS, extra=extra)
    assert result["options"] == {"preview": True, "method": "dump"}
    assert one_part()["name"] == "shop"


@pytest.mark.parametrize("value", ["", " ", "\t", None])
@pytest.mark.parametrize("options", [OPTIONS, REQUIRED])
def test_an_empty_application_is_not_all_of_them(value, options):
    lines = said(options=options, **{"from": "web2"} if "from" in options else {}, app=value)
    assert lines == ["`-e app` is empty: name the application. For example: -e app=shop"]


@pytest.mark.parametrize("value", ["", " ", None])
def test_an_empty_version_and_an_empty_value_that_is_required(value):
    (line,) = said(app="shop", version=value)
    assert line == "`-e version` is empty: name a version, or leave it out. For example: -e version=v1.5.0"
    (line,) = said(options=REQUIRED, app="shop", **{"from": value})
    assert line.startswith("`-e from` is empty: it needs a value.")


def test_an_empty_value_that_means_something_stays():
    assert said(options=FORMS, time="", address="", **{"from": ""}) == []


def test_an_application_that_cannot_be_evaluated():
    (line,) = said(app=Unreadable("'APP' is undefined"))
    assert line.startswith("`-e app` cannot be evaluated: 'APP' is undefined.")


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"time": "2026-11-23", "_raw_params": "14:00:00+01:00"}, "`14:00:00+01:00` stands behind a space"),
        ({"since": "2h", "_raw_params": "ago"}, "`ago` stands behind a space"),
        ({"_raw_params": "time"}, "`-e time` is no NAME=VALUE: write it with `=` and without spaces"),
        ({"_raw_params": "time = now"}, "`-e time = now` is no NAME=VALUE"),
        ({"_raw_params": "time: now"}, "such as `-e time=2026-11-23T14:00:00+01:00`"),
    ],
)
def test_what_ansible_cuts_off(extra, words):
    (line,) = said(options=FORMS, **extra)
    assert words in line


def test_a_name_without_a_value_is_not_missing_besides():
    (line,) = said(options=REQUIRED, _raw_params="app = shop", **{"from": "web2"})
    assert "`-e app = shop` is no NAME=VALUE" in line


@pytest.mark.parametrize("time", ["yesterday", "14:00", "2026-13-01", "2999-01-01", "2999-01-01T00:00Z", "1 h", "now"])
def test_a_time_that_no_backup_has(time):
    (line,) = said(options=FORMS, time=time)
    assert line.startswith(f"`-e time` is `{time}`, which is ")
    assert line.endswith("For example: -e time=2026-11-23T14:00:00+01:00")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("since", "2hours", "`-e since` is `2hours`, which is no span of time: write 90s, 10m, 2h or 1d."),
        ("since", "10", "no span of time"),
        ("since", "", "no span of time"),
        ("since", "2\u00b2m", "no span of time"),
        ("address", "shop.example.org", "no address that begins with https://"),
        ("from", "web 9", "no name of a host"),
        ("report", "~nobodyx/report", "the folder of a user that is not here"),
    ],
)
def test_a_value_without_its_form(name, value, words):
    (line,) = said(options=FORMS, **{name: value})
    assert words in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time", "2026-11-23T14:00:00+01:00"),
        ("time", "2026-11-23 14:00:00+01:00"),
        ("time", "2026-11-23"),
        ("time", "0001-01-01T00:00:00+14:00"),
        ("since", "90s"),
        ("address", "https://shop.example.org/x"),
        ("from", "web1.example.org"),
        ("from", "fe80::1"),
        ("report", "~/report"),
        ("report", "report"),
    ],
)
def test_a_value_with_its_form(name, value):
    assert said(options=FORMS, **{name: value}) == []
