"""Six defects that came of resolving an application in several places: anchors/review.md, F1 to F6."""

from applications import connections

from inventories import ALL, APP, PASSPHRASE, every_part, make_host, mistakes, one_part


def test_f1_flat_directories_are_backed_up():
    host = make_host(groups=ALL, apps={}, backup_passphrase=PASSPHRASE, django_app_directories=["/srv/shared-data"])
    assert "/srv/shared-data" in every_part(host)["hosts"]["web1"]["backup"]["application_paths"]


def test_f2_flat_processes_get_a_queue():
    parts = one_part(groups=("django", "redis"), django_app_processes=[{"name": "celery", "run": "celery"}])
    assert [one["name"] for one in parts["redis"]] == ["shop", "shop-broker"]
    assert parts["app"]["broker_url"] == "unix:///run/redis-shop-broker/redis.sock?db=0"


def test_f3_a_flat_url_wins_over_the_host_s_own():
    url = "postgresql://shop:x@db.example.org/shop"
    parts = one_part(
        groups=("django", "postgresql", "redis"), django_app_database_url=url, django_app_cache_url="redis://c/0"
    )
    assert parts["app"]["database_url"] == url
    assert parts["app"]["cache_url"] == "redis://c/0"


def test_f4_flat_workers_are_counted():
    host = make_host(groups=("django", "postgresql"), apps={}, django_app_workers=16)
    assert connections.expected(every_part(host), "web1", {}) == 2 * 16 * 4


def test_f5_a_flat_page_is_shown():
    assert (
        one_part(django_app_maintenance={"page": "<h1>Back soon</h1>"})["maintenance"]["page"] == "<h1>Back soon</h1>"
    )


def test_f6_flat_values_are_checked():
    host = make_host(
        apps={},
        django_app_env={"DEBUG": False},
        django_app_certificate={"source": "provided"},
        django_app_cdn_url="cdn.example.net",
        django_app_secrets={"A-B": 1},
    )
    lines = "\n".join(mistakes(host))
    for place in ("django_app_env", "django_app_certificate", "django_app_cdn_url", "django_app_secrets"):
        assert f"`{place}`" in lines


def test_f6_a_flat_key_of_another_type_is_told_once_however_many_read_it():
    apps = [{"name": f"shop{number}", "domains": [f"{number}.org"]} for number in range(5)]
    (line,) = mistakes(make_host(apps=[{**APP, **one} for one in apps], django_app_workers="many"))
    assert line == '[web1] `django_app_workers` is "many", and takes a whole number.'
