"""The name of a release follows from what a build reads, and from nothing else."""

import ast
from dataclasses import fields

import pytest
from groundcrew_release import application, identity

CHANGES = {
    "name": None,  # a release of another application lies elsewhere
    "source": None,  # its revision counts
    "domains": ("other.example.org",),
    "env": {"A": "1"},
    "working_directory": "site",
    "python": "python3.13",
    "requirements": ("x",),
    "requirements_files": ("x.txt",),
    "constraints": ("x<2",),
    "overrides": ("x==2",),
    "node": "22",
    "build": (application.BuildStep(run="npm ci"),),
    "allow": ("jit",),
    "index_url": "https://pypi.example.org",
    "manage": "python -m django",
    "settings": "other.settings",
    "overlay": False,
    "application": "shop.wsgi:other",
    "server": application.Server(workers=7),
    "database_url": "postgresql:///shop",
    "database_scheme": None,
    "databases": (application.Database("x", "x", "postgresql:///x"),),
    "cache_url": "unix:///x",
    "broker_url": "unix:///y",
    "files": (application.File("a", "b"),),
    "commands": (),
    "cdn_url": "https://cdn.example.org",
    "hsts_max_age": 0,
    "sentry": application.Sentry("https://key@errors.example.org/3", "staging"),
}
NOTHING = {
    "python_mirror": "https://mirror.example.org",
    "registries": ("docker://ci:new@registry.example.org",),
    "probe": application.Probe(path="/other"),
    "verify": True,
    "watch": 30.0,
    "drain_timeout": 7.0,
    "static": {"/static/": "/x"},
    "media": {"/files/": "/x"},
    "anonymise": (application.Command(manage="scrub"),),
    "dump_before_migrate": False,
    "keep_releases": 9,
    "umask": "0007",
    "directories": ("/srv/index",),
}


def test_every_key_is_decided():
    assert set(CHANGES) | set(NOTHING) == {field.name for field in fields(application.Application)}


@pytest.mark.parametrize("key", [key for key, value in CHANGES.items() if value is not None])
def test_what_a_build_reads_makes_another_release(shop, key):
    assert identity.compute(shop(**{key: CHANGES[key]}), "r") != identity.compute(shop(), "r")


@pytest.mark.parametrize("key", NOTHING)
def test_what_others_read_builds_nothing(shop, key):
    assert identity.compute(shop(**{key: NOTHING[key]}), "r") == identity.compute(shop(), "r")


def test_revision_and_scheme_and_the_order_of_env(shop):
    assert identity.compute(shop(), "r") != identity.compute(shop(), "s")
    url = {"database_url": "postgresql:///shop"}
    assert identity.compute(shop(**url), "r") != identity.compute(shop(**url, database_scheme="postgis"), "r")
    one, two = shop(env={"A": "1", "B": "2"}), shop(env={"B": "2", "A": "1"})
    assert identity.compute(one, "r") == identity.compute(two, "r")
    # How the source was reached is no part of it.
    named = application.Source("git", "https://elsewhere/shop.git", version="v1", deploy_key="k")
    assert identity.compute(shop(source=named), "r") == identity.compute(shop(), "r")


def test_code_of_the_overlay_counts_and_a_comment_in_it_does_not(shop, tmp_path, monkeypatch):
    before, text = identity.compute(shop(), "r"), identity.OVERLAY.read_text()
    monkeypatch.setattr(identity, "OVERLAY", tmp_path / "overlay.py")
    (tmp_path / "overlay.py").write_text("# A comment.\n" + text.replace("\n\n\n", "\n\n\n\n# x\n\n"))
    assert identity.compute(shop(), "r") == before
    (tmp_path / "overlay.py").write_text(text + "\nanswer = 42\n")
    assert identity.compute(shop(), "r") != before


def test_shape_has_what_every_python_agrees_on():
    tree = ast.parse("def f(a, b=None):\n    return f'{a}' + 'x'")
    # Python 3.12 added type_params to functions, which is empty here.
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            without, node.type_params = identity.shape(tree), []
    assert identity.shape(tree) == without
    assert identity.shape(ast.parse("x = 1")) != identity.shape(ast.parse("x = None"))


def test_name_is_the_same_everywhere(shop, monkeypatch, tmp_path):
    """A changed name means that every application is built anew: only with FORMAT, and on purpose."""
    for name in ("OVERLAY", "START"):
        monkeypatch.setattr(identity, name, tmp_path / "overlay.py")
    (tmp_path / "overlay.py").write_text("x = 1\n")
    assert identity.compute(shop(), "r") == "41daf6ab6b5e"
