"""The least that Django takes."""

SECRET_KEY = "django-insecure-replaced-by-the-overlay"
INSTALLED_APPS = []
ROOT_URLCONF = "tiny.urls"
WSGI_APPLICATION = "tiny.wsgi.application"
DATABASES = {}
