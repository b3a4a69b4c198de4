"""A folder is packed alike by everybody, and its sum is what a host computes."""

import base64
import io
import os
import subprocess
import tarfile

import pytest
from applications import packing

COMMAND = "find . -type f -not -path '*/__pycache__/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum"


@pytest.fixture
def folder(tmp_path):
    """Return a folder with what a program has, and with what it has not."""
    for path in (
        "a.py",
        "inside/b.py",
        "inside/é x.txt",
        "Z.json",
        "inside-c.py",
        "__pycache__/a.pyc",
        "inside/__pycache__/b.pyc",
    ):
        (tmp_path / "program" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "program" / path).write_text(path)
    (tmp_path / "program/run").write_text("#!/bin/sh\n")
    (tmp_path / "program/run").chmod(0o700)
    return tmp_path / "program"


def computed(folder):
    """Return the sum as a host computes it."""
    result = subprocess.run(["sh", "-c", COMMAND], cwd=folder, capture_output=True, text=True, check=True)
    return result.stdout.split()[0]


def unpacked(folder, target):
    """Return the folder that the archive becomes."""
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(packing.pack(str(folder))["archive"]))) as archive:
        archive.extractall(target, filter="data")
    return target


def test_the_sum_is_that_of_the_host(folder):
    assert packing.pack(str(folder))["digest"] == computed(folder)


def test_what_is_unpacked_has_the_same_sum(folder, tmp_path):
    copy = unpacked(folder, tmp_path / "copy")
    assert computed(copy) == packing.pack(str(folder))["digest"]
    assert not list(copy.rglob("__pycache__"))
    assert [path.name for path in copy.rglob("*") if os.access(path, os.X_OK) and path.is_file()] == ["run"]


def test_the_archive_is_the_same_whenever_it_is_packed(folder):
    before = packing.pack(str(folder))
    for path in folder.rglob("*"):
        os.utime(path, (1, 1))
    assert packing.pack(str(folder)) == before


def test_a_change_is_another_sum(folder):
    before = packing.pack(str(folder))
    (folder / "a.py").write_text("other")
    assert packing.pack(str(folder))["digest"] != before["digest"]
    assert packing.pack(str(folder))["archive"] != before["archive"]


def test_no_folder_is_an_error(tmp_path):
    with pytest.raises(NotADirectoryError):
        packing.pack(str(tmp_path / "nothing"))
