"""Keys of one application that say nothing beside each other, or the opposite: one of them would be dropped."""

from __future__ import annotations

from collections.abc import Iterator

from .findings import Finding
from .resolve import Application

FROM_ENV = {
    "DATABASE_URL": ("database_url", ("postgresql", "mariadb")),
    "CACHE_URL": ("cache_url", ("redis", "memcached")),
    "BROKER_URL": ("broker_url", ()),
    "CELERY_BROKER_URL": ("broker_url", ()),
}
"""Environment variables that keys fill in: the key, and the groups of a host that provide it."""


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is said twice or in vain."""
    yield from environment(application)
    if application["purge"]:
        sentence = "says what `state: absent` removes, and the application is to be present"
        yield application.finding("contradiction", "purge", sentence, f"state: absent, purge: {application['purge']}")
    module = application["application"].partition(":")[0].rpartition(".")[2]
    if module in ("wsgi", "asgi") and module != application["interface"]:
        sentence = f"is {application['application']}, and `interface` is {application['interface']}"
        yield application.finding("contradiction", "application", sentence, f"interface: {module}")
    if application["source"] == "pypi" and not application["requirements"]:
        sentence = "is `pypi`, and `requirements` name no product"
        yield application.finding("contradiction", "source", sentence, "requirements: [mailman-web]")


def environment(application: Application) -> Iterator[Finding]:
    """Yield environment variables that are said a second time by a key or by the groups of the host."""
    env, places = application["env"], application.places
    for name, (key, groups) in FROM_ENV.items():
        if name not in env:
            continue
        example = f"{key}: '{{{{ vault_{key} }}}}'"
        if places[key]:
            sentence = f"has {name}, and `{places[key]}` says it, too: one of them would be dropped"
            yield application.finding("contradiction", "env", sentence, example)
        elif provided := sorted(application.host.groups & set(groups)):
            made = "a database" if key == "database_url" else "a cache"
            sentence = (
                f"has {name}, and the group `{provided[0]}` makes {made} that nobody would use: give the key `{key}`"
            )
            yield application.finding("env-database", "env", sentence, example)
    if application["overlay"] and env.get("DJANGO_SETTINGS_MODULE", application["settings"]) != application["settings"]:
        sentence = "has DJANGO_SETTINGS_MODULE, which would be dropped: give the key `settings`"
        yield application.finding("contradiction", "env", sentence, "settings: shop.settings.production")
    if places["secrets"] and (twice := sorted(set(env) & set(application["secrets"]))):
        sentence = f"makes up {', '.join(twice)}, and `env` says it: one of them would be dropped"
        yield application.finding("contradiction", "secrets", sentence)
