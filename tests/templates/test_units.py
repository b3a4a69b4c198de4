"""The units of an application: what runs, as whom, in which sandbox, and with which environment."""

import re
import shlex

import pytest
import systemd
from applications import names
from applications.inventory import Host
from applications.resolve import Application
from groundcrew_release import application as application_of_the_engine
from groundcrew_release import data, records

HOME = "/srv/shop"
APPLICATION = {"name": "shop", "source": "pypi", "domains": ["shop.example.org"]}


def application(processes=(), timers=(), release=None, **keys):
    """Return the variables of an application with these processes and timers."""
    return {
        "django_app": APPLICATION | keys,
        "__app": {"worker": {"name": "shop", "home": HOME, "processes": list(processes), "timers": list(timers)}},
        "django_app_release": {"sessions": False, "sandbox": [], **(release or {})},
    }


def renders(*cases):
    return pytest.mark.renders("units", *cases)


CELERY = {"name": "celery", "run": "celery --app shop worker"}
FULL = CELERY | {"memory": "512M", "stop_signal": "SIGINT", "stop_timeout": 30, "service": ["Nice=5", "Restart=no"]}
NIGHTLY = {"name": "nightly", "run": "python manage.py nightly", "on_calendar": "*-*-* 03:00:00"}
JITTERED = {**NIGHTLY, "name": "often", "randomized_delay": 90, "memory": "1G", "service": ["Nice=9"]}
PLAIN = application([CELERY, {"name": "rq", "run": "rq worker"}], [NIGHTLY])
RICH = application([FULL], [JITTERED], directories=["/srv/index", "/srv/shop/archive"], umask="0007")
SERVICES = ("shop-web@.service", "shop-worker-celery.service", "shop-timer-{}.service")

# Whoever takes one of these away says why, here.
SANDBOX = """
    NoNewPrivileges=yes CapabilityBoundingSet= PrivateTmp=yes PrivateDevices=yes PrivateUsers=yes PrivateIPC=yes
    ProtectSystem=strict ProtectHome=yes ProtectKernelTunables=yes ProtectKernelModules=yes ProtectKernelLogs=yes
    ProtectControlGroups=yes ProtectClock=yes ProtectHostname=yes ProtectProc=invisible ProcSubset=pid
    RestrictNamespaces=yes RestrictRealtime=yes RestrictSUIDSGID=yes LockPersonality=yes MemoryDenyWriteExecute=yes
    RemoveIPC=yes KeyringMode=private DevicePolicy=closed SystemCallArchitectures=native SystemCallErrorNumber=EPERM
    ReadOnlyPaths=/run InaccessiblePaths=-/run/dbus SocketBindDeny=any TasksMax=4096
"""


@pytest.fixture
def units(files):
    """The units of each case: {name: Unit}."""
    return [
        {name: systemd.read(text) for name, text in one.items() if re.search(r"\.(service|timer)$", name)}
        for one in files
    ]


@renders(PLAIN, RICH)
def test_units_are_called_as_preflight_expects_and_say_whose_they_are(files):
    """Preflight asks whether two applications of a host would make the same."""
    for case, (process, timer) in zip(files, ((["celery", "rq"], "nightly"), (["celery"], "often")), strict=True):
        values = {"processes": [{"name": name} for name in process], "timers": [{"name": timer}]}
        made = names.of(Application(Host("web1"), "shop", values))
        rendered = {name for name in case if re.search(r"\.(service|timer)$", name)}
        assert rendered <= set(made)
        assert len(rendered) == len(process) + 4
        for name in rendered - {"shop-web@.service", "shop-recover.service"}:
            assert systemd.read(case[name]).one("Unit", "X-Groundcrew") == "shop"


