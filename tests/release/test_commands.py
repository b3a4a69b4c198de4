"""Commands of the application: the unit that each runs as, and how a failure is told."""

import pytest
from groundcrew_release import application, commands, host, sandbox
from groundcrew_release.application import Command
from groundcrew_release.steps import FailedError

TRACE = """Running migrations:
Traceback (most recent call last):
  File "manage.py", line 1, in <module>
    raise
psycopg.errors.LockNotAvailable: canceling statement due to lock timeout

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "manage.py", line 2, in <module>
    raise
django.db.utils.OperationalError: canceling statement due to lock timeout
LINE 1: ALTER TABLE
        ^
"""


@pytest.fixture
def app(shop):
    made = shop()
    (made.release("abc") / "source").mkdir(parents=True)
    (made.release("abc") / "work").symlink_to("source")
    (made.release("abc") / "environment").write_text("A=1\n")
    return made


def test_unit_of_a_command_belongs_to_the_verb(app, units, root, monkeypatch):
    monkeypatch.setenv("GROUNDCREW_RUN", "token")
    release = app.release("abc")
    command = Command(manage="migrate --noinput 'a b' $X", env={"PGOPTIONS": "-c x='s3cret'"})
    commands.prepare(app, "abc", command, [commands.line(app, command)])
    ((_, transient, files),) = units.ran
    assert transient.unit == "shop-command.service"
    assert list(transient.command) == ["/usr/bin/env", "--", "python", "manage.py", "migrate", "--noinput", "a b", "$X"]
    assert list(transient.properties) == [
        *sandbox.bans("shop", "0027", [f"{root}/srv/shop/media", f"{root}/srv/shop/cache"]),
        f"BindReadOnlyPaths=-{release}/files:{root}/etc/django/shop",
        f"ReadWritePaths={release}/static {root}/srv/shop/dumps",
        "BindsTo=shop-release.service",
        "After=shop-release.service",
    ]
    assert transient.working_directory == release / "source"
    secrets, own, extra = transient.environment_files
    assert secrets == f"-{root}/etc/django/shop/secrets/*"
    assert files == {own: "A=1\n", extra: files[extra]}
    assert files[extra].endswith("""PGOPTIONS='-c x='"'"'s3cret'"'"''\n""")
    assert "s3cret" not in repr(transient)
    assert sorted(path.name for path in release.iterdir()) == ["environment", "source", "work"]
    assert list((root / "run/groundcrew").iterdir()) == []


def test_what_puts_data_back_outlives_the_verb(app, units, monkeypatch):
    monkeypatch.setenv("GROUNDCREW_RUN", "token")
    commands.ask(app, "abc", "ahead.py", bound=False)
    ((_, transient, _),) = units.ran
    # The next verb ends it by this name.
    assert transient.unit == "shop-command.service"
    assert not [line for line in transient.properties if line.startswith(("BindsTo", "After"))]


def test_what_only_reads_runs_beside_a_verb(app, units):
    assert commands.ahead(app, "abc", {"shop": ["0001"]}) == []
    ((_, transient, _),) = units.ran
    assert transient.unit == ""
    assert not [line for line in transient.properties if line.startswith("BindsTo")]
    assert transient.command[2:] == ["python", "-", '{"shop": ["0001"]}', "default"]
    assert [line for line in transient.properties if line.startswith("StandardInput=file:/")]


def test_unless_decides(app, units):
    command = Command(run="npm run build", unless="test -e built")
    commands.prepare(app, "abc", command, [command.run])
    units.failing = {"test -e": "no"}
    commands.prepare(app, "abc", command, [command.run])
    assert units.names == ["test -e built", "test -e built", "npm run build"]


def test_what_the_overlay_tells_of_a_command_is_noted(app, monkeypatch):
    def run(transient):
        transient.log.write_text("1 file\n" + "".join(f"Groundcrew: file {n} is odd\n" for n in range(12)))
        return 0

    monkeypatch.setattr("groundcrew_release.systemd.run", run)
    notes = commands.prepare(app, "abc", Command(run="x"), ["x"])
    assert (notes[0], len(notes), notes[-1]) == ("file 0 is odd", 11, "2 more of this kind.")


