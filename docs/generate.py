#!/usr/bin/env python3
"""Write the tables of variables from the roles' argument specifications: `make docs`.

Each `roles/*/README.md` gets its role's tables between `<!-- variables -->` and `<!-- /variables -->`;
`docs/variables.md` gets those of all roles. Names of files that changed are printed.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- variables -->", "<!-- /variables -->"
TITLE = """# Variables

Every variable of every role, generated from `roles/*/meta/argument_specs.yml` by `make docs`.
A row that is indented is a key of the dictionary above it; `[]` marks the keys of each item of a list.
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


def rows(options: dict[str, Any], prefix: str = "", depth: int = 0) -> Iterator[str]:
    """Yield a table row for each option, and for the options inside it."""
    for name, option in options.items():
        kind = option.get("type", "str")
        if kind == "list":
            kind += f" of {option.get('elements', 'any')}"
        default = "**required**" if option.get("required") else code(option["default"]) if "default" in option else ""
        text = words(option.get("description", ""))
        if option.get("choices"):
            text += " One of " + ", ".join(map(code, option["choices"])) + "."
        yield f"| {'&emsp;' * depth}`{prefix}{name}` | {kind} | {default} | {text} |"
        inner = f"{prefix}{name}[]." if kind.startswith("list") else f"{prefix}{name}."
        yield from rows(option.get("options", {}), inner, depth + 1)


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
            text += "".join(f"{row}\n" for row in rows(options))
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
    chapters = [TITLE, *(f"## `{role.name}`\n\n{tables(role)}" for role in roles)]
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
