"""Projects that nobody wrote for us, as they come: `django-admin startproject`, `wagtail start`, mailman-web."""

import json
import re
from pathlib import Path

import pytest

BROWSE = (Path(__file__).parent / "browse.py").read_text()
SUPERUSER = """
from django.contrib.auth import get_user_model
users = get_user_model()
users.objects.filter(username="ada").exists() or users.objects.create_superuser("ada", "a@example.org", "correct horse")
"""
SERVERS = """
from django.core.cache import caches
from django.db import connection
cache = caches["default"]
cache.set("kept", 1)
print(connection.vendor, type(cache).__name__, cache.get("kept"))
"""


@pytest.fixture
def browse(host):
    """Return a function that logs in to an application's admin and returns what `browse.py` prints."""

    def run(name, *paths):
        host.check_output("grep -q %s /etc/hosts || echo 127.0.0.1 %s >> /etc/hosts", *[f"{name}.example.org"] * 2)
        host.check_output(f"printf %s %s | {name}-manage shell", "%s", SUPERUSER)
        arguments = " ".join([f"https://{name}.example.org", *paths])
        return json.loads(host.check_output(f"printf %s %s | python3 - {arguments}", "%s", BROWSE))

    return run


@pytest.mark.parametrize("name", ["plain", "bakery"])
def test_checks_for_deployment_are_clean(host, name):
    result = host.run(f"{name}-manage check --deploy --fail-level WARNING")
    assert result.rc == 0, result.stderr


@pytest.mark.parametrize("name", ["plain", "bakery"])
def test_data_are_where_the_inventory_says(host, name):
    """The projects say SQLite and memory; host 12 has PostgreSQL and Redis, host 13 MariaDB and Memcached."""
    shown = host.check_output(f"{name}-manage shell --command %s", SERVERS).splitlines()[-1]
    servers = {"12": "postgresql SteadyRedisCache 1", "13": "mysql PyMemcacheCache 1"}
    assert shown == servers[host.system_info.release.partition(".")[0]]


def test_plain_project_serves_its_admin_with_style(http):
    page = http("https://plain.example.org/admin/login/").text
    style = page.split('href="')[1].split('"')[0]
    assert style.startswith("/static/admin/css/")
    assert http(f"https://plain.example.org{style}").status == 200


def test_plain_session_survives_a_restart_of_the_web_unit(host, http, browse):
    cookie = {"Cookie": f"sessionid={browse('plain', '/admin/login/')['session']}"}
    assert http("https://plain.example.org/admin/", headers=cookie).status == 200
    host.check_output("systemctl restart plain-web@$(basename $(readlink /srv/plain/current))")
    for _ in range(10):
        answer = http("https://plain.example.org/admin/", headers=cookie)
        if answer.status == 200:
            break
        host.run("sleep 1")
    assert answer.status == 200
    assert "ada" in answer.text


def test_wagtail_home_page(http):
    answer = http("https://bakery.example.org/")
    assert answer.status == 200
    assert "Wagtail" in answer.text


def test_wagtail_takes_a_picture_and_nginx_serves_it(browse):
    result = browse("bakery", "/admin/login/", "/admin/images/add/")
    assert result["media"] is True


@pytest.fixture
def lists(host):
    """Skip where mailman-web is not deployed."""
    if not host.file("/srv/lists").exists:
        pytest.skip("mailman-web is deployed on Debian 12 alone")


@pytest.mark.usefixtures("lists")
def test_mailman_is_secure(host):
    # Of its own settings it says that they are deprecated; that is its to mend.
    result = host.run("lists-manage check --deploy --tag security --fail-level WARNING")
    assert result.rc == 0, result.stderr


@pytest.mark.usefixtures("lists")
def test_mailman_pages_and_their_compressed_style(http):
    page = http("https://lists.example.org/accounts/login/")
    assert page.status == 200
    style = re.search(r'href="(/static/CACHE/css/[^"]+)"', page.text)[1]
    assert http(f"https://lists.example.org{style}").status == 200


@pytest.mark.usefixtures("lists")
def test_mailman_queue_does_what_is_queued(host):
    queue = "from django_q.tasks import async_task, result; print(result(async_task('math.factorial', 5), wait=20000))"
    assert host.check_output("lists-manage shell --command %s", queue).splitlines()[-1] == "120"


@pytest.mark.usefixtures("lists")
def test_mailman_timer_runs_its_jobs(host, unit):
    assert unit("lists-timer-hourly.timer")["ActiveState"] == "active"
    host.check_output("systemctl start lists-timer-hourly.service")
