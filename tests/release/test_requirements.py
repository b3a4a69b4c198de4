"""What uv is asked to install, and how."""

import os
import time

import pytest
from groundcrew_release import application, requirements
from groundcrew_release.project import Dependencies, Project, pythons
from groundcrew_release.steps import FailedError


def declared(kind, path, folder=".", **more):
    """Return a project with one declaration."""
    return Project(dependencies=(Dependencies(kind, path, folder, **more),))


FILE = declared("files", "requirements.txt")


@pytest.fixture
def commands(shop, uv):
    """Return a function that installs a project, and returns how uv was called: [(folder below the release, words)]."""

    def run(project, **keys):
        app = shop(**keys)
        release = app.release("abc")
        for one in project.dependencies:
            (release / "source" / one.folder).mkdir(parents=True, exist_ok=True)
        release.mkdir(parents=True, exist_ok=True)
        requirements.install(app, release, project)
        calls = [(call["cwd"], " ".join(call["arguments"])) for call in uv()]
        return [(cwd.removeprefix(f"{release}").lstrip("/"), words.replace(f"{release}/", "")) for cwd, words in calls]

    return run


@pytest.mark.parametrize(
    ("keys", "project", "lines"),
    [
        ({}, FILE, ["-r source/requirements.txt", "gunicorn"]),
        ({}, declared("files", "r.txt", lines=("-e ./source/a",)), ["-e ./source/a", "gunicorn"]),
        ({}, declared("pyproject", "pyproject.toml"), ["gunicorn"]),
        ({}, declared("pyproject", "pyproject.toml", lines=("Django",)), ["Django", "gunicorn"]),
        ({}, declared("uv", "uv.lock"), ["gunicorn"]),
        ({"overrides": ("Django==5.2.3",)}, declared("uv", "uv.lock"), ["Django==5.2.3", "gunicorn"]),
        ({"overrides": ("Django==5.2.3",)}, FILE, ["-r source/requirements.txt", "gunicorn"]),
        ({"requirements": ("tiny",)}, Project(), ["tiny", "gunicorn"]),
        ({}, declared("package", "setup.py", extras=("prod", "s3")), ["-e ./source[prod,s3]", "gunicorn"]),
        ({}, declared("package", "a/setup.py", "a"), ["-e ./source/a", "gunicorn"]),
        (
            {"index_url": "https://u:p@pypi.example.org/simple"},
            Project(dependencies=(Dependencies("files", "a.txt"), Dependencies("files", "b.txt"))),
            ["--index-url https://u:p@pypi.example.org/simple", "-r source/a.txt", "-r source/b.txt", "gunicorn"],
        ),
        (
            {"server": application.Server(interface="asgi"), "cache_url": "unix:///run/r.sock"},
            Project(),
            ["gunicorn", "uvicorn-worker", "uvicorn[standard]", "redis"],
        ),
        ({"server": application.Server("granian", "asgi")}, Project(), ["granian"]),
        ({"server": application.Server("uwsgi")}, FILE, ["-r source/requirements.txt"]),
        ({"cache_url": "pymemcache:///run/m.sock"}, Project(), ["gunicorn", "pymemcache"]),
        ({"broker_url": "unix:///run/b.sock?db=0"}, Project(), ["gunicorn", "packaging"]),
        (
            {"sentry": application.Sentry("https://key@errors.example.org/3")},
            FILE,
            ["-r source/requirements.txt", "gunicorn", "sentry-sdk"],
        ),
        ({"sentry": application.Sentry(), "overlay": False}, Project(), ["gunicorn"]),
        (
            {"source": application.Source("archive", "x.whl", suffix="-tiny-1.0-py3-none-any.whl")},
            Project(),
            ["gunicorn", "./source/tiny-1.0-py3-none-any.whl"],
        ),
    ],
)
def test_lines(shop, keys, project, lines):
    assert requirements.lines(shop(**keys), project) == lines


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
    found = [driver] if driver else []
    assert requirements.drivers(shop(database_url=url), installed) == found
    further = (application.Database("erp", "erp", url),)
    assert requirements.drivers(shop(databases=further), installed) == found


@pytest.mark.parametrize(("installed", "found"), [("Django==5.2", ["pyuwsgi"]), ("uWSGI==2.0.31", [])])
def test_uwsgi_that_the_project_lists_stays(shop, installed, found):
    assert requirements.drivers(shop(server=application.Server("uwsgi")), installed) == found


