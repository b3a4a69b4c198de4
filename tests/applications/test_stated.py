"""What is held against the answer of a host: what the inventory says, without what waits for facts."""

import pytest
from applications import machines, stated
from applications.specification import Unreadable

from inventories import every_part, make_host

FACTS = Unreadable("object of type 'dict' has no attribute 'memtotal_mb'", frozenset({"ansible_facts"}))
NOTHING = {
    "most_connections": 0,
    "databases": [],
    "has_repository": False,
    "administrators": [],
    "is_behind_proxies": False,
}


@pytest.mark.parametrize(
    ("variables", "key", "value"),
    [
        ({"postgresql_settings": {"shared_buffers": FACTS, "max_connections": 200}}, "most_connections", 200),
        ({"postgresql_settings": {"max_connections": "200"}}, "most_connections", 200),
        ({"postgresql_settings": {"max_connections": "2\u00b2"}}, "most_connections", 0),
        ({"postgresql_settings": {"max_connections": FACTS}}, "most_connections", 0),
        ({"postgresql_settings": FACTS}, "most_connections", 0),
        ({"nginx_trusted_proxies": FACTS}, "is_behind_proxies", True),
        ({"postgresql_repository": {"uris": FACTS}}, "has_repository", True),
        ({"ssh_administrators": FACTS}, "administrators", []),
        ({"postgresql_databases": FACTS}, "databases", []),
        ({}, "databases", []),
    ],
)
def test_what_is_said(variables, key, value):
    said = stated.of(make_host(**variables))["machine"]
    assert said == {**NOTHING, key: value}
    assert machines.Machine("web1", **said)


def test_a_database_whose_password_waits_keeps_its_extensions():
    (one,) = stated.of(make_host(postgresql_databases=[{"name": "erp", "password": FACTS, "extensions": ["vector"]}]))[
        "machine"
    ]["databases"]
    assert (one["name"], one["extensions"]) == ("erp", ["vector"])


def test_settings_from_facts_resolve_and_the_time_zone_is_asked_for():
    host = make_host(apps={}, postgresql_settings={"shared_buffers": FACTS}, base_timezone="Europe/Berlin")
    assert every_part(host)["hosts"]["web1"]["stated"]["timezone"] == "Europe/Berlin"
    assert stated.of(make_host(base_timezone=FACTS))["timezone"] == "Etc/UTC"
