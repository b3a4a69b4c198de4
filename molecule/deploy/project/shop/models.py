"""Rows that a visitor writes while releases come and go."""

from django.db import models


class Visit(models.Model):
    """One write."""

    written = models.DateTimeField(auto_now_add=True)
