"""The project's own settings, with production values where a development default still stands.

What the project chose on purpose stays; DEBUG is off whatever it says. The values come from the environment:

    GROUNDCREW_SETTINGS_MODULE   shop.settings, the project's own; DJANGO_SETTINGS_MODULE is groundcrew_settings
    DJANGO_ALLOWED_HOSTS         shop.example.org,www.shop.example.org   the names that the web server serves
    DJANGO_SECRET_KEY            50 characters or more
    DJANGO_SECRET_KEY_FALLBACKS  former keys, separated by commas, while a key is being changed
    DATABASE_URL                 postgresql:///shop (postgresql, postgres, postgis, mysql, mariadb, sqlite)
    REPORTS_DATABASE_URL         the same for the alias `reports` of DATABASES, and so for each alias that it has
    CACHE_URL                    redis:///run/redis-shop/redis.sock?db=0 (redis, rediss, unix, memcached, pymemcache)
    EMAIL_URL                    smtp+tls://user:password@mail.example.org:587 (smtp, smtp+tls, smtp+ssl)
    DJANGO_STATIC_ROOT           where collectstatic writes and the web server reads
    DJANGO_MEDIA_ROOT            where uploads outlive a release
    DJANGO_STATIC_HOST           https://cdn.example.net, which fetches static files from the same path of the site
    DJANGO_CSRF_TRUSTED_ORIGINS  https://shop.example.org:8443, only behind a proxy that hides its port
    DJANGO_HSTS_SECONDS          how long browsers insist on HTTPS; 0 sends no HSTS header. A year where nobody says
    SENTRY_DSN                   where errors are reported, when groundcrew_sentry.py lies beside this module

`python -m groundcrew_settings` lists what was replaced, `--json` for machines. docs/settings.md has the reasons.
"""

import ast
import importlib.util
import json
import os
import posixpath
import re
import sys
import time
from contextlib import suppress
from functools import wraps
from importlib import metadata
from importlib.machinery import PathFinder, SourceFileLoader
from logging import getLogger
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import django
from django.conf import global_settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.views.debug import SafeExceptionReporterFilter

try:
    from django.core.cache.backends.redis import RedisCache
except ImportError:
    version = django.get_version()
    raise ImproperlyConfigured(f"The overlay needs Django 4, and this is {version}: set `overlay: false`.") from None


class Overlay:
    """The settings of a project, and a record of what was replaced in them."""

    def __init__(self):
        self.values, self.replaced = {}, []
        self.debugging, self.refused = False, ""  # whether the project has DEBUG on, and why it must while it loads

    def get(self, name):
        """Return the value in force."""
        return self.values.get(name, getattr(global_settings, name, None))

    def untouched(self, name):
        """True while the setting has Django's own default value, written out or not."""
        return self.get(name) == getattr(global_settings, name, None)

    def put(self, name, value, was=None, now=None):
        """Replace a setting; `was` and `now` stand in the record for values that are secret or long."""
        old = self.get(name)
        if old != value:
            self.values[name] = value
            was = was or ("not set" if old in (None, "", [], {}) else "hidden" if "PASSWORD" in name else str(old))
            self.replaced.append({"name": name, "was": was, "now": now or str(value)})

    def put_in(self, name, alias, value, was, now):
        """Replace one entry of a setting that is a dictionary."""
        self.put(name, {**self.get(name), alias: value}, was=f"{alias}: {was}", now=now)


def words(name):
    """A comma separated variable as a list."""
    return [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]


def domains():
    """The site's names. A web server writes *.example.org where Django writes .example.org; a bare * is no name."""
    return [name.lstrip("*") for name in words("DJANGO_ALLOWED_HOSTS") if name.lstrip("*")]


def address(name, schemes):
    """The parts of the URL in a variable, percent-decoded. No message repeats the URL: it may hold a password."""
    try:
        url = urlsplit(os.environ[name].strip())
    except ValueError:
        url = urlsplit("?@")
    login, _, netloc = url.netloc.rpartition("@")
    # libpq takes several hosts: postgresql://one:5432,two:5432/shop
    hosts = [re.fullmatch(r"(\[[^]]+\]|[^:]*)(?::(\d*))?", host) for host in netloc.split(",")]
    if url.fragment or "@" in url.path + url.query or None in hosts:
        form = "scheme://user:password@host:port/name and percent-encode %@:/#?[] and spaces in user and password"
        raise ImproperlyConfigured(f"{name} cannot be read: write {form}.")
    if url.scheme not in schemes:
        raise ImproperlyConfigured(f"{name} must begin with one of {', '.join(schemes)}, then ://.")
    return SimpleNamespace(
        scheme=url.scheme,
        meaning=schemes[url.scheme],
        user=unquote(login.partition(":")[0]),
        password=unquote(login.partition(":")[2]),
        host=",".join(unquote(host[1].strip("[]")) for host in hosts),
        port=",".join(host[2] or "" for host in hosts).strip(","),
        path=unquote(url.path[1:]),
        query=dict(map(unquote, pair.partition("=")[::2]) for pair in url.query.split("&") if pair),
    )