@renders(PLAIN, RICH)
def test_everything_runs_in_the_sandbox(units):
    for case, timer in zip(units, ("nightly", "often"), strict=True):
        for name in SERVICES:
            unit = case[name.format(timer)]
            lines = {f"{key}={value}" for key, value in unit["Service"]}
            assert set(SANDBOX.split()) - lines == set(), name
            assert (unit.one("Service", "User"), unit.one("Service", "Group")) == ("shop", "shop")
            assert unit.one("Service", "RestrictAddressFamilies") == "AF_UNIX AF_INET AF_INET6"
            calls = unit.all("Service", "SystemCallFilter")
            assert calls == ["@system-service", "~@privileged @resources", "@chown"]
            # Draining reads which connections the host has.
            assert unit.all("Service", "PrivateNetwork") == []


@renders(
    application(
        [{**CELERY, "sandbox": {"allow": ["jit"]}}, {"name": "rq", "run": "rq worker"}],
        [{**NIGHTLY, "sandbox": {"allow": ["devices"]}}],
        release={"sandbox": ["netlink"]},
        sandbox={"allow": ["proc"]},
    )
)
def test_sandbox_is_opened_for_one_unit_or_all_of_a_release(units):
    """What the inventory allows the application belongs to the next release; the units serve that of `release`."""
    names = ("shop-worker-celery.service", "shop-worker-rq.service", "shop-timer-nightly.service", "shop-web@.service")
    celery, rq, nightly, web = (units[0][name] for name in names)
    keys = ("MemoryDenyWriteExecute", "PrivateDevices", "ProcSubset")
    assert [celery.last("Service", key) for key in keys] == ["no", "yes", "pid"]
    assert [rq.last("Service", key) for key in keys] == ["yes", "yes", "pid"]
    assert [nightly.last("Service", key) for key in keys] == ["yes", "no", "pid"]
    # Those of the web servers are beside the unit, for each release.
    assert [web.last("Service", key) for key in keys] == ["yes", "yes", "pid"]
    for unit in (celery, rq, nightly):
        assert unit.all("Service", "RestrictAddressFamilies") == ["AF_UNIX AF_INET AF_INET6", "AF_NETLINK"]
    assert web.all("Service", "RestrictAddressFamilies") == ["AF_UNIX AF_INET AF_INET6"]


@renders(PLAIN, RICH)
def test_what_an_application_may_write_to(units):
    for case, timer, more in zip(units, ("nightly", "often"), ("", " /srv/index /srv/shop/archive"), strict=True):
        for name in SERVICES:
            unit = case[name.format(timer)]
            assert unit.one("Service", "ReadWritePaths") == f"{HOME}/media {HOME}/cache{more}"
            assert unit.one("Service", "UMask") == ("0007" if more else "0027")


@renders(PLAIN)
def test_the_environment_of_the_release_wins_over_secrets_of_the_host(units):
    for name in SERVICES:
        unit = units[0][name.format("nightly")]
        folder = f"{HOME}/releases/%i" if "web" in name else f"{HOME}/current"
        assert unit.all("Service", "EnvironmentFile") == ["-/etc/django/shop/secrets/*", f"{folder}/environment"]
        # What stands in a unit, every user of the host may read: a path at the most.
        variables = [one.partition("=")[0] for one in unit.all("Service", "Environment")]
        assert set(variables) <= {"PROMETHEUS_MULTIPROC_DIR"}
        assert unit.all("Service", "PassEnvironment") == []


@renders(PLAIN)
def test_a_release_sees_its_own_files(units):
    for name in SERVICES:
        unit = units[0][name.format("nightly")]
        folder = f"{HOME}/releases/%i" if "web" in name else f"{HOME}/current"
        assert unit.one("Service", "WorkingDirectory") == f"{folder}/work"
        assert unit.one("Service", "BindReadOnlyPaths") == f"-{folder}/files:/etc/django/shop"