PIP = "pip install --quiet --python venv"
FREEZE = ("", "pip list --quiet --format freeze --python venv")
PINNED = ("", f"{PIP} --constraints constraints.txt --requirements requirements.txt")
SYNC = "sync --quiet --frozen --no-default-groups"
SYNCED = "--inexact --python venv/bin/python"
EXPORTED = f"{PIP} --no-deps --requirements locked.txt"
POETRY = "tool run --quiet --from poetry>=2.1,<3 --with poetry-plugin-export>=1.9,<2 poetry"
PIPENV = "tool run --quiet --from pipenv>=2024 pipenv"
PDM = "tool run --quiet --from pdm>=2.20,<3 pdm"


@pytest.mark.parametrize(
    ("project", "expected"),
    [
        (declared("uv", "uv.lock"), [("source", f"{SYNC} {SYNCED}"), FREEZE, PINNED, FREEZE]),
        (
            declared("uv", "uv.lock", "services/web", member="web", groups=("prod",), extras=("s3",)),
            [("source/services/web", f"{SYNC} --group prod --extra s3 --package web {SYNCED}"), FREEZE, PINNED, FREEZE],
        ),
        (
            declared("uv", "uv.lock", member="*"),
            [("source", f"{SYNC} --all-packages {SYNCED}"), FREEZE, PINNED, FREEZE],
        ),
        (
            declared("poetry", "site/poetry.lock", "site", groups=("prod",), extras=("s3",), install="site"),
            [
                ("source/site", f"{POETRY} check --lock"),
                ("source/site", f"{POETRY} export --format requirements.txt --only main --only prod --extras s3"),
                ("source/site", EXPORTED),
                FREEZE,
                PINNED,
                ("", f"{PIP} --constraints constraints.txt --no-deps --editable ./source/site"),
                FREEZE,
            ],
        ),
        (
            declared("pipenv", "Pipfile.lock", groups=("prod",)),
            [
                ("source", f"{PIPENV} verify"),
                ("source", f"{PIPENV} requirements --hash --categories packages prod"),
                ("source", EXPORTED),
                FREEZE,
                PINNED,
                FREEZE,
            ],
        ),
        (
            declared("pdm", "pdm.lock", groups=("prod",)),
            [
                ("source", f"{PDM} lock --check"),
                ("source", f"{PDM} export --format requirements --prod --group prod"),
                ("source", EXPORTED),
                FREEZE,
                PINNED,
                FREEZE,
            ],
        ),
        (
            declared("pylock", "pylock.prod.toml"),
            [("source", f"{PIP} --no-deps --requirements pylock.prod.toml"), FREEZE, PINNED, FREEZE],
        ),
        (
            declared("pyproject", "a/pyproject.toml", "a", groups=("prod",), extras=("s3",), install="a"),
            [
                (
                    "",
                    f"{PIP} --requirements requirements.txt --requirements=source/a/pyproject.toml "
                    "--extra s3 --group source/a/pyproject.toml:prod",
                ),
                ("", f"{PIP} --no-deps --editable ./source/a"),
                FREEZE,
            ],
        ),
        (FILE, [("", f"{PIP} --requirements requirements.txt"), FREEZE]),
    ],
    ids=["uv", "member", "workspace", "poetry", "pipenv", "pdm", "pylock", "pyproject", "list"],
)
def test_commands_of_each_declaration(commands, project, expected):
    assert commands(project) == expected


def test_install_with_a_lock_file_constraints_and_a_driver(shop, uv, root):
    app = shop(
        constraints=("a<2",),
        overrides=("b==3",),
        database_url="mysql:///shop",
        index_url="https://u:s3cret@pypi/simple",
    )
    release = app.release("abc")
    (release / "source/site").mkdir(parents=True)
    project = declared("uv", "site/uv.lock", "site")
    assert str(requirements.create(app, release, project)) == "python: 3.11.2, python3 of the host"
    requirements.install(app, release, project)
    calls = uv()
    assert [call["arguments"][:2] for call in calls] == [
        ["venv", "--quiet"],
        ["sync", "--quiet"],
        ["pip", "list"],
        ["pip", "install"],
        ["pip", "list"],
        ["pip", "install"],
    ]
    assert calls[-1]["arguments"][-1] == "mysqlclient"
    assert all(call["env"]["UV_CACHE_DIR"] == f"{root}/srv/shop/packages" for call in calls)
    assert all(call["env"]["UV_PROJECT_ENVIRONMENT"] == f"{release}/venv" for call in calls)
    assert "s3cret" not in str([call["arguments"] for call in calls])
    texts = {name: (release / name).read_text() for name in ("constraints.txt", "overrides.txt", "requirements.txt")}
    assert texts == {
        "constraints.txt": "a<2\nDjango==5.2\ngunicorn==23.0\nPsycopg2==2.9\n",
        "overrides.txt": "b==3\n",
        "requirements.txt": "--index-url https://u:s3cret@pypi/simple\nb==3\ngunicorn\n",
    }
    assert (release / "requirements.txt").stat().st_mode & 0o777 == 0o640


