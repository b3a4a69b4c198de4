"""Memcached: who may connect, what it may take, and that Django's cache heals when it was away."""

import time
from pathlib import Path

import pytest

PLAYBOOK = "molecule/memcached/converge.yml"
OVERLAY = Path(__file__).parents[2] / "roles/django_app/files/groundcrew_release/inside/groundcrew_settings.py"
SPEAK = """
import socket, sys
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
client.sendall(sys.argv[2].encode().decode('unicode_escape').encode() + b'\\r\\nquit\\r\\n')
print(b''.join(iter(lambda: client.recv(4096), b'')).decode().strip())
"""
# It fills the cache, kills the server, and asks until it answers again: `manage.py` and the site do no less.
DJANGO = """
import os, signal, sys, time, django
django.setup()
from django.core.cache import cache
cache.set('key', 'value', 60)
assert cache.get('key') == 'value'
os.kill(int(sys.argv[1]), signal.SIGKILL)
assert cache.get('key') is None
assert cache.get_or_set('other', lambda: 'made') in ('made', None)
begin = time.monotonic()
while cache.get('key') != 'again':
    assert time.monotonic() - begin < 15
    time.sleep(0.2)
    cache.set('key', 'again', 60)
print('healed')
"""


@pytest.fixture
def memcached(host):
    """Return a function that sends one command to an instance, as a user in one group."""

    def run(instance, command, group="my-shop"):
        socket = f"/run/memcached-{instance}/memcached.sock"
        prefix = f"setpriv --reuid=nobody --regid={group} --clear-groups"
        return host.run(f"cd / && {prefix} python3 -c %s %s %s", SPEAK, socket, command)

    return run


def test_the_group_uses_its_instance(memcached):
    assert memcached("my-shop", "set greeting 0 0 5\\r\\nhello").stdout.strip() == "STORED"
    assert "hello" in memcached("my-shop", "get greeting").stdout
    assert "hello" not in memcached("other", "get greeting").stdout


@pytest.mark.parametrize("group", ["nogroup", "memcache"])
def test_other_local_users_are_refused(memcached, group):
    assert "PermissionError" in memcached("my-shop", "version", group=group).stderr


def test_nothing_listens_on_a_port(host):
    assert host.check_output("ss --listening --numeric --tcp --udp --no-header '( sport = :11211 )'") == ""
    assert not host.service("memcached").is_enabled


def test_memory_and_items_are_bounded(memcached):
    limits = memcached("my-shop", "stats settings").stdout
    assert "STAT maxbytes 4194304" in limits
    assert "STAT item_size_max 1048576" in limits
    assert "STAT item_size_max 2097152" in memcached("other", "stats settings").stdout


def test_django_heals_by_itself(host, unit):
    """Debian 13's own Django and client, through the overlay."""
    if host.system_info.release.startswith("12"):
        pytest.skip("its Django is older than those that the overlay supports")
    host.check_output("apt-get install -qy --no-install-recommends python3-django python3-pymemcache")
    host.check_output("mkdir -p /opt/shop && printf %%s %s > /opt/shop/groundcrew_settings.py", OVERLAY.read_text())
    host.check_output("touch /opt/shop/own.py")
    settings = "DJANGO_SETTINGS_MODULE=groundcrew_settings GROUNDCREW_SETTINGS_MODULE=own PYTHONPATH=/opt/shop"
    url = "pymemcache:///run/memcached-my-shop/memcached.sock"
    secrets = f"CACHE_URL={url} DJANGO_ALLOWED_HOSTS=x DJANGO_SECRET_KEY={'k3y-' * 3}{'abcdefghij' * 5}"
    command = f"env {settings} {secrets} python3 -B -c %s %s"
    assert host.check_output(command, DJANGO, unit("memcached-my-shop")["MainPID"]) == "healed"


def test_a_killed_instance_comes_back(host, memcached, unit):
    before = unit("memcached-other")["MainPID"]
    host.check_output("kill -KILL %s", before)
    deadline = time.monotonic() + 20
    while "VERSION" not in memcached("other", "version").stdout:
        assert time.monotonic() < deadline, "Memcached stays dead"
        time.sleep(0.2)
    assert unit("memcached-other")["MainPID"] != before


@pytest.mark.split
def test_a_bad_setting_is_refused_before_the_instance_is_touched(play, unit):
    before = unit("memcached-my-shop")["MainPID"]
    for memory, reason in ((1, "at least twice"), ("lots", "unable to convert to int")):
        result = play(PLAYBOOK, memory=memory)
        assert result.returncode != 0
        assert reason in result.stdout
    assert unit("memcached-my-shop")["MainPID"] == before


def test_a_changed_setting_restarts_that_instance_alone(play, memcached, unit):
    before = {name: unit(f"memcached-{name}")["MainPID"] for name in ("my-shop", "other")}
    assert play(PLAYBOOK, memory=8).returncode == 0
    assert "STAT maxbytes 8388608" in memcached("my-shop", "stats settings").stdout
    after = {name: unit(f"memcached-{name}")["MainPID"] for name in before}
    assert {name for name in before if before[name] != after[name]} == {"my-shop"}


def test_an_absent_instance_leaves_nothing(host, play, unit):
    """Not even that it failed."""
    once = "/run/systemd/system/memcached-other.service.d"
    host.check_output(
        f"mkdir -p {once}; printf '[Service]\\nRestart=no\\n' > {once}/once.conf; systemctl daemon-reload"
    )
    host.check_output("systemctl kill --signal=KILL memcached-other")
    host.check_output("timeout 10 sh -c 'until systemctl --quiet is-failed memcached-other; do sleep 0.1; done'")
    host.check_output(f"rm -r {once}")
    assert play(PLAYBOOK, other="absent").returncode == 0
    assert unit("memcached-other")["LoadState"] == "not-found"
    assert host.check_output("systemctl list-units --state=failed --plain --no-legend 'memcached-*'") == ""
    assert host.run("ls -d /run/memcached-other /etc/systemd/system/memcached-other.service").stdout == ""
    assert "changed=0" in play(PLAYBOOK, other="absent").stdout