@renders(PLAIN)
def test_the_web_server(units):
    unit = units[0]["shop-web@.service"]
    release = f"{HOME}/releases/abc"
    start = systemd.words(unit.one("Service", "ExecStart"), i="abc")
    assert start == [f"{release}/venv/bin/gunicorn", "--config", f"{release}/gunicorn.conf.py"]
    # Gunicorn says itself when it listens, and its workers finish what they do.
    assert (unit.one("Service", "Type"), unit.one("Service", "NotifyAccess")) == ("notify", "main")
    assert (unit.one("Service", "KillMode"), unit.one("Service", "Restart")) == ("mixed", "always")
    assert unit.one("Unit", "StartLimitIntervalSec") == "0"
    # Nginx is in the group of the application, nobody else.
    assert (unit.one("Service", "RuntimeDirectory"), unit.one("Service", "RuntimeDirectoryMode")) == ("shop-%i", "0750")
    assert unit.one("Install", "WantedBy") == "multi-user.target"
    # Fresh with each release, and each start: a file for each worker that has ended would be counted for ever.
    assert unit.one("Service", "Environment") == "PROMETHEUS_MULTIPROC_DIR=%t/shop-%i"


@renders(PLAIN)
def test_nothing_starts_on_half_an_import_and_each_boot_ends_it(units):
    app = application_of_the_engine.Application(name="shop", source=None, domains=())
    begun = f"!{data.begun(app)}"
    assert begun == "!/srv/shop/importing/begun.json"
    for name in SERVICES:
        assert units[0][name.format("nightly")].all("Unit", "ConditionPathExists") == [begun]
    recover = units[0]["shop-recover.service"]
    # One of them is enough.
    wanted = [f"|{records.unfinished(app)}/attempt.json", f"|{data.folder(app)}"]
    assert recover.all("Unit", "ConditionPathExists") == wanted
    assert "/srv/shop/importing" in wanted[1]
    assert recover.one("Service", "ExecStart").split()[1:] == ["shop", "recover", "--by=boot"]
    # The boot does not wait for it, since it starts units itself; nor is one failure the end.
    assert (recover.one("Service", "Type"), recover.one("Service", "Restart")) == ("exec", "on-failure")
    assert not {"Before", "Wants", "Requires"} & {key for key, _ in recover["Unit"]}


@pytest.mark.renders("application", {"django_app": APPLICATION})
def test_each_boot_asks_whether_something_was_interrupted(files):
    assert systemd.read(files[0]["shop-recover.conf"]).one("Unit", "Wants") == "shop-recover.service"


@renders(PLAIN, RICH)
def test_a_process(units):
    plain, rich = (case["shop-worker-celery.service"] for case in units)
    for unit in (plain, rich):
        assert unit.one("Service", "Type") == "exec"
        assert systemd.words(unit.one("Service", "ExecStart")) == ["/usr/bin/env", "--", *shlex.split(CELERY["run"])]
        assert unit.one("Service", "KillMode") == "mixed"
        assert unit.one("Unit", "StartLimitIntervalSec") == "0"
        assert unit.one("Install", "WantedBy") == "multi-user.target"
        assert "redis-server@shop-broker.service" in unit.one("Unit", "After").split()
    keys = ("MemoryMax", "KillSignal", "TimeoutStopSec", "Restart")
    assert [plain.last("Service", key) for key in keys] == ["75%", "SIGTERM", "300", "always"]
    # Lines of the operator come last, so that they win.
    assert [rich.last("Service", key) for key in keys] == ["512M", "SIGINT", "30", "no"]
    assert rich.one("Service", "Nice") == "5"
    assert "shop-worker-rq.service" in units[0]


@renders(PLAIN, RICH)
def test_a_timer(units):
    plain, rich = (case[f"shop-timer-{name}.timer"] for case, name in zip(units, ("nightly", "often"), strict=True))
    assert [plain.one("Timer", key) for key in ("OnCalendar", "RandomizedDelaySec")] == ["*-*-* 03:00:00", "0"]
    assert [rich.one("Timer", key) for key in ("OnCalendar", "RandomizedDelaySec")] == ["*-*-* 03:00:00", "90"]
    for timer in (plain, rich):
        assert timer.one("Timer", "AccuracySec") == "1s"
        # A host that was off makes up for it.
        assert timer.one("Timer", "Persistent") == "true"
        assert timer.one("Install", "WantedBy") == "timers.target"
    job = units[1]["shop-timer-often.service"]
    assert (job.one("Service", "Type"), job.last("Service", "MemoryMax"), job.one("Service", "Nice")) == (
        "oneshot",
        "1G",
        "9",
    )
    # It ends, and the timer starts it: neither the boot nor its own end do.
    assert ("Install" in job, job.all("Service", "Restart")) == (False, [])


