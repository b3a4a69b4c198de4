"""What the controller says of a source, and what it packs of a folder."""

import os
import subprocess
import tarfile

import pytest
from applications.sources import kinds, listing, packing
from applications.sources.kinds import SourceError

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name, value in {"NAME": "a", "EMAIL": "a@example.org"}.items():
        monkeypatch.setenv(f"GIT_AUTHOR_{name}", value)
        monkeypatch.setenv(f"GIT_COMMITTER_{name}", value)


def git(folder, *arguments):
    command = ["git", "-c", "protocol.file.allow=always", "-C", folder, *arguments]
    subprocess.run(command, check=True, capture_output=True)


def fill(folder, *names, text="text\n"):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture
def project(tmp_path):
    """A folder with a file, an executable, a link, and what stays behind."""
    folder = tmp_path / "project"
    fill(folder, "manage.py", "static/ü.css", text="code\n")
    (folder / "manage.py").chmod(0o755)
    (folder / "link").symlink_to("manage.py")
    fill(
        folder,
        "venv/x",
        "node_modules/y",
        "__pycache__/z",
        ".env",
        ".vault-password",
        "db.sqlite3",
        "own/pyvenv.cfg",
        "own/lib/x.py",
    )
    return folder


@pytest.fixture
def tree(tmp_path):
    """A git work tree with one tracked file."""
    folder = tmp_path / "tree"
    fill(folder, "manage.py")
    git(folder.parent, "init", "--quiet", folder)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "one")
    return folder


def packed(source, *include):
    """Return {name: content, link or None} of what is shipped."""
    said = packing.describe(str(source), "/", include)
    found = {}
    with tarfile.open(said["archive"]) as tar:
        for member in tar:
            found[member.name] = member.linkname if member.issym() else tar.extractfile(member).read().decode()
    return found


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("pypi", "pypi"),
        ("https://git.example.org/shop.git", "git"),
        ("https://git.example.org/shop", "git"),
        ("git@git.example.org:team/shop.git", "git"),
        ("ssh://git@git.example.org/shop", "git"),
        ("file:///srv/repository", "git"),
        ("/srv/git/shop.git", "git"),
    ],
)
def test_a_source_elsewhere_is_named_by_the_host(source, kind):
    said = packing.describe(source, "/")
    assert said == {"kind": kind, "location": source, "revision": "", "suffix": "", "archive": ""}


@pytest.mark.parametrize(
    "name", ["x.tar", "x.tar.gz", "x.tgz", "x.tar.xz", "x.tar.bz2", "x.zip", "x-1-py3-none-any.whl"]
)
def test_an_archive_is_known_by_its_name(name):
    assert kinds.kind(f"dist/{name}") == "archive"
    assert kinds.kind(f"dist/{name}x") == "folder"


def test_a_folder_is_named_by_names_modes_and_contents(project, tmp_path):
    said = packing.describe("project", str(tmp_path))
    assert (said["kind"], said["suffix"], len(said["revision"])) == ("folder", ".tar.gz", 64)
    fill(project, ".env", text="changed, and not shipped")
    assert packing.describe(str(project), "/")["revision"] == said["revision"]
    names = {said["revision"]}
    for change in (
        lambda: (project / "manage.py").write_text("other\n"),
        lambda: (project / "manage.py").chmod(0o644),
        lambda: (project / "static/ü.css").rename(project / "static/new.css"),
        lambda: ((project / "link").unlink(), (project / "link").symlink_to("static")),
    ):
        change()
        names.add(packing.describe(str(project), "/")["revision"])
    assert len(names) == 5


def test_the_archive_has_what_was_named_and_nothing_of_the_controller(project, tmp_path):
    archive = packing.describe(str(project), "/")["archive"]
    with tarfile.open(archive) as tar:
        members = {member.name: member for member in tar}
    assert sorted(members) == ["link", "manage.py", "static/ü.css"]
    assert {(m.uid, m.gid, m.uname) for m in members.values()} == {(0, 0, "root")}
    assert (members["manage.py"].mode, members["static/ü.css"].mode) == (0o755, 0o644)
    # Packed once, and old ones do not stay for ever.
    before = os.stat(archive).st_mtime_ns  # noqa: PTH116
    packing.describe(str(project), "/")
    assert os.stat(archive).st_mtime_ns == before  # noqa: PTH116
    for number in range(packing.KEPT + 3):
        fill(project, "manage.py", text=f"{number}\n")
        packing.describe(str(project), "/")
    assert len(list((tmp_path / "cache/groundcrew/sources").iterdir())) == packing.KEPT + 1


def test_a_folder_that_changes_meanwhile_is_not_shipped_under_another_name(project, tmp_path):
    names = listing.files(project)
    with pytest.raises(SourceError, match="changed while it was packed"):
        packing.write(project, names, "0" * 64)
    assert list((tmp_path / "cache/groundcrew/sources").iterdir()) == []


