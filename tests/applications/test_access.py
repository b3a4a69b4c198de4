"""Who may log in and how a run finds its way in; which ports a host opens."""

import pytest
from applications import findings, logins, machines, openings
from applications.resolve import Application

from inventories import make_host, mistakes

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDpOJJTLuFNZkWk3kQ3VtTe4dRpUJcJ8Hp0WvFfUpGmF"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO5pPYIJ0A9rdVcnvjG/8o2EHPlkNbbjo/uFWWNgm420"
OPS = [{"name": "ops", "keys": [f"{ED25519} ops@laptop"]}]


@pytest.mark.parametrize(
    "key",
    [ED25519, f"{ED25519} ops@laptop", f"  {ED25519}\n", f'from="10.0.0.0/8",command="say \\"hi there\\"" {ED25519} x'],
)
def test_a_key_is_the_same_with_options_and_comments(key):
    assert logins.blob(key) == ED25519.split()[1]


@pytest.mark.parametrize("key", ["", "ops", ED25519[:-4], ED25519.replace("ssh-ed25519", "ssh-rsa"), ED25519 + "!"])
def test_what_is_no_whole_key(key):
    assert logins.blob(key) == ""


def test_a_log_in_that_is_left_alone_has_no_other_ways():
    assert logins.ways(make_host()) == []
    assert logins.ways(make_host(ssh_administrators=[], ssh_port=2222)) == []


def test_the_inventory_comes_first_then_administrators_then_what_the_host_was():
    every = logins.ways(make_host(ssh_administrators=OPS, ssh_port=2222))
    assert every[0] == ("", 0)
    assert every.index(("ops", 0)) < every.index(("ops", 2222)) < every.index(("ops", 22))
    assert {("root", 22), ("", 2222)} < set(every)


def told(held=None, by_password=False, user="root", way=None, administrators=OPS):
    answer = {"system": ["debian 12"], "sudo": ["free"], "python": ["3.11.2"], "user": [user]}
    machine = machines.Machine(
        "web1",
        answer=answer,
        administrators=administrators,
        held_keys=held,
        is_opened_by_password=by_password,
        way=way,
    )
    found = findings.lines(machines.findings(machine, lambda _: []))
    return found, findings.lines(machines.notes(machine))


@pytest.mark.parametrize("user", ["root", "ops", "admin"])
def test_a_machine_without_a_key_of_an_administrator_is_refused(user):
    (line,), _ = told(frozenset({OTHER.split()[1]}), user=user)
    assert "`ssh_administrators` has no key that this machine holds" in line


def test_passwords_of_a_machine_without_keys_are_refused():
    (line,), _ = told(None, by_password=True, user="admin")
    assert "switches passwords off, and this run logs in as admin with one" in line


@pytest.mark.parametrize(
    "given",
    [
        {"held": frozenset({ED25519.split()[1], OTHER.split()[1]})},
        {"held": None},
        {"held": frozenset({ED25519.split()[1]}), "by_password": True},
        {"held": frozenset({OTHER.split()[1]}), "administrators": []},
    ],
)
def test_who_comes_in_afterwards_is_not_refused(given):
    assert told(**given)[0] == []


def test_the_inventory_is_told_who_logs_in_from_now_on():
    assert "`ansible_user` is root, who cannot log in after" in told()[1][0]
    assert told(user="ops")[1] == told(administrators=[])[1] == []
    (line,) = told(user="ops", way=("ops", 2222))[1]
    assert line.endswith("For example: ansible_user: ops, ansible_port: 2222")


def test_ports_of_ssh_are_those_of_before_and_after():
    assert logins.ports(make_host(ansible_port=22, ssh_port=2222)) == [22, 2222]
    assert logins.ports(make_host()) == []


def ports(groups, **variables):
    return [(one["port"], one["from"]) for one in openings.needed(make_host(groups=groups, **variables))]


