"""A project that declares nothing deploys when all that it imports is Django, and is refused when it imports more."""

import pytest
from groundcrew_release.project.read import read
from groundcrew_release.project.shape import Asked
from groundcrew_release.steps import FailedError

MANAGE = "import os, sys\nfrom django.core.management import execute_from_command_line\n"
MANAGE += "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
SETTINGS = "from pathlib import Path\nINSTALLED_APPS = ['django.contrib.admin', 'entries.apps.EntriesConfig']\n"
SETTINGS += "MIDDLEWARE = ['django.middleware.security.SecurityMiddleware']\n"
TREE = {
    "manage.py": MANAGE,
    "shop/__init__.py": "",
    "shop/settings.py": SETTINGS,
    "shop/urls.py": "from django.urls import path\nfrom . import views\nimport entries.models\n",
    "entries/models.py": "from django.db import models\n",
}


def dependencies(folder, files):
    """Return what the tree of these files would have installed."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return [one.lines for one in read(folder, Asked()).dependencies]


def test_startproject_gets_django(tmp_path):
    assert dependencies(tmp_path, TREE) == [("Django",)]


@pytest.mark.parametrize(
    "more",
    [
        {"shop/views.py": "import requests\n"},
        {"shop/views.py": "from rest_framework.views import APIView\n"},
        {"shop/settings.py": SETTINGS + "INSTALLED_APPS += ['rest_framework']\n"},
        {"shop/settings.py": SETTINGS + "MIDDLEWARE = ['whitenoise.middleware.WhiteNoiseMiddleware']\n"},
        {"shop/views.py": "this is no Python\n"},
        {"requirements-dev.txt": "Django\n"},
        {"environment.yml": "name: shop\n"},
    ],
    ids=["import", "from", "application", "middleware", "unreadable", "list", "conda"],
)
def test_whoever_needs_more_is_asked(tmp_path, more):
    with pytest.raises(FailedError, match="requirements"):
        dependencies(tmp_path, TREE | more)


@pytest.mark.parametrize(
    "more",
    [
        {"README.txt": "Needs Django >= 4.2\n"},
        {".pre-commit-config.yaml": "repos:\n- hooks:\n  - additional_dependencies:\n    - django==5.0\n"},
        {"docker-compose.yml": "services:\n  web:\n    depends_on:\n      - django\n"},
        {"tox.ini": "deps =\n    Django>=4\n"},
        {"docs/notes.txt": "django\n"},
    ],
    ids=["readme", "hook", "service", "tests", "docs"],
)
def test_who_only_speaks_of_django_declares_nothing(tmp_path, more):
    assert dependencies(tmp_path, TREE | more) == [("Django",)]
