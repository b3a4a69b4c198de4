"""The argument specifications of the roles: `roles/*/meta/argument_specs.yml`, read where this collection lies.

A specification says which keys a dictionary has, with type, default and choices. `check` holds a value against it,
fills in what is missing and converts what Ansible would convert, apart from what loses something without a word: a list
or a dictionary as text, `1.10` as a version, `027` as a mode, text with commas as a list.
"""

from __future__ import annotations

import copy
import datetime
import difflib
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from . import formats, words
from .written import LOADER, Written, differs, otherwise, spelling

ROLES = Path(__file__).resolve().parents[3] / "roles"
TRUE, FALSE = {"y", "yes", "on", "1", "true", "t"}, {"n", "no", "off", "0", "false", "f"}
EMPTY: dict[str, Any] = {"list": [], "dict": {}, "int": 0, "float": 0.0, "bool": False}
NOTHING: Written = {}
KINDS = {"str": "text", "path": "a path", "int": "a whole number", "float": "a number", "bool": "true or false"}
KINDS |= {"list": "a list", "dict": "a dictionary"}

EXACT = {"version": "", "umask": '"0027"', "mode": '"0640"'}
"""Text that takes no number at all: one from a template does not say how it was written. The value is an example."""
EXAMPLES = {
    "name": "name: shop",
    "source": "source: https://git.example.org/shop.git",
    "domains": "domains: [shop.example.org]",
    "sentry": "sentry: {dsn: '{{ vault_sentry_dsn }}'}",
    "dsn": "sentry: {dsn: '{{ vault_sentry_dsn }}'}",
}


@dataclass(frozen=True)
class Option:
    """One key of a specification.

    `default` is None where there is none. `options` are the keys of a dictionary, or of each dictionary of a list.
    """

    type: str = "str"
    elements: str = "raw"
    required: bool = False
    default: Any = None
    choices: tuple[Any, ...] = ()
    options: dict[str, Option] = field(default_factory=dict)
    description: str = ""

    @property
    def empty(self) -> Any:
        """The default, or what is empty of this type; a copy that nobody else has."""
        return copy.deepcopy(self.default if self.default is not None else EMPTY.get(self.type, ""))


@dataclass(frozen=True)
class Unreadable:
    """Stands where a value could not be evaluated, such as a template with a variable that does not exist."""

    reason: str
    facts: frozenset[str] = frozenset()  # that its template names, by itself or by way of other variables


@dataclass(frozen=True)
class Problem:
    """What is wrong at `path` (such as `processes[celery].rum`), with the smallest right example."""

    id: str
    path: str
    sentence: str
    example: str = ""


def parse(options: dict[str, Any] | None) -> dict[str, Option]:
    """Return the options of a specification as YAML has them."""
    return {
        name: Option(
            type=option.get("type", "str"),
            elements=option.get("elements", "raw"),
            required=option.get("required", False),
            default=option.get("default"),
            choices=tuple(option.get("choices", ())),
            options=parse(option.get("options")),
            description=" ".join(str(option.get("description", "")).split()),
        )
        for name, option in (options or {}).items()
    }


@cache
def load(role: str) -> dict[str, dict[str, Option]]:
    """Return the specification of a role: {entry point: {name: option}}; OSError when there is no such role."""
    text = (ROLES / role / "meta/argument_specs.yml").read_text()
    entries = yaml.load(text, LOADER)["argument_specs"]  # noqa: S506 (a safe loader, in C where there is one)
    return {name: parse(entry.get("options")) for name, entry in entries.items()}


@cache
def roles() -> tuple[str, ...]:
    """Return the names of all roles that have a specification."""
    return tuple(sorted(path.parents[1].name for path in ROLES.glob("*/meta/argument_specs.yml")))


@cache
def variables() -> dict[str, Option]:
    """Return every variable that a role reads, over all entry points: {name: option}."""
    known: dict[str, Option] = {}
    for role in roles():
        for options in load(role).values():
            # An entry point that repeats a dictionary without its keys says less than the one that has them.
            known |= {name: option for name, option in options.items() if name not in known or option.options}
    return known


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return the word among `known` that is most like `word`, "" when none is."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)), "")


