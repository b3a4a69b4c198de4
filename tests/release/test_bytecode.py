"""What a new release shares with the one that serves, on a real file system, and what it compiles."""

import os
import subprocess
import sys

import pytest
from groundcrew_release import bytecode, configure, records

PACKAGES = "venv/lib/python3/site-packages"


def write(release, files):
    for name, text in files.items():
        path = release / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def python(release):
    (release / "venv/bin").mkdir(parents=True, exist_ok=True)
    (release / "venv/bin/python").symlink_to(sys.executable)


@pytest.fixture
def app(shop):
    """An application that serves release `old` and builds `new`; each has a source and some packages."""
    app = shop()
    for name in ("old", "new"):
        python(app.release(name))
        write(app.release(name), {f"{PACKAGES}/one/__init__.py": "A = 1\n", "source/shop/urls.py": "B = 1\n"})
    (app.release("old") / "release.json").write_text("{}")
    app.current.symlink_to("releases/old")
    bytecode.prepare(app, "old")
    return app


def same(app, name):
    return (app.release("old") / name).stat().st_ino == (app.release("new") / name).stat().st_ino


def compiled(release, folder):
    return {path.name.partition(".")[0] for path in (release / folder / "__pycache__").glob("*.pyc")}


def test_what_is_alike_is_shared_with_its_bytecode(app):
    bytecode.prepare(app, "new")
    for folder, name in ((f"{PACKAGES}/one", "__init__"), ("source/shop", "urls")):
        assert same(app, f"{folder}/{name}.py")
        assert same(app, f"{folder}/__pycache__/{name}.{sys.implementation.cache_tag}.pyc")


def test_what_differs_is_compiled(app):
    new, old = app.release("new"), app.release("old")
    write(new, {f"{PACKAGES}/one/__init__.py": "A = 2\n", f"{PACKAGES}/one/more.py": "", "source/manage.py": "C = 1\n"})
    for release in (old, new):
        os.utime(release / PACKAGES / "one/__init__.py", (1, 1))
        write(release, {f"{PACKAGES}/one/fine.py": ""})
    bytecode.prepare(app, "old")
    bytecode.prepare(app, "new")
    assert not same(app, f"{PACKAGES}/one/__init__.py")
    assert compiled(new, f"{PACKAGES}/one") == {"__init__", "fine", "more"}
    assert compiled(new, "source") == {"manage"}
    # Of the same second and size, so that bytecode of the other one would be taken.
    code = "import sys; sys.path.insert(0, sys.argv[1]); import one; print(one.A)"
    said = subprocess.run([sys.executable, "-c", code, new / PACKAGES], capture_output=True, text=True, check=True)
    assert said.stdout == "2\n"
    assert (old / PACKAGES / "one/__init__.py").read_text() == "A = 1\n"
    assert compiled(old, f"{PACKAGES}/one") == {"__init__", "fine"}


def test_a_file_of_another_mode_is_not_shared(app):
    (app.release("new") / PACKAGES / "one/__init__.py").chmod(0o755)
    bytecode.prepare(app, "new")
    assert (app.release("new") / PACKAGES / "one/__init__.py").stat().st_mode & 0o777 == 0o755
    assert not same(app, f"{PACKAGES}/one/__init__.py")


def test_bytecode_that_is_spoilt_is_made_anew(app):
    path = f"{PACKAGES}/one/__pycache__/__init__.{sys.implementation.cache_tag}.pyc"
    (app.release("old") / path).write_bytes(b"")
    bytecode.prepare(app, "new")
    assert (app.release("new") / path).read_bytes()
    assert not (app.release("old") / path).read_bytes()


def test_without_a_release_that_serves_all_is_compiled(app):
    app.current.unlink()
    bytecode.prepare(app, "new")
    assert not same(app, f"{PACKAGES}/one/__init__.py")
    assert compiled(app.release("new"), f"{PACKAGES}/one") == {"__init__"}


def test_no_file_stays_one_of_the_cache(app):
    """Who can write to uv's cache must not change a release by that."""
    cached, own = app.packages / "file.py", app.release("new") / PACKAGES / "one/file.py"
    cached.write_text("D = 1\n")
    cached.chmod(0o755)
    os.link(cached, own)
    bytecode.prepare(app, "new")
    cached.write_text("D = 2\n")
    assert own.read_text() == "D = 1\n"
    assert own.stat().st_mode & 0o777 == 0o755
    assert sorted(path.name for path in own.parent.iterdir()) == ["__init__.py", "__pycache__", "file.py"]


@pytest.mark.parametrize("where", ["source/link", "source/shop/__pycache__"])
def test_a_link_of_the_release_before_is_not_followed(app, tmp_path, where):
    """It may lead to a file of the host, which would be given to the application."""
    for name in ("urls.py", "urls.pyc"):
        write(tmp_path / "etc/secret", {name: "B = 1\n"})
    old, new = app.release("old") / where, app.release("new") / where
    if old.exists():
        for path in old.iterdir():
            path.unlink()
        old.rmdir()
    old.symlink_to(tmp_path / "etc/secret")
    write(new, {"urls.py": "B = 1\n"} if new.name == "link" else {})
    bytecode.prepare(app, "new")
    assert all(path.stat().st_nlink == 1 for path in (tmp_path / "etc/secret").iterdir())


def test_a_link_in_the_new_release_is_not_followed(app, tmp_path):
    """What was installed may exchange a folder for a link while root goes through it."""
    write(tmp_path / "etc", {"urls.py": "B = 1\n"})
    source = app.release("new") / "source"
    (source / "shop/urls.py").unlink()
    (source / "shop").rmdir()
    (source / "shop").symlink_to(tmp_path / "etc")
    bytecode.prepare(app, "new")
    assert not (tmp_path / "etc/__pycache__").exists()
    assert (tmp_path / "etc/urls.py").stat().st_nlink == 1


def test_bytecode_is_not_linked_through_a_link(app, tmp_path):
    (tmp_path / "etc/x").mkdir()
    (app.release("new") / "source/shop/__pycache__").symlink_to(tmp_path / "etc/x")
    bytecode.share(app.release("new") / "source", app.release("old") / "source", (os.getuid(), os.getgid()))
    assert not list((tmp_path / "etc/x").iterdir())


def test_a_file_that_is_no_python_spoils_nothing(app):
    write(app.release("new"), {"source/template.py": "{{ name }} = (\n", "source/fine.py": ""})
    bytecode.prepare(app, "new")
    assert compiled(app.release("new"), "source") == {"fine"}


def test_what_is_shared_outlives_the_release_before(app):
    bytecode.prepare(app, "new")
    app.current.unlink()
    app.current.symlink_to("releases/new")
    (app.release("new") / "release.json").write_text('{"id": "new", "built": "1", "by": "me"}')
    (app.release("old") / "release.json").unlink()
    records.prune(app)
    assert not app.release("old").exists()
    assert (app.release("new") / PACKAGES / "one/__init__.py").read_text() == "A = 1\n"


def test_packages_that_are_a_link_get_nothing(tmp_path):
    packages, theirs = tmp_path / "venv/lib/python3.11/site-packages", tmp_path / "dist-packages"
    packages.mkdir(parents=True)
    assert configure.packages_of(tmp_path) == [packages]
    packages.rename(theirs)
    packages.symlink_to(theirs)
    assert configure.packages_of(tmp_path) == []
