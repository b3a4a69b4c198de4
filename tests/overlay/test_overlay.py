"""What the overlay replaces, and what it leaves alone."""

import json
import subprocess
from urllib.parse import quote

import pytest

OWN_KEY = "the-project's-own-key-" + "zyxwvutsrqponmlkjihgfedcba9876543210"
SQLITE = (
    "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3', 'ATOMIC_REQUESTS': True}}"
)
STATIC = "INSTALLED_APPS = ['django.contrib.staticfiles']\n"
PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
HASHED = "groundcrew_settings.HashedStaticFilesStorage"


def names(result):
    return [entry["name"] for entry in result.report]


# -- the project's module


def test_settings_of_the_project_arrive(overlay):
    result = overlay("ANSWER = 42\nlower = 1\nDEBUG = True")
    assert result.settings["ANSWER"] == 42
    assert "lower" not in result.settings


def test_settings_package_with_a_base(overlay, tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/base.py").write_text("DEBUG = True\nANSWER = 1\nINSTALLED_APPS = ['django.contrib.auth']")
    settings = overlay("from .base import *\nANSWER = 2").settings
    assert (settings["ANSWER"], settings["DEBUG"]) == (2, False)
    assert settings["INSTALLED_APPS"] == ["django.contrib.auth"]


def test_code_that_imports_the_module_itself_sees_the_same(overlay):
    assert overlay("DEBUG = True\nALLOWED_HOSTS = ['*']").project["DEBUG"] is False


@pytest.mark.parametrize("module", ["", "groundcrew_settings"])
def test_no_module_named(overlay, module):
    assert "Set GROUNDCREW_SETTINGS_MODULE" in overlay(GROUNDCREW_SETTINGS_MODULE=module).error


def test_error_in_the_project_is_its_own(overlay):
    error = "from django.core.exceptions import ImproperlyConfigured\nraise ImproperlyConfigured('Set the API_KEY')"
    assert overlay(error).error == "ImproperlyConfigured: Set the API_KEY"
    assert overlay("import nonsense_").error == "ModuleNotFoundError: No module named 'nonsense_'"


def test_django_configurations_is_refused_in_one_sentence(overlay, tmp_path):
    """The package raises this when its classes are made without its own start-up functions."""
    (tmp_path / "configurations.py").write_text(
        "from django.core.exceptions import ImproperlyConfigured\n"
        "class Configuration:\n"
        "    def __init_subclass__(cls):\n"
        "        raise ImproperlyConfigured('importer was not correctly installed')"
    )
    error = overlay("from configurations import Configuration\nclass Production(Configuration): pass").error
    assert error == "ImproperlyConfigured: shop.settings uses django-configurations: set `overlay: false`."


# -- DEBUG

DERIVED = """
INSTALLED_APPS = ['django.contrib.auth']
if DEBUG:
    INSTALLED_APPS += ['debug_toolbar']
CORS_ALLOW_ALL_ORIGINS = DEBUG
DJANGO_VITE = {'default': {'dev_mode': DEBUG}}
"""


@pytest.mark.parametrize(
    "text",
    [
        "DEBUG = True",
        "DEBUG: bool = True",
        "X = DEBUG = 'on'",
        "import os\nif 'LIVE' not in os.environ:\n    DEBUG = True\nelse:\n    DEBUG = False",
        "try:\n    import nothing\nexcept ImportError:\n    DEBUG = True",
    ],
)
def test_what_follows_from_debug_is_productions(overlay, text):
    """A toolbar, every origin trusted, assets of a development server: turning DEBUG off afterwards leaves them on."""
    result = overlay(f"{text}\n{DERIVED}")
    assert result.settings["DEBUG"] is False
    assert result.settings["INSTALLED_APPS"] == ["django.contrib.auth"]
    assert result.settings["CORS_ALLOW_ALL_ORIGINS"] is False
    assert result.settings["DJANGO_VITE"] == {"default": {"dev_mode": False}}
    assert {"name": "DEBUG", "was": "True", "now": "False"} in result.report


def test_what_follows_from_debug_of_a_module_beside_the_settings(overlay, tmp_path):
    (tmp_path / "shop").mkdir(exist_ok=True)
    (tmp_path / "shop/base.py").write_text("DEBUG = True\n")
    assert overlay(f"from .base import *\n{DERIVED}").settings["CORS_ALLOW_ALL_ORIGINS"] is False


def test_settings_that_load_with_debug_alone_are_taken_as_they_are(overlay):
    """What works without the overlay works with it; DEBUG is off all the same, and the report says why not sooner."""
    result = overlay(
        "import os\nDEBUG = True\nif not DEBUG:\n    ANSWER = os.environ['UNKNOWN']\nelse:\n    ANSWER = 42\n"
    )
    assert result.error is None
    assert (result.settings["DEBUG"], result.settings["ANSWER"]) == (False, 42)
    (entry,) = [one for one in result.report if one["name"] == "DEBUG"]
    assert entry["was"] == "True"
    assert entry["now"].endswith("they do not load (KeyError: 'UNKNOWN')")


def test_settings_that_load_in_no_way_fail_as_they_are(overlay):
    assert "KeyError: 'UNKNOWN'" in overlay("import os\nDEBUG = True\nos.environ['UNKNOWN']\n").error
    assert "KeyError: 'UNKNOWN'" in overlay("import os\nDEBUG = False\nos.environ['UNKNOWN']\n").error


def test_debug_of_a_class_or_a_function_is_its_own(overlay):
    text = "class Any:\n    DEBUG = True\ndef one():\n    DEBUG = True\n    return DEBUG\nANSWER = [Any.DEBUG, one()]\n"
    assert overlay(text).settings["ANSWER"] == [True, True]


@pytest.mark.parametrize("value", ["True", "'False'", "1"])
def test_debug_is_off_always(overlay, value):
    result = overlay(f"DEBUG = {value}")
    assert result.settings["DEBUG"] is False
    assert "DEBUG" in names(result)


def test_debug_of_templates_is_off_and_the_rest_stays(overlay):
    backend = (
        "{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'OPTIONS': {'debug': True, 'builtins': ['x']}}"
    )
    result = overlay(f"TEMPLATES = [{backend}, {{'BACKEND': 'django.template.backends.jinja2.Jinja2'}}]")
    assert result.settings["TEMPLATES"][0]["OPTIONS"] == {"debug": False, "builtins": ["x"]}
    assert result.settings["TEMPLATES"][1] == {"BACKEND": "django.template.backends.jinja2.Jinja2"}


# -- ALLOWED_HOSTS


@pytest.mark.parametrize(
    ("project", "domains", "expected"),
    [
        ([], "shop.example.org,www.shop.example.org", ["shop.example.org", "www.shop.example.org"]),
        (["*"], "shop.example.org", ["shop.example.org"]),
        (["localhost", "127.0.0.1", "[::1]"], "shop.example.org", ["shop.example.org"]),
        (["*", "localhost", "intern.example.org"], "shop.example.org", ["intern.example.org", "shop.example.org"]),
        # deliberate: stays, loopback included, and gets what it lacks
        (["shop.example.org"], "shop.example.org", ["shop.example.org"]),
        (["localhost", "old.example.org"], "shop.example.org", ["localhost", "old.example.org", "shop.example.org"]),
        ([".example.org"], "shop.example.org,example.org", [".example.org"]),
        ([".example.org"], "notexample.org", [".example.org", "notexample.org"]),
        # as a web server writes them
        ([], " *.example.org , shop.example.org,", [".example.org"]),
        (["shop.example.org"], "", ["shop.example.org"]),
    ],
)
def test_allowed_hosts(overlay, project, domains, expected):
    result = overlay(f"ALLOWED_HOSTS = {project}", DJANGO_ALLOWED_HOSTS=domains)
    assert result.settings["ALLOWED_HOSTS"] == expected
    assert ("ALLOWED_HOSTS" in names(result)) is (project != expected)


@pytest.mark.parametrize(("project", "domains"), [([], ""), (["*"], ""), (["localhost"], ""), ([], "*")])
def test_no_host_is_refused(overlay, project, domains):
    error = overlay(f"ALLOWED_HOSTS = {project}", DJANGO_ALLOWED_HOSTS=domains).error
    assert error == "ImproperlyConfigured: ALLOWED_HOSTS names no site: set DJANGO_ALLOWED_HOSTS to its domains."


def test_a_string_is_left_to_djangos_own_message(overlay):
    assert "must be a list or a tuple" in overlay("ALLOWED_HOSTS = 'shop.example.org'").error


# -- SECRET_KEY

WEAK = [None, "", "secret", "django-insecure-" + OWN_KEY, "abcd" * 20, "x7" * 24]


@pytest.mark.parametrize("key", WEAK)
def test_weak_key_is_replaced(overlay, key):
    assert overlay(f"SECRET_KEY = {key!r}").settings["SECRET_KEY"] == overlay.key


@pytest.mark.parametrize("key", WEAK)
def test_weak_key_without_another_is_refused(overlay, key):
    error = overlay(f"SECRET_KEY = {key!r}", DJANGO_SECRET_KEY="").error
    assert error == "ImproperlyConfigured: SECRET_KEY is empty or weak: set DJANGO_SECRET_KEY to 50 random characters."


def test_strong_key_stays(overlay):
    result = overlay(f"SECRET_KEY = {OWN_KEY!r}")
    assert result.settings["SECRET_KEY"] == OWN_KEY
    assert "SECRET_KEY" not in names(result)


def test_former_keys(overlay):
    assert overlay(DJANGO_SECRET_KEY_FALLBACKS="one,two").settings["SECRET_KEY_FALLBACKS"] == ["one", "two"]
    result = overlay("SECRET_KEY_FALLBACKS = ['own']", DJANGO_SECRET_KEY_FALLBACKS="one,two")
    assert result.settings["SECRET_KEY_FALLBACKS"] == ["own"]


# -- DATABASES


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql:///shop", {"NAME": "shop", "HOST": "", "PORT": "", "USER": "", "PASSWORD": ""}),
        ("postgres://u:p@db:5433/shop", {"NAME": "shop", "HOST": "db", "PORT": "5433", "USER": "u", "PASSWORD": "p"}),
        ("postgresql://%2Frun%2FPostgreSQL/shop", {"HOST": "/run/PostgreSQL", "NAME": "shop"}),
        (
            "postgresql://u@/shop?host=/run/postgresql&port=5433",
            {"HOST": "/run/postgresql", "PORT": "5433", "OPTIONS": {}},
        ),
        ("postgresql://[2001:db8::1]:5432/shop", {"HOST": "2001:db8::1", "PORT": "5432"}),
        ("postgresql://one:5432,two:5433/shop", {"HOST": "one,two", "PORT": "5432,5433"}),
        ("postgresql://DB.example.org/Shop%20One", {"HOST": "DB.example.org", "NAME": "Shop One"}),
        ("postgresql://db/shop?sslmode=verify-full&pool=true", {"OPTIONS": {"sslmode": "verify-full", "pool": True}}),
        ("postgresql:///shop?options=-c%20statement_timeout%3D5s", {"OPTIONS": {"options": "-c statement_timeout=5s"}}),
        ("postgresql:///shop?CONN_MAX_AGE=0&connect_timeout=5", {"CONN_MAX_AGE": 0, "OPTIONS": {"connect_timeout": 5}}),
        ("postgresql:///shop?DISABLE_SERVER_SIDE_CURSORS=true", {"DISABLE_SERVER_SIDE_CURSORS": True, "OPTIONS": {}}),
        ("postgresql:///shop", {"ENGINE": "django.db.backends.postgresql"}),
        ("postgis:///shop", {"ENGINE": "django.contrib.gis.db.backends.postgis"}),
        (
            "mysql://u:p@db/shop?charset=utf8mb4",
            {"ENGINE": "django.db.backends.mysql", "OPTIONS": {"charset": "utf8mb4"}},
        ),
        (
            "mariadb:///shop?unix_socket=/run/mysqld/mysqld.sock",
            {"OPTIONS": {"charset": "utf8mb4", "unix_socket": "/run/mysqld/mysqld.sock"}},
        ),
        (
            "sqlite:////srv/shop/media/db.sqlite3",
            {"ENGINE": "django.db.backends.sqlite3", "NAME": "/srv/shop/media/db.sqlite3"},
        ),
    ],
)
def test_database_url(overlay, url, expected):
    default = overlay(SQLITE, DATABASE_URL=url).settings["DATABASES"]["default"]
    assert {key: default[key] for key in expected} == expected


