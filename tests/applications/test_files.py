"""Files of an application whose content is the path of a file on this machine, and those whose content looks so."""

import pytest
from applications.inventory import Host

from inventories import make_host, mistakes


@pytest.fixture
def told(tmp_path):
    """Return a function that returns what is wrong with a file `token`; the inventory has `own.txt`."""
    (tmp_path / "own.txt").touch()

    def run(content):
        host = make_host(apps={"files": [{"path": "token", "content": content}]})
        return mistakes(Host(host.name, host.groups, host.variables, host.names, str(tmp_path)))

    return run


def test_a_file_of_the_inventory_is_no_content(told):
    (line,) = told("own.txt")
    assert "`files` has a path as the content of token, and takes the text itself" in line


@pytest.mark.parametrize(
    "content", ["other.txt", "own.txt\n", "see own.txt", f"{'a' * 300}.{'b' * 300}", "~nobody-here/x.y"]
)
def test_a_content_of_one_word(told, content):
    assert told(content) == []
