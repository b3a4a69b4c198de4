"""A project that reads a file at an absolute path, has Paths, and a front end that somebody else builds."""

import configparser
from pathlib import Path

BASE_DIR = Path(__file__).parent.parent
CONFIGURATION = configparser.ConfigParser()
# Without the file nothing works, the first time, too.
with Path("/etc/whole/deep/shop.ini").open() as file:
    CONFIGURATION.read_file(file)
DEBUG = True
SECRET_KEY = "django-insecure-replaced-by-the-overlay"
INSTALLED_APPS = ["django.contrib.staticfiles"]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
DATABASES = {}
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "collected"
MEDIA_ROOT = BASE_DIR / "media"
STATICFILES_DIRS = [BASE_DIR / "static", BASE_DIR / "frontend/dist", BASE_DIR / "unbuilt", BASE_DIR / "theme"]