HOSTILE = ["%@:/# $", "p%40ss", "a@b:c/d?e#f&g=h+i", "[]{}()<>", "'\"`\\", "ünïcødé", "100%", "+ +", "a,b"]


@pytest.mark.parametrize("password", HOSTILE)
def test_hostile_password(overlay, password):
    encoded = quote(password, safe="")
    default = overlay(SQLITE, DATABASE_URL=f"postgresql://{encoded}:{encoded}@db:5432/shop").settings["DATABASES"][
        "default"
    ]
    assert (default["USER"], default["PASSWORD"], default["HOST"]) == (password, password, "db")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:CANARY#x@db/shop",
        "postgresql://u:CANARY/x@db/shop",
        "postgresql://u:CANARY?x@db/shop",
        # the front of these passwords looks like a port
        "postgresql://u:1#CANARY@db/shop",
        "postgresql://u:1/CANARY@db/shop",
        "postgresql://u:1?CANARY@db/shop",
        "postgresql://u:CANARY@db:port/shop",
        "postgresql://u:CANARY@[db/shop",
        "postgresql://u:CANARY℀@db/shop",
        "CANARY",
    ],
)
def test_unreadable_url_is_refused_and_not_repeated(overlay, url):
    error = overlay(SQLITE, DATABASE_URL=url).error
    assert error.startswith("ImproperlyConfigured: DATABASE_URL ")
    assert "CANARY" not in error


