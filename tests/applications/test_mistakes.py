"""Mistakes as an inventory's author makes them (`mistakes/`): each is refused, with its place and the right word.

`app` are further keys of an application, `apps` several, `vars` variables of the host, `groups` its groups, `hosts`
several hosts by name, `extra` what is given with -e. `says` is what the findings say.
"""

from pathlib import Path

import jinja2
import pytest
import yaml
from applications import every, findings, specification
from applications import variables as checks
from applications.inventory import Host, Request
from applications.specification import Option, Unreadable

from inventories import APP, PASSPHRASE

FOLDER = Path(__file__).parent / "mistakes"
CASES = [
    pytest.param(case, id=f"{path.stem}-{number}")
    for path in sorted(FOLDER.glob("*.yml"))
    for number, case in enumerate(yaml.safe_load(path.read_text()))
]
OPTIONS = {"app": Option(), "version": Option(), "preview": Option("bool", default=False)}
CANARY = "wonderland"


def evaluated(value):
    """Return a value as the action plugin would: a template whose variable does not exist cannot be evaluated."""
    if isinstance(value, dict):
        return {str(name): evaluated(one) for name, one in value.items()}
    if isinstance(value, list):
        return [evaluated(one) for one in value]
    if isinstance(value, str) and "{{" in value:
        try:
            return jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(value).render()
        except jinja2.UndefinedError as error:
            return Unreadable(str(error))
    return value


def host(name, case, keys, tmp_path):
    """Return one host of a case."""
    groups = frozenset(case.get("groups", ["django"]))
    applications = case.get("apps", [case.get("app", {})])
    applications = [{**APP, **one} for one in applications]
    for one in applications:
        one["source"] = str(tmp_path) if one["source"] == "EMPTY" else one["source"]
    passphrase = {"backup_passphrase": PASSPHRASE} if "backup" in groups else {}
    variables = {"django_apps": applications, **passphrase, **case.get("vars", {}), **keys}
    touched = {name.partition("_")[0] for name in case.get("vars", {})}
    groups |= {"backup"} & touched if groups and "says" in case else set()
    too_deep = frozenset(checks.too_deep(variables, groups | {name}))
    return Host(name, groups, evaluated(variables), frozenset(variables), "/nowhere", too_deep=too_deep)


def told(case, tmp_path):
    """Return the lines that tell what is wrong with an inventory."""
    by_name = case.get("hosts", {"web1": {}})
    hosts = [host(name, {**case, **own}, {}, tmp_path) for name, own in by_name.items()]
    extra = case.get("extra", {})
    request = Request(app=extra.get("app", ""), version=extra.get("version", ""), options=OPTIONS, extra=extra)
    return findings.lines(every.resolve_all(hosts, request)[1])


@pytest.fixture(autouse=True)
def no_questions(monkeypatch):
    """Let no test ask a git server."""
    monkeypatch.setattr(every.versions, "ask", lambda *_: "")


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_refused_with_its_place_and_the_right_word(case, tmp_path):
    lines = told(case, tmp_path)
    for words in case["says"]:
        assert words in "\n".join(lines), f"{words!r} is not in: {lines or 'nothing'}"
    assert not any(CANARY in line for line in lines)


def test_there_are_two_hundred_mistakes():
    assert len(CASES) >= 200


def test_all_mistakes_of_an_inventory_are_told_in_one_run(tmp_path):
    """Every mistake of one application by itself, each in an application of its own, on one host."""
    cases = [param.values[0] for param in CASES]
    cases = [case for case in cases if set(case) == {"app", "says"} and "name" not in case["app"]]
    apps = [{"name": f"a{n}", "domains": [f"a{n}.org"], **case["app"]} for n, case in enumerate(cases)]
    text = "\n".join(told({"apps": apps}, tmp_path))
    missing = [case for n, case in enumerate(cases) if f" a{n}: " not in text]
    assert missing == []
    assert specification.roles()


def test_dictionaries_of_the_users_own_are_not_too_deep():
    own = {"vars": {"a": 1}, "company": {"vars": {"ssh_port": 1}}, "all": "none", "shop": {"ssh_port": 1}}
    assert [*checks.too_deep(own, frozenset({"django", "web1"}))] == []