def debug(settings):
    """No page with source and settings for visitors; templates may hold a copy of DEBUG."""
    why = f"False, after the settings were read: without it they do not load ({settings.refused})"
    settings.put("DEBUG", False, now=why if settings.refused else None)
    engines = [dict(engine) for engine in settings.get("TEMPLATES")]
    for engine in engines:
        if engine.get("OPTIONS", {}).get("debug"):
            engine["OPTIONS"] = {**engine["OPTIONS"], "debug": False}
    settings.put("TEMPLATES", engines, was="debug on", now="debug off")


def hosts(settings):
    """A deliberate list stays and gets the site's domains that it lacks: they are served, and would be answered 400."""
    local = ("*", "localhost", ".localhost", "127.0.0.1", "::1", "[::1]", "0.0.0.0")  # noqa: S104
    old = settings.get("ALLOWED_HOSTS")
    deliberate = [host for host in old if host not in local]
    new = list(old) if deliberate and "*" not in old else deliberate
    for name in domains():
        if not any(name == host or (host[:1] == "." and f".{name}".endswith(host)) for host in new):
            new.append(name)
    if not new:
        raise ImproperlyConfigured("ALLOWED_HOSTS names no site: set DJANGO_ALLOWED_HOSTS to its domains.")
    settings.put("ALLOWED_HOSTS", type(old)(new))


def secret_key(settings):
    """A key that Django's check security.W009 takes for weak is no choice."""
    key = settings.get("SECRET_KEY")
    weak = isinstance(key, str) and (len(key) < 50 or len(set(key)) < 5 or key.startswith("django-insecure-"))
    if weak or not key:
        new = os.environ.get("DJANGO_SECRET_KEY")
        if not new:
            raise ImproperlyConfigured("SECRET_KEY is empty or weak: set DJANGO_SECRET_KEY to 50 random characters.")
        settings.put("SECRET_KEY", new, was="weak" if key else None, now="from DJANGO_SECRET_KEY")
    fallbacks = words("DJANGO_SECRET_KEY_FALLBACKS")
    if settings.untouched("SECRET_KEY_FALLBACKS"):
        settings.put("SECRET_KEY_FALLBACKS", fallbacks, now=f"{len(fallbacks)} from DJANGO_SECRET_KEY_FALLBACKS")


def database(settings):
    """Use DATABASE_URL instead of SQLite or nothing, and for each further alias that the project has its own URL."""
    databases = settings.get("DATABASES")
    for alias in ["default", *(alias for alias in databases if alias != "default")]:
        name = "DATABASE_URL"
        if alias != "default":
            name = f"{re.sub('[^A-Z0-9]', '_', alias.upper())}_{name}"
        old = databases.get(alias) or {}
        engine = old.get("ENGINE", "").rpartition(".")[2]
        if engine in ("", "dummy", "sqlite3", "spatialite") and os.environ.get(name):
            databases = use(settings, databases, alias, name)


def use(settings, databases, alias, name):
    """Put the database of the URL in the variable `name` behind an alias, and return the new DATABASES."""
    old = databases.get(alias) or {}
    engine = old.get("ENGINE", "").rpartition(".")[2]
    postgis, mysql = "django.contrib.gis.db.backends.postgis", "django.db.backends.mysql"
    postgresql = postgis if engine == "spatialite" else "django.db.backends.postgresql"
    engines = {"postgresql": postgresql, "postgres": postgresql, "postgis": postgis, "mysql": mysql, "mariadb": mysql}
    url = address(name, {**engines, "sqlite": "django.db.backends.sqlite3"})
    new = {"ENGINE": url.meaning, "NAME": url.path}
    new.update({part.upper(): url.query.pop(part, getattr(url, part)) for part in ("user", "password", "host", "port")})
    if url.meaning == mysql:
        url.query.setdefault("charset", "utf8mb4")  # until Django 5.1 it asks for three bytes at most: no emoji
    query = {key: json.loads(v) if re.fullmatch(r"true|false|0|[1-9]\d*", v) else v for key, v in url.query.items()}
    # What tests do of it (a mirror) says something of production, too.
    general = {"ATOMIC_REQUESTS", "AUTOCOMMIT", "CONN_HEALTH_CHECKS", "CONN_MAX_AGE", "DISABLE_SERVER_SIDE_CURSORS"}
    new.update({key: old[key] for key in (general | {"TEST"}) & old.keys()})
    new.update({key: query.pop(key) for key in general & query.keys()}, OPTIONS=query)
    was, now = f"{engine} {old.get('NAME', '')}".strip(), f"{url.scheme} {new['NAME']} {new['HOST']}".strip()
    prefix = "" if alias == "default" else f"{alias}: "
    databases = {**databases, alias: new}
    settings.put("DATABASES", databases, was=f"{prefix}{was or 'not set'}", now=f"{prefix}{now}")
    return databases


