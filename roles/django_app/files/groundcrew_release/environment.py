"""The environment file of a release: what the host tells the application, and what the inventory says in `env`."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from . import host, image
from .application import Application, Sentry

HEAD = "# Written by Groundcrew when it built this release.\n"
REDIS = ("redis:", "rediss:", "unix:")


def database_url(application: Application) -> str:
    """Return the database's URL with the scheme that the application wants, such as postgis."""
    return re.sub("^postgresql:", f"{application.database_scheme}:", application.database_url)


def socket_port(url: str) -> str:
    """Return the port that the URL of the host's own server says, which names its socket; "" without one."""
    return dict(parse_qsl(urlsplit(url).query)).get("port", "") if re.match("postg[a-z]*:///", url) else ""


def sentry(given: Sentry, release: str) -> dict[str, str]:
    """Return what Sentry's SDK reads by itself."""
    return {"SENTRY_DSN": given.dsn, "SENTRY_RELEASE": release, "SENTRY_ENVIRONMENT": given.environment}


def path(folder: Path) -> str:
    """Return where the programs of the release in a folder are looked up: its virtual environment first."""
    return f"{folder}/venv/bin:/usr/local/bin:/usr/bin:/bin"


def values(application: Application, release: str, settings: str, paths: Sequence[str] = ()) -> dict[str, str]:
    """Return the variables of a release whose settings module is `settings`.

    `env` of the application wins, but for the settings module, which the overlay stands before. A default that is empty
    is left out, since some libraries would take it for a value.

    :param paths: folders of the source that the project puts first on its path of imports.
    """
    folder, cache, broker = application.release(release), application.cache_url, application.broker_url
    packed = image.read(folder)
    own = image.variables(packed) if packed else {"PATH": path(folder)}
    source = packed.directory if packed else f"{folder}/source"
    celery = re.sub(r"^unix://(.*)[?]db=", r"redis+socket://\1?virtual_host=", broker)
    defaults = {
        "PYTHONUNBUFFERED": "1",
        "LANG": "C.UTF-8",
        "HOME": str(application.cache),
        "PGHOST": "/var/run/postgresql",
        "PGPORT": socket_port(application.database_url),
        "RELEASE": release,
        "DJANGO_SETTINGS_MODULE": "groundcrew_settings" if application.overlay else settings,
        "GROUNDCREW_SETTINGS_MODULE": settings,
        "DJANGO_ALLOWED_HOSTS": ",".join(application.domains),
        "DJANGO_STATIC_ROOT": f"{folder}/static",
        "DJANGO_MEDIA_ROOT": str(application.media_folder),
        "DJANGO_STATIC_HOST": application.cdn_url.rstrip("/"),
        "DJANGO_HSTS_SECONDS": "" if application.hsts_max_age is None else str(application.hsts_max_age),
        **(sentry(application.sentry, release) if application.sentry.dsn else {}),
        "DATABASE_URL": database_url(application),
        **{one.variable: one.url for one in application.databases if one.alias},
        # django-environ knows a socket by `redis:///path` only, the library by `unix:///path` only.
        "CACHE_URL": re.sub("^unix:", "redis:", cache),
        "REDIS_URL": cache if cache.startswith(REDIS) else "",
        # The names that the `celery` and `rq` commands read by themselves, each with its own word for a socket.
        "BROKER_URL": celery,
        "CELERY_BROKER_URL": celery,
        "RQ_REDIS_URL": broker if broker.startswith(REDIS) else "",
    }
    # Python modules among the `files` can be imported.
    places = [f"{folder}/overlay", application.env.get("PYTHONPATH", "")]
    places += [*(f"{source}/{path}" for path in paths), own.get("PYTHONPATH", ""), str(application.config)]
    python_path = {"PYTHONPATH": ":".join(filter(None, places))}
    given = dict(application.env)
    if application.overlay:
        given.pop("DJANGO_SETTINGS_MODULE", None)
    return own | {name: value for name, value in defaults.items() if value} | given | python_path


def names(application: Application) -> frozenset[str]:
    """Return the variables that a release has, with the host's secrets and what systemd sets."""
    secrets = [path.name for path in (application.config / "secrets").glob("*")]
    return frozenset([*values(application, "release", "settings"), *secrets, "USER", "LOGNAME", "SHELL"])


def text(variables: dict[str, str]) -> str:
    """Return variables as systemd reads them from an `EnvironmentFile`: exact for every value without NUL."""
    return HEAD + "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())


def write(application: Application, release: str, settings: str, paths: Sequence[str] = ()) -> None:
    """Write the environment of a release, for root alone: systemd reads it."""
    target = application.release(release) / "environment"
    host.write(target, text(values(application, release, settings, paths)), host.user(application.name)[1], 0o600)


def refresh(application: Application, record: dict[str, Any]) -> None:
    """Give a recorded release the environment of today, such as a secret that was changed since it was built."""
    write(application, record["id"], record["settings"], record.get("paths", ()))
