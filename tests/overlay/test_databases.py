"""Several databases, asked of real Djangos: which are migrated, what they lack, and what an older release lacks."""

import json
import os
import sqlite3
import subprocess
from pathlib import Path

import pytest

INSIDE = Path(__file__).parents[2] / "roles/django_app/files/groundcrew_release/inside"
SETTINGS = """
SECRET_KEY = 'x'
INSTALLED_APPS = ['shop']
DATABASES = {
    'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'default.sqlite3'},
    'archive': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'archive.sqlite3'},
}
USE_TZ = True
"""
ROUTER = """
class Router:
    def allow_migrate(self, db, app_label, model_name=None, **hints):
        return (db == 'archive') == (model_name == 'old')
"""
MIGRATION = """
from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [{after}]
    operations = [migrations.CreateModel('{model}', [('id', models.AutoField(primary_key=True))])]
"""


@pytest.fixture
def site(python, tmp_path):
    """A project with two databases: a function that runs one of the scripts of `inside/` in it, or manage.py."""
    (tmp_path / "shop/migrations").mkdir(parents=True)
    for name in ("shop/__init__.py", "shop/migrations/__init__.py"):
        (tmp_path / name).touch()
    (tmp_path / "shop/routers.py").write_text(ROUTER)
    first, second = MIGRATION.format(after="", model="Visit"), MIGRATION.format(after="('shop', '0001')", model="Old")
    (tmp_path / "shop/migrations/0001.py").write_text(first)
    (tmp_path / "shop/migrations/0002.py").write_text(second)
    given = {"ARCHIVE_DATABASE_URL": f"sqlite:///{tmp_path}/archive.sqlite3"}

    def run(*arguments, settings="", status=0, **variables):
        (tmp_path / "shop/settings.py").write_text(SETTINGS.replace("'archive.", f"'{tmp_path}/archive.") + settings)
        environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "shop.settings", **given, **variables}
        script = arguments[0].endswith(".py")
        command = [python, "-", *arguments[1:]] if script else [python, "-m", "django", *arguments]
        text = (INSIDE / arguments[0]).read_text() if script else None
        ran = subprocess.run(command, cwd=tmp_path, env=environment, input=text, capture_output=True, text=True)
        assert ran.returncode == status, ran.stderr
        if status:
            return ran.stderr
        return json.loads(ran.stdout.splitlines()[-1]) if script else ran.stdout

    run.folder = tmp_path
    return run


def test_each_database_that_the_environment_names_lists_what_it_lacks(site):
    said = site("describe.py")
    assert said["pending"] == [
        "shop.0001: Create model Visit",
        "shop.0002: Create model Old",
        "shop.0001: Create model Visit (database archive)",
        "shop.0002: Create model Old (database archive)",
    ]
    archive = said["databases"]["archive"]
    assert archive == {
        "engine": "django.db.backends.sqlite3",
        "local": True,
        "left": "",
        "pending": True,
        "filled": False,
    }
    assert said["notes"] == []
    site("migrate", "--database=archive")
    assert [one for one in site("describe.py")["pending"] if "archive" in one] == []


def test_a_router_decides_what_is_missing_where(site):
    routed = "DATABASE_ROUTERS = ['shop.routers.Router']"
    pending = site("describe.py", settings=routed)["pending"]
    assert [one for one in pending if "archive" in one] == ["shop.0002: Create model Old (database archive)"]


@pytest.mark.parametrize(
    ("settings", "variables", "left", "noted"),
    [
        ("", {"ARCHIVE_DATABASE_URL": ""}, "it is a SQLite file; `databases: [{name: ..., alias: archive}]`", True),
        (
            "DATABASES['archive'] = {'ENGINE': 'django.db.backends.postgresql', 'HOST': 'erp', 'NAME': 'erp'}",
            {},
            "no URL in the environment leads to it",
            True,
        ),
        ("DATABASES['archive']['TEST'] = {'MIRROR': 'default'}", {}, "it is a mirror of default", False),
        (
            "DATABASES['default']['NAME'] = DATABASES['archive']['NAME']",
            {},
            "it is the database of default",
            False,
        ),
        (
            "class No:\n    allow_migrate = lambda self, db, *args, **hints: db == 'default'\n"
            "DATABASE_ROUTERS = [No()]",
            {},
            "the routers let no migration into it",
            False,
        ),
        (  # Migrations that say themselves which model they are about.
            "INSTALLED_APPS += ['django.contrib.contenttypes']\n"
            "class No:\n    allow_migrate = lambda self, db, *args, **hints: db == 'default'\n"
            "DATABASE_ROUTERS = [No()]",
            {},
            "the routers let no migration into it",
            False,
        ),
    ],
)
def test_a_database_that_is_not_ours_to_migrate_is_left(site, settings, variables, left, noted):
    said = site("describe.py", settings=settings, **variables)
    assert said["databases"]["archive"]["left"].startswith(left)
    assert [one for one in said["pending"] if "archive" in one] == []
    assert any("The database archive is not migrated" in note for note in said["notes"]) is noted


def test_a_database_that_others_filled_is_left(site):
    connection = sqlite3.connect(site.folder / "archive.sqlite3")
    connection.execute("CREATE TABLE invoice (i INTEGER)")
    connection.close()
    (note,) = site("describe.py")["notes"]
    assert "it has tables that no migration of Django made" in note
    assert "migrate --noinput --database=archive" in note


def test_a_project_without_databases(site):
    said = site("describe.py", settings="DATABASES = {}", ARCHIVE_DATABASE_URL="")
    assert (said["pending"], list(said["databases"])) == ([], ["default"])


def test_a_database_that_no_alias_uses_is_told(site):
    (note,) = site("describe.py", REPORTS_DATABASE_URL="postgresql:///reports")["notes"]
    assert note.startswith("REPORTS_DATABASE_URL leads to a database that no alias of DATABASES uses")


def test_a_rollback_looks_at_each_database(site):
    older = json.dumps({"shop": ["0001"]})
    site("migrate", "--database=archive")
    assert site("ahead.py", older, "default") == []
    assert site("ahead.py", older, "default", "archive") == [
        {"command": "migrate shop 0001 --database=archive", "irreversible": []}
    ]


LOGGING = """
LOGGING = {
    'version': 1, 'root': {'handlers': ['file']},
    'handlers': {'file': {'class': 'logging.FileHandler', 'filename': '/proc/none/site.log'}},
}
"""


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            LOGGING,
            "The applications in INSTALLED_APPS do not import: ValueError: Unable to configure handler 'file', because "
            "of FileNotFoundError: [Errno 2] No such file or directory: '/proc/none/site.log'",
        ),
        ("import os; os.environ['API_URL']", "The settings shop.settings do not import: KeyError: 'API_URL'"),
        ("import yaml_", "The settings shop.settings do not import: ModuleNotFoundError: No module named 'yaml_'"),
    ],
)
def test_settings_that_do_not_import_are_told_down_to_the_root(site, settings, said):
    log = site("describe.py", settings=settings, status=3)
    assert log.splitlines()[-1] == said
    assert "Traceback" in log, "from which the engine reads what helps"
