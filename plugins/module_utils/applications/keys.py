"""The keys of an application: each is an option of the role that acts on it, and stands in its specification alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from . import specification
from .specification import Option

FLAT = "django_app_"
OWN = frozenset({"name", "renamed_from", "state", "purge"})
"""Keys that an application says itself or not at all: no flat variable names or removes all applications of a host."""


SITE_GIVEN = frozenset({"name", "domains", "state", "upstream", "group", "timeout", "cdn_url", "error_pages"})
SITE_GIVEN |= {"certificate", "private_key", "static", "media", "hsts", "counts_for_health"}


@dataclass(frozen=True)
class Owner:
    """A role's dictionary whose options are keys of an application, apart from those that are computed (`given`).

    With `under`, they stand together under one key of the application.
    """

    role: str
    entry: str
    option: str
    given: frozenset[str]
    under: str = ""

    @property
    def options(self) -> dict[str, Option]:
        """The options that a user may say."""
        every = specification.load(self.role)[self.entry][self.option].options
        return {name: option for name, option in every.items() if name not in self.given}


OWNERS = (
    Owner("django_app", "main", "django_app", frozenset({"pool_url", "verify"})),
    Owner(
        "nginx",
        "site",
        "nginx_site",
        SITE_GIVEN,
    ),
    Owner("certificate", "domain", "certificate_domain", frozenset({"name", "domains", "reload"}), under="certificate"),
    Owner("worker", "main", "worker_app", frozenset({"name", "home", "service", "run_singletons"})),
    Owner("postgresql", "database", "postgresql_database", frozenset({"name", "owner", "password"})),
)


@dataclass(frozen=True)
class Key:
    """A key of an application, and the role that owns it."""

    name: str
    option: Option
    owner: Owner

    @property
    def flat(self) -> str:
        """The variable that applications take who do not say it themselves, "" for a key of the application alone."""
        return "" if self.name in OWN else FLAT + self.name


@cache
def keys() -> dict[str, Key]:
    """Return all keys of an application by name; ValueError when two roles claim one."""
    known: dict[str, Key] = {}
    for owner in OWNERS:
        options = owner.options
        if owner.under:
            inner = {name: replace(option, required=False) for name, option in options.items()}
            options = {owner.under: Option("dict", default={}, options=inner, description=UNDER[owner.under])}
        for name, option in options.items():
            if name == "databases":
                # What PostgreSQL makes of the main database it makes of the others.
                more = [one.options for one in OWNERS if one.role == "postgresql"]
                option = replace(
                    option, options={key: one for owned in (option.options, *more) for key, one in owned.items()}
                )
            if name in known:
                raise ValueError(f"{name} is a key of {known[name].owner.role} and of {owner.role}")
            known[name] = Key(name, option, owner)
    return known


UNDER = {"certificate": "Where the certificate comes from; the host's own authority signs one when left out."}


@cache
def options() -> dict[str, Option]:
    """Return the options of all keys by name."""
    return {name: key.option for name, key in keys().items()}


def of(role: str) -> list[str]:
    """Return the names of the keys that a role owns."""
    return [name for name, key in keys().items() if key.owner.role == role]
