"""Versions are asked of their repositories: once each, several at a time, and of those alone that are to be shipped."""

import subprocess
import threading

import pytest
from applications import every, versions

from inventories import make_host, mistakes, resolved

GIT = "https://me:canary@git.example.org/shop.git"


def one(**keys):
    """Return an application with these keys."""
    return resolved({"name": "shop", "domains": ["a.org"], "source": GIT, **keys})[0]


@pytest.fixture
def repository(tmp_path):
    """Return a git repository with the branch main and the tag v1."""
    for words in ("init -q -b main", "-c user.name=x -c user.email=x@x commit -q --allow-empty -m x", "tag v1"):
        subprocess.run(["git", *words.split()], cwd=tmp_path, check=True)
    return str(tmp_path)


def test_a_repository_is_asked(repository):
    assert versions.ask(repository, "v1") == versions.ask(repository, "main") == versions.ask(repository, "HEAD") == ""
    assert versions.ask(repository, "v9.9.9") == "it has no such tag or branch"
    assert "does not appear to be a git repository" in versions.ask(f"{repository}/nothing", "v1")


def test_a_source_that_looks_like_an_option_is_none():
    assert versions.ask("--upload-pack=touch x", "v1") != ""


@pytest.mark.parametrize(
    ("keys", "question"),
    [
        ({}, (GIT, "HEAD")),
        ({"version": "v1"}, (GIT, "v1")),
        ({"version": "0123abc"}, (GIT, "HEAD")),
        ({"source": "git@example.org:shop.git"}, ("git@example.org:shop.git", "HEAD")),
        ({"deploy_key": "x"}, None),
        ({"source": "pypi"}, None),
        ({"source": "../shop"}, None),
        ({"source": "file:///srv/shop.git"}, None),
        ({"source": "https://example.org/shop.tar.gz"}, None),
    ],
)
def test_what_is_asked(keys, question):
    assert versions.wanted(one(**keys)) == question


def test_each_question_is_asked_once():
    asked = []
    applications = [one(), one(), one(version="v1"), one(deploy_key="x")]
    assert list(versions.findings(applications, lambda *question: asked.append(question) or "")) == []
    assert sorted(asked) == [(GIT, "HEAD"), (GIT, "v1")]


def test_several_are_asked_at_a_time():
    both = threading.Barrier(2, timeout=10)
    assert list(versions.findings([one(), one(version="v1")], lambda *_: both.wait() and "")) == []


def test_who_does_not_answer_is_told_without_the_login():
    (finding,) = versions.findings([one(version="v9")], lambda *_: "fatal: no such host")
    assert "is v9, and https://git.example.org/shop.git does not have it" in finding.sentence
    assert "Git says: fatal: no such host" in finding.sentence
    assert "canary" not in finding.sentence


def test_git_s_own_words_lose_the_login(monkeypatch):
    said = subprocess.CompletedProcess([], 128, "", f"fatal: unable to access '{GIT}'")
    monkeypatch.setattr(versions.subprocess, "run", lambda *_, **__: said)
    assert versions.ask(GIT, "v1") == "fatal: unable to access 'https://git.example.org/shop.git'"


def test_only_what_is_shipped_is_asked_for(monkeypatch):
    asked = []
    monkeypatch.setattr(versions, "findings", lambda applications: asked.extend(one.name for one in applications) or [])
    apps = [
        {"source": GIT},
        {"name": "blog", "source": GIT, "domains": ["b.org"]},
        {"name": "old", "source": GIT, "state": "absent", "domains": ["c.org"]},
    ]
    assert mistakes(make_host(apps=apps), app="shop") == []
    assert asked == ["shop"]
    asked.clear()
    assert mistakes(make_host(apps=apps)) == []
    assert asked == ["shop", "blog"]
    assert every.versions is versions


def test_a_folder_has_no_versions():
    apps = {"source": "/"}
    (line,) = mistakes(make_host(apps=apps), app="shop", version="v9.9.9")
    assert "`source` is a folder, which has one version" in line
    assert mistakes(make_host(apps={**apps, "version": "v1"})) == []
