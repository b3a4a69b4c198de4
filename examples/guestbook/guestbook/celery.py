"""Celery reads its broker from the same environment as Django."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guestbook.settings")
app = Celery("guestbook")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