def connections(settings):
    """Keep connections where neither the project nor the URL says how long: a new one costs more than a page."""
    for alias, old in settings.get("DATABASES").items():
        engine, options = old.get("ENGINE", "").rpartition(".")[2], old.get("OPTIONS", {})
        if engine not in ("postgresql", "postgis", "mysql"):
            continue
        new = {"CONN_HEALTH_CHECKS": True, **old}
        if "/pgbouncer-" in f"{options.get('host')} {old.get('HOST')}":
            # https://docs.djangoproject.com/en/stable/ref/databases/#transaction-pooling-and-server-side-cursors
            new.setdefault("DISABLE_SERVER_SIDE_CURSORS", True)
        elif can_pool(engine, old.keys() | options.keys()):
            new["OPTIONS"] = {**options, "pool": {"min_size": 1, "max_size": 10, "timeout": 10}}
        pooled = new.get("OPTIONS", {}).get("pool")
        new.setdefault("CONN_MAX_AGE", 0 if pooled or asynchronous() else 60)
        now = "connections in a pool" if pooled else f"connections kept for {new['CONN_MAX_AGE']} s, and checked"
        prefix = "" if alias == "default" else f"{alias}: "
        databases = {**settings.get("DATABASES"), alias: new}
        settings.put("DATABASES", databases, was=f"{prefix}not said how long", now=f"{prefix}{now}")


def interface():
    """Return what the web server speaks that this process is one of, "" in a command or a background process."""
    server = sys.modules.get("groundcrew_server")
    if server or "uvicorn" in sys.modules:
        return server.INTERFACE if server else "asgi"
    return "wsgi" if "gunicorn" in os.environ.get("SERVER_SOFTWARE", "") else ""


def asynchronous():
    """Tell whether the web server speaks ASGI: code changes threads then, and a kept connection belongs to one."""
    return interface() == "asgi"


def can_pool(engine, chosen):
    """Tell whether the web server's threads share psycopg's pool; `chosen` are the keys of the connection that stand.

    Commands end, and workers may fork as Celery's do: a pool survives no fork.
    """
    installed = all(importlib.util.find_spec(name) for name in ("psycopg", "psycopg_pool"))
    known = django.VERSION >= (5, 1) and engine in ("postgresql", "postgis")
    return interface() == "wsgi" and known and installed and not {"pool", "CONN_MAX_AGE"} & chosen


def cache(settings):
    """Share a cache, without which pages answer, too. Sessions stay in the database, where they are never lost."""
    old, location = settings.get("CACHES").get("default") or {}, cache_url()
    if not location or not old.get("BACKEND", "locmem.LocMemCache").endswith("locmem.LocMemCache"):
        return
    packages = {"redis": ["redis", "rediss", "unix"], "pymemcache": ["memcached", "memcache", "pymemcache"]}
    url = address("CACHE_URL", {scheme: name for name, schemes in packages.items() for scheme in schemes})
    if not importlib.util.find_spec(url.meaning):
        raise ImproperlyConfigured(f"CACHE_URL needs the Python package {url.meaning}, which is not installed.")
    new = {key: old[key] for key in {"KEY_FUNCTION", "KEY_PREFIX", "TIMEOUT", "VERSION"} & old.keys()}
    redis = {"BACKEND": f"{__name__}.SteadyRedisCache", "LOCATION": location}
    new.update(memcached(url, location) if url.meaning == "pymemcache" else redis)
    new = {**settings.get("CACHES"), "default": new}
    settings.put("CACHES", new, was="local memory", now=f"{url.scheme} {url.host or '/' + url.path}")


def cache_url():
    """Return CACHE_URL. django-environ writes a socket as redis:///path, the library as unix:///path."""
    return re.sub(r"^redis:///(?=[^\d?])", "unix:///", os.environ.get("CACHE_URL", ""))


def own_redis(url, database, own=None):
    """Return the application's Redis for the URL of one on a developer's machine, None for any other.

    Of a socket it is the database that the URL names, else `database`; a server may have given others to neighbours.
    `own` is the URL of the Redis that is meant, that of the cache when left out.
    """
    local = re.fullmatch(r"redis://(?:localhost|127\.0\.0\.1|\[::1\])(?::6379)?/?(\d*)", str(url))
    own = cache_url() if own is None else own
    socket, _, _ = own.partition("?")
    if not local or not socket.startswith(("unix:", "redis:", "rediss:")):
        return None
    return f"{socket}?db={local[1] or database}" if socket.startswith("unix:") else own


