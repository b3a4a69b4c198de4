"""Names and values given with -e."""

import pytest
from applications import specification

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


def said(known=(), options=OPTIONS, **extra):
    """Return what is wrong with -e names and values."""
    request = {"app": extra.get("app", ""), "version": extra.get("version", "")}
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
