"""Git, folders and archives on the host; git talks to bare repositories beside it."""

import hashlib
import io
import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from groundcrew_release import application, git, host, source
from groundcrew_release.steps import FailedError

ENV = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


class Repository:
    """A work tree with a bare repository that it pushes to."""

    def __init__(self, folder):
        self.work, self.bare = folder / "work", folder / "shop.git"
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", self.bare], check=True)
        subprocess.run(["git", "clone", "--quiet", self.bare, self.work], check=True, stderr=subprocess.DEVNULL)
        self("checkout", "--quiet", "-b", "main")

    def __call__(self, *arguments):
        command = ["git", "-C", self.work, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def tag(self, *arguments):
        self("tag", *arguments)
        self("push", "--quiet", "--force", "--tags")

    def commit(self, **files):
        for name, text in files.items():
            path = self.work / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self("add", "--all")
        self("commit", "--quiet", "--allow-empty", "-m", "change")
        self("push", "--quiet", "--force", "origin", "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*")
        return self("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path_factory, monkeypatch):
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    return Repository(tmp_path_factory.mktemp("remote"))


@pytest.fixture
def at(shop, repository):
    """Return a function that makes the application at a version of the repository."""

    def make(version="HEAD", **keys):
        known = {"kind": "git", "location": str(repository.bare), "version": version}
        return shop(source=application.Source(**known | keys))

    return make


def unpacked(app, target):
    """Return {path: text} of what a build gets from the source."""
    commit = source.fetch(app, source.resolve(app))
    target.mkdir(exist_ok=True)
    source.unpack(app, target)
    return commit, {str(p.relative_to(target)): p.read_text() for p in sorted(target.rglob("*")) if p.is_file()}


def test_every_kind_of_version_means_its_commit(at, repository, tmp_path):
    first = repository.commit(manage_py="one")
    repository.tag("light")
    repository.tag("-a", "v1", "-m", "annotated")
    repository("checkout", "--quiet", "-b", "feature/x")
    second = repository.commit(manage_py="two")
    repository("checkout", "--quiet", "main")
    third = repository.commit(manage_py="three")
    wanted = {
        "HEAD": third,
        "main": third,
        "feature/x": second,
        "light": first,
        "v1": first,
        "refs/tags/v1": first,
        "refs/heads/feature/x": second,
        "heads/main": third,
        first: first,
        second: second,
    }
    assert {version: source.resolve(at(version)) for version in wanted} == wanted
    for version, text in {"v1": "one", "feature/x": "two", "HEAD": "three", second: "two"}.items():
        assert unpacked(at(version), tmp_path / version.replace("/", "-")) == (wanted[version], {"manage.py": text})


def test_branch_comes_before_a_tag_of_the_same_name_and_a_suffix_is_no_match(at, repository):
    repository.commit(a="1")
    repository.tag("same")
    repository("checkout", "--quiet", "-b", "same")
    branch = repository.commit(a="2")
    repository("checkout", "--quiet", "-b", "team/only")
    repository.commit(a="3")
    assert source.resolve(at("same")) == branch
    with pytest.raises(FailedError, match="has no branch, tag or commit only"):
        source.resolve(at("only"))


def test_abbreviated_commit_is_found_by_the_fetch_and_then_known(at, repository, tmp_path):
    first = repository.commit(a="1")
    repository.commit(a="2")
    app = at(first[:8])
    assert source.resolve(app) == ""
    assert unpacked(app, tmp_path / "out") == (first, {"a": "1"})
    assert source.resolve(app) == first
    with pytest.raises(FailedError, match="has no single commit 00000000"):
        source.fetch(at("00000000"), "")


def test_resolving_changes_nothing_on_the_host(at, repository, root):
    repository.commit(a="1")
    before = sorted(root.rglob("*"))
    source.resolve(at("main"))
    assert [p for p in sorted(root.rglob("*")) if p not in before] == [root / "run", root / "run/groundcrew"]


def test_moved_branch_moved_tag_and_rewritten_history_are_followed(at, repository, tmp_path):
    repository.commit(a="1", b="gone")
    repository.tag("v")
    unpacked(at("v"), tmp_path / "one")
    repository("rm", "--quiet", "b")
    repository("commit", "--quiet", "--amend", "-m", "again")
    repository.tag("--force", "v")
    commit = repository.commit(c="new")
    assert unpacked(at("main"), tmp_path / "two") == (commit, {"a": "1", "c": "new"})
    assert "b" not in unpacked(at("v"), tmp_path / "three")[1]


def test_commit_that_only_a_merge_request_names(at, repository, tmp_path):
    repository.commit(a="1")
    repository("checkout", "--quiet", "--detach")
    commit = repository.commit(a="proposal")
    repository("push", "--quiet", "origin", f"{commit}:refs/pull/7/head")
    repository("checkout", "--quiet", "main")
    assert unpacked(at("refs/pull/7/head"), tmp_path / "ref") == (commit, {"a": "proposal"})
    host.remove(git.mirror(at()))
    assert unpacked(at(commit), tmp_path / "hash") == (commit, {"a": "proposal"})


@pytest.mark.parametrize("lock", ["index.lock", "HEAD.lock", "config.lock", "refs/tags/v2.lock", "packed-refs.lock"])
def test_fetch_after_a_run_that_was_killed(at, repository, tmp_path, lock):
    repository.commit(a="1")
    unpacked(at(), tmp_path / "one")
    (git.mirror(at()) / ".git" / lock).touch()
    (git.mirror(at()) / "a").write_text("half")
    (git.mirror(at()) / "stray").write_text("x")
    inode = (git.mirror(at()) / ".git").stat().st_ino
    repository.tag("v2")
    commit = repository.commit(a="2")
    assert unpacked(at(), tmp_path / "two") == (commit, {"a": "2"})
    assert (git.mirror(at()) / ".git").stat().st_ino == inode, "the mirror was made anew"


def damage_objects(folder):
    for path in folder.glob(".git/objects/??/*"):
        path.chmod(0o600)
        path.write_bytes(b"")


@pytest.mark.parametrize(
    "damage",
    [
        damage_objects,
        lambda folder: (folder / ".git/HEAD").unlink(),
        lambda folder: (folder / ".git/config").write_text("[broken"),
        lambda folder: (folder / ".git/index").write_bytes(b"nonsense"),
        lambda folder: host.remove(folder / ".git"),
    ],
    ids=["objects", "HEAD", "config", "index", "no repository"],
)
def test_broken_mirror_is_made_anew(at, repository, tmp_path, damage):
    repository.commit(a="1")
    unpacked(at(), tmp_path / "one")
    damage(git.mirror(at()))
    commit = repository.commit(a="2")
    assert unpacked(at(), tmp_path / "two") == (commit, {"a": "2"})
    assert not git.mirror(at()).with_name("repository.new").exists()


def test_remote_that_is_away_leaves_the_mirror(at, repository, tmp_path):
    commit = repository.commit(a="1")
    unpacked(at(), tmp_path / "one")
    repository.bare.rename(repository.bare.with_name("away"))
    with pytest.raises(FailedError, match=r"`git ls-remote .* failed: fatal: "):
        source.resolve(at())
    with pytest.raises(FailedError, match="fatal: "):
        source.fetch(at(), "0" * 40)
    assert unpacked(at(commit), tmp_path / "two") == (commit, {"a": "1"})


@pytest.fixture
def theme(repository, tmp_path, tmp_path_factory, monkeypatch):
    """Return a repository that is a submodule of the other one."""
    config = tmp_path / "gitconfig"
    config.write_text('[protocol "file"]\n\tallow = always\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    theme = Repository(tmp_path_factory.mktemp("theme"))
    theme.commit(style_css="old")
    repository("submodule", "--quiet", "add", str(theme.bare), "theme")
    return theme


def test_submodules_come_along(at, repository, theme, tmp_path):
    commit = repository.commit(manage_py="1")
    assert unpacked(at(), tmp_path / "one")[1] == {
        ".gitmodules": (repository.work / ".gitmodules").read_text(),
        "manage.py": "1",
        "theme/style.css": "old",
    }
    theme.commit(style_css="new")
    subprocess.run(["git", "-C", repository.work / "theme", "pull", "--quiet"], check=True)
    repository.commit(manage_py="2")
    assert unpacked(at(), tmp_path / "two")[1]["theme/style.css"] == "new"
    assert unpacked(at(commit), tmp_path / "three")[1]["theme/style.css"] == "old"


def test_one_commit_is_fetched_and_the_next_beside_it(at, repository, tmp_path, monkeypatch):
    first = repository.commit(a="1")
    repository.commit(a="2")
    commit = repository.commit(a="3")

    def commits():
        return (
            subprocess.run(
                ["git", "-C", git.mirror(at()), "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"],
                capture_output=True,
                text=True,
            )
            .stdout.split()
            .count("commit")
        )

    monkeypatch.setattr(git, "split", lambda url: (f"file://{url}", {}))  # of a path git copies all there is
    assert unpacked(at(), tmp_path / "one") == (commit, {"a": "3"})
    assert commits() == 1
    second = repository.commit(a="4")
    assert unpacked(at(), tmp_path / "two") == (second, {"a": "4"})
    assert commits() == 2
    # An abbreviated commit may be any of them.
    assert unpacked(at(first[:8]), tmp_path / "three") == (first, {"a": "1"})
    assert commits() == 4


def test_server_that_hands_out_no_single_commits(at, repository, tmp_path, monkeypatch):
    real = git.git

    def refusing(folder, variables, *arguments):
        if "--depth=1" in arguments:
            raise FailedError("fatal: dumb http transport does not support shallow capabilities")
        return real(folder, variables, *arguments)

    monkeypatch.setattr(git, "git", refusing)
    commit = repository.commit(a="1")
    assert unpacked(at(), tmp_path / "one") == (commit, {"a": "1"})


POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"


def test_pointers_of_git_lfs_are_refused_until_the_host_can_fetch_them(at, repository, tmp_path, monkeypatch):
    repository.commit(static__logo_png=POINTER, static__b_png=POINTER)
    monkeypatch.setattr(git.missing.shutil, "which", lambda _name: None)
    with pytest.raises(FailedError, match=r"holds static/b.png and 1 more as a Git LFS pointer .*`build_packages`"):
        unpacked(at(), tmp_path / "one")
    monkeypatch.undo()
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    program = tmp_path / "bin/git-lfs"
    program.parent.mkdir()
    # Git asks it for each file that is checked out, or, of those that are there, with `git lfs pull`.
    program.write_text("#!/bin/sh\n[ $1 = pull ] && for file in static/*; do echo picture > $file; done\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(git.host, "user", lambda _name: (os.getuid(), os.getgid()))
    monkeypatch.setattr(git, "ROOT", tmp_path)
    monkeypatch.setattr(application, "ROOT", tmp_path)
    assert unpacked(at(), tmp_path / "two")[1] == {"static/logo.png": "picture\n", "static/b.png": "picture\n"}


@pytest.mark.usefixtures("theme")
def test_submodules_of_a_server_that_hands_out_no_single_commits(at, repository, tmp_path, monkeypatch):
    repository.commit(manage_py="1")
    real = git.git

    def refusing(folder, variables, *arguments):
        if arguments[0] == "submodule" and "--depth=1" in arguments:
            real(folder, variables, *arguments)
            raise FailedError("Server does not allow request for unadvertised object")
        return real(folder, variables, *arguments)

    monkeypatch.setattr(git, "git", refusing)
    assert unpacked(at(), tmp_path / "one")[1]["theme/style.css"] == "old"


def test_links_and_modes_of_a_repository_stay(at, repository, tmp_path):
    (repository.work / "run").write_text("#!/bin/sh\n")
    (repository.work / "run").chmod(0o755)
    (repository.work / "link").symlink_to("run")
    repository.commit()
    unpacked(at(), tmp_path / "out")
    assert os.access(tmp_path / "out/run", os.X_OK)
    assert (tmp_path / "out/link").readlink() == Path("run")


def test_password_and_key_are_in_no_argument(at, monkeypatch):
    seen = []

    def run(arguments, *, env, **_options):
        key = env["GIT_SSH_COMMAND"].rpartition(" -i ")[2]
        seen.append((arguments, env, Path(key).read_text(), Path(key).stat().st_mode & 0o777))
        return f"{'a' * 40}\tHEAD\n"

    monkeypatch.setattr(host, "run", run)
    url = "https://team:s3cr%40t@git.example.org:8443/shop.git"
    assert source.resolve(at(location=url, deploy_key="  KEY ")) == "a" * 40
    ((arguments, env, key, mode),) = seen
    assert "https://git.example.org:8443/shop.git" in arguments
    assert not [word for word in arguments if "s3cr" in word]
    values = {env[f"GIT_CONFIG_KEY_{n}"]: env[f"GIT_CONFIG_VALUE_{n}"] for n in range(int(env["GIT_CONFIG_COUNT"]))}
    assert values["http.https://git.example.org:8443/.extraHeader"] == "Authorization: Basic dGVhbTpzM2NyQHQ="
    assert (key, mode) == ("KEY\n", 0o600)
    assert not Path(env["GIT_SSH_COMMAND"].rpartition(" -i ")[2]).exists()


# Archives.


def tar(members):
    """Return a gzipped tar with members (name, content or type or link, mode)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content, mode in members:
            member = tarfile.TarInfo(name)
            member.mode, member.uid, member.uname = mode, 4711, "daemon"
            if isinstance(content, bytes):
                member.size = len(content)
            else:
                member.type, member.linkname = content
            archive.addfile(member, io.BytesIO(content) if isinstance(content, bytes) else None)
    return buffer.getvalue()


def zipped(members):
    """Return a zip with members (name, content, mode with the type of file)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content, mode in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return buffer.getvalue()


@pytest.fixture
def sent(shop):
    """Return a function that sends a file as the controller does, and the application of it."""

    def send(content, suffix=".tar.gz", kind="archive"):
        revision = hashlib.sha256(content).hexdigest()
        app = shop(source=application.Source(kind, f"dist/shop{suffix}", revision=revision, suffix=suffix))
        source.sent(app).write_bytes(content)
        return app

    return send


FILES = [("shop-1.0/manage.py", b"run", 0o4755), ("shop-1.0/shop/settings.py", b"DEBUG = True", 0o600)]


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (tar(FILES), ".tar.gz"),
        (zipped([(name, content, 0o100000 | mode) for name, content, mode in FILES]), ".zip"),
    ],
)
def test_archive_is_unpacked_as_it_is(sent, tmp_path, content, suffix):
    app = sent(content, suffix)
    _, found = unpacked(app, tmp_path / "out")
    assert found == {"shop-1.0/manage.py": "run", "shop-1.0/shop/settings.py": "DEBUG = True"}
    modes = [(tmp_path / "out" / name).stat().st_mode & 0o7777 for name, *_ in FILES]
    assert modes == [0o755, 0o644]
    source.forget(app)
    assert list(app.sources.iterdir()) == []


@pytest.mark.parametrize("kind", ["archive", "folder"])
def test_pointers_of_git_lfs_in_what_was_sent(sent, tmp_path, kind):
    app = sent(tar([("logo.png", POINTER.encode(), 0o644)]), kind=kind)
    with pytest.raises(
        FailedError, match=r"holds logo.png as a Git LFS pointer in place of the file: run `git lfs pull`"
    ):
        unpacked(app, tmp_path / "out")


def test_archive_without_its_submodules(sent, tmp_path):
    modules = b'[submodule "theme"]\n\tpath = theme\n\turl = ../theme.git\n'
    members = [("shop-1.0/.gitmodules", modules, 0o644), ("shop-1.0/theme", (tarfile.DIRTYPE, ""), 0o755)]
    with pytest.raises(FailedError, match="has nothing of its submodule theme"):
        unpacked(sent(tar(members)), tmp_path / "one")
    whole = sent(tar([*members, ("shop-1.0/theme/style.css", b"x", 0o644)]))
    assert "shop-1.0/theme/style.css" in unpacked(whole, tmp_path / "two")[1]


def test_links_of_a_folder_may_lead_to_a_place_of_the_host(sent, tmp_path):
    content = tar([("local_settings.py", (tarfile.SYMTYPE, "/etc/shop/settings.py"), 0o777)])
    unpacked(sent(content, kind="folder"), tmp_path / "out")
    assert (tmp_path / "out/local_settings.py").readlink() == Path("/etc/shop/settings.py")


def test_any_name_arrives(sent, tmp_path):
    names = [b"caf\xe9.txt", b"two\nlines", b"-rf", b"\xff"]
    app = sent(tar([(os.fsdecode(name), name, 0o644) for name in names]), kind="folder")
    target = tmp_path / "out"
    target.mkdir()
    source.unpack(app, target)
    assert {name: (target / os.fsdecode(name)).read_bytes() for name in names} == {name: name for name in names}


def test_links_inside_an_archive_stay(sent, tmp_path):
    members = [
        (".", (tarfile.DIRTYPE, ""), 0o700),
        ("./a/file", b"text", 0o644),
        ("a/soft", (tarfile.SYMTYPE, "file"), 0o777),
        ("b", (tarfile.DIRTYPE, ""), 0o755),
        ("b/up", (tarfile.SYMTYPE, "../a/file"), 0o777),
        ("b/hard", (tarfile.LNKTYPE, "a/file"), 0o644),
    ]
    _, found = unpacked(sent(tar(members)), tmp_path / "out")
    assert found == dict.fromkeys(["a/file", "a/soft", "b/up", "b/hard"], "text")
    assert (tmp_path / "out/b/up").readlink() == Path("../a/file")


@pytest.mark.parametrize(
    "content",
    [
        tar([("../evil", b"x", 0o644)]),
        tar([("/tmp/evil-groundcrew", b"x", 0o644)]),
        tar([("link", (tarfile.SYMTYPE, "/etc"), 0o777)]),
        tar([("link", (tarfile.SYMTYPE, "../.."), 0o777), ("link/evil", b"x", 0o644)]),
        tar([("a/link", (tarfile.SYMTYPE, "b/.."), 0o777), ("a/b", (tarfile.SYMTYPE, "../.."), 0o777)]),
        # A link that is harmless until another one is replaced.
        tar(
            [
                ("sub/deep", (tarfile.DIRTYPE, ""), 0o755),
                ("turn", (tarfile.SYMTYPE, "sub/deep"), 0o777),
                ("link", (tarfile.SYMTYPE, "turn/../.."), 0o777),
                ("turn", (tarfile.SYMTYPE, "sub"), 0o777),
                ("link/evil", b"x", 0o644),
            ]
        ),
        # A link that is left behind when another one is replaced.
        tar(
            [
                ("sub/deep", (tarfile.DIRTYPE, ""), 0o755),
                ("turn", (tarfile.SYMTYPE, "sub/deep"), 0o777),
                ("link", (tarfile.SYMTYPE, "turn/../.."), 0o777),
                ("turn", (tarfile.SYMTYPE, "."), 0o777),
            ]
        ),
        tar([("pipe", (tarfile.FIFOTYPE, ""), 0o644)]),
        tar([("device", (tarfile.CHRTYPE, ""), 0o644)]),
        zipped([("../evil", "x", 0o100644)]),
        zipped([("link", "/etc", 0o120777)]),
        tar(FILES)[:-40],
        b"no archive at all",
    ],
)
def test_archive_that_would_leave_its_folder_or_is_broken_is_refused(sent, tmp_path, content):
    outside = tmp_path / "around"
    outside.mkdir()
    with pytest.raises(FailedError, match=r"The archive (holds|cannot be unpacked)"):
        unpacked(sent(content), outside / "out")
    assert [path.name for path in outside.iterdir()] == ["out"]
    assert not Path("/tmp/evil-groundcrew").exists()


def test_archive_that_did_not_arrive_whole(sent, tmp_path):
    app = sent(tar(FILES))
    source.sent(app).write_bytes(b"half")
    with pytest.raises(FailedError, match="did not arrive whole"):
        unpacked(app, tmp_path / "out")
    source.sent(app).unlink()
    with pytest.raises(FailedError, match="was not sent to this host"):
        source.fetch(app, "x")


def test_wheel_keeps_its_name(sent, tmp_path):
    app = sent(b"wheel", "-shop-1.0-py3-none-any.whl")
    assert unpacked(app, tmp_path / "out")[1] == {"shop-1.0-py3-none-any.whl": "wheel"}
    assert source.wheel(app) == "shop-1.0-py3-none-any.whl"


def test_folder_is_named_by_what_is_in_it(sent, shop, tmp_path):
    app = sent(tar(FILES), kind="folder")
    assert len(unpacked(app, tmp_path / "out")[1]) == 2
    assert source.resolve(shop()) == "pypi"