def named_redis(parts):
    """Return the URL of a Redis that a dictionary of HOST, PORT, DB (or host, port, db) names, "" for none."""
    known = {key.lower(): value for key, value in parts.items()}
    if known.get("url") or not known.get("host"):
        return str(known.get("url") or "")
    return "redis://{host}:{port}/{db}".format(**{"port": 6379, "db": 0, **known})


def with_url(parts, key, url):
    """Return a dictionary that names a Redis by its URL alone, and says the rest as before."""
    where = ("url", "host", "port", "db", "username", "password")
    return {name: value for name, value in parts.items() if name.lower() not in where} | {key: url}


def queues(settings):
    """Use the application's queue where Celery, RQ, Django Q or Huey look for one on a developer's machine."""
    own, now = os.environ.get("RQ_REDIS_URL", ""), "the queue of the application"
    for name in [one for one in settings.values if re.search("(^|_)(BROKER_URL|RESULT_BACKEND)$", one)]:
        said = str(settings.get(name))
        # REDIS_URL is the cache, which may forget, in redis-py's spelling of a socket; Celery has its own.
        if url := own_redis(said, 0, own) or (said.startswith("unix:") and (own or said)):
            url = re.sub(r"^unix://(.*)[?]db=", r"redis+socket://\1?virtual_host=", url)
            settings.put(name, url, was=settings.get(name), now=now)
    for alias, old in (settings.get("RQ_QUEUES") or {}).items():
        was = named_redis(old)
        if url := own_redis(was, 0, own):
            settings.put_in("RQ_QUEUES", alias, with_url(old, "URL", url), was=was, now=now)
    cluster = settings.get("Q_CLUSTER") or {}
    was = cluster.get("redis") or ""
    was = named_redis(was) if isinstance(was, dict) else was
    if url := own_redis(was, 0, own):
        settings.put("Q_CLUSTER", {**cluster, "redis": url}, was=was, now=now)
    huey = settings.get("HUEY")
    if isinstance(huey, dict) and "Redis" in str(huey.get("huey_class", "huey.RedisHuey")):
        connection = huey.get("connection") or {"host": "localhost"}
        was = str(huey.get("url") or named_redis(connection))
        if url := own_redis(was, 0, own):
            rest = {name: value for name, value in huey.items() if name != "url"}
            settings.put("HUEY", {**rest, "connection": with_url(connection, "url", url)}, was=was, now=now)


def local_caches(settings):
    """Use the application's Redis for caches that name one on a developer's machine; their classes stay."""
    for alias, old in settings.get("CACHES").items():
        url = own_redis(old.get("LOCATION"), 0) if "redis" in old.get("BACKEND", "").lower() else None
        if url:
            new = {**old, "LOCATION": url}
            settings.put_in("CACHES", alias, new, was=old["LOCATION"], now="the Redis of CACHE_URL")


def channel_layers(settings):
    """Use the application's Redis for layers of Channels in one process' memory or on a developer's machine."""
    for alias, old in (settings.get("CHANNEL_LAYERS") or {}).items():
        config, kind = old.get("CONFIG", {}), old.get("BACKEND", "").rpartition(".")[2]
        if kind == "InMemoryChannelLayer" and importlib.util.find_spec("channels_redis"):
            backend, hosts, was = "channels_redis.core.RedisChannelLayer", [("localhost", 6379)], "memory"
        elif kind.startswith("Redis"):
            backend, hosts = old["BACKEND"], config.get("hosts") or [("localhost", 6379)]
            was = ", ".join(map(str, hosts))
        else:
            continue
        # A database of its own: clearing the cache empties the first.
        urls = [own_redis("redis://{}:{}".format(*one) if isinstance(one, (tuple, list)) else one, 1) for one in hosts]
        chosen = urls if all(urls) else hosts
        new = [patient(one) for one in chosen] if takes_limits() else chosen
        if new != hosts:
            now = "the Redis of CACHE_URL"
            if not all(urls):
                # Not where it is: there may be a password in that.
                was, now = "hosts without socket_timeout", "they wait longer for an answer"
            layer = {"BACKEND": backend, "CONFIG": {**config, "hosts": new}}
            settings.put_in("CHANNEL_LAYERS", alias, layer, was=was, now=now)


def takes_limits():
    """Say whether Channels' layer hands its hosts to redis-py, as channels_redis does since 4.0."""
    try:
        return int(metadata.version("channels_redis").partition(".")[0]) >= 4
    except metadata.PackageNotFoundError:
        return False