def spelled(value: Any) -> str:
    """Return a value (YAML's kinds) as it is written in YAML, on one line."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, datetime.date):
        return value.isoformat()
    # By way of JSON, since YAML takes no subclass of a list or a number, such as Ansible's.
    value = json.loads(json.dumps(value, default=str))
    text: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10**6, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")


def shown(path: str, value: Any) -> str:
    """Return ` is VALUE` for a sentence, " is something else" where the value may be a secret or is long."""
    text = spelled(value)
    hidden = words.is_secret(path) or re.search(":(//)?[^/]*@", text) or len(text) > 60
    return " is something else" if hidden else f" is {text}"


def last_key(path: str) -> str:
    """Return the key at the end of a path, such as `domains` of `django_apps.domains[0]`."""
    return path.rpartition(".")[2].partition("[")[0]


def quoted(path: str, value: Any, written: Written) -> str:
    """Return the example that has the value in quotes, as it was written."""
    key, item = last_key(path), path.endswith("]")
    exact = EXACT.get(key.removeprefix("django_app_"))
    if exact and not differs(written, key, value):
        return f"{key}: {exact}"
    text = '"..."'
    if isinstance(value, (bool, int, float, datetime.date)) and not words.is_secret(path):
        text = f'"{takable(path, value, spelling(written, key, value))}"'
    return f"{key}: [{text}]" if item else f"{key}: {text}"


def takable(path: str, value: Any, text: str) -> str:
    """Return a number as a text that its key takes: as it was written, or what is whole of it, or another example."""
    form = formats.wrong(path, text)
    whole = str(int(value)) if isinstance(value, float) and math.isfinite(value) else text
    return text if form is None else form.example if formats.wrong(path, whole) else whole


def convert(kind: str, value: Any) -> Any:
    """Return the value as this kind; ValueError when it is another one. Ansible converts likewise, and more."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind in ("str", "path"):
        if isinstance(value, str) or (isinstance(value, int) and number):
            return str(value)
    elif kind in ("int", "float"):
        if number or isinstance(value, str):
            made = float(value)
            if kind == "float" or made.is_integer():
                return made if kind == "float" else int(value)
    elif kind == "bool":
        if isinstance(value, bool):
            return value
        if str(value).lower() in TRUE | FALSE:
            return str(value).lower() in TRUE
    elif kind == "list":
        if isinstance(value, (list, tuple)):
            return list(value)
        if number or (isinstance(value, str) and "," not in value):
            return [value]
    elif kind == "dict":
        made = json.loads(value) if isinstance(value, str) else value
        if isinstance(made, dict):
            return {str(key): one for key, one in made.items()}
    else:
        return value
    raise ValueError(kind)


def check(option: Option, value: Any, path: str, problems: list[Problem], written: Written = NOTHING) -> Any:
    """Return the value typed and complete; what is wrong is appended to `problems`, and then stays as it is.

    Where text is meant, a number that was `written` in another way than YAML reads it is wrong.
    """
    if isinstance(value, Unreadable):
        problems.append(Problem("unreadable", path, f"cannot be evaluated: {value.reason}"))
        return value
    try:
        if path.rpartition(".")[2].removeprefix("django_app_") in EXACT and not isinstance(value, str):
            raise ValueError(option.type)
        if option.type in ("str", "path") and differs(written, last_key(path), value):
            raise ValueError(option.type)
        typed = convert(option.type, value)
    except (ValueError, OverflowError):
        one_of = option.choices and spelling(written, last_key(path), value) not in option.choices
        problems.append(
            unchosen(option.choices, value, path) if one_of else mistyped(option.type, value, path, written)
        )
        return value
    if option.type in ("int", "float") and (said := otherwise(written, last_key(path), value)):
        sentence = f"is {value} to YAML, and {said} is written there: it takes a number in plain digits"
        example = f"{last_key(path)}: {said.replace('_', '').lstrip('0')}" if ":" not in said else ""
        problems.append(Problem("misread", path, sentence, example))
    elif option.type == "list":
        typed = [
            check_item(option, item, name_item(path, number, item), problems, written)
            for number, item in enumerate(typed)
        ]
    elif option.type == "dict" and option.options:
        typed = check_keys(option.options, typed, path, problems, written)
    elif option.choices and typed not in option.choices:
        problems.append(unchosen(option.choices, typed, path))
    return typed


