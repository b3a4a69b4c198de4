"""Values against specifications: what is taken, what is refused, and with which words."""

import datetime

import pytest
from applications import specification
from applications.specification import Option, Unreadable

TEXT, NUMBER, SWITCH = Option("str"), Option("int"), Option("bool")
LIST, DICTIONARY = Option("list", elements="str"), Option("dict")


def check(option, value, path="colour"):
    """Return (typed value, problems)."""
    problems = []
    return specification.check(option, value, path, problems), problems


@pytest.mark.parametrize(
    ("option", "value", "typed"),
    [
        (TEXT, "a", "a"),
        (TEXT, 5, "5"),
        (NUMBER, "5", 5),
        (NUMBER, 5.0, 5),
        (SWITCH, "yes", True),
        (SWITCH, "off", False),
        (SWITCH, 1, True),
        (LIST, "one", ["one"]),
        (LIST, ("a", "b"), ["a", "b"]),
        (LIST, [1], ["1"]),
        (DICTIONARY, '{"a": 1}', {"a": 1}),
        (Option("float"), "0.5", 0.5),
        (Option("raw"), [1], [1]),
    ],
)
def test_a_value_is_converted_like_ansible_does(option, value, typed):
    assert check(option, value) == (typed, [])


@pytest.mark.parametrize(
    ("option", "value", "words", "example"),
    [
        (TEXT, True, "is true to YAML", 'colour: "true"'),
        (TEXT, 1.1, "is 1.1 to YAML", 'colour: "1.1"'),
        (TEXT, datetime.date(2026, 1, 2), "is 2026-01-02 to YAML", 'colour: "2026-01-02"'),
        (TEXT, ["a"], "takes text", ""),
        (TEXT, {"a": 1}, "takes text", ""),
        (NUMBER, "many", 'is "many", and takes a whole number', ""),
        (NUMBER, True, "takes a whole number", ""),
        (NUMBER, 1.5, "takes a whole number", ""),
        (SWITCH, "nein", "takes true or false", ""),
        (LIST, "a, b", "takes a list", "colour: [a, b]"),
        (LIST, {"a": 1}, "takes a list", ""),
        (DICTIONARY, "a=b", "takes a dictionary", ""),
    ],
)
def test_a_value_of_another_type_is_refused(option, value, words, example):
    (problem,) = check(option, value)[1]
    assert words in problem.sentence
    assert problem.example == example


@pytest.mark.parametrize(
    ("key", "value", "example"),
    [
        ("version", 1.1, 'version: "1.1"'),
        ("version", 2, 'version: "2"'),
        ("umask", 23, '"0027"'),
        ("mode", 416, '"0640"'),
    ],
)
def test_what_yaml_reads_as_another_number_is_refused(key, value, example):
    for path in (key, f"files[a].{key}", f"django_app_{key}"):
        (problem,) = check(TEXT, value, path)[1]
        assert problem.id == "unquoted"
        assert example in problem.example


@pytest.mark.parametrize("path", ["deploy_key", "database_url", "env.TOKEN", "files[a].content", "users[0].password"])
def test_a_secret_is_in_no_sentence(path):
    for value in (["canary"], {"canary": 1}):
        (problem,) = check(TEXT, value, path)[1]
        assert "canary" not in problem.sentence + problem.example
    (problem,) = check(NUMBER, "canary", path)[1]
    assert "canary" not in problem.sentence + problem.example


def test_a_choice_that_does_not_exist_names_the_nearest():
    option = Option("str", choices=("report-only", "enforce", "none"))
    (problem,) = check(option, "enforced", "csp")[1]
    assert problem.sentence == 'is "enforced", and takes one of report-only, enforce, none'
    assert problem.example == "csp: enforce"
    (problem,) = check(Option("list", elements="str", choices=("database", "media")), ["medai"], "purge")[1]
    assert problem.example == "purge: media"


JOBS = Option("list", elements="dict", options={"name": Option(required=True), "memory": Option(default="infinity")})


def test_defaults_are_filled_in_at_every_depth():
    outer = Option(
        "dict", options={"jobs": JOBS, "probe": Option("dict", default={}, options={"path": Option(default="/")})}
    )
    assert check(outer, {"jobs": [{"name": "a"}]}) == (
        {"jobs": [{"name": "a", "memory": "infinity"}], "probe": {"path": "/"}},
        [],
    )


def test_a_default_is_nobody_else_s():
    option = Option("dict", options={"env": Option("dict", default={})})
    check(option, {})[0]["env"]["a"] = 1
    assert check(option, {})[0] == {"env": {}}


def test_an_unknown_key_names_the_nearest_and_where_it_stands():
    (problem,) = check(JOBS, [{"name": "celery", "memroy": "1G"}], "processes")[1]
    assert (problem.id, problem.path) == ("unknown-key", "processes[celery].memroy")
    assert "Did you mean `memory`?" in problem.sentence


def test_a_missing_key_is_told():
    (problem,) = check(JOBS, [{"memory": "1G"}], "processes")[1]
    assert (problem.id, problem.path) == ("missing-key", "processes[0].name")


def test_a_value_that_cannot_be_evaluated_is_told():
    (problem,) = check(JOBS, [{"name": Unreadable("'vault_x' is undefined")}], "processes")[1]
    assert "'vault_x' is undefined" in problem.sentence


def test_subclasses_of_numbers_and_lists_are_spelled_too():
    """Ansible's values are such: they carry where they came from."""
    kinds = [type("Float", (float,), {}), type("List", (list,), {}), type("Text", (str,), {})]
    assert [specification.spelled(kind(value)) for kind, value in zip(kinds, (1.5, [1], "a"), strict=True)] == [
        "1.5",
        "[1]",
        '"a"',
    ]


def test_complete_fills_in_the_defaults_of_a_role():
    made = specification.complete({"name": "shop", "upstream": "unix:/x"}, "nginx", "site", "nginx_site")
    assert made["upstream"] == ["unix:/x"]
    assert made["client_max_body_size"] == "10m"
    assert made["maintenance"] == {"allow": [], "page": ""}


def test_every_nested_default_is_right_by_its_own_specification():
    for role in specification.roles():
        for entry in specification.load(role).values():
            for name, option in entry.items():
                if option.default is not None:
                    assert check(option, option.default, name)[1] == [], f"{role} {name}"