def test_a_host_opens_what_its_groups_need():
    shop = {"name": "shop", "password": "x"}
    assert ports(["django"]) == [("80", []), ("443", [])]
    assert ports(["redis", "backup", "memcached", "pgbouncer", "mariadb"]) == []
    assert ports(["postgresql"], postgresql_databases=[shop]) == []
    clients = [{**shop, "clients": ["10.0.0.5", "fd00::/8"]}, {**shop, "clients": ["10.0.0.5"]}]
    assert ports(["postgresql"], postgresql_databases=clients) == [("5432", ["10.0.0.5", "fd00::/8"])]
    assert ports(["django"], postgresql_databases=clients) == [("80", []), ("443", [])]
    given = {"postgresql_databases": [{**shop, "clients": ["web1.example.org"]}], "postgresql_settings": {"port": 5433}}
    assert ports(["postgresql"], **given) == [("5433", [])]


def test_a_database_server_connects_to_others_for_an_archive_or_an_extension():
    def dials(groups=("postgresql", "backup"), apps=(), **variables):
        return openings.database_dials(make_host(groups=list(groups), **variables), apps)

    s3 = {"backup_repository": {"type": "s3"}}
    assert not dials()
    assert not dials(backup_repository={"path": "/mnt/nas"})
    assert dials(**s3)
    assert not dials(["postgresql"], **s3)
    assert dials(postgresql_networked=True)
    assert dials(postgresql_databases=[{"name": "shop", "extensions": ["postgres_fdw"]}])
    # A text is a name, or a list of one, as the role takes it.
    assert dials(postgresql_databases=[{"name": "shop", "extensions": "postgres_fdw"}])
    assert not dials(postgresql_databases=["shop"])
    shop = {"state": "present", "extensions": [], "databases": []}
    for keys, wanted in (
        ({}, False),
        ({"extensions": ["postgis"]}, False),
        ({"extensions": ["dblink"]}, True),
        ({"databases": [{"extensions": ["http"]}, {"name": "far", "url": "postgresql://db/far"}]}, True),
    ):
        assert dials(apps=[Application(make_host(), "shop", shop | keys)]) == wanted


def test_addresses_are_named_by_family_and_none_twice():
    assert openings.sources([]) == []
    assert openings.sources(["10.0.0.0/8", "10.1.2.3", "fd00::1", "192.0.2.7/24"]) == [
        "ip saddr { 10.0.0.0/8, 192.0.2.0/24 }",
        "ip6 saddr { fd00::1/128 }",
    ]


@pytest.mark.parametrize(
    "rule", ["ip saddr { 10.0.0.1, 10.0.0.2 } drop", 'tcp dport 25 reject with tcp reset comment "x"']
)
def test_rules_that_are_one_line(rule):
    assert list(openings.lines([rule])) == []


@pytest.mark.parametrize("name", ["shop", "postgres", "www-data", "groundcrew-deploy", "groundcrew", "nginx", "backup"])
def test_an_administrator_who_is_somebody_else(name):
    (line,) = mistakes(make_host(apps={}, ssh_administrators=[{"name": name, "keys": [ED25519]}]))
    assert f"`ssh_administrators` has {name}, who is a user of " in line
    assert "For example: name: ops" in line


@pytest.mark.parametrize("name", ["ops", "admin", "debian", "shopkeeper"])
def test_an_administrator_of_a_host(name):
    assert mistakes(make_host(apps={}, ssh_administrators=[{"name": name, "keys": [ED25519]}])) == []


@pytest.mark.parametrize("name", ["postgresql", "mariadb"])
def test_another_port_of_a_database_server_is_taken(name):
    settings = {f"{name}_settings": {"port": 2200}}
    (line,) = mistakes(make_host(groups=[name], ssh_port=2200, ssh_administrators=OPS, **settings))
    assert "`ssh_port` is 2200, which " in line


@pytest.mark.parametrize(
    ("port", "groups"), [(443, ["django"]), (80, ["django"]), (5432, ["postgresql"]), (3306, ["mariadb"])]
)
def test_a_port_of_ssh_that_is_taken(port, groups):
    apps = {"apps": {}} if "django" in groups else {}
    (line,) = mistakes(make_host(groups=groups, ssh_port=port, ssh_administrators=OPS, **apps))
    assert f"`ssh_port` is {port}, which " in line
    assert "For example: ssh_port: 2222" in line
    assert mistakes(make_host(groups=["redis"], ssh_port=port, ssh_administrators=OPS)) == []
