"""A deploy without a controller: what a key of `ssh_deployers` asks for."""

import pytest
from groundcrew_release import application, build, deploy
from groundcrew_release.steps import FailedError

GIT = application.Source("git", "https://forge.example.org/shop", version="main")


@pytest.fixture
def asked(monkeypatch):
    """Build what is asked for by its version alone, and return the versions."""
    versions = []

    def make(app, *_):
        versions.append(app.source.version)
        return {"id": "new", "changed": app.source.version != "main", "text": ["built"]}

    monkeypatch.setattr(build, "build", make)
    return versions


def test_a_version_is_built_and_serves(fresh, release, asked):
    machine = fresh("old")
    release("new")
    result = deploy.deploy(machine.shop(source=GIT), "v2", "ci@forge", True, machine.steps)
    assert (asked, machine.current, result["changed"]) == (["v2"], "new", True)
    assert result["text"][0] == "built"
    assert result["text"][1].startswith("shop serves new (v-new) instead of old")


def test_a_tag_of_an_image_is_a_version(fresh, release, asked):
    machine, source = fresh("old"), application.Source("registry", "docker://registry.example.org/shop", version="main")
    release("new")
    deploy.deploy(machine.shop(source=source), "v2", "ci@forge", True, machine.steps)
    assert (asked, machine.current) == (["v2"], "new")


def test_without_a_version_it_is_that_of_the_inventory(fresh, asked):
    machine = fresh("new")
    result = deploy.deploy(machine.shop(source=GIT), "", "ci@forge", True, machine.steps)
    assert (asked, result["changed"], result["text"]) == (["main"], False, ["shop serves new (v-new) already."])


@pytest.mark.parametrize(
    ("kind", "version", "said"),
    [
        ("folder", "", "playbooks/deploy.yml sends it"),
        ("archive", "v2", "playbooks/deploy.yml sends it"),
        ("pypi", "2.0", "no repository"),
    ],
)
def test_what_the_host_cannot_fetch_is_refused(fresh, asked, kind, version, said):
    machine = fresh("old")
    with pytest.raises(FailedError, match=said):
        deploy.deploy(machine.shop(source=application.Source(kind, "x")), version, "ci", True, machine.steps)
    assert asked == []
