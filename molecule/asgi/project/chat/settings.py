"""Settings of an asynchronous project."""

SECRET_KEY = "django-insecure-replaced-by-the-overlay"
INSTALLED_APPS = ["channels"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
ROOT_URLCONF = "chat.pages"
ASGI_APPLICATION = "chat.asgi.application"