@pytest.mark.usefixtures("uv")
def test_what_the_inventory_names_is_not_held_by_the_lock(shop):
    app = shop(requirements=("django[argon2]>=5",), overrides=("psycopg2==3",))
    (app.release("abc") / "source").mkdir(parents=True)
    requirements.install(app, app.release("abc"), declared("uv", "uv.lock"))
    assert (app.release("abc") / "constraints.txt").read_text() == "gunicorn==23.0\n"


@pytest.mark.parametrize(
    ("kind", "word", "log", "sentence"),
    [
        (
            "poetry",
            "check",
            "Error: pyproject.toml changed significantly since poetry.lock",
            "run `poetry lock` and commit",
        ),
        ("pipenv", "verify", "Pipfile.lock is out-of-date. Run $ pipenv lock", "run `pipenv lock` and commit"),
        (
            "pdm",
            "lock",
            "WARNING: Lock file hash doesn't match pyproject.toml, packages may be outdated",
            "run `pdm lock`",
        ),
        ("pipenv", "verify", "no such command", r"`uv tool run --quiet .* verify` failed"),
        ("poetry", "export", "broken", r"`uv tool run --quiet .* export .*` failed"),
    ],
)
def test_lock_that_is_out_of_date_is_refused(commands, uv, kind, word, log, sentence):
    uv.fail(word, log)
    with pytest.raises(FailedError, match=sentence):
        commands(declared(kind, f"{kind}.lock"))


def test_poetry_may_dislike_what_is_no_matter_of_the_lock(commands, uv):
    uv.fail("check --lock", "Error: readme does not exist")
    assert any(" export " in words for _, words in commands(declared("poetry", "poetry.lock")))


def test_deploy_key_and_tokens_reach_the_installer_and_go_again(shop, uv):
    source = application.Source("git", "git@x:y.git", deploy_key="KEY")
    env = {"TOKEN": "t", "OTHER": "o", "UV_INDEX_OURS_PASSWORD": "p"}
    app = shop(source=source, env=env, requirements=("x @ git+https://${TOKEN}@x/y",))
    release = app.release("abc")
    (release / "source").mkdir(parents=True)
    requirements.install(app, release, FILE)
    (install, *_) = uv()
    key = f"{release}/.deploy-key"
    assert f"-o IdentitiesOnly=yes -i {key}" in install["env"]["GIT_SSH_COMMAND"]
    assert install["read"] == {key: ["KEY\n", 0o600]}
    assert not (release / ".deploy-key").exists()
    handed = {name: install["env"].get(name) for name in env}
    assert handed == {"TOKEN": "t", "OTHER": None, "UV_INDEX_OURS_PASSWORD": "p"}


DEMAND = pythons.Demand("pyproject.toml", ">=3.13", (">=3.13",))


def test_python_that_the_project_asks_for_is_looked_for_on_the_host(shop, uv):
    app = shop()
    app.release("abc").mkdir()
    uv.pythons(">=3.13", "/usr/bin/python3.13", "3.13.5")
    chosen = requirements.create(app, app.release("abc"), Project(demands=(DEMAND,)))
    assert str(chosen) == "python: 3.13.5, /usr/bin/python3.13, since pyproject.toml asks for >=3.13"


@pytest.mark.parametrize("python", ["python3", "python3.11"])
@pytest.mark.usefixtures("uv")
def test_python_that_the_host_lacks_is_refused_with_the_key(shop, python):
    app = shop(python=python)
    app.release("abc").mkdir()
    with pytest.raises(FailedError) as raised:
        requirements.create(app, app.release("abc"), Project(demands=(DEMAND,)))
    assert str(raised.value) == (
        f"pyproject.toml of the project asks for Python >=3.13, and {python} of this host is 3.11.2: "
        'say `python: "3.13"`, which uv installs where Debian has none.'
    )


def test_failure_names_the_command_and_its_reason(shop, uv):
    app = shop()
    app.release("abc").mkdir()
    uv.fail("install")
    with pytest.raises(FailedError) as raised:
        requirements.install(app, app.release("abc"), Project())
    assert str(raised.value) == (
        "`uv pip install --quiet --python venv --requirements requirements.txt` failed: error: no version of nothing"
    )
    assert "No solution found" in raised.value.log


@pytest.mark.parametrize(("days", "kept"), [(89, True), (91, False)])
def test_the_cache_begins_anew(shop, days, kept):
    app = shop()
    for name in ("CACHEDIR.TAG", "wheels-v8/django.whl"):
        path = app.packages / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    made = time.time() - days * 86400
    os.utime(app.packages / "CACHEDIR.TAG", (made, made))
    requirements.forget(app)
    assert (app.packages / "wheels-v8/django.whl").exists() == kept
    assert app.packages.is_dir()
