"""CHANGELOG.md is what its fragments say, and can be searched for a name as it is written."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
found = importlib.util.spec_from_file_location("changelog", ROOT / "tools/changelog.py")
changelog = importlib.util.module_from_spec(found)
found.loader.exec_module(changelog)


@pytest.fixture
def root(tmp_path):
    """A repository with the configuration of ours, version 1.1.0, and no fragment."""
    (tmp_path / "changelogs/fragments").mkdir(parents=True)
    (tmp_path / "changelogs/config.yaml").write_text((ROOT / "changelogs/config.yaml").read_text())
    described = (ROOT / "galaxy.yml").read_text()
    (tmp_path / "galaxy.yml").write_text(re.sub("(?m)^version: .*", "version: 1.1.0", described))
    return tmp_path


def test_the_changelog_is_what_the_fragments_say():
    assert (ROOT / "CHANGELOG.md").read_text() == changelog.generated(), "run `make docs`"


def test_what_is_not_released_stands_above_what_is(root):
    released = "{releases: {1.0.0: {changes: {bugfixes: [Old.]}, fragments: [old.yml], release_date: '2026-01-01'}}}\n"
    (root / "changelogs/changelog.yaml").write_text(released)
    fragment = root / "changelogs/fragments/new.yml"
    fragment.write_text(r"bugfixes: ['``a_b: [c]`` is *new* (``<NAME>``), not old\_.']")
    text = changelog.generated(root)
    lines = [line for line in text.splitlines() if line.startswith(("## ", "* "))]
    assert lines == ["## v1.1.0", "* `a_b: [c]` is <em>new</em> (`<NAME>`), not old\\_.", "## v1.0.0", "* Old."]
    assert fragment.exists()


def test_an_invalid_fragment_is_refused(root):
    (root / "changelogs/fragments/new.yml").write_text(
        "{improvements: [Better.], minor_changes: Faster., bugfixes: ['``open']}\n"
    )
    with pytest.raises(
        ValueError, match=r"new\.yml.*Inline literal(.|\n)*invalid section: improvements(.|\n)*must be type list"
    ):
        changelog.generated(root)