def test_unknown_scheme_names_the_known(overlay):
    error = overlay(SQLITE, DATABASE_URL="oracle://u:CANARY@db/shop").error
    assert "DATABASE_URL must begin with one of postgresql, postgres, postgis, mysql, mariadb, sqlite" in error
    assert "CANARY" not in error


def test_connections_are_kept_and_checked_but_what_the_project_says_of_them_stays(overlay):
    default = overlay(SQLITE, DATABASE_URL="postgresql:///shop").settings["DATABASES"]["default"]
    assert (default["CONN_MAX_AGE"], default["CONN_HEALTH_CHECKS"], default["ATOMIC_REQUESTS"]) == (60, True, True)
    own = SQLITE.replace("'ATOMIC_REQUESTS'", "'CONN_MAX_AGE': 5, 'ATOMIC_REQUESTS'")
    assert overlay(own, DATABASE_URL="postgresql:///shop").settings["DATABASES"]["default"]["CONN_MAX_AGE"] == 5
    pool = overlay(SQLITE, DATABASE_URL="postgresql:///shop?pool=true").settings["DATABASES"]["default"]
    assert pool["CONN_MAX_AGE"] == 0


OWN = "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'own'}}"


def test_connections_of_a_project_that_names_its_database_are_kept_unless_it_says_how_long(overlay):
    def kept(*keys, text=OWN):
        default = overlay(text.replace("'own'", ", ".join(("'own'", *keys)))).settings["DATABASES"]["default"]
        return default["NAME"], default.get("CONN_MAX_AGE"), default.get("CONN_HEALTH_CHECKS")

    assert kept() == ("own", 60, True)
    assert kept("'CONN_MAX_AGE': 0") == ("own", 0, True)
    assert kept("'CONN_HEALTH_CHECKS': False") == ("own", 60, False)
    assert kept("'OPTIONS': {'pool': True}") == ("own", 0, True)  # Django refuses both
    assert kept(text=OWN.replace("django.db.backends.postgresql", "django_tenants.postgresql_backend"))[1] is None
    assert kept(text=f"import sys\nsys.modules['uvicorn'] = sys\n{OWN}")[1] == 0


def test_threads_of_the_web_server_share_a_pool(overlay, python, tmp_path):
    web = {"DATABASE_URL": "postgresql:///shop", "SERVER_SOFTWARE": "gunicorn/25.0"}

    def options(text=SQLITE, **variables):
        default = overlay(text, **{**web, **variables}).settings["DATABASES"]["default"]
        return default.get("OPTIONS", {}).get("pool"), default["CONN_MAX_AGE"]

    assert options() == (None, 60)  # without the packages
    for package in ("psycopg", "psycopg_pool"):
        (tmp_path / f"{package}.py").touch()
    version = subprocess.check_output([python, "-c", "import django; print(django.VERSION >= (5, 1))"], text=True)
    pooled = ({"min_size": 1, "max_size": 10, "timeout": 10}, 0) if version == "True\n" else (None, 60)
    assert options() == pooled
    assert options(OWN) == pooled
    assert options(f"import sys\nsys.modules['uvicorn'] = sys\n{SQLITE}") == (None, 0)
    assert options(SERVER_SOFTWARE="") == (None, 60)
    assert options(DATABASE_URL="postgresql:///shop?pool=false") == (False, 60)
    assert options(DATABASE_URL="postgresql:///shop?CONN_MAX_AGE=9") == (None, 9)
    assert options(SQLITE.replace("'ATOMIC_REQUESTS'", "'CONN_MAX_AGE': 5, 'ATOMIC_REQUESTS'")) == (None, 5)
    assert options(DATABASE_URL="mysql://db/shop") == (None, 60)
    assert options(DATABASE_URL="postgresql:///shop?host=/run/pgbouncer-shop") == (None, 60)