def test_an_archive_is_named_by_its_bytes_and_sent_as_it_is(tmp_path):
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    said = packing.describe(wheel.name, str(tmp_path))
    assert (said["kind"], said["suffix"], said["archive"]) == ("archive", f"-{wheel.name}", str(wheel))


def test_what_is_not_there_is_said(tmp_path):
    (tmp_path / "empty").mkdir()
    for source, sentence in {
        "nowhere": f"There is no folder at {tmp_path / 'nowhere'}.",
        "nowhere.zip": f"There is no archive at {tmp_path / 'nowhere.zip'}.",
        "empty": f"The folder {tmp_path / 'empty'} has no files to ship.",
    }.items():
        with pytest.raises(SourceError) as error:
            packing.describe(source, str(tmp_path))
        assert str(error.value) == sentence


# What git keeps.


def test_in_a_work_tree_git_decides(tree):
    fill(tree, ".gitignore", text="*.log\nbuilt/\n")
    fill(tree, "x.log", "built/app.js", "new.py", ".env", "own/pyvenv.cfg", "own/lib/x.py")
    assert set(listing.files(tree)) == {".gitignore", "manage.py", "new.py"}
    (tree / "manage.py").unlink()
    assert set(listing.files(tree)) == {".gitignore", "new.py"}


TRACKED = (".env", "db.sqlite3", "static/vendor/node_modules/x/y.js", "venv/x", "own/pyvenv.cfg", "__pycache__/x.pyc")


def test_what_git_tracks_is_shipped_whatever_its_name_and_whether_it_is_ignored(tree):
    fill(tree, *TRACKED)
    fill(tree, ".gitignore", text=".env\nnode_modules\n")
    git(tree, "add", "--force", "--all")
    assert set(listing.files(tree)) == {*TRACKED, ".gitignore", "manage.py"}


def test_a_folder_inside_a_work_tree_and_one_that_it_ignores(tree):
    fill(tree, ".gitignore", text="built/\n*.log\n")
    fill(tree, "site/manage.py", "site/x.log", "built/index.html", "built/.env")
    git(tree, "add", "--all")
    assert listing.files(tree / "site") == ["manage.py"]
    assert listing.files(tree / "built") == ["index.html"]


def test_files_of_submodules_of_any_depth_are_shipped(tree, tmp_path):
    for name in ("inner", "outer"):
        fill(tmp_path / name, f"{name}.css", ".gitignore", text="*.log\n")
        git(tmp_path, "init", "--quiet", name)
        if name == "outer":
            git(tmp_path / name, "submodule", "add", tmp_path / "inner", "in")
        git(tmp_path / name, "add", "--all")
        git(tmp_path / name, "commit", "--quiet", "-m", "one")
    git(tree, "submodule", "add", tmp_path / "outer", "libs/theme")
    git(tree, "submodule", "update", "--init", "--recursive")
    fill(tree, "libs/theme/changed.css", "libs/theme/in/x.log")
    assert set(listing.files(tree)) == {
        ".gitmodules",
        "manage.py",
        *(f"libs/theme/{name}" for name in (".gitignore", ".gitmodules", "outer.css", "changed.css")),
        *(f"libs/theme/in/{name}" for name in (".gitignore", "inner.css")),
    }
    git(tree, "submodule", "deinit", "--force", "libs/theme")
    with pytest.raises(
        SourceError, match="submodule libs/theme, which is empty here: run `git submodule update --init"
    ):
        listing.files(tree)
    # Its files copied without its history are files.
    fill(tree, "libs/theme/copied.css")
    assert "libs/theme/copied.css" in listing.files(tree)


def test_a_repository_inside_that_is_no_submodule_is_shipped_as_its_own_git_says(tree):
    fill(tree / "plugin", "code.py", ".gitignore", "x.log", text="*.log\n")
    git(tree, "init", "--quiet", "plugin")
    assert {"plugin/code.py", "plugin/.gitignore", "manage.py"} == set(listing.files(tree))


def test_an_export_without_its_submodules_is_refused(project):
    fill(project, ".gitmodules", text='[submodule "theme"]\n\tpath = libs/theme\n\turl = x\n')
    with pytest.raises(SourceError, match="without its submodule libs/theme"):
        listing.files(project)
    fill(project, "libs/theme/x.css")
    assert "libs/theme/x.css" in listing.files(project)


def test_a_work_tree_that_git_cannot_read_is_not_shipped_by_guess(tree, monkeypatch):
    (tree / ".git/index").write_bytes(b"nonsense")
    with pytest.raises(SourceError, match="git cannot read the folder"):
        listing.files(tree)
    monkeypatch.setattr(listing.shutil, "which", lambda _name: None)
    with pytest.raises(SourceError, match="has no git to read it"):
        listing.files(tree)


