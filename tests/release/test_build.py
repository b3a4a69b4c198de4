"""A build is whole or leaves nothing, whatever ends it and wherever; what serves is never touched."""

import io
import json
import os
import tarfile
from contextlib import contextmanager
from dataclasses import replace

import pytest
from groundcrew_release import application, build, commands, migrations, plan, preview, records, source, systemd
from groundcrew_release.application import File
from groundcrew_release.project import Project, read
from groundcrew_release.steps import FailedError, Steps

STEPS = [
    "find",
    "fetch",
    "unpack",
    "read",
    "venv",
    "requirements",
    "configure",
    "npm ci",
    "bytecode",
    "describe",
    "dump",
    "check",
    "collectstatic",
    "migrate",
    "compress",
    "record",
]
MANAGE = b'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'


@pytest.fixture
def app(shop, units, uv):  # noqa: ARG001
    """Return the application `shop`, whose folder was sent as the controller sends it, and a release that serves."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in {
            "site/manage.py": MANAGE,
            "site/conf/local.txt": b"old",
            "site/locale/de/LC_MESSAGES/django.po": b"",
            "requirements.txt": b"Django",
        }.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    sent = application.Source("folder", "project", version="v2", revision="f" * 64, suffix=".tar.gz")
    files = (
        File("deep/token.txt", "relative"),
        File("/srv/elsewhere/key.pem", "absolute", "0600"),
        File("source/site/conf/local.txt", "inside"),
        File("source/site/new/more.txt", "inside, too"),
    )
    made = shop(
        source=sent,
        settings="",
        files=files,
        server=application.Server(workers=3, pool_url="postgresql:///p"),
        build=(application.BuildStep(run="npm ci"),),
    )
    source.sent(made).write_bytes(buffer.getvalue())
    serve(made, "000000000000")
    return made


def serve(app, name):
    """Let a release serve, as a deploy before has left it."""
    release = app.release(name)
    (release / "static").mkdir(parents=True)
    (release / "static/old.css").write_text("old")
    (release / "static.txt").write_text("old.css\n")
    (release / "release.json").write_text(json.dumps({"id": name, "version": "v1", "by": "a", "built": "2026"}))
    app.current.symlink_to(f"releases/{name}")
    records.log(app, {"id": name, "result": "good", "by": "a", "seconds": 1})


def state(app):
    """Return everything below /srv/shop and /etc/django/shop but the uv cache: {path: mode, link or text}."""
    found = {}
    for top in (app.home, app.config):
        for path in sorted(top.rglob("*")):
            mode = path.lstat().st_mode
            text = path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else None
            found[str(path)] = (mode, text)
    return found


class Ending(Steps):
    """Steps of which one ends the build, as it begins or when it is done."""

    def __init__(self, name, after, end):
        super().__init__()
        self.name, self.after, self.end = name, after, end

    @contextmanager
    def step(self, name):
        with super().step(name):
            if name == self.name and not self.after:
                self.end(self)
            yield
            if name == self.name and self.after:
                self.end(self)


def fail(_steps):
    raise FailedError("`x` failed: because")


def disk_full(_steps):
    raise OSError(28, "No space left on device", "/srv/shop/x")


def interrupt(_steps):
    raise KeyboardInterrupt


def test_whole_release(app, units, root):
    steps = Steps()
    said = build.build(app, "alice@laptop", True, steps)
    name, release = said["id"], app.release(said["id"])
    assert [step for step, _ in steps.taken] == STEPS
    assert units.names == [
        "npm ci",
        "describe.py",
        "dump.py",
        "python manage.py check --deploy",
        "python manage.py collectstatic --noinput",
        "python manage.py migrate --noinput",
        "compress.py",
    ]
    assert (said["changed"], said["version"], said["revision"]) == (True, "v2", "f" * 64)
    assert said["dump"] == f"{root}/srv/shop/dumps/20261126T120000Z-abc.dump"
    assert said["pending"] == ["shop.0002_note: Add field note to visit"]
    assert said["site"]["static"] == {"/static/": f"{root}/srv/shop/current/static"}
    assert said["sessions"] is True
    assert said["msg"].startswith(f"shop: built {name} of v2 ")
    assert "  shop.0002_note: Add field note to visit" in said["text"]
    record = records.read(app, name)
    assert {key: record[key] for key in ("id", "version", "settings", "application", "by", "domain", "files")} == {
        "id": name,
        "version": "v2",
        "settings": "shop.settings",
        "application": "shop.wsgi:application",
        "by": "alice@laptop",
        "domain": "shop.example.org",
        "files": ["/srv/elsewhere/key.pem"],
    }
    assert record["server"]["workers"] == 3
    assert record["django"]["migrations"] == {"shop": ["0002_note"]}
    assert (release / "files/deep/token.txt").read_text() == "relative"
    assert (release / "files/.absolute/srv/elsewhere/key.pem").read_text() == "absolute"
    assert (release / "files/.absolute/srv/elsewhere/key.pem").stat().st_mode & 0o777 == 0o600
    assert (release / "work/conf/local.txt").read_text() == "inside"
    assert (release / "work/new/more.txt").read_text() == "inside, too"
    assert (release / "work/manage.py").read_bytes() == MANAGE
    assert "def load():" in (release / "overlay/groundcrew_settings.py").read_text()
    assert (release / "site-packages").readlink().as_posix() == "venv/lib/python3.11/site-packages"
    assert "DJANGO_SETTINGS_MODULE=groundcrew_settings\n" in (release / "environment").read_text()
    assert "DATABASE_URL=postgresql:///p" in (release / "gunicorn.conf.py").read_text()
    assert (release / "static/old.css").read_text() == "old", "a page of the release before still finds its files"
    assert list(app.sources.iterdir()) == []
    assert app.current.readlink().name == "000000000000"
    assert not list((root / "etc/django/shop").rglob("token.txt"))


@pytest.mark.parametrize("dsn", ["", "https://key@errors.example.org/3"])
def test_reports_of_errors_come_with_their_key(app, dsn):
    app = replace(app, sentry=application.Sentry(dsn, "staging"))
    release = app.release(build.build(app, "alice@laptop", True, Steps())["id"])
    assert (release / "overlay/groundcrew_sentry.py").exists() == bool(dsn)
    assert ("sentry-sdk" in (release / "requirements.txt").read_text()) == bool(dsn)
    assert ("SENTRY_ENVIRONMENT=staging" in (release / "environment").read_text()) == bool(dsn)


def test_second_build_of_the_same_does_nothing(app, units):
    first = build.build(app, "a", True, Steps())
    before, units.ran = state(app), []
    second = build.build(app, "b", True, Steps())
    assert (second["changed"], second["id"], second["pending"], second["dump"]) == (False, first["id"], [], "")
    assert (units.ran, state(app)) == ([], before)
    assert second["site"] == first["site"]


def test_what_a_rollback_or_a_restore_took_back_is_migrated_again(app, units):
    """It served before, so that nobody builds it: every page that needs the column would fail behind a good probe."""
    first = build.build(app, "a", True, Steps())
    records.log(app, {"id": first["id"], "result": "left", "by": "a", "seconds": 1, "reason": ""})
    units.ran = []
    second = build.build(app, "b", True, Steps())
    assert (second["changed"], second["pending"]) == (True, ["shop.0002_note: Add field note to visit"])
    assert second["dump"].endswith(".dump")
    assert units.names == ["describe.py", "dump.py", "python manage.py migrate --noinput"]
    # Nothing is missing.
    units.ran, units.described["pending"] = [], []
    assert build.build(app, "b", True, Steps())["changed"] is False
    assert units.names == ["describe.py"]


def test_a_host_that_does_not_lead_waits_for_the_one_that_does(app, units, monkeypatch):
    first = build.build(app, "a", True, Steps())
    records.log(app, {"id": first["id"], "result": "left", "by": "a", "seconds": 1, "reason": ""})
    units.ran = []
    # Another host does it meanwhile.
    monkeypatch.setattr(migrations.time, "sleep", lambda _: units.described.update(pending=[]))
    assert build.build(app, "b", False, Steps())["changed"] is False
    assert units.names == ["describe.py"] * 3
    # And if it does not, or nobody is to do it:
    units.described["pending"] = ["shop.0002_note: Add field note to visit"]
    monkeypatch.setattr(migrations, "PATIENCE", -1)
    with pytest.raises(FailedError, match=r"not ended its migrations .* is shop.0002_note. .* --leads"):
        build.build(app, "b", False, Steps())
    nobody = replace(app, commands=())
    assert migrations.catch_up(nobody, first["id"], False, Steps(), migrations.Progress()) is False


@pytest.mark.parametrize("end", [fail, disk_full, interrupt, Steps.stop], ids=lambda end: end.__name__)
@pytest.mark.parametrize("after", [False, True], ids=["begin", "end"])
@pytest.mark.parametrize("name", STEPS)
def test_failed_build_leaves_nothing_behind(app, units, name, after, end):
    before = state(app)
    with pytest.raises(KeyboardInterrupt if end is interrupt else FailedError) as raised:
        build.build(app, "a", True, Ending(name, after, end))
    dumps = {path: value for path, value in state(app).items() if path.endswith(".dump")}
    assert {path: value for path, value in state(app).items() if path not in dumps} == before
    assert end is interrupt or raised.value.__notes__[0] == name
    # The command that may still run in the release has ended before the release goes.
    assert "shop-command.service" in units.stopped or name == "find"
    # A dump stays when the migrations after it have begun.
    assert bool(dumps) == ((STEPS.index(name), after) >= (STEPS.index("migrate"), True))


@pytest.mark.parametrize("name", STEPS)
def test_killed_build_counts_for_nothing_and_the_next_one_removes_it(app, units, name):
    before = state(app)
    child = os.fork()
    if child == 0:
        build.build(app, "a", True, Ending(name, False, lambda _steps: os._exit(9)))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 9 << 8
    assert [record["id"] for record in records.releases(app)] == ["000000000000"]
    assert {path: value for path, value in state(app).items() if path in before} == before
    said = build.build(app, "a", True, Steps())
    assert units.stopped == ["shop-command.service"]
    assert sorted(path.name for path in app.releases.iterdir()) == sorted(["000000000000", said["id"]])


def test_removal_that_is_cut_short_leaves_no_release_that_counts(app, monkeypatch):
    name = build.build(app, "a", True, Steps())["id"]
    monkeypatch.setattr("shutil.rmtree", lambda *_arguments, **_options: interrupt(None))
    with pytest.raises(KeyboardInterrupt):
        build.host.remove(app.release(name))
    assert records.read(app, name) is None


def test_what_another_killed_build_left_goes_too(app):
    (app.releases / "ffffffffffff/venv").mkdir(parents=True)
    (app.dumps / "x.part").write_text("half")
    (app.dumps / "old.dump").write_text("whole")
    build.build(app, "a", True, Steps())
    assert not (app.releases / "ffffffffffff").exists()
    assert sorted(path.name for path in app.dumps.iterdir()) == ["20261126T120000Z-abc.dump", "old.dump"]


def test_failed_migration_says_where_the_database_is(app, units):
    units.failing = {"migrate": "Traceback (most recent call last):\n  x\nValueError: no\n"}
    steps = Steps()
    with pytest.raises(FailedError) as raised:
        build.build(app, "a", True, steps)
    assert str(raised.value) == "`python manage.py migrate --noinput` failed: ValueError: no"
    assert steps.notes == [
        "Migrations had begun: 1 were pending, the first is shop.0002_note.",
        f"The database as it was before is in {app.dumps}/20261126T120000Z-abc.dump.",
    ]


def test_dump_that_fails_names_the_key_that_does_without(app, units):
    units.failing, units.status = {"dump.py": "The database was not dumped: no room.\n"}, commands.REFUSED
    with pytest.raises(FailedError, match=r"was not dumped: no room\. To go on without: `dump_before_migrate: false`"):
        build.build(app, "a", True, Steps())


def test_failure_before_the_migrations_says_nothing_of_them(app, units):
    units.failing = {"check": "ERRORS"}
    units.described["databases"]["default"]["filled"] = False
    steps = Steps()
    with pytest.raises(FailedError):
        build.build(app, "a", True, steps)
    assert steps.notes == []


@pytest.mark.parametrize(
    ("keys", "described", "leads", "dumped", "migrated"),
    [
        ({}, {}, False, False, False),
        ({"database_url": "postgresql:///shop"}, {}, False, True, True),
        ({"dump_before_migrate": False}, {}, True, False, True),
        ({}, {"filled": False}, True, False, True),
        ({}, {"pending": False}, True, False, True),
    ],
)
def test_dump_and_commands_of_one_host(app, units, keys, described, leads, dumped, migrated):
    units.described["databases"]["default"] |= described
    build.build(application.Application(**{**vars(app), **keys}), "a", leads, Steps())
    assert ("dump.py" in units.names) is dumped
    assert ("python manage.py migrate --noinput" in units.names) is migrated


def further(app, units, leads=True, commands=None, **facts):
    """Build a release with a second database, and return (aliases that are dumped, lines that migrate)."""
    one = {"engine": "postgresql", "local": False, "left": "", "pending": True, "filled": True}
    units.described["databases"]["archive"] = one | facts
    app = application.Application(**{**vars(app), **({"commands": commands} if commands else {})})
    build.build(app, "a", leads, Steps())
    dumped = [list(transient.command[5:]) for name, transient, _ in units.ran if name == "dump.py"]
    return dumped, [name for name in units.names if "migrate" in name]


MIGRATE = "python manage.py migrate --noinput"


def test_every_database_is_dumped_and_migrated(app, units):
    assert further(app, units) == ([["default", "archive"]], [MIGRATE, f"{MIGRATE} --database=archive"])
    names = sorted(path.name for path in app.dumps.iterdir())
    assert names == ["20261126T120000Z-abc.archive.dump", "20261126T120000Z-abc.dump"]
    (one,) = {str(files) for name, _, files in units.ran if name.endswith("archive")}
    assert "lock_timeout" in one, "with the environment of the command"


@pytest.mark.parametrize(
    ("facts", "leads", "dumped", "migrated"),
    [
        ({"left": "it is a mirror of default", "pending": False}, True, [["default"]], [MIGRATE]),
        ({"filled": False}, True, [["default"]], [MIGRATE, f"{MIGRATE} --database=archive"]),
        # What hosts share is the leading one's; what is the host's own is migrated by each.
        ({}, False, [], []),
        ({"local": True}, False, [["archive"]], [f"{MIGRATE} --database=archive"]),
    ],
)
def test_which_of_the_databases(app, units, facts, leads, dumped, migrated):
    assert further(app, units, leads, **facts) == (dumped, migrated)


@pytest.mark.parametrize(
    ("manage", "more"),
    [
        ("migrate", True),
        ("migrate --noinput -v 2", True),
        ("migrate shop", False),
        ("migrate --database=default", False),
        ("migrate_schemas --shared", False),
    ],
)
def test_what_migrates_everything_migrates_each_database(app, units, manage, more):
    commands = (application.Command(manage=manage),)
    assert any(line.endswith("--database=archive") for line in further(app, units, commands=commands)[1]) is more


def test_a_database_that_a_command_names_is_left_to_it(app, units):
    own = "migrate reports --database archive"
    commands = (application.Command(manage="migrate"), application.Command(manage=own))
    assert further(app, units, commands=commands)[1] == ["python manage.py migrate", f"python manage.py {own}"]


@pytest.mark.parametrize(
    ("path", "note"),
    [
        ("gunicorn.conf.py", "gunicorn.conf.py of the project is used; what is decided elsewhere: bind (the host)"),
        ("gunicorn_prod.py", "gunicorn_prod.py may be a configuration of Gunicorn, and nobody reads it: "),
    ],
)
def test_the_projects_own_configuration_of_gunicorn(app, units, monkeypatch, path, note):
    unpack = build.source.unpack

    def unpacked(application, folder):
        unpack(application, folder)
        (folder / path).write_text("workers = 3\n")

    monkeypatch.setattr(build.source, "unpack", unpacked)
    steps, used = Steps(), path == "gunicorn.conf.py"
    name = build.build(app, "a", True, steps)["id"]
    assert steps.notes[0].startswith(note)
    assert ("gunicorn_conf.py" in units.names) is used
    written = (app.release(name) / "gunicorn.conf.py").read_text()
    assert (f"{app.release(name)}/source/{path}" in written) is used


def test_release_without_static_files(app, units):
    units.described |= {"staticfiles": False}
    build.build(app, "a", True, Steps())
    assert "compress.py" not in units.names
    assert "python manage.py collectstatic --noinput" not in units.names


@pytest.mark.parametrize(
    ("asked", "described", "servers", "found"),
    [
        ({"application": "x:y"}, {}, (), "x:y"),
        ({}, {"application": "shop.wsgi:app"}, ("shop/wsgi.py",), "shop.wsgi:app"),
        # A product, whose settings and wsgi.py lie in one package.
        ({}, {"beside": {"wsgi": "shop.wsgi:application", "asgi": ""}}, (), "shop.wsgi:application"),
        ({}, {"beside": {"wsgi": "", "asgi": ""}}, (), "django.core.wsgi:get_wsgi_application()"),
        ({"server": application.Server(interface="asgi")}, {}, (), "django.core.asgi:get_asgi_application()"),
    ],
)
def test_the_callable(shop, asked, described, servers, found):
    known = {"application": "", "asgi": ""} | described
    assert build.served(shop(**asked), Project(servers=servers), known)[0] == found


def test_several_files_that_may_have_the_callable(shop):
    with pytest.raises(FailedError, match="The settings name no WSGI_APPLICATION: set `application`"):
        build.served(shop(), Project(servers=("a/wsgi.py", "b/wsgi.py")), {"application": "", "asgi": ""})


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("../token", "must not hold `..`"),
        ("source/../../token", "must not hold `..`"),
        ("source/outside/token", "a folder of its path is a link"),
        ("source/outside/deep/token", "a folder of its path is a link"),
    ],
)
def test_file_never_leaves_the_release(app, monkeypatch, tmp_path, path, sentence):
    (tmp_path / "outside").mkdir()
    real = source.unpack

    def unpack(app, target):
        real(app, target)
        (target / "outside").symlink_to(tmp_path / "outside")

    monkeypatch.setattr(source, "unpack", unpack)
    with pytest.raises(FailedError, match=sentence):
        build.build(application.Application(**{**vars(app), "files": (File(path, "x"),)}), "a", True, Steps())
    assert list((tmp_path / "outside").iterdir()) == []


def test_working_directory_that_is_not_there(app):
    with pytest.raises(FailedError, match="The source has no folder nowhere"):
        build.build(application.Application(**{**vars(app), "working_directory": "nowhere"}), "a", True, Steps())


def test_preview_leaves_nothing_and_says_what_would_come(app, units):
    before = state(app)
    said = preview.preview(app, "a", True, Steps())
    assert state(app) == before
    assert units.names == ["npm ci", "describe.py"]
    assert (said["changed"], said["known"], said["django"], said["python"]) == (False, False, "5.2.1", "3.11.2")
    assert said["pending"] == ["shop.0002_note: Add field note to visit"]
    assert "would be built" in said["msg"]
    assert "  DEBUG: True -> False" in said["text"]
    assert said["choices"] == [
        "working directory: site, of site/manage.py",
        "settings: shop.settings, from site/manage.py",
        "callable: shop.wsgi:application, from WSGI_APPLICATION of the settings",
        "python: 3.11.2, python3 of the host",
        "dependencies: requirements.txt, what pip installs",
    ]
    assert "  settings: shop.settings, from site/manage.py" in said["text"]
    name = build.build(app, "a", True, Steps())["id"]
    units.described |= {"pending": []}
    again = preview.preview(app, "a", True, Steps())
    assert (again["id"], again["known"], again["pending"]) == (name, True, [])
    assert again["choices"] == said["choices"]
    assert records.read(app, name)


@pytest.mark.parametrize("name", ["fetch", "unpack", "read", "venv", "requirements", "npm ci", "describe"])
@pytest.mark.parametrize("end", [fail, disk_full, interrupt], ids=lambda end: end.__name__)
def test_failed_preview_leaves_nothing(app, name, end):
    before = state(app)
    with pytest.raises((FailedError, KeyboardInterrupt)):
        preview.preview(app, "a", True, Ending(name, True, end))
    assert state(app) == before


def test_what_the_project_has_to_build_is_proposed_and_not_run(app, units):
    bare = application.Application(**vars(app) | {"build": ()})
    text = preview.preview(bare, "a", True, Steps())["text"]
    start = text.index("It seems to need a build, which nothing runs unasked. These keys of the application do it:")
    assert text[start + 1 : start + 4] == [
        "  build:",
        "    - {manage: compilemessages}  # site/locale/de/LC_MESSAGES/django.po has no .mo",
        "  packages: [gettext]  # for compilemessages",
    ]
    assert not any("compilemessages" in line for line in preview.preview(app, "a", True, Steps())["text"])
    assert units.names == ["describe.py", "npm ci", "describe.py"]
    # It may be why a build fails, and not why a migration does.
    for failing, told in (("collectstatic", True), ("migrate", False)):
        units.failing, steps = {failing: "no"}, Steps()
        with pytest.raises(FailedError):
            build.build(bare, "a", True, steps)
        assert any("compilemessages" in note for note in steps.notes) is told


@pytest.mark.parametrize("keys", [{"broker_url": "unix:///q"}, {"env": {"CELERY_BROKER_URL": "amqp://q"}}])
def test_queue_of_the_inventory_is_asked_for(app, keys):
    assert not build.asked(app).queue
    assert build.asked(application.Application(**vars(app) | keys)).queue


def test_what_the_inventory_leaves_out_is_told(app, units, monkeypatch):  # noqa: ARG001
    lines = ("  interface: asgi  # x", "  processes:", "    - {name: celery, run: x}  # y")
    monkeypatch.setattr(build, "read_project", lambda *asked: replace(read(*asked), beside=lines))
    text = preview.preview(app, "a", True, Steps())["text"]
    start = text.index(next(line for line in text if "more than a web server" in line))
    assert text[start + 1 : start + 4] == list(lines)
    steps = Steps()
    build.build(app, "a", True, steps)
    (note,) = steps.notes
    assert "`interface` and `processes`" in note
    assert "preview=true" in note


def test_build_step_that_fails_ends_the_build(app, units):
    before = state(app)
    units.failing = {"npm ci": "npm error code EUSAGE\nnpm error Missing: vite@5 from lock file\n"}
    with pytest.raises(FailedError, match="`npm ci` failed: npm error Missing: vite@5 from lock file"):
        build.build(app, "a", True, Steps())
    assert state(app) == before
    assert units.names == ["npm ci"]


def test_plan_follows_a_release_to_its_end(app):
    def states():
        said = plan.plan(app, True)
        return said["state"], said["serving"], said["upload"]

    assert states() == ("absent", "000000000000", False)
    source.forget(app)
    assert states() == ("absent", "000000000000", True)


def test_plan_of_a_release_that_is_built_serves_or_was_killed_after_its_switch(app, monkeypatch):
    name = build.build(app, "a", True, Steps())["id"]
    said = plan.plan(app, True)
    assert (said["id"], said["state"], said["serving"], said["upload"]) == (name, "built", "000000000000", False)
    app.current.unlink()
    app.current.symlink_to(f"releases/{name}")
    assert plan.plan(app, True)["state"] == "built", "nobody has verified it yet"
    records.log(app, {"id": name, "result": "good", "by": "a", "seconds": 1})
    runs = {"ActiveState": "active"}
    monkeypatch.setattr(systemd, "show", lambda unit, _: runs if unit == app.unit(name) else {})
    assert plan.plan(app, True)["state"] == "serving"
    # Its web servers have been kept from their start by half an import, or were stopped.
    runs["ActiveState"] = "inactive"
    assert plan.plan(app, True)["state"] == "built"
    runs["ActiveState"] = "reloading"
    assert plan.plan(app, True)["sessions"] is True
    records.log(app, {"id": name, "result": "bad", "by": "a", "seconds": 1})
    assert plan.plan(app, True)["state"] == "built"


def test_front_end_that_nobody_built_is_told_and_no_obstacle(app, units):
    steps = Steps()

    def named(path):
        # What its processes see as /etc/django/NAME/release is the release.
        own = "/etc/django/shop/release/source"
        return {"STATICFILES_DIRS": [f"{app.release(name)}/source/{path}", "/nowhere/else", str(app.home), own]}

    name = build.find(app)[1]
    units.described |= {"front_end": named("frontend/dist")}
    lines = [
        "STATICFILES_DIRS names frontend/dist, which the release does not have. If git ignores it, "
        "`include: [frontend/dist]` ships it from a folder.",
        "STATICFILES_DIRS names /nowhere/else, which the release does not have.",
    ]
    preview.preview(app, "a", True, steps)
    assert steps.notes == lines
    steps = Steps()
    build.build(app, "a", True, steps)
    assert steps.notes == lines


def test_release_that_collects_nothing_serves_its_static_files_itself(app):
    keep = tuple(one for one in app.commands if "collectstatic" not in one.manage)
    said = build.build(application.Application(**{**vars(app), "commands": keep}), "a", True, Steps())
    assert said["site"]["static"] == {}
    assert records.read(app, said["id"])["collected"] is False


def test_files_with_the_whole_path_and_the_path_of_the_release_itself(app):
    name = build.build(app, "a", True, Steps())["id"]
    link = app.release(name) / "files/release"
    assert (link / "source/site/manage.py").exists()
    known = application.read_file("shop", {"path": "/etc/django/shop/conf/x.ini", "content": ""})
    assert known.path == "conf/x.ini"


def test_commands_see_the_absolute_files_of_their_release_and_leave_no_place(app, units, root, monkeypatch):
    key = root / "srv/elsewhere/key.pem"
    real = units.run

    def run(transient):
        # As systemd does for a file that units see and that is not there.
        key.parent.mkdir(exist_ok=True)
        key.touch()
        return real(transient)

    monkeypatch.setattr(systemd, "run", run)
    name = build.build(app, "a", True, Steps())["id"]
    lines = [line for _, transient, _ in units.ran for line in transient.properties if "elsewhere" in line]
    assert set(lines) == {f"BindReadOnlyPaths={app.release(name)}/files/.absolute/srv/elsewhere/key.pem:{key}"}
    # A build step sees nothing of the application.
    assert len(lines) == len([one for one in units.names if one != "npm ci"])
    assert not key.exists()


def product_of(shop, *requirements, source=("pypi", "pypi"), suffix=""):
    kind, location = source
    return shop(source=application.Source(kind, location, suffix=suffix), requirements=requirements)


@pytest.mark.parametrize(
    ("requirement", "wanted", "installed"),
    [
        ("mailman-web", "mailman-web", "0.0.9"),
        ("mailman_web[x]==0.0.8", "0.0.8", "0.0.9"),
        ("Mailman.Web>=0.0.1; python_version > '3'", "Mailman.Web", "0.0.9"),
        ("mailman-web == 0.0.*", "mailman-web", "0.0.9"),
        ("other", "other", "other"),
        ("mailman-web @ https://example.org/x.zip", "mailman-web", "0.0.9"),
        ("git+https://example.org/x", "pypi", "pypi"),
    ],
)
def test_version_of_a_product_is_its_own(shop, requirement, wanted, installed):
    app = product_of(shop, requirement, "Django==5.2.1")
    (app.release("x") / "venv/lib/python3.11/site-packages/mailman_web-0.0.9.dist-info").mkdir(parents=True)
    assert (source.wanted(app), source.version(app, app.release("x"))) == (wanted, installed)


def test_version_of_a_wheel(shop):
    app = product_of(shop, source=("archive", "dist/tiny-1.0-py3-none-any.whl"), suffix="-tiny-1.0-py3-none-any.whl")
    assert (source.wanted(app), source.version(app, app.release("x"))) == ("1.0", "1.0")
