"""What a plan says of hosts on which little is there yet; tests/release/test_build.py follows a release to its end."""

import json

import pytest
from groundcrew_release import application, host, plan, source
from groundcrew_release.steps import FailedError

GIT = application.Source("git", "https://git.example.org/shop.git", version="v1")


def test_host_without_folders_or_git(shop, root, monkeypatch):
    nothing = {"id": "", "state": "absent", "serving": "", "upload": False, "site": {}, "sessions": False}
    monkeypatch.setenv("PATH", "/nonexistent")
    said = plan.plan(shop(source=GIT), True)
    assert {key: said[key] for key in nothing} == nothing
    assert said["version"] == "v1"
    assert plan.plan(shop(), True)["id"], "PyPI needs no git to be planned"
    host.remove(root / "srv/shop")
    assert plan.plan(shop(), True)["id"] == ""


def test_absent_release_has_the_site_of_the_one_that_serves(shop):
    app = shop(media={"/files/": "/srv/files"})
    django = {"static_url": "/assets/", "media_url": "/media/", "hsts": "max-age=1", "sessions": True}
    app.release("abc").mkdir()
    (app.release("abc") / "release.json").write_text(json.dumps({"id": "abc", "django": django}))
    app.current.symlink_to("releases/abc")
    said = plan.plan(app, True)
    assert said["site"] == {
        "static": {"/assets/": f"{app.current}/static"},
        "media": {"/files/": "/srv/files"},
        "hsts": "max-age=1",
    }
    assert (said["state"], said["serving"], said["sessions"], said["uv"]) == ("absent", "abc", True, False)


def test_unknown_commit_and_a_remote_that_is_away(shop, monkeypatch):
    monkeypatch.setattr(source, "resolve", lambda _application: "")
    said = plan.plan(shop(source=GIT), True)
    assert (said["id"], said["state"], said["revision"]) == ("", "absent", "")

    def away(_application):
        raise FailedError("away")

    monkeypatch.setattr(source, "resolve", away)
    with pytest.raises(FailedError, match="away"):
        plan.plan(shop(source=GIT), True)
