"""What uv is asked to install, and how."""

import pytest
from groundcrew_release import application, requirements
from groundcrew_release.detect import Detected
from groundcrew_release.steps import FailedError


@pytest.mark.parametrize(
    ("keys", "detected", "lines"),
    [
        ({}, Detected(requirements=("requirements.txt",)), ["-r source/requirements.txt", "gunicorn"]),
        ({}, Detected(requirements=("pyproject.toml",)), ["gunicorn"]),
        ({}, Detected(requirements=("pyproject.toml",), lock="."), ["gunicorn"]),
        ({}, Detected(django="Django==5.2.*"), ["gunicorn", "Django==5.2.*"]),
        ({"requirements": ("tiny",)}, Detected(django="Django==5.2.*"), ["tiny", "gunicorn"]),
        ({}, Detected(project=True), ["gunicorn", "./source"]),
        (
            {"index_url": "https://u:p@pypi.example.org/simple", "requirements_files": ("a.txt", "b.txt")},
            Detected(requirements=("requirements.txt",)),
            ["--index-url https://u:p@pypi.example.org/simple", "-r source/a.txt", "-r source/b.txt", "gunicorn"],
        ),
        (
            {"server": application.Server(interface="asgi"), "cache_url": "unix:///run/r.sock"},
            Detected(),
            ["gunicorn", "uvicorn-worker", "uvicorn[standard]", "redis"],
        ),
        ({"cache_url": "pymemcache:///run/m.sock"}, Detected(), ["gunicorn", "pymemcache"]),
        (
            {"source": application.Source("archive", "x.whl", suffix="-tiny-1.0-py3-none-any.whl")},
            Detected(),
            ["gunicorn", "./source/tiny-1.0-py3-none-any.whl"],
        ),
    ],
)
def test_lines(shop, keys, detected, lines):
    assert requirements.lines(shop(**keys), detected) == lines


@pytest.mark.parametrize(
    ("url", "installed", "driver"),
    [
        ("postgresql:///shop", "Django==5.2", "psycopg[binary,pool]"),
        ("postgis:///shop", "Django==5.2\npsycopg==3.2", ""),
        ("postgresql:///shop", "Psycopg2-Binary==2.9", ""),
        ("postgresql:///shop", "psycopg2 @ file:///x", ""),
        ("mysql:///shop", "Django==5.2", "mysqlclient"),
        ("mariadb:///shop", "PyMySQL==1.1", ""),
        ("sqlite:////srv/db", "Django==5.2", ""),
        ("", "Django==5.2", ""),
    ],
)
def test_driver_never_comes_beside_one_that_the_project_brings(shop, url, installed, driver):
    assert requirements.driver(shop(database_url=url), installed) == driver


def test_install_with_a_lock_file_constraints_and_a_driver(shop, uv, root):
    app = shop(
        constraints=("a<2",),
        overrides=("b==3",),
        database_url="mysql:///shop",
        index_url="https://u:s3cret@pypi/simple",
    )
    release = app.release("abc")
    (release / "source/site").mkdir(parents=True)
    requirements.create(app, release)
    requirements.install(app, release, Detected(requirements=("site/pyproject.toml",), lock="site"))
    install = ["pip", "install", "--quiet", "--compile-bytecode", "--python", f"{release}/venv"]
    install += ["--constraints", f"{release}/constraints.txt", "--overrides", f"{release}/overrides.txt"]
    calls = uv()
    assert [(call["arguments"], call["cwd"]) for call in calls] == [
        (["venv", "--quiet", "--python", "python3", "venv"], str(release)),
        (
            ["sync", "--quiet", "--frozen", "--no-dev", "--no-install-project", "--inexact"],
            str(release / "source/site"),
        ),
        ([*install, "--requirements", "requirements.txt"], str(release)),
        (["pip", "list", "--quiet", "--format", "freeze", "--python", "venv"], str(release)),
        ([*install, "mysqlclient"], str(release)),
    ]
    assert all(call["env"]["UV_CACHE_DIR"] == f"{root}/srv/shop/cache/uv" for call in calls)
    assert all(call["env"]["UV_PROJECT_ENVIRONMENT"] == f"{release}/venv" for call in calls)
    assert "s3cret" not in str(calls)
    texts = {name: (release / name).read_text() for name in ("constraints.txt", "overrides.txt", "requirements.txt")}
    assert texts == {
        "constraints.txt": "a<2\n",
        "overrides.txt": "b==3\n",
        "requirements.txt": "--index-url https://u:s3cret@pypi/simple\ngunicorn\n",
    }
    assert (release / "requirements.txt").stat().st_mode & 0o777 == 0o640


def test_files_that_the_inventory_names_win_over_the_lock(shop, uv):
    app = shop(requirements_files=("deploy.txt", "other/pyproject.toml"))
    release = app.release("abc")
    release.mkdir()
    requirements.install(app, release, Detected(requirements=("pyproject.toml",), lock="."))
    assert [call["arguments"][0] for call in uv()] == ["pip", "pip"]
    assert uv()[0]["arguments"][-1] == "--requirements=source/other/pyproject.toml"
    assert "-r source/deploy.txt" in (release / "requirements.txt").read_text()


def test_failure_names_the_command_and_its_reason(shop, uv):
    app = shop()
    app.release("abc").mkdir()
    uv.fail("install")
    with pytest.raises(FailedError) as raised:
        requirements.install(app, app.release("abc"), Detected())
    assert str(raised.value) == (
        "`uv pip install --quiet --compile-bytecode --python venv --requirements requirements.txt` failed: "
        "error: no version of nothing"
    )
    assert "No solution found" in raised.value.log
