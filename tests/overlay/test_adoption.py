"""What a project says of itself before it is adopted, under every supported Django."""

import json
import subprocess
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "plugins/module_utils/adoption/in_django.py"
MANAGE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
MEDIA_ROOT = "uploads"
"""
MODELS = """
from django.core.files.storage import FileSystemStorage
from django.db import models


class Paper(models.Model):
    usual = models.FileField()
    inside = models.FileField(storage=FileSystemStorage(location="uploads/images"))
    outside = models.FileField(storage=FileSystemStorage(location="uploads-of-old"))
"""


@pytest.fixture
def asked(python, tmp_path):
    """Return what a project with these settings says."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "shop/models.py").write_text(MODELS)
    (tmp_path / "manage.py").write_text(MANAGE)

    def ask(settings):
        (tmp_path / "settings.py").write_text(SETTINGS + settings)
        command = [python, "manage.py", "shell", "-c", PROGRAM.read_text()]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert "GROUNDCREW " in done.stdout, done.stderr
        return json.loads(done.stdout.split("GROUNDCREW ")[1])

    return ask


def test_fields_that_keep_their_files_elsewhere_are_told(asked, tmp_path):
    said = asked("")
    assert said["media"] == "uploads"
    assert said["elsewhere"] == {"shop.Paper.outside": f"{tmp_path}/uploads-of-old"}
    own = {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": "/var/x"}}}
    own["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    assert asked(f"STORAGES = {own}")["elsewhere"]["shop.Paper.usual"] == "/var/x"
    # A storage that cannot be made, such as that of a bucket, is no reason to fail.
    own["default"] = {"BACKEND": "shop.missing.Storage"}
    assert asked(f"STORAGES = {own}")["elsewhere"] == {"shop.Paper.outside": f"{tmp_path}/uploads-of-old"}