def patient(host):
    """Return a host of a channel layer that waits longer for an answer than Channels for a message.

    Both wait five seconds (channels_redis 4.3, redis-py 8), so a WebSocket on which nothing happens would end.
    """
    if isinstance(host, (tuple, list)):
        host = {"host": host[0], "port": host[1]}
    elif not isinstance(host, dict):
        host = {"address": host}
    said = "socket_timeout" in host or "socket_timeout=" in str(host.get("address"))
    return host if said or "master_name" in host else {**host, "socket_timeout": 15}


def memcached(url, location):
    """Return the cache of a Memcached socket or of several servers; one that is away is asked again after a second."""
    servers = re.sub(r"(^|,)([^:,]+)(?=,|$)", r"\1\2:11211", urlsplit(location).netloc)
    limits = {"ignore_exc": True, "retry_attempts": 0, "dead_timeout": 1, "connect_timeout": 1, "timeout": 1}
    return {
        "BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache",
        "LOCATION": servers.split(",") if servers else f"unix:/{url.path}",
        "OPTIONS": limits,
    }


def steady(method, away):
    """Wrap a method of SteadyRedisCache: `away`, a value or a function, answers while there is no server."""

    @wraps(method)
    def call(self, *args, **kwargs):
        from redis.exceptions import AuthenticationError, ConnectionError, TimeoutError

        if time.monotonic() >= SteadyRedisCache.resume:
            try:
                return method(self, *args, **kwargs)
            except AuthenticationError:
                raise
            except (ConnectionError, TimeoutError) as error:
                SteadyRedisCache.resume = time.monotonic() + SteadyRedisCache.PAUSE
                getLogger(__name__).warning("The cache is away, pages answer without it: %s", error)
        return away(*args, **kwargs) if callable(away) else away

    return call


def absent(key, *_args, **_options):
    """Do what the cache does for a counter that is not there."""
    raise ValueError(f"Key '{key}' not found.")


class SteadyRedisCache(RedisCache):
    """Holds nothing while its server is away, and asks again after some seconds; Django's own class fails."""

    PAUSE = 5  # seconds
    resume = 0.0  # when the server is asked again, by the clock of time.monotonic

    def __init__(self, server, params):
        """Wait a little for a server that does not answer; by itself redis-py tries for many seconds."""
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        limits = {"retry": Retry(NoBackoff(), 1), "socket_timeout": 3}
        if not str(server).startswith("unix:"):
            limits["socket_connect_timeout"] = 1
        super().__init__(server, {**params, "OPTIONS": {**limits, **params.get("OPTIONS", {})}})

    add = steady(RedisCache.add, False)
    clear = steady(RedisCache.clear, False)
    delete = steady(RedisCache.delete, False)
    delete_many = steady(RedisCache.delete_many, None)
    get = steady(RedisCache.get, lambda _key, default=None, **_options: default)
    get_many = steady(RedisCache.get_many, lambda *_args, **_options: {})
    has_key = steady(RedisCache.has_key, False)
    incr = steady(RedisCache.incr, absent)
    set = steady(RedisCache.set, None)
    set_many = steady(RedisCache.set_many, lambda data, *_args, **_options: list(data))
    touch = steady(RedisCache.touch, False)


def files(settings):
    """Use the folders that the web server reads: the project's own lie in the release, read-only and soon gone."""
    for kind in ("STATIC", "MEDIA"):
        if root := os.environ.get(f"DJANGO_{kind}_ROOT"):
            settings.put(f"{kind}_ROOT", alike(settings.get(f"{kind}_ROOT"), root))
            settings.put(f"{kind}_URL", settings.get(f"{kind}_URL") or f"/{kind.lower()}/")
    # The web server reads uploads as a member of the application's group.
    for name, bits in {"FILE_UPLOAD_PERMISSIONS": 0o640, "FILE_UPLOAD_DIRECTORY_PERMISSIONS": 0o750}.items():
        mode = settings.get(name)
        # Without a mode a large upload keeps that of a temporary file, and a folder the one of the umask.
        if (
            os.environ.get("DJANGO_MEDIA_ROOT")
            and (name == "FILE_UPLOAD_PERMISSIONS" or mode)
            and not (mode or 0) & 0o040
        ):
            settings.put(name, (mode or 0) | bits, was=oct(mode) if mode else "not set", now=oct((mode or 0) | bits))
    # The variable is WhiteNoise's, too: who reads it as its manual says has put it in front already.
    if host := os.environ.get("DJANGO_STATIC_HOST"):
        url = settings.get("STATIC_URL") or "/static/"
        settings.put("STATIC_URL", f"{host}/{urlsplit(url).path.lstrip('/')}")


