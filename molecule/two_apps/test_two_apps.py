"""Two applications on one host: what changes one leaves the other alone."""

import re


def serving(host, name):
    """Return (unit, main process) that serves an application."""
    release = host.check_output("basename $(readlink /srv/%s/current)", name)
    unit = f"{name}-web@{release}.service"
    return unit, host.check_output("systemctl show --value --property=MainPID %s", unit)


def test_each_answers_for_its_own_domain(http):
    for name in ("shop", "blog"):
        answer = http(f"https://{name}.example.org/")
        assert answer.status == 200
        assert "Guestbook" in answer.text


def test_neither_reaches_the_data_of_the_other(host):
    assert host.run("shop-run python -c \"import psycopg; psycopg.connect('dbname=blog')\"").rc != 0
    assert host.run("shop-run python -c \"import psycopg; psycopg.connect('dbname=shop')\"").rc == 0
    redis = "import redis, sys; print(redis.Redis(unix_socket_path=f'/run/redis-{sys.argv[1]}/redis.sock').ping())"
    assert host.run("shop-run python -c %s blog", redis).rc != 0
    assert host.run("shop-run python -c %s shop", redis).rc == 0
    assert host.run("shop-run cat /srv/blog/current/release.json").rc != 0


def test_change_to_one_restarts_only_that_one(host, play):
    shop, blog = serving(host, "shop"), serving(host, "blog")
    result = play("molecule/two_apps/converge.yml", greeting="good day")
    assert result.returncode == 0, result.stdout[-3000:]
    assert serving(host, "blog") == blog
    assert serving(host, "shop")[0] != shop[0]
    assert "good day" in host.check_output("shop-run env")


def test_second_run_after_the_change_changes_nothing(play):
    result = play("molecule/two_apps/converge.yml", greeting="good day")
    assert re.search(r"changed=0 .*failed=0", result.stdout)