def check_item(option: Option, item: Any, path: str, problems: list[Problem], written: Written) -> Any:
    """Check one item of a list; a text in place of a dictionary that needs a name alone is that name."""
    inner = Option(option.elements, choices=option.choices, options=option.options)
    named = [name for name, one in option.options.items() if one.required] == ["name"]
    if named and not isinstance(item, (dict, list, tuple, Unreadable)):
        before = len(problems)
        item = {"name": check(Option("str"), item, path, problems, written)}
        if len(problems) > before:
            return item
    return check(inner, item, path, problems, written)


def check_keys(
    options: dict[str, Option],
    values: dict[str, Any],
    path: str,
    problems: list[Problem],
    written: Written = NOTHING,
) -> dict[str, Any]:
    """Check the keys of a dictionary, and fill in the defaults of those that are left out or null."""
    made: dict[str, Any] = {}
    prefix = f"{path}." if path else ""
    for name in values:
        if name not in options:
            problems.append(unknown(name, options, path))
            made[name] = values[name]
    for name, option in options.items():
        value = values.get(name)
        if value is None and option.required:
            problems.append(
                Problem("missing-key", prefix + name, f"is missing. {option.description}", EXAMPLES.get(name, ""))
            )
        elif value is not None:
            made[name] = check(option, value, prefix + name, problems, written)
        elif option.default is not None:
            made[name] = check(option, copy.deepcopy(option.default), prefix + name, problems)
    return made


def name_item(path: str, number: int, item: Any) -> str:
    """Return the path of an item of a list: by its name when it has one."""
    name = item.get("name") if isinstance(item, dict) else None
    return f"{path}[{name if isinstance(name, str) else number}]"


def mistyped(kind: str, value: Any, path: str, written: Written) -> Problem:
    """Return the problem of a value of another type."""
    if kind in ("str", "path") and not isinstance(value, (list, dict)):
        example = quoted(path, value, written)
        return Problem("unquoted", path, f"{shown(path, value)[1:]} to YAML, which is no text: quote it", example)
    sentence = f"{shown(path, value)[1:]}, and takes {KINDS.get(kind, kind)}"
    key = path.rpartition(".")[2]
    if kind == "list" and isinstance(value, str) and not words.is_secret(path):
        return Problem("wrong-type", path, sentence, f"{key}: [{', '.join(part.strip() for part in value.split(','))}]")
    return Problem(
        "wrong-type", path, sentence, EXAMPLES.get(key.removeprefix("django_app_"), "") if kind == "dict" else ""
    )


def unchosen(choices: tuple[Any, ...], value: Any, path: str) -> Problem:
    """Return the problem of a value that is none of the choices."""
    near = nearest(str(value), map(str, choices))
    key = path.rpartition(".")[2].partition("[")[0]
    sentence = f"{shown(path, value)[1:]}, and takes one of {', '.join(map(str, choices))}"
    return Problem("wrong-choice", path, sentence, f"{key}: {near or choices[0]}")


def unknown(name: str, options: dict[str, Option], path: str) -> Problem:
    """Return the problem of a key that the specification does not have."""
    where = f"{path}." if path else ""
    inner = path.partition("[")[0].rpartition(".")[2].removeprefix("django_app_")
    if (new := words.RENAMED_INSIDE.get((inner, name))) and new in options:
        return Problem("renamed", where + name, f"is called `{new}` now")
    near = nearest(name, options)
    hint = f" Did you mean `{near}`?" if near else f" There are {', '.join(options)}."
    return Problem("unknown-key", where + name, f"is no key{f' of `{path}`' if path else ''}.{hint}")


def complete(value: Any, role: str, entry: str, name: str) -> Any:
    """Return the value of a role's variable with the defaults of its specification, also those inside it."""
    return check(load(role)[entry][name], value, name, [])
