"""Images as a source: their names at a registry, their archives, what is refused, and the lines of their units."""

import hashlib
import io
import json
import os
import shutil
import stat
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from groundcrew_release import (
    activate,
    application,
    build,
    commands,
    configure,
    environment,
    image,
    image_source,
    oci,
    plan,
    registry,
    rootfs,
    run,
    source,
    systemd,
    workers,
)
from groundcrew_release.application import Source
from groundcrew_release.project import Project
from groundcrew_release.steps import FailedError, Steps

DIGEST = "sha256:" + "a" * 64
REGISTRY = "docker://ci:p%40ss@registry.example.org:5000/team/shop"


@pytest.fixture
def app(shop):
    return shop(source=Source("registry", REGISTRY, "v1"))


@pytest.fixture
def ran(monkeypatch):
    """Replace the programs of the host; the function answers for them, and `calls` is what they were called with."""

    class Ran(list):
        answer = ""

    made = Ran()

    def fake(arguments, **_options):
        words = [str(one) for one in arguments]
        authfile = next((words[number + 1] for number, one in enumerate(words) if one == "--authfile"), None)
        known = None
        if authfile:
            known = json.loads(Path(authfile).read_text()), stat.S_IMODE(Path(authfile).stat().st_mode)
        made.append((words, known))
        if isinstance(made.answer, Exception):
            raise made.answer
        return made.answer

    monkeypatch.setattr(registry.host, "run", fake)
    return made


def test_a_tag_is_the_digest_that_the_registry_names(app, ran):
    ran.answer = '{"schemaVersion": 2}'
    assert source.resolve(app) == hashlib.sha256(ran.answer.encode()).hexdigest()
    (words, (known, mode)), *rest = ran
    assert (rest, mode) == ([], 0o600)
    assert words[:3] == ["skopeo", "inspect", "--raw"]
    assert words[-1] == "docker://registry.example.org:5000/team/shop:v1"
    assert known == {"auths": {"registry.example.org:5000": {"auth": "Y2k6cEBzcw=="}}}
    assert "p@ss" not in str(words)
    assert "p%40ss" not in str(words)


def test_a_digest_is_known_by_itself_and_no_version_is_the_latest(app, ran):
    assert source.resolve(replace(app, source=replace(app.source, version=DIGEST))) == DIGEST[7:]
    assert ran == []
    source.resolve(replace(app, source=Source("registry", "docker://registry.example.org/shop")))
    assert ran[0][0][3:] == ["docker://registry.example.org/shop:latest"], "without a login there is no file"
    assert source.wanted(replace(app, source=replace(app.source, version="HEAD"))) == "latest"


NAMED = {"digest": DIGEST, "annotations": {"org.opencontainers.image.ref.name": "image"}}


LAYER = "application/vnd.oci.image.layer.v1.tar"


def layout(app, *kinds):
    """Write the layout of an application: an old image, and one with layers of these media types."""
    (app.image / "blobs/sha256").mkdir(parents=True)
    (app.image / "index.json").write_text(json.dumps({"manifests": [{"digest": "sha256:old"}, NAMED]}))
    layers = [{"mediaType": kind} for kind in kinds]
    (app.image / "blobs" / DIGEST.replace(":", "/")).write_text(json.dumps({"layers": layers}))


def test_an_image_is_copied_by_its_digest_and_the_ones_before_go(app, ran, root):
    layout(app, f"{LAYER}+gzip", LAYER, LAYER.replace(".v1", ".nondistributable.v1"))
    image_source.fetch(app, DIGEST[7:])
    copy, collect = (words for words, _ in ran)
    assert copy[-2:] == [f"docker://registry.example.org:5000/team/shop@{DIGEST}", f"oci:{root}/srv/shop/image:image"]
    assert collect == ["umoci", "gc", "--layout", f"{root}/srv/shop/image"]
    assert json.loads((app.image / "index.json").read_text())["manifests"] == [NAMED]
    assert oci.digest(app.image) == DIGEST