def alike(old, path):
    """Return a path of the type that the project uses: with a `Path`, its code says `settings.MEDIA_ROOT / "x"`."""
    if isinstance(old, (os.PathLike, str)):
        with suppress(TypeError, ValueError):
            return type(old)(path)
    return path


def static_storage(settings):
    """Give static files names with a hash of the content, which browsers may keep for ever."""
    if not os.environ.get("DJANGO_STATIC_ROOT") or "django.contrib.staticfiles" not in settings.get("INSTALLED_APPS"):
        return
    plain, hashed = "django.contrib.staticfiles.storage.StaticFilesStorage", f"{__name__}.HashedStaticFilesStorage"
    # Until Django 5.1 a project may use the settings that STORAGES replaced, and Django refuses a mixture.
    old_style = {"DEFAULT_FILE_STORAGE", "STATICFILES_STORAGE"} & settings.values.keys()
    if old_style and hasattr(global_settings, "STATICFILES_STORAGE"):
        if settings.untouched("STATICFILES_STORAGE"):
            settings.put("STATICFILES_STORAGE", hashed)
    elif settings.get("STORAGES").get("staticfiles", {"BACKEND": plain}) == {"BACKEND": plain}:
        storages = {**settings.get("STORAGES"), "staticfiles": {"BACKEND": hashed}}
        settings.put("STORAGES", storages, was="plain names of static files", now="hashed names of static files")


