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
        (shop().dumps / f"2026-11-2{number}.archive.dump").touch()
    records.prune(shop(keep_releases=2))
    kept = [path.name for path in sorted(shop().dumps.iterdir())]
    assert kept == [f"2026-11-2{number}{name}.dump" for number in (2, 3) for name in (".archive", "")]


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


def test_no_link_stays_among_the_static_files(shop, release, tmp_path):
    """Nginx is in the group of each application, and would follow one to the uploads of another."""
    record, other = release("a"), tmp_path / "blog"
    top = shop().release("a")
    static = top / "static"
    for path in (other / "invoice.pdf", top / "source/shop/site.css", top / "source/img/a.png", top / "environment"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
    (static / "real.js").write_text("real")
    (top / "source/img/out.pdf").symlink_to(other / "invoice.pdf")
    links = {
        "site.css": "../source/shop/site.css",
        "img": top / "source/img",
        "same.js": "real.js",
        "invoice.pdf": other / "invoice.pdf",
        "theirs": other,
        "environment": "../environment",
        "circle": ".",
        "itself": "itself",
        "gone": "../source/gone",
    }
    for name, target in links.items():
        (static / name).symlink_to(target)
    said = records.write(shop(), "a", record)
    assert said == [
        "Links among the static files that lead out of the release were left out: circle, environment, gone and 4 more."
    ]
    assert {str(path.relative_to(static)): path.read_text() for path in static.rglob("*") if not path.is_dir()} == {
        "site.css": "site.css",
        "img/a.png": "a.png",
        "real.js": "real",
        "same.js": "real",
    }
    assert not any(path.is_symlink() for path in static.rglob("*"))
    assert (static / "site.css").stat().st_ino == (top / "source/shop/site.css").stat().st_ino
    assert records.write(shop(), "a", record) == []


def test_links_of_an_image_mean_its_own_root(shop, release):
    record, top = release("a"), shop().release("a")
    (top / "rootfs/app").mkdir(parents=True)
    (top / "rootfs/app/site.css").write_text("of the image")
    (top / "static/site.css").symlink_to("/app/site.css")
    assert records.write(shop(), "a", record) == []
    assert (top / "static/site.css").read_text() == "of the image"


def test_root_writes_and_takes_nothing_where_a_link_leads(shop, release, tmp_path):
    record, etc = release("a"), tmp_path / "cron.d"
    release("b")
    etc.mkdir()
    (etc / "evil").write_text("of the host")
    # Of a release that was made before static files had no links.
    (shop().release("b") / "static/d").symlink_to(etc)
    (shop().release("b") / "static.txt").write_text("d/evil\0x/evil\0")
    (shop().release("b") / "static/x").mkdir()
    (shop().release("b") / "static/x/evil").write_text("* * * * * root evil")
    # Of one that is being built.
    (shop().release("a") / "static/x").symlink_to(etc)
    (shop().release("a") / "static.txt").symlink_to(etc / "list")
    records.write(shop(), "a", record)
    assert {path.name: path.read_text() for path in etc.iterdir()} == {"evil": "of the host"}
    assert (shop().release("a") / "static/x/evil").read_text() == "* * * * * root evil"
    assert not (shop().release("a") / "static/d").exists()


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