def test_no_cursor_of_the_server_behind_pgbouncer(overlay):
    through = overlay(SQLITE, DATABASE_URL="postgresql:///shop?host=/run/pgbouncer-shop").settings["DATABASES"]
    assert through["default"]["HOST"] == "/run/pgbouncer-shop"
    assert through["default"]["DISABLE_SERVER_SIDE_CURSORS"] is True
    own = OWN.replace("'own'", "'own', 'OPTIONS': {'host': '/run/pgbouncer-shop'}")
    assert overlay(own).settings["DATABASES"]["default"]["DISABLE_SERVER_SIDE_CURSORS"] is True
    straight = overlay(SQLITE, DATABASE_URL="postgresql:///shop").settings["DATABASES"]["default"]
    assert "DISABLE_SERVER_SIDE_CURSORS" not in straight


@pytest.mark.parametrize("engine", ["", "django.db.backends.dummy"])
def test_no_database_is_replaced(overlay, engine):
    text = f"DATABASES = {{'default': {{'ENGINE': {engine!r}}}}}" if engine else "DATABASES = {}"
    default = overlay(text, DATABASE_URL="postgresql:///shop").settings["DATABASES"]["default"]
    assert default["ENGINE"] == "django.db.backends.postgresql"


def test_spatialite_becomes_postgis(overlay):
    text = "DATABASES = {'default': {'ENGINE': 'django.contrib.gis.db.backends.spatialite', 'NAME': 'x'}}"
    default = overlay(text, DATABASE_URL="postgresql:///shop").settings["DATABASES"]["default"]
    assert default["ENGINE"] == "django.contrib.gis.db.backends.postgis"


TWO = SQLITE.replace("}}", "}, 'the-archive': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'a'}}")


def test_other_databases_stay(overlay):
    databases = overlay(TWO, DATABASE_URL="postgresql:///shop").settings["DATABASES"]
    assert databases["the-archive"] == {"ENGINE": "django.db.backends.sqlite3", "NAME": "a"}


def test_a_further_alias_has_a_url_of_its_own(overlay):
    urls = {"DATABASE_URL": "postgresql:///shop", "THE_ARCHIVE_DATABASE_URL": "postgis:///shop_archive"}
    result = overlay(TWO, **urls, OTHER_DATABASE_URL="postgresql:///x")
    archive = result.settings["DATABASES"]["the-archive"]
    assert (archive["ENGINE"], archive["NAME"]) == ("django.contrib.gis.db.backends.postgis", "shop_archive")
    assert (archive["CONN_MAX_AGE"], archive["CONN_HEALTH_CHECKS"]) == (60, True)
    assert result.settings["DATABASES"]["default"]["NAME"] == "shop"
    assert set(result.settings["DATABASES"]) == {"default", "the-archive"}, "no alias that the project lacks"
    told = [(one["was"], one["now"]) for one in result.report if one["name"] == "DATABASES"]
    assert ("the-archive: sqlite3 a", "the-archive: postgis shop_archive") in told
    error = overlay(TWO, THE_ARCHIVE_DATABASE_URL="oracle://u:CANARY@db/x").error
    assert "THE_ARCHIVE_DATABASE_URL must begin with one of" in error


def test_a_further_alias_that_the_project_chose_stays(overlay):
    text = TWO.replace("'a'", "'a', 'TEST': {'MIRROR': 'default'}").replace("backends.sqlite3', 'NAME': 'a'", "X")
    own = text.replace("django.db.X", "django.db.backends.postgresql', 'NAME': 'own'")
    archive = overlay(own, THE_ARCHIVE_DATABASE_URL="postgresql:///x").settings["DATABASES"]["the-archive"]
    assert (archive["NAME"], archive["TEST"]) == ("own", {"MIRROR": "default"})


def test_sqlite_without_a_url_stays(overlay):
    result = overlay(SQLITE, DATABASE_URL="")
    assert result.settings["DATABASES"]["default"]["NAME"] == "db.sqlite3"
    assert "DATABASES" not in names(result)


# -- CACHES

LOCMEM = (
    "CACHES = {'default': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache', 'LOCATION': 'x', 'TIMEOUT': 9}}"
)


@pytest.mark.parametrize(
    "url", ["unix:///run/redis-shop/redis.sock?db=0", "redis://u:p%40@cache:6380/1", "rediss://cache/0"]
)
def test_cache_url(overlay, url):
    default = overlay(CACHE_URL=url).settings["CACHES"]["default"]
    assert default == {"BACKEND": "groundcrew_settings.SteadyRedisCache", "LOCATION": url}