@renders(
    application(release={"sessions": True}),
    application(release={"sessions": True}, timers=[{"name": "clearsessions", "run": "true", "on_calendar": "weekly"}]),
    application(),
)
def test_sessions_are_cleared_daily_unless_the_operator_says_otherwise(units):
    daily, weekly, none = units
    assert systemd.words(daily["shop-timer-clearsessions.service"].one("Service", "ExecStart"))[2:] == [
        "python",
        "manage.py",
        "clearsessions",
    ]
    assert daily["shop-timer-clearsessions.timer"].one("Timer", "OnCalendar") == "daily"
    assert weekly["shop-timer-clearsessions.timer"].one("Timer", "OnCalendar") == "weekly"
    assert [name for name in none if "-timer-" in name] == []


LITERAL = [
    "celery --app shop worker --hostname celery@%h --logfile /tmp/%n-%I.log",
    "report --format %d/%m/%Y --share 100%",
    "sh -c 'echo $HOME ${USER} $$ `id`'",
    "show $HOME ${HOME} a$b $$ $",
    """python -c 'print("a  b", 1); x = "\\n\\d"'""",
    r"""grep -E "^\s+\"x\" \\ y" 'it'"'"'s' a\ b""",
    "find . -name '*.pyc' -exec rm {} ';' -o ; \\;",
    "say '' \"\" äöü '#no comment' -n @x +y",
    "two\nlines 'of\none'\n",
]


@renders(
    application(
        [{"name": f"p{number}", "run": run} for number, run in enumerate(LITERAL)],
        [{"name": "t0", "run": LITERAL[0], "on_calendar": "daily"}],
    )
)
def test_a_command_line_reaches_the_program_as_it_is_written(units):
    """As that of `commands` and of NAME-run do: words as a shell takes them, and nothing in them is replaced."""
    environment = {"HOME": "/wrong", "USER": "wrong", "b": "wrong"}
    for number, run in enumerate(LITERAL):
        for unit in [f"shop-worker-p{number}.service", *([] if number else ["shop-timer-t0.service"])]:
            line = units[0][unit].one("Service", "ExecStart")
            assert systemd.words(line, environment) == ["/usr/bin/env", "--", *shlex.split(run)]


@pytest.mark.renders("application", {"django_app": APPLICATION | {"directories": ["/srv/index"]}})
def test_the_commands_of_the_application(files):
    shebang, *lines = files[0]["shop-manage"].splitlines()
    assert shebang == "#!/bin/sh"
    assert [line for line in lines if not line.startswith("#")] == [
        'exec groundcrew-release shop run -- python manage.py "$@"'
    ]
    assert files[0]["shop-run"].endswith('exec groundcrew-release shop run -- "$@"\n')
    assert files[0]["shop-release"].split("exec ")[1].split() == ["groundcrew-release", "shop", '"$@"']


@pytest.mark.renders("application", {"django_app": APPLICATION | {"directories": ["/srv/index"]}})
def test_folders_come_back_at_every_boot(files):
    lines = [line.split() for line in files[0]["django-shop.conf"].splitlines() if line and line[0] != "#"]
    folders = {path: (mode, user, group) for kind, path, mode, user, group, _ in lines}
    assert {kind for kind, *_ in lines} == {"d"}
    # Code belongs to root, secrets are root's alone.
    assert folders[f"{HOME}/releases"] == ("0750", "root", "shop")
    assert folders["/etc/django/shop/secrets"] == ("0700", "root", "root")
    assert folders["/srv/index"] == folders[f"{HOME}/media"] == ("0750", "shop", "shop")
    assert len(lines) == len(folders)
