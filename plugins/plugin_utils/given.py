"""The environment variables that Groundcrew sets by itself."""

from __future__ import annotations

from ansible_collections.groundcrew.django.plugins.module_utils.applications import engine

application = engine.load("application")
environment = engine.load("environment")


def given(name: str) -> frozenset[str]:
    """Return the variables that an application has with a database, a cache, a queue and a key."""
    source, url = application.Source("folder", "."), "redis://localhost"
    made = application.Application(name, source, (name,), database_url="postgresql:///", cache_url=url, broker_url=url)
    return environment.names(made) | {"DJANGO_SECRET_KEY"}
