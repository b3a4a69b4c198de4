"""A Dockerfile is built by a user who knows nothing, and its image is copied into the application's layout."""

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from groundcrew_release import dockerfile, host, image_source, registry, source
from groundcrew_release.application import Source
from groundcrew_release.steps import FailedError


@pytest.fixture
def app(shop, root, monkeypatch):
    """Return an application whose folder was sent, on a host whose user that builds is whoever runs the tests."""
    dockerfile.home().mkdir(parents=True)
    (root / "run").mkdir()
    monkeypatch.setattr(dockerfile, "driver", lambda: "vfs")
    made = shop(source=Source("dockerfile", "dockerfile:../shop", revision="c" * 64, suffix=".tar.gz"))

    def send(*names):
        with tarfile.open(source.sent(made), "w:gz") as archive:
            for name in names:
                member = tarfile.TarInfo(name)
                member.size = 4
                archive.addfile(member, io.BytesIO(b"text"))
        return made

    return send


@pytest.fixture
def ran(monkeypatch):
    """Return the units that ran."""
    found = []

    def run(transient):
        found.append(transient)
        return 0

    monkeypatch.setattr(dockerfile.systemd, "run", run)
    return found


@pytest.fixture
def copied(monkeypatch):
    """Return what would be copied into the layout."""
    found = []
    monkeypatch.setattr(registry, "fetch", lambda _application, name, *_rest: found.append(name))
    return found


def test_the_user_that_builds_knows_no_secret(app, ran, copied):
    made = app("Dockerfile", "manage.py")
    image_source.fetch(made, "c" * 64)
    top = dockerfile.home() / "shop"
    assert [one.command[7] for one in ran] == ["build", "push", "rmi"]
    assert "--file=Dockerfile" in ran[0].command
    for one in ran:
        assert "User=groundcrew-build" in one.properties
        assert "BindsTo=shop-release.service" in one.properties
        assert one.environment_files == ()
        assert "DATABASE_URL" not in one.environment
    assert copied == [f"oci:{top}/image:image"]
    assert not top.exists()


def test_a_registry_of_a_from_gets_its_login_in_a_file(app, copied, monkeypatch):
    read = []

    def run(transient):
        files = [Path(word.partition("=")[2]) for word in transient.command if word.startswith("--authfile=")]
        read.extend((path, path.read_text(), path.stat().st_mode & 0o777, path.parent.stat().st_mode) for path in files)
        assert "p@ss" not in str(transient)
        return 0

    monkeypatch.setattr(dockerfile.systemd, "run", run)
    logins = ("docker://ci:p%40ss@registry.example.org:5000", "docker://me:token@docker.io")
    image_source.fetch(replace(app("Dockerfile"), registries=logins), "c" * 64)
    [(path, text, mode, folder)] = read
    assert json.loads(text) == {
        "auths": {"registry.example.org:5000": {"auth": "Y2k6cEBzcw=="}, "docker.io": {"auth": "bWU6dG9rZW4="}}
    }
    assert (mode, folder & 0o777) == (0o440, 0o700)
    assert path.parent.name == "shop", "outside of what is built"
    assert copied
    assert not path.exists()


def test_a_containerfile_comes_first_and_a_folder_needs_one(app, ran, copied):
    image_source.fetch(app("Dockerfile", "Containerfile"), "c" * 64)
    assert "--file=Containerfile" in ran[0].command
    with pytest.raises(FailedError, match="has no Dockerfile and no Containerfile"):
        image_source.fetch(app("manage.py"), "c" * 64)
    assert len(copied) == 1


def test_a_step_that_fails_is_the_reason(app, copied, monkeypatch):
    def run(transient):
        transient.log.write_text("STEP 3/4: RUN pip install nothing\nERROR: No matching distribution\n")
        return 1

    monkeypatch.setattr(dockerfile.systemd, "run", run)
    with pytest.raises(FailedError, match="`buildah build` failed: ERROR: No matching distribution"):
        image_source.fetch(app("Dockerfile"), "c" * 64)
    assert copied == []
    assert not (dockerfile.home() / "shop").exists()


@pytest.mark.parametrize(
    ("image", "why", "registry"),
    [
        ("registry.example.org:5000/team/base:1", "unauthorized: authentication required", "registry.example.org:5000"),
        ("team/base:v1.2", "requested access to the resource is denied", "docker.io"),
        ("ghcr.io/team/base@sha256:0a", "denied", "ghcr.io"),
    ],
)
def test_a_from_without_its_login_names_the_key(app, copied, monkeypatch, image, why, registry):
    """The first is what buildah 1.28 says."""

    def run(transient):
        said = f"initializing source docker://{image}: reading manifest 1 in {image.partition(':')[0]}: {why}"
        transient.log.write_text(f"STEP 1/3: FROM {image}\nError: creating build container: {said}\n")
        return 1

    monkeypatch.setattr(dockerfile.systemd, "run", run)
    with pytest.raises(FailedError) as error:
        image_source.fetch(app("Dockerfile"), "c" * 64)
    assert f"`registries: [docker://USER:PASSWORD@{registry}]`" in str(error.value)
    assert copied == []


def test_a_host_without_the_user_says_so(app, monkeypatch):
    def user(_name):
        raise FailedError("This host has no user groundcrew-build: run playbooks/site.yml first.")

    made = app("Dockerfile")
    monkeypatch.setattr(host, "user", user)
    with pytest.raises(FailedError, match="no user groundcrew-build"):
        image_source.fetch(made, "c" * 64)