@pytest.mark.parametrize(
    ("url", "location"), [("redis:///run/r.sock?db=2", "unix:///run/r.sock?db=2"), ("redis:///2", "redis:///2")]
)
def test_socket_as_django_environ_writes_it(overlay, url, location):
    assert overlay(CACHE_URL=url).settings["CACHES"]["default"]["LOCATION"] == location


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("pymemcache:///run/memcached-shop/memcached.sock", "unix:/run/memcached-shop/memcached.sock"),
        ("memcached://cache", ["cache:11211"]),
        ("memcache://one:11212,two", ["one:11212", "two:11211"]),
        ("memcached://[::1]:11211", ["[::1]:11211"]),
    ],
)
def test_memcached_url(overlay, url, location):
    default = overlay(LOCMEM, CACHE_URL=url).settings["CACHES"]["default"]
    assert default["BACKEND"] == "django.core.cache.backends.memcached.PyMemcacheCache"
    assert (default["LOCATION"], default["TIMEOUT"]) == (location, 9)


def test_local_memory_is_replaced_and_its_options_stay(overlay):
    default = overlay(LOCMEM, CACHE_URL="redis://cache").settings["CACHES"]["default"]
    assert default == {
        "BACKEND": "groundcrew_settings.SteadyRedisCache",
        "LOCATION": "redis://cache",
        "TIMEOUT": 9,
    }


def test_other_caches_stay(overlay):
    caches = overlay(LOCMEM.replace("}}", "}, 'b': {'BACKEND': 'x'}}"), CACHE_URL="redis://cache").settings["CACHES"]
    assert caches["b"] == {"BACKEND": "x"}


@pytest.mark.parametrize("url", ["", "redis://cache"])
def test_chosen_cache_stays(overlay, url):
    text = "CACHES = {'default': {'BACKEND': 'django.core.cache.backends.db.DatabaseCache', 'LOCATION': 'cache_table'}}"
    result = overlay(text, CACHE_URL=url)
    assert result.settings["CACHES"]["default"]["LOCATION"] == "cache_table"
    assert "CACHES" not in names(result)


def test_unknown_cache_scheme(overlay):
    assert "CACHE_URL must begin with one of redis, rediss, unix" in overlay(CACHE_URL="http://cache").error


def test_sessions_stay_in_the_database(overlay):
    assert overlay(CACHE_URL="redis://cache").settings["SESSION_ENGINE"] == "django.contrib.sessions.backends.db"


# -- static files and media


SOCKET = "unix:///run/redis-shop/redis.sock"


def redis(location, more=""):
    """Return settings whose cache is a Redis at this place, with a class of the project's own choice."""
    return f"CACHES = {{'default': {{'BACKEND': 'django_redis.cache.RedisCache', 'LOCATION': {location!r}{more}}}}}"


@pytest.mark.parametrize(
    ("location", "found"),
    [
        ("redis://127.0.0.1:6379/1", f"{SOCKET}?db=1"),
        ("redis://localhost:6379", f"{SOCKET}?db=0"),
        ("redis://[::1]:6379/", f"{SOCKET}?db=0"),
        ("redis://localhost/3", f"{SOCKET}?db=3"),
        ("redis://localhost:6380/1", None),
        ("redis://:word@localhost:6379/1", None),
        ("redis://cache.example.org:6379/1", None),
        ("rediss://localhost:6379/1", None),
        (["redis://localhost:6379/1", "redis://b/1"], None),
    ],
)
def test_cache_of_a_developers_machine_becomes_the_applications(overlay, location, found):
    """Tutorials write Redis' address on their own machine into a project, and nobody listens there on a server."""
    result = overlay(redis(location, ", 'OPTIONS': {'x': 1}"), CACHE_URL=f"{SOCKET}?db=0")
    cache = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": found or location, "OPTIONS": {"x": 1}}
    assert result.settings["CACHES"]["default"] == cache
    assert ("CACHES" in names(result)) is bool(found)


@pytest.mark.parametrize("url", [None, "pymemcache:///run/m.sock"])
def test_cache_stays_where_the_application_has_no_redis(overlay, url):
    result = overlay(redis("redis://localhost:6379/1"), environment={"CACHE_URL": url} if url else {})
    assert result.settings["CACHES"]["default"]["LOCATION"] == "redis://localhost:6379/1"


def test_cache_on_a_server_is_the_one_of_the_url(overlay):
    """Databases of a server may be those of neighbours."""
    result = overlay(redis("redis://localhost:6379/1"), CACHE_URL="redis://:CANARY@127.0.0.1:6390/2")
    assert result.settings["CACHES"]["default"]["LOCATION"] == "redis://:CANARY@127.0.0.1:6390/2"
    assert "CANARY" not in str(result.report)


LAYER = "CHANNEL_LAYERS = {{'default': {{'BACKEND': 'channels_redis.core.RedisChannelLayer', 'CONFIG': {config!r}}}}}"


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({"hosts": [("127.0.0.1", 6379)]}, f"{SOCKET}?db=1"),
        ({"hosts": ["redis://localhost:6379/4"], "capacity": 9}, f"{SOCKET}?db=4"),
        ({}, f"{SOCKET}?db=1"),
        ({"hosts": [("redis", 6379)]}, None),
        ({"hosts": [{"address": "redis://localhost:6379"}]}, None),
    ],
)
def test_channel_layer_of_a_developers_machine_becomes_the_applications(overlay, config, found):
    result = overlay(LAYER.format(config=config), CACHE_URL=f"{SOCKET}?db=0")
    layer = result.settings["CHANNEL_LAYERS"]["default"]["CONFIG"]
    if found:
        assert layer == {**config, "hosts": [found]}
    assert ("CHANNEL_LAYERS" in names(result)) is bool(found)


