"""A version of Python that the inventory names: the host's own, or what the real uv installs from a mirror."""

import io
import json
import os
import platform
import stat
import sys
import tarfile
from pathlib import Path

import pytest
from groundcrew_release import interpreters, requirements
from groundcrew_release.project import Project
from groundcrew_release.steps import FailedError

UV = Path(sys.executable).with_name("uv")
ARCH = platform.machine()
real = pytest.mark.skipif(not UV.exists(), reason="the tools of this environment have no uv")
ORIGIN = "https://github.com/astral-sh/python-build-standalone/releases/download"
BUILD = f"20261110/cpython-3.99.2+20261110-{ARCH}-unknown-linux-gnu-install_only_stripped.tar.gz"


@pytest.fixture
def mirror(root, monkeypatch):
    """Make a mirror in the shape that uv expects, with this Python under the name of one that there is not yet."""
    program = interpreters.program()
    program.parent.mkdir(parents=True)
    program.symlink_to(UV)
    known = {
        f"cpython-3.99.2-linux-{ARCH}-gnu": {
            "name": "cpython", "arch": {"family": ARCH, "variant": None}, "os": "linux", "libc": "gnu", "major": 3,
            "minor": 99, "patch": 2, "prerelease": "", "url": f"{ORIGIN}/{BUILD.replace('+', '%2B')}", "sha256": None,
            "variant": None, "build": "20261110",
        }
    }  # fmt: skip
    (root / "downloads.json").write_text(json.dumps(known))
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS_JSON_URL", str(root / "downloads.json"))
    archive = root / "mirror" / BUILD
    archive.parent.mkdir(parents=True)
    files = {
        "python/bin/python3.99": f'#!/bin/sh\nexec {sys.executable} "$@"\n',
        f"python/lib/python3.99/_sysconfigdata__linux_{ARCH}-linux-gnu.py": "# system configuration generated and "
        "used by the sysconfig module\nbuild_time_vars = {}\n",
    }
    with tarfile.open(archive, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(text), 0o755
            tar.addfile(member, io.BytesIO(text.encode()))
        link = tarfile.TarInfo("python/bin/python3")
        link.type, link.linkname = tarfile.SYMTYPE, "python3.99"
        tar.addfile(link)
    return f"file://{root}/mirror"


@real
def test_version_is_installed_from_the_mirror_once(shop, root, mirror):
    app = shop(python="3.99", python_mirror=mirror)
    app.release("abc").mkdir()
    choice = requirements.create(app, app.release("abc"), Project())
    folder = root / f"opt/groundcrew/python/cpython-3.99.2-linux-{ARCH}-gnu"
    assert interpreters.find("3.99") == interpreters.find("3.99.2") == f"{folder}/bin/python3"
    assert str(choice) == f"python: {platform.python_version()}, 3.99 from the inventory"
    # Owned by whoever the engine runs as, for everybody to read and for nobody else to write.
    for path in (root / "opt/groundcrew/python", folder, folder / "bin/python3.99"):
        assert path.stat().st_uid == os.getuid()
        assert stat.S_IMODE(path.stat().st_mode) & 0o022 == 0
        assert stat.S_IMODE(path.stat().st_mode) & 0o555 == 0o555
    assert (
        not list((root / "opt/groundcrew/python").glob("**/.lock"))
        or stat.S_IMODE((root / "opt/groundcrew/python/.lock").stat().st_mode) == 0o600
    )
    (root / "mirror" / BUILD).unlink()
    assert interpreters.provide(app) == f"{folder}/bin/python3"


@real
def test_version_that_nobody_named_is_not_taken(shop, root, mirror, monkeypatch):
    """What uv has installed for one application is none of another one's."""
    interpreters.provide(shop(python="3.99", python_mirror=mirror))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(root / "opt/groundcrew/python"))
    app = shop()
    app.release("abc").mkdir()
    (app.release("abc") / ".python-version").write_text(">=3.99\n")
    requirements.create(app, app.release("abc"), Project())
    assert "opt/groundcrew/python" not in (app.release("abc") / "venv/pyvenv.cfg").read_text()


@real
@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        ("3.98", "This host has no Python 3.98, and uv cannot install it: No download found for request: cpython-3.98"),
        ("3.99.1", "This host has no Python 3.99.1, and uv cannot install it: No download found"),
    ],
)
def test_version_that_there_is_not(shop, mirror, version, sentence):
    with pytest.raises(FailedError) as raised:
        interpreters.provide(shop(python=version, python_mirror=mirror))
    assert sentence in str(raised.value)
    assert str(raised.value).endswith("`python_mirror` says where it comes from.")


@real
def test_archive_with_other_contents_is_refused(shop, root, mirror):
    known = json.loads((root / "downloads.json").read_text())
    next(iter(known.values()))["sha256"] = "0" * 64
    (root / "downloads.json").write_text(json.dumps(known))
    with pytest.raises(FailedError, match="Hash mismatch"):
        interpreters.provide(shop(python="3.99", python_mirror=mirror))
    assert interpreters.find("3.99") == ""


@real
@pytest.mark.usefixtures("mirror")
def test_mirror_that_lacks_it(shop, root):
    with pytest.raises(FailedError, match=r"This host has no Python 3.99, and uv cannot install it: .*No such file"):
        interpreters.provide(shop(python="3.99", python_mirror=f"file://{root}/elsewhere"))


@pytest.mark.parametrize("python", ["python3", "/opt/python/bin/python3", "pypy3"])
def test_interpreter_that_is_no_version_is_the_hosts_affair(shop, python):
    assert interpreters.provide(shop(python=python)) == python


@pytest.mark.parametrize("python", ["3.99", "python3.99"])
def test_debian_comes_before_uv(shop, root, monkeypatch, python):
    for path in (root / "usr/python3.99", root / "opt/groundcrew/python/cpython-3.99.2-linux-x86_64-gnu/bin/python3"):
        path.parent.mkdir(parents=True)
        path.write_text("")
        path.chmod(0o755)
    monkeypatch.setattr(interpreters, "PATH", str(root / "usr"))
    assert interpreters.provide(shop(python=python)) == str(root / "usr/python3.99")


def test_newest_of_several_releases_and_none_without_a_lock_of_threads(root):
    for name in ("3.99.2", "3.99.10", "3.99.11+freethreaded"):
        path = root / f"opt/groundcrew/python/cpython-{name}-linux-x86_64-gnu/bin/python3"
        path.parent.mkdir(parents=True)
        path.write_text("")
    assert "cpython-3.99.10-" in interpreters.find("3.99")
    assert "cpython-3.99.2-" in interpreters.find("3.99.2")
    assert interpreters.find("3.9") == ""
