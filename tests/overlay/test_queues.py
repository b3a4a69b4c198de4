"""Queues that settings look for on a developer's machine are the application's, and no others."""

import pytest

SOCKET = "unix:///run/redis-shop-broker/redis.sock"
CELERY = "redis+socket:///run/redis-shop-broker/redis.sock?virtual_host="
LOCAL = "redis://localhost:6379"


@pytest.mark.parametrize(
    ("name", "said", "found"),
    [
        ("CELERY_BROKER_URL", f"{LOCAL}/0", f"{CELERY}0"),
        ("CELERY_RESULT_BACKEND", f"{LOCAL}/2", f"{CELERY}2"),
        ("BROKER_URL", "redis://127.0.0.1:6379", f"{CELERY}0"),
        ("CELERY_RESULT_BACKEND", "unix:///run/redis-shop/redis.sock?db=0", f"{CELERY}0"),
        ("CELERY_RESULT_BACKEND", "django-db", None),
        ("CELERY_RESULT_BACKEND", "redis://r.example.org:6379/2", None),
        ("OTHER_URL", LOCAL, None),
        (
            "RQ_QUEUES",
            {"default": {"HOST": "localhost", "PORT": 6379, "DB": 1, "PASSWORD": "", "DEFAULT_TIMEOUT": 9}},
            {"default": {"URL": f"{SOCKET}?db=1", "DEFAULT_TIMEOUT": 9}},
        ),
        ("RQ_QUEUES", {"a": {"URL": f"{LOCAL}/3"}}, {"a": {"URL": f"{SOCKET}?db=3"}}),
        ("RQ_QUEUES", {"a": {"HOST": "r.example.org", "PORT": 6379}, "b": {"USE_REDIS_CACHE": "default"}}, None),
        ("Q_CLUSTER", {"name": "x", "redis": {"host": "127.0.0.1"}}, {"name": "x", "redis": f"{SOCKET}?db=0"}),
        ("Q_CLUSTER", {"name": "x", "redis": LOCAL}, {"name": "x", "redis": f"{SOCKET}?db=0"}),
        ("Q_CLUSTER", {"name": "x", "orm": "default"}, None),
        ("HUEY", {"name": "x"}, {"name": "x", "connection": {"url": f"{SOCKET}?db=0"}}),
        (
            "HUEY",
            {"connection": {"host": "localhost", "port": 6379, "read_timeout": 1}, "consumer": {}},
            {"connection": {"read_timeout": 1, "url": f"{SOCKET}?db=0"}, "consumer": {}},
        ),
        ("HUEY", {"url": f"{LOCAL}/4"}, {"connection": {"url": f"{SOCKET}?db=4"}}),
        ("HUEY", {"huey_class": "huey.SqliteHuey"}, None),
    ],
)
def test_a_queue_of_a_developers_machine_becomes_the_applications(overlay, name, said, found):
    result = overlay(f"{name} = {said!r}", RQ_REDIS_URL=f"{SOCKET}?db=0")
    assert result.settings[name] == (found or said)
    assert (name in [one["name"] for one in result.report]) is bool(found)
    # Without a queue of the application nothing is known that would be better.
    assert "unix:" in str(said) or overlay(f"{name} = {said!r}").settings[name] == said


def test_a_queue_over_tcp_keeps_its_url_whole(overlay):
    url = "redis://:secret@127.0.0.1:6380/0"
    result = overlay(f"RQ_QUEUES = {{'default': {{'URL': '{LOCAL}/1'}}}}", RQ_REDIS_URL=url)
    assert result.settings["RQ_QUEUES"] == {"default": {"URL": url}}
    assert "secret" not in str(result.report)