@pytest.mark.parametrize(
    ("host", "found"),
    [
        (("127.0.0.1", 6379), {"address": f"{SOCKET}?db=1", "socket_timeout": 15}),
        (("redis.example.org", 6379), {"host": "redis.example.org", "port": 6379, "socket_timeout": 15}),
        ("redis://:CANARY@r.example.org", {"address": "redis://:CANARY@r.example.org", "socket_timeout": 15}),
        ("redis://r.example.org?socket_timeout=60", {"address": "redis://r.example.org?socket_timeout=60"}),
        ({"address": "redis://r.example.org", "socket_timeout": None}, None),
        ({"sentinels": [["s", 26379]], "master_name": "m"}, None),
    ],
)
def test_a_layer_waits_longer_for_an_answer_than_for_a_message(overlay, tmp_path, host, found):
    """Both wait five seconds in channels_redis 4.3 and redis-py 8: a silent WebSocket ended then."""
    (tmp_path / "channels_redis-4.3.0.dist-info").mkdir()
    (tmp_path / "channels_redis-4.3.0.dist-info/METADATA").write_text("Name: channels_redis\nVersion: 4.3.0\n")
    result = overlay(LAYER.format(config={"hosts": [host]}), CACHE_URL=f"{SOCKET}?db=0")
    assert result.settings["CHANNEL_LAYERS"]["default"]["CONFIG"]["hosts"] == [found or host]
    assert "CANARY" not in str(result.report)


@pytest.mark.parametrize("installed", [True, False])
def test_channel_layer_in_memory_is_shared_where_that_can_be(overlay, tmp_path, installed):
    """Each process has its own: a message reaches the visitors of one worker."""
    if installed:
        (tmp_path / "channels_redis.py").touch()
    text = "CHANNEL_LAYERS = {'default': {'BACKEND': 'channels.layers.InMemoryChannelLayer'}}"
    layer = overlay(text, CACHE_URL=f"{SOCKET}?db=0").settings["CHANNEL_LAYERS"]["default"]
    shared = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [f"{SOCKET}?db=1"]}}
    assert layer == (shared if installed else {"BACKEND": "channels.layers.InMemoryChannelLayer"})


def test_folders_from_the_environment_win(overlay):
    text = "STATIC_ROOT = '/source/static'\nMEDIA_ROOT = '/source/media'\nSTATIC_URL = '/s/'\nMEDIA_URL = '/m/'"
    result = overlay(text, DJANGO_STATIC_ROOT="/release/static", DJANGO_MEDIA_ROOT="/srv/shop/media").settings
    assert (result["STATIC_ROOT"], result["MEDIA_ROOT"]) == ("/release/static", "/srv/shop/media")
    assert (result["STATIC_URL"], result["MEDIA_URL"]) == ("/s/", "/m/")


TYPES = """
from pathlib import Path, PurePosixPath
class Own:
    def __init__(self, start): self.start = start
    def __fspath__(self): return str(self.start)
    def __str__(self): return str(self.start)
class Text(str): pass
class Strange(Own):
    def __init__(self, start, end): self.start = start
"""


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("Path('/a')", "PosixPath"),
        ("PurePosixPath('/a')", "PurePosixPath"),
        ("Own('/a')", "Own"),
        ("Text('/a')", "Text"),
        ("'/a'", "str"),
        ("None", "str"),
        ("Strange('/a', 1)", "str"),
    ],
)
def test_folders_keep_the_type_that_the_project_uses(overlay, value, kind):
    text = f"{TYPES}STATIC_ROOT = {value}\nMEDIA_ROOT = {value}"
    result = overlay(text, DJANGO_STATIC_ROOT="/release/static", DJANGO_MEDIA_ROOT="/srv/shop/media")
    assert (result.settings["STATIC_ROOT"], result.settings["MEDIA_ROOT"]) == ("/release/static", "/srv/shop/media")
    assert (result.types["STATIC_ROOT"], result.types["MEDIA_ROOT"]) == (kind, kind)


@pytest.mark.parametrize(
    ("text", "files", "folders"),
    [
        ("", 0o644, None),
        ("FILE_UPLOAD_PERMISSIONS = None", 0o640, None),
        ("FILE_UPLOAD_PERMISSIONS = 0o600\nFILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700", 0o640, 0o750),
        ("FILE_UPLOAD_PERMISSIONS = 0o664\nFILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o2775", 0o664, 0o2775),
    ],
)
def test_the_web_server_can_read_uploads(overlay, text, files, folders):
    result = overlay(text, DJANGO_MEDIA_ROOT="/srv/shop/media").settings
    assert (result["FILE_UPLOAD_PERMISSIONS"], result["FILE_UPLOAD_DIRECTORY_PERMISSIONS"]) == (files, folders)


def test_urls_of_folders(overlay):
    result = overlay(DJANGO_STATIC_ROOT="/release/static", DJANGO_MEDIA_ROOT="/srv/shop/media").settings
    assert (result["STATIC_URL"], result["MEDIA_URL"]) == ("/static/", "/media/")


def test_folders_stay_without_a_variable(overlay):
    result = overlay(STATIC + "STATIC_ROOT = '/a'\nMEDIA_ROOT = '/b'").settings
    assert (result["STATIC_ROOT"], result["MEDIA_ROOT"], result["MEDIA_URL"]) == ("/a", "/b", "")
    assert result["STORAGES"]["staticfiles"]["BACKEND"] == PLAIN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", HASHED),
        (f"STORAGES = {{'default': {{'BACKEND': 'x'}}, 'staticfiles': {{'BACKEND': '{PLAIN}'}}}}", HASHED),
        ("STORAGES = {'default': {'BACKEND': 'x'}}", HASHED),
        ("STORAGES = {'staticfiles': {'BACKEND': 'own.Storage'}}", "own.Storage"),
        (f"STORAGES = {{'staticfiles': {{'BACKEND': '{PLAIN}', 'OPTIONS': {{'location': '/x'}}}}}}", PLAIN),
        # the settings of Django 4.2, which later ones ignore
        (f"STATICFILES_STORAGE = '{PLAIN}'", HASHED),
        ("DEFAULT_FILE_STORAGE = 'own.Storage'", HASHED),
    ],
)
def test_static_storage(overlay, text, expected):
    result = overlay(STATIC + text, DJANGO_STATIC_ROOT="/release/static")
    assert result.error is None
    assert result.settings["STORAGES"]["staticfiles"]["BACKEND"] == expected