class HashedStaticFilesStorage(ManifestStaticFilesStorage):
    """Leaves the plain name to a file that hashing cannot take, where Django's own class fails, and says so.

    That is a style sheet or script that is not UTF-8, or that imports itself in a circle, a name that is too long for a
    hash, and what others name and is not there: vendored files are like that, and nobody wants to edit them.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.plain, self.absent = {}, set()

    def hashed_name(self, name, content=None, filename=None):
        """Name a file for collectstatic."""
        with suppress(ValueError, SuspiciousOperation):
            path = unquote(name).partition("?")[0].partition("#")[0]
            if path in self.plain:
                return name
            hashed = super().hashed_name(name, content, filename)
            if len(os.fsencode(hashed.rpartition("/")[2])) <= 255:
                return hashed
            self.plain[path] = "its name has no room for a hash"
            return name
        self.absent.add(name)
        return name

    def stored_name(self, name):
        """Name a file for a page."""
        with suppress(ValueError, SuspiciousOperation):
            return super().stored_name(name)
        return name

    def post_process(self, paths, dry_run=False, **options):
        """Name all files, without those that cannot be; a second time when that turns out on the way."""
        self.plain, self.absent = {}, set()
        texts = {}
        for name in () if dry_run else [name for name in paths if name.lower().endswith((".css", ".js"))]:
            storage, path = paths[name]
            with storage.open(path) as file:
                try:
                    texts[name] = file.read().decode()
                except UnicodeDecodeError as error:
                    self.plain[name] = f"it is not UTF-8 (byte {error.object[error.start]:#x} at {error.start})"
        done = self.attempt(paths, dry_run, options)
        if any(isinstance(result, RuntimeError) for _, _, result in done):
            self.plain.update(dict.fromkeys(circles(texts) or texts, "it imports itself in a circle"))
            done = self.attempt(paths, dry_run, options)
        for name, _, result in done:
            if isinstance(result, ValueError):
                print(f"Groundcrew: {name} names something that is no address, which stays: {result}", file=sys.stderr)
        for name, reason in sorted(self.plain.items()):
            print(f"Groundcrew: the static file {name} keeps its plain name: {reason}", file=sys.stderr)
        if self.absent:
            shown = ", ".join(sorted(self.absent)[:5]) + (" ..." if len(self.absent) > 5 else "")
            print(f"Groundcrew: static files that others name are not there: {shown}", file=sys.stderr)
        for entry in done:
            if not isinstance(entry[2], (ValueError, RuntimeError)):
                yield entry

    def attempt(self, paths, dry_run, options):
        """Do what Django does with the files that can be named, and return what it says of each."""
        named = {name: place for name, place in paths.items() if name not in self.plain}
        return list(super().post_process(named, dry_run, **options))


def circles(texts):
    """Return the names of style sheets that import each other in a circle; `texts` are all by name."""
    named = re.compile(r"""(?:@import\s*["']|url\(\s*["']?)\s*([^"')\s?#]+)""")
    edges = {
        name: {posixpath.normpath(posixpath.join(posixpath.dirname(name), one)) for one in named.findall(text)}
        for name, text in texts.items()
    }
    left, before = set(texts), -1
    while len(left) != before:
        before = len(left)
        left = {name for name in left if edges[name] & left}
        left &= {target for name in left for target in edges[name]}
    return sorted(left)


def https(settings):
    """Follow https://docs.djangoproject.com/en/stable/howto/deployment/checklist/#https for this domain."""
    seconds = os.environ.get("DJANGO_HSTS_SECONDS")
    # W005 and W021 would bind other names too: those below the domain and, in browsers' lists, for years.
    wanted = {
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": int(seconds or 31536000),
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "CSRF_TRUSTED_ORIGINS": words("DJANGO_CSRF_TRUSTED_ORIGINS"),
    }
    for name, value in wanted.items():
        # Who names a time for HSTS wants that one: generators leave a minute in a project, for a day that never comes.
        if settings.untouched(name) or (name == "SECURE_HSTS_SECONDS" and seconds):
            settings.put(name, value)
    decided = {"security.W005", "security.W021"} if settings.get("SECURE_HSTS_SECONDS") else {"security.W004"}
    settings.put("SILENCED_SYSTEM_CHECKS", sorted(decided.union(settings.get("SILENCED_SYSTEM_CHECKS"))))


def logging(settings):
    """Log to stderr, and so to the journal; Django's default does so only while DEBUG is on."""
    new = {"version": 1, "disable_existing_loggers": False, "root": {"handlers": ["stderr"], "level": "INFO"}}
    new["formatters"] = {"journal": {"format": "%(levelname)s %(name)s: %(message)s"}}
    new["handlers"] = {"stderr": {"class": "logging.StreamHandler", "formatter": "journal"}}
    if settings.untouched("LOGGING") and settings.untouched("LOGGING_CONFIG"):
        settings.put("LOGGING", new, now="INFO to stderr")


class QuietExceptionReporterFilter(SafeExceptionReporterFilter):
    """Lists no setting. Django hides values by names such as PASSWORD; a URL of a queue has one in the middle."""

    def get_safe_settings(self):
        """Return none."""
        return {}


def errors(settings):
    """Send no settings in the e-mails to ADMINS about an error."""
    if settings.untouched("DEFAULT_EXCEPTION_REPORTER_FILTER"):
        name = f"{__name__}.{QuietExceptionReporterFilter.__name__}"
        settings.put(
            "DEFAULT_EXCEPTION_REPORTER_FILTER", name, was="settings in e-mails about errors", now="none in them"
        )


def email(settings):
    """Send by SMTP what is only printed or filed: through EMAIL_URL or, Django's default, the host's own server."""
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    development = [f"django.core.mail.backends.{kind}.EmailBackend" for kind in ("console", "filebased", "locmem")]
    options = {}
    if os.environ.get("EMAIL_URL"):
        url = address("EMAIL_URL", {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465})
        options = {"host": url.host, "port": int(url.port or url.meaning), "username": url.user}
        options.update(password=url.password, use_tls=url.meaning == 587, use_ssl=url.meaning == 465)
    mailers = settings.values.get("MAILERS")  # since Django 6.1
    default = (mailers or {}).get("default", {})
    backend = settings.get("EMAIL_BACKEND") if mailers is None else default.get("BACKEND", smtp)
    unset = backend == smtp and settings.untouched("EMAIL_HOST") and not default.get("OPTIONS")
    if backend in development or (options and unset):
        shown = {"was": backend.split(".")[-2], "now": f"smtp {options.get('host', 'localhost')}"}
        if mailers is not None:
            settings.put("MAILERS", {**mailers, "default": {"BACKEND": smtp, "OPTIONS": options}}, **shown)
        else:
            settings.put("EMAIL_BACKEND", smtp, **shown)
            for option, value in options.items():
                name = {"username": "HOST_USER", "password": "HOST_PASSWORD"}.get(option, option.upper())
                settings.put(f"EMAIL_{name}", value, now="from EMAIL_URL")
    for name, sender in {"DEFAULT_FROM_EMAIL": "webmaster", "SERVER_EMAIL": "root"}.items():
        if settings.untouched(name) and domains():
            settings.put(name, f"{sender}@{domains()[0].lstrip('.')}")


def sentry(settings):
    """Report errors where the inventory says so, unless the project has done that while its settings were read."""
    if not os.environ.get("SENTRY_DSN") or not importlib.util.find_spec("groundcrew_sentry"):
        return
    try:
        started = importlib.import_module("groundcrew_sentry").start()
    except Exception as error:  # whatever it is: pages are worth more than reports about them
        print(f"Groundcrew: errors are not reported: {type(error).__name__}: {error}", file=sys.stderr)
        return
    if started:
        settings.replaced.append({"name": "Sentry", "was": "not initialised", "now": "errors are reported"})


class DebugOff(SourceFileLoader):
    """Runs a settings module in which each `DEBUG = ...` says False, so that what follows from it is production's."""

    def get_code(self, fullname):
        """Compile the source anew: what is cached is as it was written."""
        path = self.get_filename(fullname)
        tree = ast.parse(self.get_data(path), path)
        for one in assignments(tree.body):
            one.value = ast.Call(ast.Name("_debug_off", ast.Load()), [one.value], [])
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)

    def exec_module(self, module):
        """Run the module; what it said of DEBUG is kept."""
        vars(module)["_debug_off"] = self.note
        super().exec_module(module)

    def note(self, value):
        """Keep whether DEBUG was on, and turn it off."""
        overlay.debugging |= bool(value)
        return False


