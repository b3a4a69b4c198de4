"""The tables of variables are what `make docs` writes."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
specification = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
generate = importlib.util.module_from_spec(specification)
specification.loader.exec_module(generate)
DOCUMENTS = generate.documents()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_tables_are_fresh(path):
    assert DOCUMENTS[path], f"{path} has no place for the tables: {generate.BEGIN} and {generate.END}"
    assert path.exists() and path.read_text() == DOCUMENTS[path], "run `make docs`"


def test_rows():
    options = {
        "web_sites": {
            "description": ["The", "sites."],
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {"name": {"description": "a|b", "type": "str", "choices": ["x", "y"], "default": "x"}},
        }
    }
    assert list(generate.table_of(options)) == [
        "| `web_sites` | list of dict | **required** | The sites. |",
        "| &emsp;`web_sites[].name` | str | `x` | a\\|b One of `x`, `y`. |",
    ]


def test_keys_of_an_application():
    lines = list(generate.table_of_keys())
    assert "| `workers` | int | `0` | `django_app` | `django_app_workers` | " in "\n".join(lines)
    assert [line for line in lines if line.startswith("| `csp` | str | `report-only` | `nginx` | `django_app_csp` | ")]
    assert [line for line in lines if line.startswith("| `name` | str | **required** | `django_app` |  | ")]
    assert [line for line in lines if line.startswith("| &emsp;`processes[].memory` | str | `infinity` |  |  | ")]
