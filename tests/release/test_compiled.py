"""What is said of requirements that cannot be installed, from what uv and compilers really said."""

# ruff: noqa: E501, RUF001 - what uv says is one line

import subprocess
import sys
from pathlib import Path

import pytest
from groundcrew_release import build, compiled, report, resolve
from groundcrew_release.application import Source
from groundcrew_release.steps import FailedError, MissingError, Steps

HEAD = "error: Failed to build `{}`\n  cause: The build backend returned an error\n  cause: Call to `x.build_wheel` failed\n"
GCC = "error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory\n"
OLD = (
    "error: No solution found when resolving dependencies\n"
    "  cause: Because the current Python version (3.11.2) does not satisfy Python>=3.12 and {} depends on\n"
    "         Python>=3.12, we can conclude that django>=6.0 cannot be used.\n"
)
ALL = {"build-essential", "pkg-config", "python3-dev"}


@pytest.fixture
def release(shop, monkeypatch):
    """Return the folder of a release that has a virtual environment; `installed` are the packages of its host."""
    folder = shop().release("abc")
    (folder / "venv").mkdir(parents=True)
    (folder / "venv/pyvenv.cfg").write_text("home = /usr/bin\nversion_info = 3.11.2\n")
    known = set(ALL)
    monkeypatch.setattr(compiled, "installed", lambda names: known & set(names))
    return folder, known


@pytest.mark.parametrize(
    ("log", "installed", "packages"),
    [
        (HEAD.format("mysqlclient==2.3.2"), ALL, ("libmariadb-dev",)),
        (HEAD.format("psycopg2==2.9.11") + GCC, set(), ("build-essential", "pkg-config", "python3-dev", "libpq-dev")),
        (HEAD.format("psycopg-c==3.3.1"), ALL, ("libpq-dev",)),
        (HEAD.format("python_ldap==3.4.8"), ALL, ("libldap-dev", "libsasl2-dev")),
        (HEAD.format("GDAL==3.6.2"), ALL, ("libgdal-dev",)),
        (HEAD.format("lxml @ file:///srv/x/lxml.tar.gz"), ALL, ("libxml2-dev", "libxslt1-dev", "zlib1g-dev")),
        ("  × Failed to build `uwsgi==2.0.31`\n", ALL, ("libpcre2-dev", "zlib1g-dev", "libssl-dev")),
        ("error: Failed to download and build `pycairo==1.29`", ALL, ("libcairo2-dev",)),
        # Of no name that is known here, but there is no compiler at all.
        (HEAD.format("ours==1.0") + GCC, set(), ("build-essential", "pkg-config", "python3-dev")),
        (HEAD.format("ours==1.0") + "x.c:1: fatal error: Python.h: No such file", {"build-essential", "pkg-config"}, ("python3-dev",)),
        (HEAD.format("ours==1.0") + "FileNotFoundError: [Errno 2] No such file or directory: 'gcc'", set(), ("build-essential", "pkg-config", "python3-dev")),
    ],
)  # fmt: skip
def test_packages_of_debian_that_a_build_needs(release, log, installed, packages):
    folder, known = release
    known.clear()
    known |= installed
    told = compiled.unbuilt(log, folder)
    assert isinstance(told, MissingError)
    assert told.packages == packages


def test_sentence_names_the_distribution_the_packages_and_the_key(release):
    assert str(compiled.unbuilt(HEAD.format("python-ldap==3.4.8"), release[0])) == (
        "python-ldap has no wheel for Python 3.11.2, and to build it Debian's libldap-dev and libsasl2-dev are missing: "
        "a deploy installs what is, and `build_packages` may name it."
    )


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        (
            HEAD.format("ours==1.0") + "fatal error: magic.h: No such file or directory",
            "ours has no wheel for Python 3.11.2 and could not be built: name what it needs of Debian with `build_packages`.",
        ),
        (
            HEAD.format("gdal==3.13.3"),
            "gdal has no wheel for Python 3.11.2 and could not be built, although libgdal-dev is installed: name what it "
            "needs of Debian with `build_packages`.",
        ),
    ],
)  # fmt: skip
def test_build_that_more_packages_do_not_help(release, log, sentence):
    release[1].update({"libgdal-dev"})
    told = compiled.unbuilt(log, release[0])
    assert not isinstance(told, MissingError)
    assert str(told) == sentence


def test_headers_of_python_come_with_an_interpreter_of_uvs(release, root):
    python = root / "opt/groundcrew/python/cpython-3.14.2-linux-x86_64-gnu/bin/python3"
    python.parent.mkdir(parents=True)
    python.write_text("")
    (release[0] / "venv/bin").mkdir()
    (release[0] / "venv/bin/python").symlink_to(python)
    release[1].clear()
    told = compiled.unbuilt(HEAD.format("psycopg2==2.9.11"), release[0])
    assert told.packages == ("build-essential", "pkg-config", "libpq-dev")


@pytest.mark.parametrize(
    ("who", "name"), [("django>=6.0", "django"), ("mailman-web==1.0", "mailman-web"), ("all versions of ours", "ours")]
)
def test_requirement_that_asks_for_another_python(who, name):
    assert str(compiled.outdated(OLD.format(who), "python3", "3.11.2")) == (
        f"{name} asks for Python >=3.12, and python3 of this host is 3.11.2: "
        'say `python: "3.12"`, which uv installs where Debian has none.'
    )


def test_other_failures_are_told_as_they_are(release):
    log = "error: No solution found\n  cause: Because there is no version of django==99"
    assert compiled.unbuilt(log, release[0]) is compiled.outdated(log, "python3", "3.11.2") is None


