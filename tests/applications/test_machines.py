"""What hosts answer to one question: those that cannot be what the inventory says are told, each with the reason."""

import pytest
from applications import findings, machines
from applications.machines import Machine

GOOD = {
    "system": "debian 12",
    "user": "root",
    "sudo": "free",
    "python": "3.11.2",
    "memory": "2000",
    "disk": "20000",
    "cores": "2",
    "address": "93.184.216.34",
}
DNS = {"here.org": ["93.184.216.34"], "there.org": ["8.8.8.8"], "gone.org": [], "slow.org": None}


def told(resolve=DNS.get, domains=("here.org",), certificate=None, machine=None, allow=(), **answer):
    """Return the lines about a host that answers GOOD, apart from `answer`; a list says a key several times."""
    said = {key: value for key, value in {**GOOD, **answer}.items() if value is not None}
    asked = {"source": "acme", "dns": "", "server": machines.PUBLIC, "domains": list(domains), **(certificate or {})}
    application = {"name": "shop", "state": "present", "certificate": asked, "app": {"sandbox": {"allow": [*allow]}}}
    given = {"groups": frozenset({"django"}), "applications": [application], **(machine or {})}
    text = "\n".join(
        f"{key}={value}" for key, values in said.items() for value in ([values] if isinstance(values, str) else values)
    )
    return findings.lines(machines.findings(Machine("web1", answer=machines.parse(text), **given), resolve))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"system": "ubuntu 24.04"}, "`web1` runs ubuntu 24.04, and this collection knows Debian 12 and 13"),
        ({"system": "debian 11"}, "runs debian 11"),
        ({"system": "debian "}, "runs debian"),
        ({"sudo": None}, "has no `sudo`"),
        (
            {"sudo": "password", "user": "admin"},
            "`ansible_user` is admin, whom sudo asks for a password. For example: --ask-become-pass",
        ),
        ({"python": ""}, "has no Python"),
        ({"python": "3.7.3"}, "has Python 3.7.3"),
        ({"memory": "256"}, "has 256 MB of memory"),
        ({"disk": "900"}, "has 900 MB free on its disk"),
        ({"port": ["80", "443"]}, "has another server than Nginx on port 443 and 80"),
        ({"nozone": "Mars/Olympus"}, "`base_timezone` is Mars/Olympus, which the host does not know"),
    ],
)
def test_a_host_that_cannot_be_what_it_is_to_be(answer, words):
    (line,) = told(**answer)
    assert line.startswith("[web1] ")
    assert words in line


@pytest.mark.parametrize("server", ["169.254.169.254", "169.254.169.253", "fe80::1", "fd00:ec2::254"])
def test_a_resolver_that_the_sandbox_keeps_away_is_told(server):
    (line,) = told(nameserver=["192.0.2.1", server])
    assert f"could resolve no name: the host's DNS is {server}" in line
    assert line.endswith("For example: sandbox: {allow: [metadata]}")
    assert told(nameserver=[server], allow=["metadata"]) == []
    assert told(nameserver=["127.0.0.53", "2001:4860:4860::8888", "nonsense"]) == []


def test_a_host_that_does_not_answer_is_told_once():
    (line,) = told(machine={"reason": "Connection refused"}, sudo=None)
    assert line == "[web1] `ansible_host` does not answer: Connection refused."


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"system": "debian 13"},
        {"port": ["80", "443"], "nginx": "running"},
        {"sudo": "password", "machine": {"has_password": True}},
        {"port": "80", "machine": {"groups": frozenset({"redis"})}},
    ],
)
def test_a_host_that_can(answer):
    assert told(**answer) == []


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        ("gone.org", "shop: `domains` has gone.org, which no DNS knows"),
        ("there.org", "has there.org, which is 8.8.8.8, and this host is 93.184.216.34: an authority would ask there"),
    ],
)
def test_a_domain_where_an_authority_would_not_find_the_host(domain, words):
    (line,) = told(domains=["here.org", domain])
    assert words in line


def test_a_domain_at_which_no_public_authority_asks_is_not_looked_up():
    """By DNS, by another authority, with files, and where a certificate is there already."""

    def resolve(name):
        pytest.fail(f"{name} was looked up")

    assert told(resolve, certificate={"dns": "cloudflare"}) == []
    assert told(resolve, certificate={"server": "https://ca.internal/dir"}) == []
    assert told(resolve, certificate={"source": "provided"}) == []
    assert told(resolve, certified="shop") == []


def test_a_domain_that_may_lead_here_all_the_same():
    assert told(domains=["slow.org"]) == []
    assert told(domains=["there.org"], address="10.0.0.5") == []
    assert told(domains=["there.org"], machine={"is_behind_proxies": True}) == []


def test_more_connections_than_postgresql_takes():
    machine = {"groups": frozenset({"postgresql"}), "connections": 180}
    (line,) = told(machine=machine)
    assert "takes 100 connections to PostgreSQL, and applications may open 180" in line
    assert "postgresql_settings: {max_connections: 200}" in line
    assert told(machine=machine, cores="8") == told(machine={**machine, "most_connections": 190}) == []
    assert told(machine={**machine, "groups": frozenset()}) == []


@pytest.mark.parametrize(
    ("parts", "machine", "where"),
    [
        ([{"name": "shop", "extensions": ["citext", "vector"]}], {}, "shop: `extensions` has vector"),
        ([{"name": "shop"}, {"name": "gis", "extensions": ["h3"]}], {}, "shop: `databases[gis].extensions` has h3"),
        (
            [],
            {"databases": [{"name": "crm", "extensions": ["timescaledb"]}]},
            "`postgresql_databases[crm].extensions` has timescaledb",
        ),
    ],
)
def test_an_extension_whose_package_this_debian_lacks(parts, machine, where):
    application = {"name": "shop", "state": "absent", "certificate": {"dns": "", "source": "acme", "server": ""}}
    asked = {"groups": {"postgresql"}, "applications": [{**application, "postgresql": parts}], **machine}
    (line,) = told(machine=asked)
    assert f"{where}, of which Debian 12 has no package: use a host of Debian 13, or say in" in line
    assert told(machine=asked, system="debian 13") == told(machine={**asked, "has_repository": True}) == []


def test_processes_that_may_take_more_memory_than_there_is():
    processes = [{"memory": size} for size in ("1.5G", "1024M", "infinity", "50%")]
    answer = machines.parse("memory=2048")
    (note,) = machines.notes(Machine("web1", answer=answer, applications=[{"worker": {"processes": processes}}]))
    assert "may take 2560 MB of memory together" in note.sentence
    assert not list(
        machines.notes(Machine("web1", answer=answer, applications=[{"worker": {"processes": processes[1:]}}]))
    )


def test_a_host_in_a_line():
    machine = Machine("web1", answer=machines.parse("system=debian 12\ncores=2\nmemory=2048\ndisk=20480\n"))
    assert machines.described(machine) == "web1: Debian 12, 2 cores, 2.0 GB of memory, 20 GB free"


@pytest.mark.parametrize("key", ["cores", "memory", "disk", "python"])
def test_an_answer_that_only_looks_like_a_number(key):
    """`²` is a digit to Python, and no number."""
    answer = machines.parse(f"system=debian 12\n{key}=8²\n")
    list(machines.findings(Machine("web1", answer=answer), lambda _: None))  # is no error
    assert machines.cores("cores=8²\n") == 0
