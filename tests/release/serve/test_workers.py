"""Which background processes follow a release, and what is said of those that do not."""

import os

import pytest
from groundcrew_release import systemd, workers


@pytest.fixture
def units(machine):
    """The units of a host with workers of `shop` and of `shop-worker`."""
    return machine.units


def test_only_its_own(shop, units):  # noqa: ARG001
    assert workers.find(shop()) == ["shop-worker-beat.service", "shop-worker-celery.service"]
    assert workers.find(shop(name="shop-worker")) == ["shop-worker-worker-celery.service"]
    assert workers.find(shop(name="nothing")) == []


def test_stale_ones_started_before_the_switch(shop, units):
    shop().current.symlink_to("releases/a")
    os.utime(shop().current, (1795701784.5, 1795701784.5), follow_symlinks=False)
    units.since = {
        "shop-worker-beat.service": "Thu 2026-11-26 14:03:04.499999 UTC",
        "shop-worker-celery.service": "Thu 2026-11-26 14:03:04.500001 UTC",
    }
    assert workers.stale(shop()) == ["shop-worker-beat.service"]
    # One that never started.
    units.since = {}
    assert len(workers.stale(shop())) == 2


def test_one_call_for_all_and_a_note_for_the_dead(units, monkeypatch):
    finish = workers.restart(["shop-worker-beat.service", "shop-worker-celery.service"])
    assert units.calls == ["restart shop-worker-beat.service shop-worker-celery.service"]
    assert finish() == []
    units.state["shop-worker-beat.service"] = "activating"
    assert finish() == [
        "shop-worker-beat.service ends as soon as it starts. Its last words: journalctl -u shop-worker-beat.service"
    ]
    shown = [{"Id": "shop-worker-beat.service", "ActiveState": "active", "NRestarts": "2"}]
    monkeypatch.setattr(systemd, "show_all", lambda *_: shown)
    assert len(finish()) == 1


def test_none(units):
    assert workers.restart([])() == []
    assert units.calls == []
