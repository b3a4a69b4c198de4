"""A playbook that acts on one group is refused where it would reach nobody."""

import pytest

from inventories import make_host, mistakes

HOSTS = (make_host("web1", ("django",), {}), make_host("db1", ("backup", "postgresql"), backup_passphrase="x" * 12))


@pytest.mark.parametrize(
    ("group", "reached", "app", "words"),
    [
        ("logs", {"web1", "db1"}, "", "`logs` is the group that this playbook acts on, and no host is in the group"),
        ("logs", {"db1"}, "", "For example: logs: {hosts: {web1: }}"),
        ("backup", {"web1"}, "", "`--limit` leaves no host of the group `backup`, which this playbook acts on."),
        ("backup", set(), "", "For example: --limit db1"),
        ("django", {"db1"}, "shop", "`--limit` leaves no host of the group `django`"),
    ],
)
def test_nobody(group, reached, app, words):
    (line,) = mistakes(*HOSTS, group=group, reached=frozenset(reached), app=app)
    assert words in line


def test_nobody_who_has_the_application():
    hosts = (*HOSTS, make_host("web2", ("django",), {"name": "blog", "domains": ["blog.example.org"]}))
    request = {"group": "django", "app": "shop"}
    (line,) = mistakes(*hosts, reached=frozenset({"web2"}), **request)
    assert line == "`--limit` leaves no host that has shop. For example: --limit web1"
    assert mistakes(*hosts, reached=frozenset({"web1"}), **request) == []


@pytest.mark.parametrize(("group", "reached"), [("", set()), ("backup", {"db1"}), ("django", {"web1"})])
def test_somebody(group, reached):
    assert mistakes(*HOSTS, group=group, reached=frozenset(reached)) == []