@pytest.mark.parametrize("kind", ["+zstd", "+gzip+encrypted", "+squashfs"])
def test_layers_that_nothing_here_unpacks_are_refused_and_not_kept(app, ran, kind):
    """A layout of an earlier version may have zstd: skopeo keeps what is there, so that it has to go."""
    layout(app, f"{LAYER}+gzip", LAYER + kind)
    with pytest.raises(FailedError) as error:
        image_source.fetch(app, DIGEST[7:])
    assert str(error.value) == (
        f"The image docker://registry.example.org:5000/team/shop@{DIGEST} has layers that cannot be unpacked here, "
        f"{LAYER}{kind}: push it compressed with gzip."
    )
    assert len(ran) == 1
    assert not app.image.exists()


@pytest.mark.skipif(not all(map(shutil.which, ("skopeo", "umoci", "zstd"))), reason="needs skopeo, umoci and zstd")
def test_an_image_whose_layers_are_compressed_with_zstd_is_unpacked(app, tmp_path):
    pushed, raw = tmp_path / "pushed", io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        member = tarfile.TarInfo("hello")
        member.size = 5
        tar.addfile(member, io.BytesIO(b"hello"))

    def put(kind, content):
        digest = hashlib.sha256(content).hexdigest()
        path = pushed / "blobs/sha256" / digest
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(content)}

    small = subprocess.run(["zstd", "--quiet"], input=raw.getvalue(), stdout=subprocess.PIPE, check=True).stdout
    made = {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(raw.getvalue()).hexdigest()}"]}
    made = put("config.v1+json", json.dumps({"architecture": "amd64", "os": "linux", "rootfs": made}).encode())
    made = {"schemaVersion": 2, "config": made, "layers": [put("layer.v1.tar+zstd", small)]}
    made = put("manifest.v1+json", json.dumps(made).encode()) | {"annotations": NAMED["annotations"]}
    (pushed / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [made]}))
    (pushed / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    registry.fetch(app, f"oci:{pushed}:image", "The image", [])
    words = ["umoci", "raw", "unpack", "--rootless", "--image", f"{app.image}:image", tmp_path / "root"]
    subprocess.run(words, check=True, capture_output=True)
    assert (tmp_path / "root/hello").read_text() == "hello"


def test_what_a_registry_says_is_one_sentence_without_a_password(app, ran):
    said = 'time="2026" level=fatal msg="reading manifest v1: manifest \\"v1\\" unknown"'
    ran.answer = FailedError("`skopeo inspect` failed", said)
    with pytest.raises(FailedError) as error:
        source.resolve(app)
    assert str(error.value) == (
        'The image docker://registry.example.org:5000/team/shop:v1 cannot be had: reading manifest v1: manifest "v1" '
        "unknown"
    )


def archive(path, **members):
    """Write a tar archive of JSON files and return its path."""
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            text = json.dumps(content).encode()
            member = tarfile.TarInfo(name.replace("_", "."))
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    return path


def test_an_archive_is_named_by_its_image(tmp_path):
    one = {"manifests": [{"digest": DIGEST}]}
    assert oci.described(archive(tmp_path / "a", index_json=one)) == ("oci-archive", "a" * 64)
    listed = [{"Config": "abc.json", "RepoTags": ["shop:v1"]}]
    both = archive(tmp_path / "b", manifest_json=listed, index_json=one)
    assert oci.described(both) == ("oci-archive", "a" * 64), "a Docker of today writes both"
    transport, revision = oci.described(archive(tmp_path / "c", manifest_json=listed))
    assert (transport, len(revision)) == ("docker-archive", 64)
    other = archive(tmp_path / "d", manifest_json=[{"Config": "def.json"}])
    assert oci.described(other)[1] != revision


def test_what_is_no_archive_of_one_image_is_refused(tmp_path):
    several = {"manifests": [{"digest": DIGEST}, {"digest": DIGEST.replace("a", "b")}]}
    (tmp_path / "text").write_text("text")
    for path, words in (
        (archive(tmp_path / "a", index_json=several), "holds several images"),
        (archive(tmp_path / "b", manifest_json=[{"Config": "a"}, {"Config": "b"}]), "holds several images"),
        (archive(tmp_path / "c", other_json={}), "holds no image"),
        (tmp_path / "text", "cannot be read as the archive of an image"),
    ):
        with pytest.raises(oci.ArchiveError, match=words):
            oci.described(path)


def test_a_sent_archive_that_is_another_one_is_refused(shop, ran):
    app = shop(source=Source("image", "oci-archive:shop.tar", revision="b" * 64, suffix=".tar"))
    archive(source.sent(app), index_json={"manifests": [{"digest": DIGEST}]})
    with pytest.raises(FailedError, match="did not arrive whole"):
        image_source.fetch(app, "b" * 64)
    assert ran == []


@pytest.fixture
def tree(tmp_path):
    """Return a function that makes the root of an image, with executables at some places."""

    def make(*programs, folder="rootfs"):
        root = tmp_path / folder
        for name in ("app", "usr/bin", *programs):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name in programs:
                path.write_text("#!/bin/sh\n")
                path.chmod(0o755)
            else:
                path.mkdir(exist_ok=True)
        return root

    return make


def test_links_of_an_image_never_lead_out_of_it(tree):
    root = tree("usr/bin/env")
    (root / "bin").symlink_to("usr/bin")
    (root / "up").symlink_to("../../../../etc")
    (root / "round").symlink_to("round")
    (root / "code").symlink_to("/app")
    (root / "usr/bin/deep").symlink_to("/app/deep")
    assert rootfs.chase(root, "/bin/env") == root / "usr/bin/env"
    assert rootfs.chase(root, "/up/passwd") == root / "etc/passwd"
    assert rootfs.chase(root, "/code/../usr") == root / "usr"
    assert rootfs.chase(root, "/bin/deep/er") == root / "app/deep/er"
    assert rootfs.chase(root, "../..") == root
    with pytest.raises(OSError, match="circle"):
        rootfs.chase(root, "/round")


def test_an_unpacked_image_becomes_a_root(tree, tmp_path):
    root, release = tree("usr/bin/su", "app/secret"), f"{tmp_path}/srv/shop/releases/abc"
    (root / "usr/bin/su").chmod(0o4755)
    (root / "app/secret").chmod(0o600)
    (root / "root").mkdir(mode=0o700)
    os.mkfifo(root / "app/fifo")
    (root / "etc").mkdir()
    (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nother:x:997:997::/:/bin/sh\nshop:x:5:5::/:/bin/sh\n")
    (root / "etc/resolv.conf").symlink_to("/run/nowhere")
    rootfs.main(str(root), "shop", "997", "996", release, "/srv/shop/media")
    modes = {path: stat.S_IMODE((root / path).stat().st_mode) for path in ("usr/bin/su", "app/secret", "root")}
    assert modes == {"usr/bin/su": 0o755, "app/secret": 0o640, "root": 0o750}
    assert not (root / "app/fifo").exists()
    home = f"{tmp_path}/srv/shop"
    assert (root / "etc/passwd").read_text().splitlines() == [
        "root:x:0:0::/root:/bin/sh",
        f"shop:x:997:996::{home}/cache:/usr/sbin/nologin",
    ]
    assert (root / "etc/group").read_text() == "shop:x:996:\n"
    assert (root / "var/run").readlink().as_posix() == "/run"
    for path in ("proc", "sys", "dev", "tmp", "srv/shop/media", "etc/django/shop", release[1:]):
        assert (root / path).is_dir(), path
    for path in ("etc/hosts", "etc/resolv.conf"):
        assert (root / path).is_file(), path
        assert not (root / path).is_symlink(), path
    assert rootfs.chase(root, f"{home}/current") == root / release[1:]


ENV = {"PATH": "/opt/venv/bin:/usr/bin"}
WHOLE = ("opt/venv/bin/gunicorn", "opt/venv/bin/python3", "opt/venv/bin/python", "usr/bin/env", "usr/bin/python3")


def test_an_image_has_its_server_on_its_path(app, tree):
    found = image_source.find(app, tree(*WHOLE), DIGEST, "/app", ENV)
    assert found == image.Image(DIGEST, "/app", "/opt/venv/bin", ENV)
    beside = ("app/.venv/bin/gunicorn", "app/.venv/bin/python3", "usr/bin/env", "usr/bin/python3")
    found = image_source.find(app, tree(*beside, folder="b"), DIGEST, "/app", {})
    assert (found.digest, found.bin) == (DIGEST, "/app/.venv/bin")
    user = ("root/.local/bin/gunicorn", "usr/local/bin/python3", "usr/bin/env")
    root = tree(*user, folder="c")
    found = image_source.find(app, root, DIGEST, "/app", {"PATH": "/root/.local/bin:/usr/local/bin"})
    assert image.variables(found)["PYTHONUSERBASE"] == "/root/.local"
    assert (root / "usr/local/bin/python").readlink().as_posix() == "python3"


@pytest.mark.parametrize(
    ("lacks", "directory", "words"),
    [
        ("", "", "`WORKDIR` of its Dockerfile"),
        ("", "/", "`WORKDIR` of its Dockerfile"),
        ("", "/nowhere", "`WORKDIR` of its Dockerfile"),
        ("gunicorn", "/app", "has no gunicorn: add it to the requirements"),
        ("python3", "/app", "has no python3"),
        ("env", "/app", "has no /usr/bin/env"),
    ],
)
def test_an_image_that_cannot_serve_is_refused(app, tree, lacks, directory, words):
    root = tree(*(one for one in WHOLE if not one.endswith(f"/{lacks}")))
    with pytest.raises(FailedError, match=words):
        image_source.find(app, root, DIGEST, directory, ENV)


def test_another_server_and_another_processor_are_named(app, tree):
    root = tree(*WHOLE[1:], "opt/venv/bin/granian")
    with pytest.raises(FailedError, match="`server: granian` names what it has"):
        image_source.find(app, root, DIGEST, "/app", ENV)
    image_source.check_machine("amd64", "x86_64")
    with pytest.raises(FailedError, match="for arm64, and this host is amd64: build it with `--platform linux/amd64`"):
        image_source.check_machine("arm64", "x86_64")


PACKAGES = ("Django-5.2.dist-info", "gunicorn-23.dist-info", "psycopg_binary-3.dist-info", "psycopg-3.dist-info")


@pytest.fixture
def release(app, root):  # noqa: ARG001
    """Return the folder of a release that is an unpacked image."""
    folder = app.release("abc")
    packages = folder / "rootfs/opt/venv/lib/python3.12/site-packages"
    for name in PACKAGES:
        (packages / name).mkdir(parents=True)
    (folder / "rootfs/app").mkdir()
    (folder / "static").mkdir()
    (folder / "environment").touch()
    (folder / "venv").symlink_to("rootfs/opt/venv")
    (folder / "source").symlink_to("rootfs/app")
    (folder / "work").symlink_to("/app")
    known = {"digest": DIGEST, "directory": "/app", "bin": "/opt/venv/bin", "env": {"PATH": "/x", "PYTHONPATH": "/lib"}}
    (folder / "image.json").write_text(json.dumps(known))
    return folder


def test_what_an_image_lacks_is_one_sentence(app, release):
    app = replace(app, database_url="postgresql:///shop")
    image_source.check_packages(app, release)
    (release / "venv/lib/python3.12/site-packages" / PACKAGES[0]).rmdir()
    cached = replace(app, cache_url="redis://cache", server=replace(app.server, interface="asgi"))
    with pytest.raises(FailedError) as error:
        image_source.check_packages(cached, release)
    said = "The image lacks `django`, `uvicorn-worker`, `uvicorn[standard]` and `redis`: add"
    assert str(error.value).startswith(said)
    with pytest.raises(FailedError, match="`mysqlclient`"):
        image_source.check_packages(replace(app, databases=(application.Database("a", url="mysql://h/a"),)), release)


def test_packages_outside_of_the_image_are_none_of_its(release, tmp_path):
    (tmp_path / "python3.9/site-packages").mkdir(parents=True)
    (release / "rootfs/opt/venv/lib64").symlink_to(tmp_path)
    assert [path.parent.name for path in image.packages(release)] == ["python3.12"]


def test_units_have_the_root_of_the_release(app, release, units, root):  # noqa: ARG001
    lines = image.unit(app, "abc")
    home = f"{root}/srv/shop"
    assert lines[:3] == [f"RootDirectory={home}/releases/abc/rootfs", "MountAPIVFS=yes", "ProtectHome=read-only"]
    assert f"BindPaths={home}/media {home}/cache" in lines
    assert image.unit(app, "other") == []
    commands.execute(app, "abc", ["true"])
    commands.compress(app, "abc")
    (_, inside, _), (_, outside, _) = units.ran
    assert f"RootDirectory={home}/releases/abc/rootfs" in inside.properties
    assert f"BindPaths={home}/media {home}/cache {home}/releases/abc/static {home}/dumps" in inside.properties
    assert not [line for line in outside.properties if line.startswith("RootDirectory")]
    assert outside.command[2] == "python3"
    assert outside.environment_files == []


def test_the_project_has_one_name_inside(app, release):
    (release / "rootfs/app/site").mkdir()
    configure.configure(app, "abc", Project(working_directory="site", settings="shop.settings", first=("lib",)))
    assert run.working_directory(app, "abc").as_posix() == "/app/site"
    variables = environment.values(app, "abc", "shop.settings", ("lib",))
    assert variables["PATH"] == "/opt/venv/bin:/x"
    assert variables["PYTHONPATH"] == f"{release}/overlay:/app/lib:/lib:{app.config}"
    pth = release / "rootfs/opt/venv/lib/python3.12/site-packages/groundcrew_project.pth"
    assert pth.read_text().splitlines()[0] == "/app/site"


def test_variables_of_an_image_are_defaults(app, release):
    known = json.loads((release / "image.json").read_text())
    known["env"] |= {"DATABASE_URL": "sqlite:///x", "PORT": "8000", "LANG": "de", "OWN": "image"}
    (release / "image.json").write_text(json.dumps(known))
    app = replace(app, database_url="postgresql:///shop", env={"OWN": "inventory"})
    found = environment.values(app, "abc", "shop.settings")
    assert [found[name] for name in ("DATABASE_URL", "PORT", "LANG", "OWN")] == [
        "postgresql:///shop",
        "8000",
        "C.UTF-8",
        "inventory",
    ]
    assert build.asked(app, image.read(release)).env["OWN"] == "inventory"
    assert build.asked(app, image.read(release)).installed
    assert not build.asked(app).installed


def test_the_host_dumps_what_django_names(app, release, units, monkeypatch):  # noqa: ARG001
    how = ["1-abc.dump", ["pg_dump", "--format=custom"], "--file", ["-U", "shop", "shop"], {"PGPASSWORD": "canary"}]
    known = {"default": how}
    monkeypatch.setattr(commands, "ask", lambda *_arguments: known)
    (app.dumps / "1-abc.dump.part").write_text("dump")
    assert commands.dump(app, "abc", ["default"]) == [str(app.dumps / "1-abc.dump")]
    [(words, transient, files)] = units.ran
    assert words == f"pg_dump --format=custom --file={app.dumps}/1-abc.dump.part -U shop shop"
    assert "canary" not in str(transient.command)
    assert "canary" in "".join(files.values())


def test_processes_and_timers_follow_the_root_of_what_serves(app, release, root, monkeypatch):
    read = []
    monkeypatch.setattr(systemd, "reload", lambda: read.append(True))
    places = [root / f"etc/systemd/system/shop-{kind}-.service.d/z-image.conf" for kind in ("worker", "timer")]
    activate.point(app, "abc")
    assert all(f"RootDirectory={release}/rootfs" in path.read_text() for path in places)
    workers.adapt(app, image.unit(app, "abc"))
    assert len(read) == 1, "nothing new is nothing to read"
    app.release("venv").mkdir()
    activate.point(app, "venv")
    assert not any(path.parent.exists() for path in places)
    activate.point(app, "venv")
    assert len(read) == 2


def test_images_have_on_the_disk_once_what_they_have_alike(app, release, root, monkeypatch):  # noqa: ARG001
    (release / "release.json").write_text(
        json.dumps({"id": "abc", "image": DIGEST, "built": "2026-11-26", "by": "a", "version": "v1"})
    )
    made = app.release("new")
    for folder in (release, made):
        (folder / "rootfs/app").mkdir(parents=True, exist_ok=True)
        (folder / "rootfs/app/same.py").write_text("same")
        (folder / "rootfs/app/other.py").write_text(folder.name)
    # What serves is of another kind.
    app.release("venv").mkdir()
    (app.release("venv") / "release.json").write_text(
        json.dumps({"id": "venv", "built": "2026-11-27", "by": "a", "version": "v1"})
    )
    app.current.symlink_to("releases/venv")
    image_source.share(app, "new")
    names = ("rootfs/app/same.py", "rootfs/app/other.py")
    assert [(release / name).samefile(made / name) for name in names] == [True, False]


def test_a_unit_has_its_root_behind_its_sandbox(app, release, root):
    activate.adapt(app, {"id": "abc", "server": {"kind": "granian"}, "sandbox": ["home"]})
    folder = root / "etc/systemd/system/shop-web@abc.service.d"
    assert [path.name for path in sorted(folder.iterdir())] == ["sandbox.conf", "server.conf", "z-image.conf"]
    assert f"ExecStart={release}/serve" in (folder / "server.conf").read_text()


def test_a_host_without_the_tools_plans_nothing(app, monkeypatch):
    monkeypatch.setattr(plan.shutil, "which", lambda name: None if name == "skopeo" else name)
    assert plan.plan(app)["id"] == ""


CONFIG = {
    "architecture": "amd64",
    "config": {"Env": ["PATH=/opt/venv/bin:/usr/bin", "GENERATION=1"], "WorkingDir": "/app"},
}


@pytest.mark.parametrize("verb", ["build", "preview", "resolve"])
def test_a_release_is_built_of_an_image(app, units, tree, monkeypatch, verb):
    """What skopeo and umoci do is in the scenario `image`."""
    made = tree(*WHOLE)
    for name in PACKAGES:
        (made / "opt/venv/lib/python3.12/site-packages" / name).mkdir(parents=True)
    (made / "app/manage.py").write_text('os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n')

    layout(app, f"{LAYER}+gzip")

    def fake(arguments, **_options):
        words = [str(one) for one in arguments]
        if words[:3] == ["umoci", "raw", "unpack"]:
            subprocess.run(["cp", "-a", made, words[-1]], check=True)
        if words[0] == "skopeo":
            return "{}"
        if words[2:3] == [rootfs.__file__]:
            rootfs.main(*words[3:])
        return ""

    for module in (registry, image_source):
        monkeypatch.setattr(module.host, "run", fake)
    monkeypatch.setattr(oci, "configuration", lambda _layout: CONFIG)
    monkeypatch.setattr(image_source.platform, "machine", lambda: "x86_64")
    units.described["pending"] = []
    units.described["databases"]["default"]["pending"] = False
    app, steps = replace(app, settings=""), Steps()
    if verb == "resolve":
        from groundcrew_release import resolve

        said = resolve.resolve(app, steps)
        assert "can serve" in said["msg"]
    elif verb == "preview":
        from groundcrew_release import preview

        said = preview.preview(app, "a", True, steps)
        assert said["version"] == "v1"
    else:
        said = build.build(app, "a", True, steps)
        release, digest = app.release(said["id"]), f"sha256:{hashlib.sha256(b'{}').hexdigest()}"
        record = json.loads((release / "release.json").read_text())
        assert (record["image"], record["revision"], record["version"]) == (digest, digest[7:], "v1")
        assert record["settings"] == "shop.settings"
        assert "GENERATION=1\n" in (release / "environment").read_text()
        assert (release / "static.txt").read_text() == "app.css\0"
        again = build.build(app, "a", True, Steps())
        assert again["changed"] is False
        return
    assert list(app.releases.iterdir()) == [], "nothing stays"