def assignments(body):
    """Yield the assignments to DEBUG in statements, also those below a condition."""
    for one in body:
        targets = getattr(one, "targets", [getattr(one, "target", None)])
        if isinstance(one, (ast.Assign, ast.AnnAssign)) and one.value:
            if any(isinstance(target, ast.Name) and target.id == "DEBUG" for target in targets):
                yield one
        elif isinstance(one, (ast.If, ast.Try, ast.With)):
            for name in ("body", "orelse", "finalbody"):
                yield from assignments(getattr(one, name, []))
            for handler in getattr(one, "handlers", []):
                yield from assignments(handler.body)


class Settings:
    """Finds the modules in the folder of a settings module, and has them run with DEBUG off."""

    def __init__(self, name):
        spec = importlib.util.find_spec(name)
        self.folder = Path(spec.origin).parent if spec and spec.origin else None

    def find_spec(self, name, path=None, target=None):
        """Return what Python finds, with the other loader."""
        spec = PathFinder.find_spec(name, path, target)
        if not spec or type(spec.loader) is not SourceFileLoader or Path(spec.origin).parent != self.folder:
            return None
        spec.loader = DebugOff(name, spec.origin)
        return spec


def read(name):
    """Import the project's settings with DEBUG off from the start; as they are when they load in no other way.

    `if DEBUG:` adds toolbars, trusts every origin and asks a development server for the front end: turning it off
    afterwards leaves all that on.
    """
    finder = Settings(name)
    sys.meta_path.insert(0, finder)
    try:
        project = importlib.import_module(name)
    except Exception as error:
        if not overlay.debugging:
            raise
        overlay.refused = f"{type(error).__name__}: {error}"
    finally:
        sys.meta_path.remove(finder)
    if overlay.refused:
        for module in [one for one, it in sys.modules.items() if isinstance(getattr(it, "__loader__", None), DebugOff)]:
            del sys.modules[module]
        project = importlib.import_module(name)
    elif overlay.debugging:
        # As it says itself, for the record.
        project.DEBUG = True
    overlay.debugging = False
    return project


def load():
    """Import the project's settings and go through every concern; a second time changes nothing."""
    name = os.environ.get("GROUNDCREW_SETTINGS_MODULE")
    if name in (None, "", "groundcrew_settings"):
        raise ImproperlyConfigured("Set GROUNDCREW_SETTINGS_MODULE to the project's own, for example shop.settings.")
    try:
        project = read(name)
    except ImproperlyConfigured:
        if "configurations" in sys.modules:
            raise ImproperlyConfigured(f"{name} uses django-configurations: set `overlay: false`.") from None
        raise
    if (kind := type(sys.modules["django.conf"].settings).__module__.partition(".")[0]) != "django":
        raise ImproperlyConfigured(
            f"{name} uses {kind}, which takes the place of Django's settings: set `overlay: false`."
        )
    overlay.values.update({name: getattr(project, name) for name in dir(project) if name.isupper()})
    first = (debug, hosts, secret_key, database, connections)
    for concern in (
        *first,
        cache,
        local_caches,
        channel_layers,
        queues,
        files,
        static_storage,
        https,
        logging,
        errors,
        email,
        sentry,
    ):
        concern(overlay)
    # Code that imports the project's module by its name, instead of django.conf.settings, sees the same values.
    vars(project).update(overlay.values)
    globals().update(overlay.values)


def __dir__():
    """Be complete for a package that reads settings while it is imported, which is before its settings module is."""
    load()
    return list(globals())


def report():
    """Return what was replaced: a list of {name, was, now} without secrets."""
    return overlay.replaced


# Django takes every upper-case name of this module for a setting; its own names are lower case.
overlay = Overlay()
if __name__ != "__main__":
    load()
else:
    entries = importlib.import_module("groundcrew_settings").report()
    lines = ["{name:<23}  {was}  ->  {now}".format(**entry) for entry in entries]
    print(json.dumps(entries, indent=2) if sys.argv[1:] == ["--json"] else "\n".join(lines))
