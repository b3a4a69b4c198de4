"""The environment file of a release."""

import os
import subprocess

import pytest
from groundcrew_release import application, environment


def values(app):
    return environment.values(app, "abc", "shop.settings")


def test_what_the_host_tells_the_application(shop, root):
    found = values(shop(domains=("shop.example.org", "*.example.net"), cdn_url="https://cdn.example.net/"))
    assert found == {
        "PATH": f"{root}/srv/shop/releases/abc/venv/bin:/usr/local/bin:/usr/bin:/bin",
        "PYTHONUNBUFFERED": "1",
        "LANG": "C.UTF-8",
        "HOME": f"{root}/srv/shop/cache",
        "PGHOST": "/var/run/postgresql",
        "RELEASE": "abc",
        "DJANGO_SETTINGS_MODULE": "groundcrew_settings",
        "GROUNDCREW_SETTINGS_MODULE": "shop.settings",
        "DJANGO_ALLOWED_HOSTS": "shop.example.org,*.example.net",
        "DJANGO_STATIC_ROOT": f"{root}/srv/shop/releases/abc/static",
        "DJANGO_MEDIA_ROOT": f"{root}/srv/shop/media",
        "DJANGO_STATIC_HOST": "https://cdn.example.net",
        "PYTHONPATH": f"{root}/srv/shop/releases/abc/overlay:{root}/etc/django/shop",
    }


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("postgis:///shop?port=5433", "5433"),
        ("postgresql://db.example.org:5433/shop", None),
        ("mysql:///shop?port=1", None),
    ],
)
def test_another_port_of_the_hosts_own_server(shop, url, port):
    """As `PGHOST` does, for a project that does not read the URL."""
    assert values(shop(database_url=url)).get("PGPORT") == port


def test_names_are_those_of_any_release(shop):
    """Also those of which a release alone knows the value."""
    assert environment.names(shop(overlay=False)) >= set(values(shop(overlay=False)))


def test_the_inventory_wins_but_its_path_joins(shop, root):
    found = values(shop(env={"LANG": "de_DE.UTF-8", "PYTHONPATH": "/opt/x", "EMPTY": ""}, overlay=False))
    assert (found["LANG"], found["EMPTY"], found["DJANGO_SETTINGS_MODULE"]) == ("de_DE.UTF-8", "", "shop.settings")
    assert found["PYTHONPATH"] == f"{root}/srv/shop/releases/abc/overlay:/opt/x:{root}/etc/django/shop"


def test_settings_of_env_never_come_before_the_overlay(shop):
    env = {"DJANGO_SETTINGS_MODULE": "shop.settings.live"}
    assert values(shop(env=env))["DJANGO_SETTINGS_MODULE"] == "groundcrew_settings"
    assert values(shop(env=env, overlay=False))["DJANGO_SETTINGS_MODULE"] == "shop.settings.live"


def test_folders_that_the_project_puts_first_on_its_path(shop, root):
    found = environment.values(shop(env={"PYTHONPATH": "/opt/x"}), "abc", "shop.settings", ("libs", "apps"))
    release = f"{root}/srv/shop/releases/abc"
    assert found["PYTHONPATH"] == (
        f"{release}/overlay:/opt/x:{release}/source/libs:{release}/source/apps:{root}/etc/django/shop"
    )


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (
            {"cache_url": "unix:///run/redis-shop/redis.sock?db=0"},
            {
                "CACHE_URL": "redis:///run/redis-shop/redis.sock?db=0",
                "REDIS_URL": "unix:///run/redis-shop/redis.sock?db=0",
            },
        ),
        ({"cache_url": "memcached:///run/m.sock"}, {"CACHE_URL": "memcached:///run/m.sock", "REDIS_URL": None}),
        (
            {"broker_url": "unix:///run/redis-shop-broker/redis.sock?db=1"},
            {
                "BROKER_URL": "redis+socket:///run/redis-shop-broker/redis.sock?virtual_host=1",
                "CELERY_BROKER_URL": "redis+socket:///run/redis-shop-broker/redis.sock?virtual_host=1",
                "RQ_REDIS_URL": "unix:///run/redis-shop-broker/redis.sock?db=1",
            },
        ),
        ({"broker_url": "amqp://mq/x"}, {"CELERY_BROKER_URL": "amqp://mq/x", "RQ_REDIS_URL": None}),
        (
            {"database_url": "postgresql:///shop", "database_scheme": "postgis"},
            {"DATABASE_URL": "postgis:///shop"},
        ),
        ({"database_url": "mysql:///shop", "database_scheme": "postgis"}, {"DATABASE_URL": "mysql:///shop"}),
        (
            {"sentry": application.Sentry("https://key@errors.example.org/3", "staging"), "overlay": False},
            {
                "SENTRY_DSN": "https://key@errors.example.org/3",
                "SENTRY_RELEASE": "abc",
                "SENTRY_ENVIRONMENT": "staging",
                "DJANGO_SETTINGS_MODULE": "shop.settings",
            },
        ),
        ({"sentry": application.Sentry()}, {"SENTRY_DSN": None, "SENTRY_RELEASE": None, "SENTRY_ENVIRONMENT": None}),
        ({"hsts_max_age": None}, {"DJANGO_HSTS_SECONDS": None}),
        ({"hsts_max_age": 0}, {"DJANGO_HSTS_SECONDS": "0"}),
        ({"hsts_max_age": 300}, {"DJANGO_HSTS_SECONDS": "300"}),
    ],
)
def test_urls_in_the_words_of_those_who_read_them(shop, keys, found):
    said = values(shop(**keys))
    assert {name: said.get(name) for name in found} == found


HOSTILE = {"A": 'it\'s "quoted" $HOME `x` \\ # %h', "B": "two\nlines\n", "C": "", "D": " spaces ", "E": "ümläut€"}


def test_file_is_roots_alone_and_exact(shop, root):
    app = shop(env=HOSTILE)
    app.release("abc").mkdir()
    environment.write(app, "abc", "shop.settings")
    path = root / "srv/shop/releases/abc/environment"
    assert path.stat().st_mode & 0o777 == 0o600
    # systemd's quoting is a shell's for these; a host test has the real one.
    script = f'. {path}; printf "%s\\0" "$A" "$B" "$C" "$D" "$E"'
    output = subprocess.run(["sh", "-c", script], capture_output=True, check=True, env={"PATH": os.environ["PATH"]})
    assert output.stdout.decode().split("\0")[:-1] == list(HOSTILE.values())


def test_refresh_keeps_what_the_release_is(shop, root):
    app = shop(env={"TOKEN": "new"}, settings="other.settings")
    app.release("old").mkdir()
    environment.refresh(app, {"id": "old", "settings": "shop.settings"})
    text = (root / "srv/shop/releases/old/environment").read_text()
    assert "TOKEN=new\n" in text
    assert "GROUNDCREW_SETTINGS_MODULE=shop.settings\n" in text
    assert "RELEASE=old\n" in text
    environment.refresh(app, {"id": "old", "settings": "shop.settings", "paths": ["apps"]})
    assert "/srv/shop/releases/old/source/apps:" in (root / "srv/shop/releases/old/environment").read_text()
