"""What a build tells of its migrations and settings: what is new, and no more."""

import json

import pytest
from groundcrew_release import records, summary

DEBUG = {"name": "DEBUG", "was": "True", "now": "False"}
MIGRATIONS = [f"shop.{number:04}_more: Add a field" for number in range(1, 30)]


def static(release):
    """Return the replaced setting that has the path of a release."""
    return {"name": "STATIC_ROOT", "was": "not set", "now": f"/srv/shop/releases/{release}/static"}


@pytest.fixture
def news(shop, root):  # noqa: ARG001 - the folder that stands for the host's root
    """Return a function that tells what a release replaces beside the one that serves, or beside none."""
    app = shop()

    def tell(replaced, before=None, pending=()):
        if before is not None:
            folder = app.release("old")
            folder.mkdir(parents=True)
            (folder / "release.json").write_text(json.dumps({"id": "old", "django": {"replaced": before}}))
            app.current.symlink_to("releases/old")
            assert records.serving(app) == "old"
        return summary.news(app, {"id": "new", "django": {"replaced": replaced}}, list(pending))

    return tell


def test_a_first_release_names_what_is_replaced(news):
    assert news([DEBUG, static("new"), DEBUG]) == ["The overlay replaces DEBUG, STATIC_ROOT (a preview says by what)."]
    assert news([]) == []


def test_what_was_replaced_before_is_no_news(news):
    assert news([DEBUG, static("new")], before=[DEBUG, static("old")]) == []


def test_what_is_replaced_now_is_told_with_its_values(news):
    lines = news([DEBUG, static("new")], before=[static("old")])
    assert lines == ["Settings that the overlay replaces:", "  DEBUG: True -> False"]


def test_few_migrations_are_listed_and_many_are_counted(news):
    assert news([], pending=MIGRATIONS[:2]) == ["Pending migrations:", *(f"  {one}" for one in MIGRATIONS[:2])]
    assert news([], pending=MIGRATIONS) == ["29 migrations, from shop.0001_more on."]