def test_every_package_has_one_line():
    names = [name for line in compiled.TABLE.strip().splitlines() for name in line.partition(": ")[2].split()]
    assert len(names) == len(set(names))
    assert all(compiled.canonical(name) == name for name in names)


@pytest.fixture
def product(shop, uv, units, release):  # noqa: ARG001
    """Return a product from PyPI."""
    return shop(source=Source("pypi", "pypi", version="1"), requirements=("tiny",), env={"A": "b"})


@pytest.mark.parametrize("verb", [build.build, resolve.resolve])
def test_what_is_missing_is_in_the_result_and_nothing_stays(product, uv, verb):
    uv.fail("install", HEAD.format("mysqlclient==2.3.2"))
    before = sorted(path.name for path in product.releases.iterdir())
    arguments = (product, "a", True, Steps()) if verb is build.build else (product, Steps())
    with pytest.raises(MissingError) as raised:
        verb(*arguments)
    result = report.failure(product, "build", raised.value, Steps())
    assert result["missing_packages"] == ["libmariadb-dev"]
    assert "mysqlclient has no wheel for Python 3.11.2" in result["text"][0]
    assert sorted(path.name for path in product.releases.iterdir()) == [one for one in before if one != "abc"]


def test_requirements_are_resolved_and_not_installed(product, uv):
    said = resolve.resolve(product, Steps())
    assert (said["changed"], list(product.releases.iterdir())) == (False, [])
    words = [" ".join(call["arguments"]) for call in uv() if call["arguments"][0] == "pip"]
    assert words == ["pip install --dry-run --quiet --python venv --requirements requirements.txt"]


def test_product_that_asks_for_another_python_is_refused_by_asking_uv(product, uv):
    uv.fail("--dry-run", OLD.format("tiny>=1"))
    with pytest.raises(FailedError, match=r'tiny asks for Python >=3.12, .*say `python: "3.12"`'):
        resolve.resolve(product, Steps())


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Distribution not found at: file://{}/core", "in ../core, which lies outside of its source: let `source` be"),
        ("Distribution not found at: file://{}/source/core", "in core, which this host does not have"),
        ("Distribution not found at: file:///home/me/core", "in /home/me/core, which this host does not have"),
        ("relative path without a working directory: core", "in core, which this host does not have: name it with"),
    ],
)
def test_a_package_in_a_folder_that_is_not_there(release, said, words):
    folder, _ = release
    assert words in str(compiled.absent(f"error: x\n  cause: {said.format(folder)}\n", folder))
    assert compiled.absent(HEAD.format("lxml==5"), folder) is None


@pytest.mark.parametrize(
    "said",
    [
        "AttributeError: 'ConfigParser' object has no attribute 'readfp'. Did you mean: 'read'?",
        "AttributeError: module 'collections' has no attribute 'MutableMapping'",
        "ModuleNotFoundError: No module named 'distutils.msvccompiler'",
        "error in x setup command: use_2to3 is invalid.",
        "x.c:12:10: fatal error: longintrepr.h: No such file or directory",
    ],
)
def test_a_package_that_is_older_than_the_python(release, said):
    folder, _ = release
    told = compiled.unbuilt(HEAD.format("graphite-web==1.1.10") + f"         {said}\n", folder)
    assert "graphite-web has no wheel for Python 3.11.2, and its build knows an older Python" in str(told)
    assert '`overrides`, or another Python, such as `python: "3.9"`' in str(told)
    assert not isinstance(told, MissingError)


UNBUILT = (
    "error: Failed to build `tiny @ file:///srv/tiny/releases/f7a46e228762/source`\n"
    "  cause: Failed to resolve requirements from `build-system.requires`\n"
    "  cause: No solution found when resolving: `setuptools`\n"
    "  cause: Request failed after 3 retries in 43.6s\n"
)
FETCH = "  cause: Failed to fetch: {}\n  cause: error sending request for url\n  cause: {}\n  cause: {}\n"
PAGE = "https://index.example.org/simple/setuptools/"


@pytest.mark.parametrize(
    ("log", "why"),
    [
        (UNBUILT + FETCH.format(PAGE, "client error (Connect)", "operation timed out"), "operation timed out"),
        ("error: " + FETCH.format(f"`{PAGE}`", "client error (Connect)", "dns error"), "dns error"),
        ("error: " + FETCH.format(PAGE, "tcp connect error", "Connection refused (os error 111)"), "tcp connect error"),
    ],
)
def test_an_index_without_an_answer_is_no_lack_of_packages(shop, release, log, why):  # noqa: ARG001
    with pytest.raises(FailedError) as raised, compiled.explained(shop(), "abc"):
        raise FailedError("uv failed", log)
    told = f"https://index.example.org gave this host no answer ({why}): run it again when it does"
    assert str(raised.value).startswith(told)


def test_an_index_that_lacks_a_package_has_answered(shop, release):  # noqa: ARG001
    missing = FETCH.format(PAGE, "HTTP status client error (404 Not Found)", "")
    with pytest.raises(FailedError, match="uv failed"), compiled.explained(shop(), "abc"):
        raise FailedError("uv failed", missing)


def test_a_command_of_the_application_starts_without_what_builds_need():
    program = "import sys; import groundcrew_release.__main__; print(*sys.modules)"
    folder = Path(report.__file__).parents[1]
    loaded = subprocess.check_output([sys.executable, "-c", program], cwd=folder, text=True).split()
    assert "groundcrew_release.run" in loaded
    assert [name for name in loaded if name.startswith("packaging") or name == "groundcrew_release.compiled"] == []
