"""Values of variables that could not be evaluated."""

import pytest
from applications import evaluation, specification
from applications.specification import Unreadable

from inventories import PASSPHRASE, SECRET, make_host, mistakes

FACTS = Unreadable("object of type 'dict' has no attribute 'memtotal_mb'", frozenset({"ansible_facts"}))
REASONS = (
    "'cores' is undefined",
    "object of type 'dict' has no attribute 'ssh'",
    "The lookup plugin 'ansible.builtin.file' failed: File not found",
    "No filter named 'ipadr' found",
    "'ansible_host' is undefined",
)
GROUPS = ("django", "postgresql", "redis", "firewall", "monitoring", "backup")
KNOWN = {"alertmanager_mail": "ops@example.org", "backup_passphrase": PASSPHRASE}
VARIABLES = {name: option for name, option in specification.variables().items() if "." not in name}
VARIABLES = {name: one for name, one in VARIABLES.items() if not (one.required and one.type == "dict")}


def host(**variables):
    """Return a host of many groups with these variables."""
    return make_host(groups=GROUPS, apps={}, **{**KNOWN, **variables})


def inside(option, stand_in):
    """Return a value with something that cannot be evaluated in each place of it; None for one without an inside."""
    keys = dict.fromkeys(option.options, stand_in) or {"port": stand_in, "x": stand_in}
    values = {"list": [keys if option.options else stand_in, stand_in], "dict": keys}
    return values.get(option.type)


@pytest.mark.parametrize(
    ("name", "reason"), [*((name, "gone") for name in sorted(VARIABLES)), *(("base_timezone", one) for one in REASONS)]
)
def test_a_variable_that_cannot_be_evaluated_is_told_with_its_reason(name, reason):
    lines = mistakes(host(**{name: Unreadable(reason)}))
    assert f"[web1] `{name}` cannot be evaluated: {reason}." in lines
    assert "Unreadable" not in "".join(lines)


@pytest.mark.parametrize("name", sorted(name for name, one in VARIABLES.items() if one.type in ("list", "dict")))
def test_a_part_that_cannot_be_evaluated_is_told_with_its_reason(name):
    lines = mistakes(host(**{name: inside(VARIABLES[name], Unreadable("'cores' is undefined"))}))
    assert any(line.startswith(f"[web1] `{name}") and "cannot be evaluated: 'cores'" in line for line in lines)
    assert "Unreadable" not in "".join(lines)


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_facts_of_the_host_give_a_value_later_but_where_it_is_needed_before(name):
    for value in (FACTS, inside(VARIABLES[name], FACTS)):
        text = "".join(mistakes(host(**{name: value}))) if value else ""
        assert "cannot be evaluated" not in text
        assert "Unreadable" not in text
    early = "needed before the host is asked" in "".join(mistakes(host(**{name: FACTS})))
    assert early is (name in evaluation.EARLY)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"ssh_deployers": {"shop": Unreadable("no file")}}, "`ssh_deployers.shop` cannot be evaluated: no file"),
        (
            {"ssh_administrators": [{"name": "ops", "keys": [Unreadable("no file")]}]},
            "`ssh_administrators[ops].keys[0]`",
        ),
        ({"postgresql_settings": {"port": FACTS}}, "`postgresql_settings.port` takes facts of the host"),
        ({"ssh_port": FACTS}, "`ssh_port` takes facts of the host"),
        ({"backup_repository": {"type": "s3", "secret": Unreadable("gone")}}, "`backup_repository.secret` cannot be"),
        ({"prometheus_basic_auth": {"al": Unreadable("gone")}}, "`prometheus_basic_auth.al` cannot be evaluated: gone"),
    ],
)
def test_a_place_and_its_reason(variables, words):
    lines = mistakes(host(**variables))
    assert words in "\n".join(lines)


def test_what_is_left_is_checked():
    settings = {"shared_buffers": FACTS, "max_conections": 200}
    (line,) = mistakes(host(postgresql_settings=settings))
    assert "Did you mean `max_connections`?" in line
    assert mistakes(host(postgresql_settings={"shared_buffers": FACTS, "max_connections": 200})) == []
    databases = [{"name": "erp", "password": FACTS, "clients": ["10.0.0.0/8"]}, {"name": "log", "locale": FACTS}]
    assert mistakes(host(postgresql_databases=databases)) == []
    repository = dict.fromkeys(("uris", "suites", "components", "signed_by"), FACTS)
    assert mistakes(host(postgresql_repository=repository)) == []
    assert mistakes(host(firewall_open=[{"port": FACTS, "from": [FACTS]}, {"port": 25}])) == []


@pytest.mark.parametrize(
    ("one", "waits"),
    [
        (Unreadable("'ansible_facts' is undefined"), True),
        (Unreadable("'ansible_memtotal_mb' is undefined"), True),
        (Unreadable("'__resolved' is undefined"), True),
        (FACTS, True),
        (Unreadable("No filter named 'x'", frozenset({"ansible_facts"})), False),
        (Unreadable("'ansible_ssh_pass' is undefined"), False),
        (Unreadable("'hostvars' is undefined"), False),
    ],
)
def test_what_waits_for_the_host(one, waits):
    assert evaluation.waits(one) is waits


def test_what_is_readable_of_a_value():
    assert evaluation.readable({"a": [1, FACTS], "b": {"c": FACTS}, "d": []}) == {"a": [1], "d": []}
    assert isinstance(evaluation.readable([{"a": [FACTS]}]), Unreadable)
    assert evaluation.facts({"ansible_facts", "ansible_host", "ansible_ssh_host_key_rsa", "cores"}) == {
        "ansible_facts",
        "ansible_ssh_host_key_rsa",
    }


@pytest.mark.parametrize("port", ["5433s", "", [], {}, True, 0, 70000, "5²", -1, None])
def test_a_port_of_postgresql_that_is_none(port):
    databases = [{"name": "erp", "password": SECRET, "clients": ["10.0.0.0/8"]}]
    lines = mistakes(host(postgresql_settings={"port": port}, postgresql_databases=databases))
    assert len(lines) == 1
    assert "`postgresql_settings` has port: " in lines[0]
    assert "postgresql_settings: {port: 5433}" in lines[0]
