"""The tarball of the collection holds what roles, playbooks and their readers need, and nothing else."""

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PARTS = {"docs", "examples", "meta", "playbooks", "plugins", "roles", "templates"}
PARTS |= {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "ansible.cfg", "requirements.yml"}


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """Return the files of the tarball (list of str)."""
    folder = tmp_path_factory.mktemp("collection")
    # A tool that nobody knows yet leaves something behind, too.
    stray = ROOT / f".stray_cache-{os.getpid()}"
    stray.mkdir()
    (stray / "data").touch()
    try:
        command = ["ansible-galaxy", "collection", "build", "--output-path", folder, ROOT]
        subprocess.run(command, check=True, capture_output=True)
    finally:
        (stray / "data").unlink()
        stray.rmdir()
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        return [one.name for one in archive if one.isfile()]


def test_nothing_is_in_it_that_no_user_needs(names):
    assert {name.partition("/")[0] for name in names} == PARTS | {"MANIFEST.json", "FILES.json"}
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".retry"))]


def test_everything_is_in_it_that_git_has_of_its_parts(names):
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    assert {name for name in kept if name.partition("/")[0] in PARTS} <= set(names)
