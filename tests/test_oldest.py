"""What Ansible before 2.19 reads otherwise than we do, seen without it."""

from pathlib import Path

import jinja2
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted([*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/**/*.yml")])
CONDITIONS = {"when", "changed_when", "failed_when", "until", "that"}


class Loader(yaml.SafeLoader):
    """YAML as Ansible writes it: a tag such as !unsafe leaves the text as it is."""


Loader.add_multi_constructor("!", lambda loader, _, node: loader.construct_scalar(node))


def conditions(node):
    """Yield the conditions (str) in a YAML document."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in CONDITIONS:
                yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))
            else:
                yield from conditions(value)
    elif isinstance(node, list):
        for value in node:
            yield from conditions(value)


def refusal(condition):
    """Return why a condition cannot stand in an `if` (str), empty when it can."""
    try:
        jinja2.Environment().parse(f"{{% if {condition} %}}{{% endif %}}")
    except jinja2.TemplateSyntaxError as error:
        return f"{error.message}: {condition}"
    return ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_conditions_stand_in_an_if(path):
    """It puts them there: `one if this else other` needs parentheses."""
    refusals = map(refusal, conditions(yaml.load(path.read_text(), Loader)))
    assert [why for why in refusals if why] == []


def test_there_are_files():
    assert len(FILES) > 50
