"""Data are not copied onto the database that they come from."""

import pytest
from applications import extra
from applications.specification import Option

from inventories import SECRET, make_host, mistakes

URL = "postgresql://shop:wonderland@db.example.org/shop"
OPTIONS = {"app": Option(), "from": Option(), "confirm": Option()}


def told(*hosts, source="web1", reached=("web2",), app="shop"):
    """Return what is wrong with copying the data of a host to others."""
    given = {"app": app, "from": source, "confirm": app}
    return mistakes(*hosts, app=app, options=OPTIONS, extra=given, reached=frozenset(reached), group="django")


def web(number, url=URL, env=(), address="", **keys):
    """Return a host with the application."""
    keys = {"database_url": url, "env": {"DJANGO_SECRET_KEY": SECRET, **dict(env)}, **keys}
    return make_host(f"web{number}", apps={name: value for name, value in keys.items() if value}, base_address=address)


def test_two_hosts_with_one_database():
    (line,) = told(web(1), web(2))
    assert line.startswith("[web2] shop: `-e from` is web1, which has the same database db.example.org:5432/shop: it")
    assert "wonderland" not in line


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://other:else@DB.example.org:5432/shop?sslmode=require",
        "postgis://shop@db.example.org./shop",
        "postgresql:///shop?host=db.example.org&user=shop",
    ],
)
def test_the_same_database_in_other_words(url):
    assert "same database" in told(web(1), web(2, url))[0]


def test_the_host_by_its_address():
    assert "is 192.0.2.1, which has" in told(web(1, address="192.0.2.1"), web(2), source="192.0.2.1")[0]


def test_further_databases_and_those_of_the_environment():
    erp = {"databases": [{"name": "erp", "url": "mysql://shop:x@erp.example.org/erp"}]}
    (line,) = told(web(1, **erp), web(2, URL + "_staging", **erp))
    assert "the same database erp.example.org:3306/erp:" in line
    (line,) = told(web(1, "", env={"DATABASE_URL": URL}), web(2))
    assert "the same database db.example.org:5432/shop" in line


@pytest.mark.parametrize(
    "hosts",
    [
        (web(1), web(2, URL + "_staging")),
        (web(1), web(2, URL.replace("org/", "org:5433/"))),
        (web(1), web(2, URL.replace("db.", "staging."))),
        # Each has its own.
        [make_host(f"web{n}", ["django", "postgresql"], {}) for n in (1, 2)],
        # The run does not reach it.
        (web(1), web(2, URL + "_staging"), web(3)),
        # Not in this inventory: nothing is known of it.
        (web(7), web(2, URL + "_staging")),
    ],
)
def test_databases_of_their_own(hosts):
    assert told(*hosts) == []


def test_another_application_may_share():
    blog = {"name": "blog", "domains": ["blog.example.org"], "database_url": URL}
    assert told(make_host("web1", apps=blog), web(2)) == []


def test_other_playbooks_are_not_asked():
    assert "from" in extra.EXAMPLES
    options = {"app": OPTIONS["app"]}
    assert (
        mistakes(web(1), web(2), app="shop", options=options, extra={"app": "shop"}, reached=frozenset({"web2"})) == []
    )
