"""The log of deploys, the states of releases, and what is kept of them."""

import json

import pytest
from groundcrew_release import records


@pytest.fixture
def log(shop, root):  # noqa: ARG001
    """Return a function that logs results such as "a good b bad"."""

    def write(text):
        words = text.split()
        for name, result in zip(words[::2], words[1::2], strict=True):
            records.log(shop(), {"id": name, "result": result, "by": "alice@laptop", "seconds": 1.5})

    return write


def serve(shop, name):
    shop().current.unlink(missing_ok=True)
    shop().current.symlink_to(f"releases/{name}")


def states(shop):
    return {one["id"]: one["state"] for one in records.releases(shop())}


def test_states(shop, release, log):
    for name in "abcdef":
        release(name)
    log("a good b good c bad d good e left")
    serve(shop, "d")
    assert states(shop) == {"a": "good", "b": "previous", "c": "bad", "d": "current", "e": "left", "f": "built"}
    # Newest first, also among lines of one second.
    assert [one["id"] for one in records.releases(shop()) if one["deployed"]] == ["e", "d", "c", "b", "a"]


def test_listed_knows_what_is_gone(shop, release, log):
    release("a")
    log("x good y bad a good")
    serve(shop, "a")
    assert [(one["id"], one["state"], one["disk"]) for one in records.listed(shop())] == [
        ("a", "current", True),
        ("y", "bad", False),
        ("x", "removed", False),
    ]


def test_record_is_whole_or_not_there(shop, release):
    record = release("a")
    folder = shop().release("a")
    (folder / "release.json").unlink()
    assert records.read(shop(), "a") is None
    records.write(shop(), "a", record)
    assert records.read(shop(), "a") == record
    assert (folder / "release.json").stat().st_mode & 0o777 == 0o640


def test_log_knows_the_version_of_what_was_built(shop, release, log):
    release("a")
    log("a good gone bad")
    lines = records.deploys(shop())
    assert [(line["version"], line["revision"]) for line in lines] == [("v-a", "0123456789abcdef"), ("", "")]
    assert all(line["time"].endswith("+00:00") and line["seconds"] == 1.5 for line in lines)


def test_line_that_a_crash_cut_off_spoils_nothing(shop, release, log):
    release("a")
    log("a good")
    path = shop().home / "deploys.jsonl"
    with path.open("a") as file:
        file.write('{"id": "b", "resu')
    assert [line["id"] for line in records.deploys(shop())] == ["a"]
    log("c good")
    assert [line["id"] for line in records.deploys(shop())] == ["a", "c"]


def test_last_good_is_on_disk(shop, release, log):
    release("a")
    release("b")
    log("a good b good c good")
    assert records.last_good(shop()) == "b"
    assert records.last_good(shop(), but="b") == "a"
    log("b left")
    assert records.last_good(shop()) == "a"
    assert not records.is_good(shop(), "b")


def prune(shop, keep):
    gone = records.prune(shop(keep_releases=keep))
    return sorted(path.name for path in shop().releases.iterdir()), gone


def test_prune_keeps_current_previous_and_newest(shop, release, log):
    for name in "abcdef":
        release(name)
    (shop().releases / "half").mkdir()
    for name in ("b", "e"):
        shop().drop_in(name).mkdir(parents=True)
    log("a good b good c bad d good e good f good")
    serve(shop, "f")
    left, gone = prune(shop, 2)
    assert left == ["e", "f"]
    assert gone == ["a", "b", "c", "d", "half"]
    # With it goes what only its unit had.
    assert [shop().drop_in(name).exists() for name in ("b", "e")] == [False, True]


def test_prune_keeps_the_way_forward(shop, release, log):
    """After a rollback from d to c: what was left, and what was built for later, stay; what failed goes."""
    for name in "abcdef":
        release(name)
    log("a good b good c good d good f bad d left c good")
    serve(shop, "c")
    left, _ = prune(shop, 1)
    assert left == ["b", "c", "d", "e"]


def test_prune_of_what_was_left_and_is_old(shop, release, log):
    for name in "abcd":
        release(name)
    log("a good b good b left a good c good d good")
    serve(shop, "d")
    assert prune(shop, 2)[0] == ["c", "d"]
    release("b")
    assert "b" in prune(shop, 3)[0]


def test_prune_keeps_newest_dumps(shop, release, log):
    release("a")
    log("a good")
    serve(shop, "a")
    for number in range(4):
        (shop().dumps / f"2026-11-2{number}.dump").touch()
    records.prune(shop(keep_releases=2))
    assert [path.name for path in sorted(shop().dumps.iterdir())] == ["2026-11-22.dump", "2026-11-23.dump"]


def test_bridge_serves_hashed_files_of_before(shop, release):
    release("a")
    release("b")
    for name, files in {"a": ["site.1.css", "site.1.css.gz", "same.js"], "b": ["site.2.css", "same.js"]}.items():
        for file in files:
            (shop().release(name) / "static" / file).write_text(f"{file} of {name}")
        records.bridge(shop(), name)
    static = shop().release("b") / "static"
    assert (static / "site.1.css").stat().st_ino == (shop().release("a") / "static/site.1.css").stat().st_ino
    assert (static / "same.js").read_text() == "same.js of b"
    # Only its own are handed on.
    assert (shop().release("b") / "static.txt").read_text() == "same.js\0site.2.css\0"


@pytest.mark.parametrize(
    ("keys", "record", "static", "media"),
    [
        ({}, {}, {"/static/": "current/static"}, {"/media/": "media"}),
        ({"static": {"/a/": "/b"}, "media": {"/c/": "/d"}}, {}, {"/a/": "/b"}, {"/c/": "/d"}),
        ({}, {"static_url": "/", "media_url": "/"}, {}, {}),
        ({}, {"static_url": "", "media_url": "https://s3.example.org/"}, {}, {}),
        (
            {"cdn_url": "https://cdn.example.org/"},
            {"static_url": "https://cdn.example.org/static/"},
            {"/static/": "current/static"},
            {"/media/": "media"},
        ),
        ({}, {"static_url": "https://else.example.org/static/"}, {}, {"/media/": "media"}),
    ],
)
def test_site(shop, release, keys, record, static, media):
    made = release("a")
    site = records.site(shop(**keys), made | {"django": made["django"] | record})
    strip = {url: folder.removeprefix(f"{shop().home}/") for url, folder in site["static"].items()}
    assert (strip, {url: folder.removeprefix(f"{shop().home}/") for url, folder in site["media"].items()}) == (
        static,
        media,
    )
    assert site["hsts"] == "max-age=60"


def test_site_of_a_release_from_before_the_cdn_changed(shop, release):
    made = release(
        "a", cdn_url="https://old.example.org", django={"static_url": "https://old.example.org/s/", "media_url": ""}
    )
    assert list(records.site(shop(cdn_url="https://new.example.org"), made)["static"]) == ["/s/"]


def test_unfinished_is_not_good(shop, release, log):
    release("a")
    log("a good")
    assert records.is_good(shop(), "a")
    folder = records.unfinished(shop())
    folder.mkdir()
    (folder / "attempt.json").write_text(json.dumps({"id": "a"}))
    assert not records.is_good(shop(), "a")
