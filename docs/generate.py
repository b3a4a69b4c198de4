#!/usr/bin/env python3
"""Write the tables of variables from the roles' argument specifications: `make docs`.

Each `roles/*/README.md` gets its role's tables between `<!-- variables -->` and `<!-- /variables -->`;
`docs/variables.md` begins with the keys of an application, and gets those of all roles. Names of files that changed are
printed.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "plugins/module_utils"))

from applications import keys  # noqa: E402 (where it lies is said above)
from applications.specification import Option  # noqa: E402

BEGIN, END = "<!-- variables -->", "<!-- /variables -->"
TITLE = """# Variables

What can be said of an application, and to each role, generated from `roles/*/meta/argument_specs.yml` by `make docs`.
A row that is indented is a key of the dictionary above it; `[]` marks the keys of each item of a list.
"""
APPLICATIONS = """## An application

`django_apps` is a list of dictionaries, or a dictionary of them by name. Each key belongs to the role that acts on it.
A key that is left out takes the value of its flat variable, then what the groups of the host provide (`database_url`,
`cache_url`, `broker_url`), then the default. `name`, `state` and `purge` have no flat variable. Of `probe`, an
application may say a part.

| key | type | default | role | flat variable | description |
|---|---|---|---|---|---|
"""


def read_specification(role: Path) -> dict[str, Any]:
    """Return the entry points of the role: {name: specification}, `main` first."""
    path = role / "meta/argument_specs.yml"
    entries = yaml.safe_load(path.read_text())["argument_specs"] if path.exists() else {}
    return dict(sorted(entries.items(), key=lambda entry: (entry[0] != "main", entry[0])))


def words(text: str | list[str]) -> str:
    """Return a description as one line that a table cell can hold."""
    text = " ".join(text) if isinstance(text, list) else text
    return " ".join(text.split()).replace("|", "\\|")


def code(value: Any) -> str:
    """Return a default as YAML on one line, in code quotes."""
    text: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=float("inf"), allow_unicode=True)
    return "`" + text.removesuffix("\n").removesuffix("\n...").replace("|", "\\|") + "`"


def kind_of(option: dict[str, Any]) -> str:
    """Return the type of an option, as words."""
    kind = str(option.get("type", "str"))
    return f"list of {option.get('elements', 'any')}" if kind == "list" else kind


def default_of(option: dict[str, Any]) -> str:
    """Return the default of an option, "" when it has none."""
    return "**required**" if option.get("required") else code(option["default"]) if "default" in option else ""


def description_of(option: dict[str, Any]) -> str:
    """Return what an option is for, with its choices."""
    text = words(option.get("description", ""))
    choices = ", ".join(map(code, option.get("choices", ())))
    return f"{text} One of {choices}." if choices else text


def rows(options: dict[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, dict[str, Any], int]]:
    """Yield (name, option, depth) for each option, and for the options inside it; the name has those above it."""
    for name, option in options.items():
        yield prefix + name, option, depth
        inner = f"{prefix}{name}[]." if option.get("type") == "list" else f"{prefix}{name}."
        yield from rows(option.get("options", {}), inner, depth + 1)


def table_of(options: dict[str, Any]) -> Iterator[str]:
    """Yield a table row for each option of a role, and for the options inside it."""
    for name, option, depth in rows(options):
        cells = [f"{'&emsp;' * depth}`{name}`", kind_of(option), default_of(option), description_of(option)]
        yield f"| {' | '.join(cells)} |"


def table_of_keys() -> Iterator[str]:
    """Yield a table row for each key of an application, and for the keys inside it."""
    known = keys.keys()
    for name, option, depth in rows({name: plain(key.option) for name, key in known.items()}):
        key = None if depth else known[name]
        owner, flat = (f"`{key.owner.role}`", key.flat and f"`{key.flat}`") if key else ("", "")
        cells = [
            f"{'&emsp;' * depth}`{name}`",
            kind_of(option),
            default_of(option),
            owner,
            flat,
            description_of(option),
        ]
        yield f"| {' | '.join(cells)} |"


def plain(option: Option) -> dict[str, Any]:
    """Return an option of the resolver as a specification has it."""
    given: dict[str, Any] = {"type": option.type, "elements": option.elements, "description": option.description}
    given |= {"required": option.required, "choices": list(option.choices)}
    given |= {"default": option.default} if option.default is not None else {}
    return {**given, "options": {name: plain(inner) for name, inner in option.options.items()}}


def tables(role: Path) -> str:
    """Return the tables of a role, one under a heading for each entry point."""
    specification = read_specification(role)
    parts = []
    for entry, content in specification.items():
        text = f"### Entry point `{entry}`\n\n{words(content.get('short_description', ''))}\n\n"
        options = content.get("options", {})
        twin = next((other for other in specification if specification[other].get("options", {}) == options), entry)
        if not options:
            text += "It takes no variables.\n"
        elif twin != entry:
            text += f"The variables are those of `{twin}`.\n"
        else:
            text += "| variable | type | default | description |\n|---|---|---|---|\n"
            text += "".join(f"{row}\n" for row in table_of(options))
        parts.append(text)
    return "\n".join(parts)


def filled(readme: Path, text: str) -> str | None:
    """Return the text of a README with the tables in their place, None if it has no such place."""
    old = readme.read_text() if readme.exists() else ""
    head, begin, rest = old.partition(BEGIN)
    _, end, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{text}\n{END}{tail}" if begin and end else None


def documents() -> dict[Path, str | None]:
    """Return what `make docs` writes: {Path: text}; the text is None where a README lacks the marks."""
    roles = sorted(path.parents[1] for path in ROOT.glob("roles/*/meta/argument_specs.yml"))
    application = APPLICATIONS + "".join(f"{row}\n" for row in table_of_keys())
    chapters = [TITLE, application, *(f"## `{role.name}`\n\n{tables(role)}" for role in roles)]
    readmes = {role / "README.md": filled(role / "README.md", tables(role)) for role in roles}
    return {**readmes, ROOT / "docs/variables.md": "\n".join(chapters)}


def main() -> int:
    """Write the files whose text changed."""
    result = documents()
    for path, text in result.items():
        if text and not (path.exists() and path.read_text() == text):
            path.write_text(text)
            print(path.relative_to(ROOT))
    for path in [path for path, text in result.items() if not text]:
        print(
            f"{path.relative_to(ROOT)} needs the lines {BEGIN} and {END}: the tables go between them.", file=sys.stderr
        )
    return int(None in result.values())


if __name__ == "__main__":
    sys.exit(main())
