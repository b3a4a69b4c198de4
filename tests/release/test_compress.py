"""The compressed copies of static files, made by the script that runs inside a release."""

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from groundcrew_release.configure import INSIDE

BROTLI = f"""#!{sys.executable}
import sys
sys.stdout.buffer.write(b"brotli" + sys.stdin.buffer.read())
"""


@pytest.fixture(autouse=True)
def brotli(tmp_path, monkeypatch):
    """Put a fake brotli first: not every machine has the program, and what it does is its own affair."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/brotli").write_text(BROTLI)
    (tmp_path / "bin/brotli").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")


def compress(folder, before="/nonexistent"):
    """Run the script as a release does, from standard input, and return how many files it compressed anew."""
    text = (INSIDE / "compress.py").read_bytes()
    command = [sys.executable, "-", folder, before]
    return int(subprocess.run(command, input=text, capture_output=True, check=True).stdout)


@pytest.fixture
def static(tmp_path):
    folder = tmp_path / "new"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep/site.css").write_text("body {}\n" * 500)
    (folder / "small.css").write_text("body {}")
    (folder / "picture.png").write_bytes(b"0" * 5000)
    return folder


def test_text_of_some_size_is_compressed_once(static):
    assert compress(static) == 2
    assert sorted(path.name for path in static.rglob("*.*")) == [
        "picture.png",
        "site.css",
        "site.css.br",
        "site.css.gz",
        "small.css",
    ]
    path = static / "deep/site.css"
    assert gzip.decompress(Path(f"{path}.gz").read_bytes()) == path.read_bytes()
    assert Path(f"{path}.br").read_bytes() == b"brotli" + path.read_bytes()
    assert Path(f"{path}.gz").stat().st_mtime == path.stat().st_mtime
    assert compress(static) == 0


def test_what_the_release_before_has_is_copied_when_it_is_the_same(static, tmp_path):
    compress(static)
    before = shutil.copytree(static, tmp_path / "before")
    for path in [*static.rglob("*.gz"), *static.rglob("*.br")]:
        path.unlink()
    assert compress(static, before) == 0
    assert (static / "deep/site.css.gz").read_bytes() == (before / "deep/site.css.gz").read_bytes()
    for path in [*static.rglob("*.gz"), *static.rglob("*.br")]:
        path.unlink()
    (before / "deep/site.css").write_text("other")
    assert compress(static, before) == 2


def test_one_content_under_two_names_is_compressed_once(static):
    path = static / "deep/site.css"
    shutil.copyfile(path, static / "deep/site.0123456789ab.css")
    assert compress(static) == 2
    assert (static / "deep/site.0123456789ab.css.br").read_bytes() == b"brotli" + path.read_bytes()