def test_chosen_old_style_storage_stays(overlay, python):
    result = overlay(STATIC + "STATICFILES_STORAGE = 'own.Storage'", DJANGO_STATIC_ROOT="/release/static")
    expected = "own.Storage" if python.parents[1].name == "4.2" else HASHED
    assert result.settings["STORAGES"]["staticfiles"]["BACKEND"] == expected


def test_other_storages_stay(overlay):
    result = overlay(STATIC + "STORAGES = {'default': {'BACKEND': 'own.S3'}}", DJANGO_STATIC_ROOT="/release/static")
    assert result.settings["STORAGES"]["default"] == {"BACKEND": "own.S3"}


@pytest.mark.parametrize("own", ["", "STATIC_URL = 'static/'", "STATIC_URL = 'https://cdn.example.net/static/'"])
def test_static_files_come_from_a_cdn(overlay, own):
    files = {"DJANGO_STATIC_ROOT": "/release/static", "DJANGO_STATIC_HOST": "https://cdn.example.net"}
    assert overlay(STATIC + own, **files).settings["STATIC_URL"] == "https://cdn.example.net/static/"


# -- HTTPS

HTTPS = {
    "SECURE_PROXY_SSL_HEADER": (["HTTP_X_FORWARDED_PROTO", "https"], ["HTTP_X_SCHEME", "https"]),
    "SECURE_SSL_REDIRECT": (True, None),
    "SECURE_HSTS_SECONDS": (31536000, 60),
    "SESSION_COOKIE_SECURE": (True, None),
    "CSRF_COOKIE_SECURE": (True, None),
}


@pytest.mark.parametrize("name", HTTPS)
def test_https_default_is_replaced_and_a_choice_stays(overlay, name):
    replaced, chosen = HTTPS[name]
    assert overlay().settings[name] == replaced
    if chosen:
        result = overlay(f"{name} = {chosen!r}")
        assert result.settings[name] == chosen
        assert name not in names(result)


def test_what_binds_other_names_is_silenced_and_not_set(overlay):
    result = overlay("SILENCED_SYSTEM_CHECKS = ['models.W042']").settings
    assert result["SILENCED_SYSTEM_CHECKS"] == ["models.W042", "security.W005", "security.W021"]
    assert (result["SECURE_HSTS_INCLUDE_SUBDOMAINS"], result["SECURE_HSTS_PRELOAD"]) == (False, False)
    assert overlay("SECURE_HSTS_INCLUDE_SUBDOMAINS = True").settings["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is True


def test_hsts_from_the_environment(overlay):
    assert overlay(DJANGO_HSTS_SECONDS="60").settings["SECURE_HSTS_SECONDS"] == 60
    assert overlay("SECURE_HSTS_SECONDS = 30", DJANGO_HSTS_SECONDS="60").settings["SECURE_HSTS_SECONDS"] == 60
    off = overlay("SECURE_HSTS_SECONDS = 30", DJANGO_HSTS_SECONDS="0").settings
    assert (off["SECURE_HSTS_SECONDS"], off["SILENCED_SYSTEM_CHECKS"]) == (0, ["security.W004"])


def test_trusted_origins(overlay):
    assert overlay().settings["CSRF_TRUSTED_ORIGINS"] == []
    origin = "https://shop.example.org:8443"
    assert overlay(DJANGO_CSRF_TRUSTED_ORIGINS=origin).settings["CSRF_TRUSTED_ORIGINS"] == [origin]
    own = "CSRF_TRUSTED_ORIGINS = ['https://own.example.org']"
    chosen = overlay(own, DJANGO_CSRF_TRUSTED_ORIGINS=origin)
    assert chosen.settings["CSRF_TRUSTED_ORIGINS"] == ["https://own.example.org"]


# -- logging


@pytest.mark.parametrize(
    ("text", "own"), [("", False), ("LOGGING = {'version': 1}", True), ("LOGGING_CONFIG = None", True)]
)
def test_logging(overlay, text, own):
    assert ("LOGGING" not in names(overlay(text))) is own


# -- mail

URL = "smtp+tls://shop%40example.org:p%40ss@mail.example.org"
SMTP = "django.core.mail.backends.smtp.EmailBackend"
CONSOLE = "django.core.mail.backends.console.EmailBackend"


@pytest.mark.parametrize("backend", [None, CONSOLE, SMTP])
def test_mail_goes_to_the_server_of_the_url(overlay, backend):
    result = overlay(f"EMAIL_BACKEND = {backend!r}" if backend else "", EMAIL_URL=URL).settings
    assert result["EMAIL_BACKEND"] == SMTP
    assert (result["EMAIL_HOST"], result["EMAIL_PORT"], result["EMAIL_USE_TLS"]) == ("mail.example.org", 587, True)
    assert (result["EMAIL_HOST_USER"], result["EMAIL_HOST_PASSWORD"]) == ("shop@example.org", "p@ss")


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [("smtp://m", 25, False, False), ("smtp+ssl://m", 465, False, True), ("smtp+tls://m:26", 26, True, False)],
)
def test_ports_and_encryption(overlay, url, port, tls, ssl):
    result = overlay(EMAIL_URL=url).settings
    assert (result["EMAIL_PORT"], result["EMAIL_USE_TLS"], result["EMAIL_USE_SSL"]) == (port, tls, ssl)


