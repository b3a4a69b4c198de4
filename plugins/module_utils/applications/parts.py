"""The parts of an application, one for each role that acts on it: whole and typed, for playbooks to pass on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import certificate as certificates
from . import databases, keys, product, specification, urls
from .resolve import Application

MADE_ANEW = (
    "current",
    "releases",
    "repository",
    "image",
    "sources",
    "cache",
    "packages",
    "dumps",
    "activation",
    "importing",
    "deploys.jsonl",
)
"""What is in `/srv/NAME` and no backup keeps: a deploy makes it again, or a database has it."""


def home(name: str) -> str:
    """Return the folder of an application."""
    return f"/srv/{name}"


def said(application: Application, role: str) -> dict[str, Any]:
    """Return the values of the keys that a role owns, without those that nobody says and that have no default."""
    return {key: application[key] for key in keys.of(role) if application[key] is not None}


def whole(role: str, entry: str, option: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the dictionary of a role, complete."""
    made: dict[str, Any] = specification.complete(values, role, entry, option)
    return made


def every(application: Application, run_singletons: bool) -> dict[str, Any]:
    """Return all parts of one application of one host."""
    name, groups = application.name, application.host.groups
    parts = {
        "name": name,
        "state": application["state"],
        "purge": application["purge"],
        "app": app(application),
        "certificate": certificate(application),
        "site": site(application),
        "maintenance": {"name": name, "page": application["maintenance"]["page"]},
        "worker": worker(application, run_singletons),
    }
    # In the order in which an application gets them.
    providers = {
        "postgresql": ("database", postgresql),
        "mariadb": ("database", mariadb),
        "pgbouncer": ("instance", pgbouncer),
        "redis": ("instance", redis),
        "memcached": ("instance", memcached),
    }
    made = {role: part(application) if role in groups else [] for role, (_, part) in providers.items()}
    services = [
        {"role": role, "entry": providers[role][0], "name": one["name"], "part": one}
        for role, some in made.items()
        for one in some
    ]
    return parts | made | {"services": services}


def app(application: Application) -> dict[str, Any]:
    """Return `django_app`."""
    values = said(application, "django_app")
    pool = urls.pooled(database_url(application), application.name) if has_pool(application) else ""
    given = {
        "database_url": database_url(application),
        "cdn_url": cdn_url(application),
        "pool_url": pool,
        "verify": True,
    }
    given["databases"] = databases.further(application)
    given["requirements"] = product.requirements(application)
    given["env"] = texts(values["env"])
    for key in ("commands", "anonymise", "build"):
        given[key] = [{**one, "env": texts(one["env"])} if "env" in one else one for one in values[key]]
    return whole("django_app", "main", "django_app", values | given)


def texts(env: dict[str, Any]) -> dict[str, str]:
    """Return environment variables as text: a number is taken as it stands."""
    return {name: str(value) for name, value in env.items()}


def database_url(application: Application) -> str:
    """Return the URL of the database, with the scheme that the project asks for."""
    return urls.with_scheme(application["database_url"], application["database_scheme"])


def cdn_url(application: Application) -> str:
    """Return the origin of the CDN."""
    return str(application["cdn_url"]).removesuffix("/")


def has_pool(application: Application) -> bool:
    """Say whether the web servers reach their database through PgBouncer."""
    return "pgbouncer" in application.host.groups and urls.is_postgresql(application["database_url"])


def certificate(application: Application) -> dict[str, Any]:
    """Return `certificate_domain`."""
    given = {"name": application.name, "domains": application["domains"], "reload": ["nginx.service"]}
    said = certificates.files(application["certificate"], application.host.folder)
    return whole("certificate", "domain", "certificate_domain", {**said, **given})