def test_variables_of_a_hook_do_not_lead_elsewhere(tree, project, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(tree / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tree / ".git/index"))
    assert listing.files(project) == ["link", "manage.py", "static/ü.css"]


# What is asked for.


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (
            "frontend/dist",
            {"frontend/dist/app.js", "frontend/dist/node_modules/x.js", "frontend/dist/.vite/manifest.json"},
        ),
        (
            "frontend/dist/",
            {"frontend/dist/app.js", "frontend/dist/node_modules/x.js", "frontend/dist/.vite/manifest.json"},
        ),
        ("frontend/dist/*.js", {"frontend/dist/app.js"}),
        ("**/webpack-stats.json", {"webpack-stats.json"}),
        ("a[1]", {"a[1]"}),
    ],
)
def test_include_ships_what_git_ignores(tree, pattern, found):
    fill(tree, ".gitignore", text="dist\nwebpack-stats.json\na*\n")
    fill(tree, "frontend/dist/app.js", "frontend/dist/node_modules/x.js", "frontend/dist/.vite/manifest.json")
    fill(tree, "webpack-stats.json", "a[1]", "a1")
    assert set(packed(tree, pattern)) == {".gitignore", "manage.py", *found}


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("frontend/dist", "`include` has frontend/dist, and the source .* has no such file: build it first"),
        ("**/*.map", "has no such file"),
        ("empty", "has no such file"),
        ("../elsewhere", "takes paths inside the source"),
        ("/etc", "takes paths inside the source"),
        ("", "takes paths inside the source"),
    ],
)
def test_include_that_matches_nothing_is_refused(tree, pattern, sentence):
    (tree / "empty").mkdir()
    with pytest.raises(SourceError, match=sentence):
        listing.files(tree, [pattern])


# Names and links.

NAMES = [
    b"caf\xe9.txt",
    b"two\nlines",
    b"-rf",
    b"--",
    b" ",
    b"quote'\"\\",
    b"\xff\xfe",
    b"a:b",
    b"tab\t",
    b"Case",
    b"case",
]


@pytest.mark.parametrize("kind", ["tree", "project"])
def test_any_name_is_shipped(request, kind):
    folder = request.getfixturevalue(kind)
    before = set(listing.files(folder))
    for name in NAMES:
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:  # noqa: PTH118, PTH123
            file.write(name)
    if kind == "tree":
        git(folder, "add", "--all")
    names = {os.fsdecode(name) for name in NAMES}
    assert set(listing.files(folder)) == before | names
    with tarfile.open(packing.describe(str(folder), "/")["archive"]) as tar:
        found = {os.fsencode(m.name): tar.extractfile(m).read() for m in tar if m.name in names}
    assert found == {name: name for name in NAMES}


def test_links_inside_stay_links(tree):
    fill(tree, "static/app.css")
    (tree / "assets").symlink_to("static")
    (tree / "static/up.py").symlink_to("../manage.py")
    (tree / "gone").symlink_to("nowhere")
    (tree / "local_settings.py").symlink_to("/etc/django/shop/settings.py")
    (tree / "lib").symlink_to("/usr/share")
    found = packed(tree)
    assert found == {
        "manage.py": "text\n",
        "static/app.css": "text\n",
        "assets": "static",
        "static/up.py": "../manage.py",
        "gone": "nowhere",
        "local_settings.py": "/etc/django/shop/settings.py",
        "lib": "/usr/share",
    }


@pytest.mark.parametrize(
    "target", ["../elsewhere", "{parent}/elsewhere", "{parent}/elsewhere/file", "{folder}/manage.py"]
)
def test_links_to_what_this_machine_alone_has_are_refused(tree, tmp_path, target):
    fill(tmp_path, "elsewhere/file")
    (tree / "shared").symlink_to(target.format(parent=tmp_path, folder=tree))
    with pytest.raises(SourceError, match=r"holds shared, a link to .*, which only this machine has"):
        packing.describe(str(tree), "/")


# Git LFS.


def test_pointers_in_place_of_files_are_refused(tree):
    fill(tree, "static/logo.png", text=POINTER)
    with pytest.raises(SourceError, match=r"holds static/logo.png as a Git LFS pointer .*: run `git lfs pull` there"):
        packing.describe(str(tree), "/")
    fill(tree, "static/b.png", text=POINTER)
    with pytest.raises(SourceError, match=r"holds static/b.png and 1 more as a Git LFS pointer"):
        packing.describe(str(tree), "/")
    fill(tree, "static/b.png", "static/logo.png", text="see version https://git-lfs.github.com/spec/v1\n")
    packing.describe(str(tree), "/")
