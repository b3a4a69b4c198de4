"""The data of one host in the place of those of another, without names, and back again when that fails."""

import pytest
from network import settles

THERE = "groundcrew-worker-12"
NAMES = "from entries.models import Entry; print(sorted(set(Entry.objects.values_list('name', flat=True))))"
WRITE = "from entries.models import Entry; print(Entry.objects.create(name='{}', text='x').pk)"
UPLOADS = "cd /srv/shop/media && stat --format '%n %U %a' of-* tick"
UNITS = "systemctl is-active shop-web@* shop-worker-celery shop-worker-beat shop-timer-tick.timer"
RUN = f'test "$({UNITS} | sort -u)" = active'
# An import that is about to take personal data out, and never gets there.
SLOW = """
import json, pathlib
path = pathlib.Path("/etc/django/shop/application.json")
told = json.loads(path.read_text())
told["anonymise"] = [told["anonymise"][0] | {"manage": "", "run": "sleep 601"}]
path.write_text(json.dumps(told))
"""
KILL = "systemctl kill --kill-whom=main --signal=KILL shop-release"
# Killed, and nobody comes who puts anything back until the host has started again.
POWER = f"""
chmod a-x /usr/local/bin/groundcrew-release
{KILL}
until systemctl show --property=ActiveState shop-release | grep -Eq "=(inactive|failed)"; do sleep 0.2; done
chmod a+x /usr/local/bin/groundcrew-release
"""
ENDS = {"stop": "systemctl stop shop-release", "kill": KILL, "power": POWER}
LEFT = "find /var/tmp /tmp -name 'ansible.*' -o -name 'shop.tar'; ls -d /srv/shop/importing; ls /srv/shop/dumps"


def python(host, code):
    """Return what Python in the application prints last."""
    return host.check_output("shop-manage shell --command %s", code).splitlines()[-1]


@pytest.fixture(scope="module")
def there(reach):
    """Return the host with the data that are wanted here."""
    host = reach(THERE)
    python(host, WRITE.format("Ada"))
    host.check_output("runuser -u shop -- touch /srv/shop/media/of-12 /srv/shop/media/tick")
    return host


@pytest.fixture
def here(host):
    """Return the host that gets them, whose PostgreSQL is the newer one; it has an entry and an upload of its own."""
    if host.backend.hostname == THERE:
        pytest.skip("it is where the data come from")
    python(host, WRITE.format("Bob"))
    host.check_output("runuser -u shop -- touch /srv/shop/media/of-13 /srv/shop/media/tick")
    return host


def test_nothing_is_replaced_without_a_word(here, there, play):  # noqa: ARG001
    refused = play("playbooks/clone_data.yml", **{"app": "shop", "from": THERE})
    assert refused.returncode == 2
    assert "Say that you mean it: -e confirm=shop" in refused.stdout
    assert "Bob" in python(here, NAMES)


def test_what_fails_leaves_the_data_of_before(here, there, play, http):  # noqa: ARG001
    asked = {"app": "shop", "from": THERE, "confirm": "shop", "scrub": "raise SystemExit('no scrubbing today')"}
    failed = play("playbooks/clone_data.yml", **asked)
    assert failed.returncode == 2
    assert "no scrubbing today" in failed.stdout
    assert "Databases and uploads are again as they were." in failed.stdout
    assert "Bob" in python(here, NAMES)
    assert "of-13 shop" in here.check_output(UPLOADS)
    assert set(here.check_output(UNITS).split()) == {"active"}
    assert http("https://shop.example.org/").status == 200


@pytest.mark.parametrize("end", ENDS)
def test_import_that_is_ended_in_the_middle_puts_the_data_back(here, http, end):
    here.check_output("python3 -c %s", SLOW)
    here.check_output("shop-release export /root/shop.tar")
    # What the archive does not have.
    mine, upload = f"Eve before {end}", f"/srv/shop/media/before-{end}"
    python(here, WRITE.format(mine))
    here.check_output("runuser -u shop -- touch %s", upload)
    here.check_output("systemd-run --quiet --collect shop-release import /root/shop.tar --leads")
    assert settles(here, "pgrep --full --exact 'sleep 601'", 90)
    assert not here.file(upload).exists
    # Nobody works with half of them.
    assert here.run("systemctl start shop-worker-celery; systemctl is-active shop-worker-celery").rc != 0
    here.check_output(ENDS[end])
    if end == "power":
        assert here.file("/srv/shop/importing/begun.json").exists
        assert here.run("systemctl start shop-worker-celery; systemctl is-active shop-worker-celery").rc != 0
        here.check_output("systemctl start shop-recover")
    assert settles(here, "! test -e /srv/shop/importing", 60)
    assert settles(here, RUN, 60)
    assert mine in python(here, NAMES)
    assert here.file(upload).exists
    assert http("https://shop.example.org/").status == 200
    # It is over, and does not begin by itself once more.
    assert settles(here, "! systemctl list-units --no-legend shop-release.service | grep -q .", 30)
    assert here.run("pgrep --full --exact 'sleep 601'").rc == 1
    here.check_output("rm /root/shop.tar; ! systemctl is-failed shop-recover")


def test_data_of_another_host_without_its_names(here, there, play, http):
    cloned = play("playbooks/clone_data.yml", **{"app": "shop", "from": THERE, "confirm": "shop"})
    assert cloned.returncode == 0, cloned.stdout[-3000:]
    assert python(here, NAMES) == "['somebody']"
    count = "from entries.models import Entry; print(Entry.objects.count())"
    assert python(here, count) == python(there, count)
    assert here.check_output(UPLOADS).splitlines() == ["of-12 shop 644", "tick shop 644"]
    assert set(here.check_output(UNITS).split()) == {"active"}
    assert "somebody" in http("https://shop.example.org/").text
    # The host that they came from has what it had, and neither has a copy beside it.
    assert "Ada" in python(there, NAMES)
    left = here.run(LEFT).stdout.split()
    assert [one for one in left if not one.endswith(".dump")] == []
    assert there.run(LEFT).stdout.split() == there.run("ls /srv/shop/dumps").stdout.split()