def pairs(name: str, certificate: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the files of a `certificate_domain` as an `nginx_site` names them, those with an RSA key last."""
    folder = f"/etc/ssl/groundcrew/{name}"
    folders = [folder, f"{folder}/rsa"] if certificate.get("rsa") else [folder]
    files = {"certificate": "fullchain.pem", "private_key": "privkey.pem"}
    return {key: [f"{one}/{file}" for one in folders] for key, file in files.items()}


def site(application: Application) -> dict[str, Any]:
    """Return `nginx_site` without what the record of the release says: static, media, hsts."""
    name = application.name
    given = {
        "name": name,
        "domains": application["domains"],
        "upstream": [f"unix:{home(name)}/current/web.sock"] if application.present else [],
        **(pairs(name, application["certificate"]) if application.present else {"certificate": [], "private_key": []}),
        "cdn_url": cdn_url(application),
        "group": name if application.present else "",
        "timeout": application["timeout"],
        "error_pages": f"{home(name)}/current/static/errors",
        "state": application["state"],
    }
    made = whole("nginx", "site", "nginx_site", said(application, "nginx") | given)
    return {key: value for key, value in made.items() if key not in ("static", "media", "hsts")}


def worker(application: Application, run_singletons: bool) -> dict[str, Any]:
    """Return `worker_app` without the lines of the units; nothing runs for an application that is to be absent."""
    given: dict[str, Any] = {"name": application.name, "home": home(application.name), "run_singletons": run_singletons}
    values = said(application, "worker") if application.present else {}
    made = whole("worker", "main", "worker_app", values | given)
    return {key: value for key, value in made.items() if key != "service"}


def postgresql(application: Application) -> list[dict[str, Any]]:
    """Return each `postgresql_database`; what a superuser has to make is said of each, of the main one by keys."""
    own = {application.name: said(application, "postgresql") if application.present else {}}
    superusers = databases.SUPERUSERS
    return [
        {"name": one["name"], "owner": application.name}
        | own.get(one["name"], {key: one[key] for key in superusers if key in one and application.present})
        for one in databases.made(application)
    ]


def mariadb(application: Application) -> list[dict[str, Any]]:
    """Return each `mariadb_database`."""
    return [{"name": one["name"], "owner": application.name} for one in databases.made(application)]


def redis(application: Application) -> list[dict[str, Any]]:
    """Return each `redis_instance`: the cache, and apart from it the queue, which must forget nothing."""
    name = application.name
    if not application.present:
        return [{"name": one, "state": "absent"} for one in (name, f"{name}-broker")]
    cache = {"name": name, "group": name, "purpose": "cache", **urls.listener(application["cache_url"])}
    broker = {"name": f"{name}-broker", "group": name, "purpose": "broker", **urls.listener(application["broker_url"])}
    return [cache, broker] if application["processes"] else [cache]


def memcached(application: Application) -> list[dict[str, Any]]:
    """Return the `memcached_instance`."""
    name = application.name
    return [{"name": name, "group": name} if application.present else {"name": name, "state": "absent"}]


def pgbouncer(application: Application) -> list[dict[str, Any]]:
    """Return the `pgbouncer_instance`: web servers go through it; commands and workers, which need sessions, do not."""
    if not application.present:
        return [{"name": application.name, "state": "absent"}]
    url = database_url(application)
    return [{"name": application.name, "database": urls.database(url), "server": urls.server(url)}]


def connections(application: Application) -> list[dict[str, Any]]:
    """Return what `connections.py` needs to count what an application may open to PostgreSQL, for each database."""
    size = specification.complete({}, "pgbouncer", "instance", "pgbouncer_instance")["size"]
    further = {one["alias"]: one["url"] for one in databases.further(application)}
    known = [application["database_url"], *further.values()]
    # Those that the inventory says by the variable itself.
    named = {databases.variable(one) for one in further}
    known += [
        str(value) for name, value in application["env"].items() if name.endswith("_DATABASE_URL") and name not in named
    ]
    return [
        {
            "name": application.name,
            "url": re.sub("//[^@/]*@", "//", url),
            "workers": application["workers"],
            # Four, unless the project's own gunicorn.conf.py says otherwise, which nobody knows here.
            "threads": application["threads"] or 4,
            "processes": len(application["processes"]),
            # The pool is in front of the main database alone.
            "pool": size if number == 0 and has_pool(application) else 0,
        }
        for number, url in enumerate(known)
        if urls.is_postgresql(url)
    ]


def backup(applications: list[Application]) -> dict[str, list[str]]:
    """Return what the applications of a host would miss: their folders, secrets and certificates, and what is left out.

    Media of an application that is to be absent stay, unless they are purged, and are kept with the rest.
    """
    kept = [one for one in applications if one.present or "media" not in one["purge"]]
    folders = [home(one.name) for one in kept]
    return {
        "applications": [one.name for one in kept if one.present],
        "application_paths": folders + [str(path) for one in kept for path in one["directories"]],
        "secret_paths": [f"/etc/django/{one.name}/secrets" for one in kept] + (["/etc/ssl/groundcrew"] if kept else []),
        "exclude": [f"{folder}/{path}" for folder in folders for path in MADE_ANEW],
    }
