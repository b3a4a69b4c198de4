"""Connections to PostgreSQL, counted as two releases open them."""

import pytest
from applications import connections

from inventories import every_part, make_host

FAR = "postgresql://shop:x@db.example.org/shop"


def count(keys=None, groups=("django", "postgresql"), server="web1", cores=None):
    """Return the number for one application of one host."""
    return connections.expected(every_part(make_host(groups=groups, apps=keys or {})), server, cores or {})


@pytest.mark.parametrize(
    ("keys", "cores", "number"),
    [
        ({}, {}, 2 * 2 * 4),
        ({}, {"web1": 8}, 2 * 8 * 4),
        ({}, {"web1": 1}, 2 * 2 * 4),
        ({"workers": 3, "threads": 5}, {"web1": 8}, 2 * 3 * 5),
        ({"processes": [{"name": "a", "run": "b"}, {"name": "c", "run": "d"}]}, {"web1": 4}, 2 * 4 * 4 + 4 * 2),
        ({"state": "absent"}, {}, 0),
        ({"database_url": "mysql://db/shop"}, {}, 0),
    ],
)
def test_workers_threads_and_processes_are_counted(keys, cores, number):
    assert count(keys, cores=cores) == number


def test_each_database_is_counted():
    assert count({"databases": ["stats", "more"]}) == 3 * 16
    assert count({"databases": [{"name": "erp", "url": "mysql://erp/erp"}]}) == 16
    assert count({"env": {"ERP_DATABASE_URL": FAR, "STATS": FAR}}) == 2 * 16
    assert count({"databases": ["erp"], "env": {"ERP_DATABASE_URL": FAR}}) == 2 * 16
    # The pool is in front of the main one alone.
    assert count({"workers": 16, "databases": ["stats"]}, groups=("django", "postgresql", "pgbouncer")) == 20 + 128


def test_a_pool_is_the_most_that_web_servers_open():
    groups = ("django", "postgresql", "pgbouncer")
    assert count({"workers": 16}, groups=groups) == 20
    assert count({"workers": 1, "threads": 2}, groups=groups) == 4
    assert count({"workers": 16, "processes": [{"name": "a", "run": "b"}]}, groups=groups) == 20 + 2


def test_an_application_on_its_own_host_counts_there_alone():
    assert count(server="web1") == 16
    assert count(server="db1") == 0


def test_one_that_names_a_host_counts_for_every_server():
    assert count({"database_url": FAR}, groups=("django",), server="db1") == 16


def test_no_password_is_among_what_is_counted():
    resolved = every_part(make_host(apps={"database_url": "postgresql://shop:canary@db/shop"}))
    assert "canary" not in str(resolved["hosts"]["web1"]["connections"])
