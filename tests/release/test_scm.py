"""Packages whose version is that of the repository, which a release does not have."""

import pytest
from groundcrew_release import application, requirements, scm
from groundcrew_release.project.tree import Tree

PROJECT = '[project]\nname = "my-shop"\ndynamic = ["version"]\n'
STATIC = '[project]\nname = "my-shop"\nversion = "1"\n[build-system]\nrequires = ["setuptools-scm"]\n'
POETRY = '[tool.poetry]\nname = "my-shop"\nversion = "0"\n[tool.poetry-dynamic-versioning]\nenable = true\n'


@pytest.fixture
def told(shop, root):
    """Return a function that writes a source, and returns the variables and the text of PKG-INFO in a folder of it."""

    def run(files, version="v1.2.3", folder="."):
        for name, text in files.items():
            path = root / "source" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        made = shop(source=application.Source("git", "https://git.example.org/shop.git", version))
        variables, path = scm.tell(made, Tree(root / "source")), root / "source" / folder / "PKG-INFO"
        return variables, path.read_text() if path.exists() else ""

    return run


@pytest.mark.parametrize(
    ("files", "folder"),
    [
        ({"pyproject.toml": PROJECT + '[build-system]\nrequires = ["setuptools", "setuptools_scm[toml]>=8"]\n'}, "."),
        ({"pyproject.toml": PROJECT + '[tool.hatch.version]\nsource = "vcs"\n# hatch-vcs\n'}, "."),
        ({"pyproject.toml": PROJECT + '[tool.pdm.version]\nsource = "scm"\n'}, "."),
        ({"pyproject.toml": PROJECT + '[tool.hatch.version]\nsource = "uv-dynamic-versioning"\n'}, "."),
        ({"pyproject.toml": POETRY}, "."),
        ({"setup.py": 'setup(\n    name="my-shop",\n    use_scm_version=True,\n)\n'}, "."),
        ({"setup.py": "setup(setup_requires=['pbr'], pbr=True)\n", "setup.cfg": "[metadata]\nname = my-shop\n"}, "."),
        ({"libs/a/pyproject.toml": PROJECT + '[build-system]\nrequires = ["setuptools-scm"]\n'}, "libs/a"),
    ],
)
def test_a_package_is_told_its_version(told, files, folder):
    variables, text = told(files, folder=folder)
    assert text == "Metadata-Version: 2.1\nName: my-shop\nVersion: 1.2.3\n"
    assert variables == {"PDM_BUILD_SCM_VERSION": "1.2.3", "POETRY_DYNAMIC_VERSIONING_BYPASS": "1.2.3"}


def test_a_package_that_says_its_version_itself_stays_as_it_is(told):
    assert told({"pyproject.toml": STATIC}) == ({}, "")
    assert told({"pyproject.toml": PROJECT, "PKG-INFO": "mine"}) == ({}, "mine")


@pytest.mark.parametrize(
    ("version", "found"),
    [("release/2.0", "2.0"), ("shop-3.1rc1", "3.1rc1"), ("HEAD", "0"), ("main", "0"), ("4f2a9c1", "0"), ("v2.x", "0")],
)
def test_the_version_is_that_of_the_tag(told, version, found):
    _, text = told({"pyproject.toml": PROJECT + '[build-system]\nrequires = ["setuptools-scm"]\n'}, version)
    assert f"Version: {found}\n" in text


def test_whoever_asks_for_what_a_package_needs_is_told(shop):
    """Also a first release, which is only resolved."""
    made = shop(source=application.Source("git", "https://git.example.org/shop.git", "v1.2.3"))
    source = made.release("abc") / "source"
    source.mkdir(parents=True)
    text = PROJECT + '[build-system]\nrequires = ["setuptools-scm"]\n'
    (source / "pyproject.toml").write_text(text)
    with requirements.access(made, made.release("abc")) as variables:
        assert variables["PDM_BUILD_SCM_VERSION"] == "1.2.3"
        assert (source / "PKG-INFO").exists()
