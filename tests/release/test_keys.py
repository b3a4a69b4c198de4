"""The key that Django signs with changes in three steps, each of which takes a release of its own."""

import pytest
from groundcrew_release import commands, identity, keys, run
from groundcrew_release.steps import FailedError, Steps

OLD = "o" * 64


@pytest.fixture
def place(shop):
    """Return the file of the key that the host has made up, as the role `django_app` writes it."""
    path = shop().config / "secrets/DJANGO_SECRET_KEY"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"DJANGO_SECRET_KEY={OLD}\n")
    return path


@pytest.fixture
def django(monkeypatch):
    """Answer in Django's place; the answer can be changed."""
    answer = {"signs": True, "accepts": True}
    monkeypatch.setattr(run, "find", lambda *_: "serving")
    monkeypatch.setattr(commands, "ask", lambda *_: answer)
    return answer


def variables(path):
    """Return what systemd reads from an environment file (dict)."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


@pytest.mark.usefixtures("django")
def test_every_process_accepts_a_key_before_one_signs_with_it(shop, place):
    names = [identity.compute(shop(), "r")]

    def step(word):
        assert keys.rotate(shop(), word, Steps())["changed"]
        names.append(identity.compute(shop(), "r"))
        return variables(place)

    prepared = step("prepare")
    new = prepared["DJANGO_SECRET_KEY_FALLBACKS"]
    assert prepared == {"DJANGO_SECRET_KEY": OLD, "DJANGO_SECRET_KEY_FALLBACKS": new}
    assert (len(new), new.isalnum(), new != OLD) == (64, True, True)
    assert step("use") == {"DJANGO_SECRET_KEY": new, "DJANGO_SECRET_KEY_FALLBACKS": OLD}
    assert step("finish") == {"DJANGO_SECRET_KEY": new}
    # A release each, since processes read the file when they start.
    assert len(set(names)) == 4
    assert place.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in place.parent.iterdir()] == ["DJANGO_SECRET_KEY"]


@pytest.mark.usefixtures("django", "place")
def test_a_run_that_was_cut_off_begins_anew(shop, place):
    for word in ("prepare", "prepare", "use"):
        keys.rotate(shop(), word, Steps())
    known = variables(place)
    assert OLD in known["DJANGO_SECRET_KEY_FALLBACKS"].split(",")
    assert known["DJANGO_SECRET_KEY"] not in known["DJANGO_SECRET_KEY_FALLBACKS"]


@pytest.mark.usefixtures("place", "django")
def test_nothing_is_finished_twice(shop):
    before = identity.compute(shop(), "r")
    assert not keys.rotate(shop(), "finish", Steps())["changed"]
    assert identity.compute(shop(), "r") == before


def test_a_key_that_the_project_has_elsewhere_is_left_alone(shop, place, django):
    django["signs"] = False
    with pytest.raises(FailedError, match="does not sign with DJANGO_SECRET_KEY"):
        keys.rotate(shop(), "prepare", Steps())
    assert variables(place) == {"DJANGO_SECRET_KEY": OLD}


def test_a_key_that_nobody_accepts_signs_nothing(shop, place, django):
    keys.rotate(shop(), "prepare", Steps())
    before, django["accepts"] = place.read_text(), False
    with pytest.raises(FailedError, match="does not accept"):
        keys.rotate(shop(), "use", Steps())
    assert place.read_text() == before


@pytest.mark.usefixtures("place", "django")
def test_a_key_of_the_inventory_is_changed_there(shop, place):
    before = place.read_text()
    given = shop(env={"DJANGO_SECRET_KEY": "i" * 64})
    assert not keys.rotate(given, "prepare", Steps())["changed"]
    assert place.read_text() == before
