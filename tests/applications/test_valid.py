"""Inventories that look unusual and are right (`valid.yml`): none is refused."""

from pathlib import Path

import pytest
import yaml
from applications import every
from test_mistakes import told

CASES = yaml.safe_load((Path(__file__).parent / "valid.yml").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_an_unusual_inventory_is_taken(case, tmp_path, monkeypatch):
    monkeypatch.setattr(every.versions, "ask", lambda *_: "")
    assert told(case, tmp_path) == []


def test_there_are_thirty():
    assert len(CASES) >= 30