def test_failure_is_the_command_and_the_last_line_of_its_traceback(app, units):
    units.failing = {"migrate": TRACE}
    with pytest.raises(FailedError) as raised:
        commands.prepare(app, "abc", Command(manage="migrate --noinput"), ["python manage.py migrate --noinput"])
    assert str(raised.value) == (
        "`python manage.py migrate --noinput` failed: "
        "django.db.utils.OperationalError: canceling statement due to lock timeout"
    )
    assert raised.value.log.endswith(TRACE)


@pytest.mark.parametrize(
    ("log", "line"),
    [
        (TRACE, "django.db.utils.OperationalError: canceling statement due to lock timeout"),
        ("CommandError: Unknown command\nType 'manage.py help'\n", "CommandError: Unknown command"),
        ("fatal: not here\nhint: look there\n", "fatal: not here"),
        ("one\ntwo\n\n", "two"),
        ("Traceback (most recent call last):\n  File x\n", "File x"),
        ("", ""),
    ],
)
def test_last_line(log, line):
    assert host.last_line(log) == line


def test_script_says_what_is_wrong_in_its_own_sentence(app, units):
    sentence = "The settings shop.settings do not import: ImportError: x"
    units.failing, units.status = {"describe.py": f"{TRACE}ValueError: logged\n{sentence}\n"}, commands.REFUSED
    with pytest.raises(FailedError) as raised:
        commands.describe(app, "abc")
    assert str(raised.value) == sentence
    assert raised.value.log.endswith("ValueError: logged"), "everything is said once"
    units.failing, units.status = {"describe.py": TRACE}, 1
    with pytest.raises(FailedError, match=r"`python describe\.py` failed: django\.db\.utils\.OperationalError: "):
        commands.describe(app, "abc")


def test_answer_that_is_none(app, units, monkeypatch):
    monkeypatch.setattr(units, "described", None)
    monkeypatch.setattr("json.dumps", lambda _value: "no json")
    with pytest.raises(FailedError, match=r"describe\.py did not answer"):
        commands.describe(app, "abc")


@pytest.mark.parametrize(
    ("leads", "staticfiles", "words"),
    [
        (True, True, ["check", "collectstatic", "migrate"]),
        (False, True, ["check", "collectstatic"]),
        (True, False, ["check", "migrate"]),
    ],
)
def test_commands_of_a_host(shop, leads, staticfiles, words):
    described, app = {"staticfiles": staticfiles}, shop()
    ran = [one for one in app.commands if commands.lines(app, one, described, leads)]
    assert [commands.title(command) for command in ran] == words


def test_record_of_an_older_engine_knows_one_database():
    assert commands.migrated({"databases": {"default": "django.db.backends.postgresql", "x": "y"}}) == ["default"]


@pytest.mark.parametrize(
    ("url", "alone"),
    [("postgresql:///shop", True), ("sqlite:////srv/db", True), ("postgresql://db/shop", False), ("", False)],
)
def test_database_of_the_hosts_own(shop, url, alone):
    assert commands.alone(shop(database_url=url)) is alone


@pytest.mark.parametrize(("said", "name"), [("/etc/shadow", "shadow"), ("/x/..", "nothing"), ("a.dump", "a.dump")])
def test_a_dump_is_in_the_folder_of_dumps_whatever_the_project_says(app, monkeypatch, said, name):
    monkeypatch.setattr(commands, "ask", lambda *_arguments: [said])
    assert commands.dump(app, "abc", ["default"]) == [str(app.dumps / name)]


def test_line_and_title_of_any_command(shop):
    app = shop(manage="shop-admin")
    assert commands.line(app, application.Command(manage="check")) == "shop-admin check"
    assert commands.line(app, application.Command(run="npm ci")) == "npm ci"
    assert commands.title(application.Command(run="npm ci")) == "npm"
