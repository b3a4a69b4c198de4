"""What the inventory gives a release is read by the application, and not by Nginx, which is in its group."""

import os

import pytest
from groundcrew_release import private
from groundcrew_release.application import File


def mode(path):
    return f"{path.stat().st_mode & 0o7777:04o}"


@pytest.fixture
def protect(shop):
    """Return a function that writes files with their modes, protects them, and returns the folder of the release."""

    def run(*files):
        release = shop().release("a")
        for file in files:
            path = private.place(release, file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.content)
            path.chmod(int(file.mode, 8))
        private.protect(shop(files=files), release)
        return release

    return run


@pytest.mark.parametrize(
    ("given", "expected"),
    [("0640", "0400"), ("0660", "0600"), ("0750", "0500"), ("0664", "0644"), ("0644", "0644"), ("0600", "0600")],
)
@pytest.mark.parametrize("path", ["token.txt", "deep/token.txt", "source/site/local.txt"])
def test_the_group_has_no_part_in_a_file(protect, monkeypatch, path, given, expected):
    file, owners = File(path, "secret", given), []
    monkeypatch.setattr(os, "chown", lambda one, uid, _gid: owners.append((one, uid)))
    place = private.place(protect(file), file)
    assert mode(place) == expected
    assert owners == ([(place, os.getuid())] if expected != given else [])


def test_an_absolute_file_stays_roots(protect):
    file = File("/etc/cron.d/shop", "* * * * * root true", "0640")
    assert mode(private.place(protect(file), file)) == "0640"


def test_what_python_made_of_a_file_is_protected_as_well(protect, shop):
    compiled = shop().release("a") / "source/site/__pycache__/local.cpython-313.pyc"
    compiled.parent.mkdir(parents=True)
    compiled.write_text("secret")
    other = compiled.with_name("locale.cpython-313.pyc")
    other.write_text("of the project")
    other.chmod(0o640)
    protect(File("source/site/local.py", "KEY = 'secret'"))
    assert (mode(compiled), mode(other)) == ("0400", "0640")


@pytest.mark.parametrize("linked", ["source/site/local.txt", "source/site"])
def test_a_link_that_a_build_step_made_is_not_followed(shop, root, linked):
    release, elsewhere = shop().release("a"), root / "etc"
    (elsewhere / "local.txt").write_text("of somebody else")
    (elsewhere / "local.txt").chmod(0o640)
    (release / linked).parent.mkdir(parents=True)
    (release / linked).symlink_to(elsewhere / "local.txt" if linked.endswith("txt") else elsewhere)
    private.protect(shop(files=(File("source/site/local.txt", "x"), File("gone.txt", "x"))), release)
    assert mode(elsewhere / "local.txt") == "0640"