@pytest.mark.parametrize("kind", ["console", "filebased", "locmem"])
def test_mail_that_is_not_sent_goes_to_the_host(overlay, kind):
    result = overlay(f"EMAIL_BACKEND = 'django.core.mail.backends.{kind}.EmailBackend'").settings
    assert (result["EMAIL_BACKEND"], result["EMAIL_HOST"]) == (SMTP, "localhost")


@pytest.mark.parametrize(
    "text",
    [
        "EMAIL_BACKEND = 'django.core.mail.backends.dummy.EmailBackend'",
        "EMAIL_BACKEND = 'anymail.backends.mailgun.EmailBackend'",
        "EMAIL_HOST = 'own.example.org'",
    ],
)
def test_chosen_mail_stays(overlay, text):
    assert not [name for name in names(overlay(text, EMAIL_URL=URL)) if name.startswith("EMAIL")]


@pytest.mark.parametrize(
    ("mailer", "expected"),
    [
        ({"BACKEND": CONSOLE}, {"BACKEND": SMTP, "OPTIONS": {}}),
        ({"BACKEND": SMTP, "OPTIONS": {"host": "own"}}, {"BACKEND": SMTP, "OPTIONS": {"host": "own"}}),
        ({"BACKEND": "own.Backend"}, {"BACKEND": "own.Backend"}),
    ],
)
def test_mailers(overlay, mailer, expected):
    """MAILERS replaces EMAIL_BACKEND from Django 6.1 on, which refuses both at once; before, it means nothing."""
    result = overlay(f"MAILERS = {{'default': {mailer}, 'other': 1}}")
    assert result.error is None
    assert result.settings["MAILERS"] == {"default": expected, "other": 1}


def test_mailers_take_the_server_of_the_url(overlay):
    result = overlay(f"MAILERS = {{'default': {{'BACKEND': '{CONSOLE}'}}}}", EMAIL_URL=URL).settings
    options = {"host": "mail.example.org", "port": 587, "username": "shop@example.org", "password": "p@ss"}
    options.update(use_tls=True, use_ssl=False)
    assert result["MAILERS"]["default"] == {"BACKEND": SMTP, "OPTIONS": options}
    own = {"BACKEND": SMTP, "OPTIONS": {"host": "own.example.org"}}
    assert overlay(f"MAILERS = {{'default': {own}}}", EMAIL_URL=URL).settings["MAILERS"]["default"] == own


def test_senders(overlay):
    result = overlay("SERVER_EMAIL = 'own@example.org'", DJANGO_ALLOWED_HOSTS=".shop.example.org").settings
    assert (result["DEFAULT_FROM_EMAIL"], result["SERVER_EMAIL"]) == ("webmaster@shop.example.org", "own@example.org")


# -- the report


def test_report_names_everything_and_no_secret(overlay):
    secrets = {
        "DJANGO_SECRET_KEY": "CANARY" + OWN_KEY,
        "DJANGO_SECRET_KEY_FALLBACKS": "CANARY1,CANARY2",
        "DATABASE_URL": "postgresql://CANARY:CANARY@db/shop?sslpassword=CANARY",
        "CACHE_URL": "redis://CANARY:CANARY@cache/0?password=CANARY",
        "EMAIL_URL": "smtp://CANARY:CANARY@mail",
    }
    own = f"EMAIL_BACKEND = '{CONSOLE}'\nEMAIL_HOST_PASSWORD = SECRET_KEY = 'CANARY-of-old'\nDEBUG = True"
    result = overlay(f"{SQLITE}\n{own}", environment=secrets)
    expected = {
        "DEBUG",
        "ALLOWED_HOSTS",
        "SECRET_KEY",
        "SECRET_KEY_FALLBACKS",
        "DATABASES",
        "CACHES",
        "EMAIL_HOST_PASSWORD",
    }
    assert expected <= set(names(result))
    assert "CANARY" not in json.dumps(result.report)
    assert {"name": "DATABASES", "was": "sqlite3 db.sqlite3", "now": "postgresql shop db"} in result.report


def test_a_production_project_is_left_alone(overlay):
    """Every choice is made: only what the overlay decides for all projects is in the report."""
    text = f"""
DEBUG = False
ALLOWED_HOSTS = ('shop.example.org',)
SECRET_KEY = {OWN_KEY!r}
SECRET_KEY_FALLBACKS = ['own']
DATABASES = {{'default': {{'ENGINE': 'django.db.backends.postgresql', 'NAME': 'own', 'HOST': 'db',
    'CONN_MAX_AGE': 0, 'CONN_HEALTH_CHECKS': False}}}}
CACHES = {{'default': {{'BACKEND': 'django.core.cache.backends.redis.RedisCache', 'LOCATION': 'redis://own'}}}}
STORAGES = {{'default': {{'BACKEND': 'own.S3'}}, 'staticfiles': {{'BACKEND': 'own.S3'}}}}
SECURE_PROXY_SSL_HEADER = ('HTTP_X_SCHEME', 'https')
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SECURE_HSTS_SECONDS = 60
CSRF_TRUSTED_ORIGINS = ['https://own.example.org']
LOGGING = {{'version': 1}}
EMAIL_HOST = 'own'
DEFAULT_FROM_EMAIL = SERVER_EMAIL = 'own@example.org'
"""
    variables = {"DATABASE_URL": "postgresql:///shop", "CACHE_URL": "redis://cache", "EMAIL_URL": URL}
    assert names(overlay(STATIC + text, environment=variables)) == [
        "SILENCED_SYSTEM_CHECKS",
        "DEFAULT_EXCEPTION_REPORTER_FILTER",
    ]
