"""A fake host that serves: units that start and stop, releases on disk, a fault at any place."""

import datetime
import json
import shutil
import tempfile
from pathlib import Path

import pytest
from groundcrew_release import activate, commands, drain, files, loads, probe, records, steps, systemd, traffic


class Killed(BaseException):
    """The process ends here, as after SIGKILL: nothing that catches failures sees it."""


@pytest.fixture
def repository():
    """Return the folder of the collection."""
    return Path(__file__).resolve().parents[3]


class Units:
    """In place of systemd: the state of units by name, and what was asked for, in order."""

    def __init__(self):
        self.state, self.boot, self.calls, self.since = {}, set(), [], {}
        self.refuses = set()  # calls that fail, such as "start shop-web@a.service"

    def note(self, *words):
        self.calls.append(" ".join(words))
        if self.calls[-1] in self.refuses:
            raise steps.FailedError(f"`{self.calls[-1]}` failed")

    def start(self, unit, wait=True):  # noqa: ARG002
        self.note("start", unit)
        self.state[unit] = "active"

    def stop(self, *units):
        for unit in units:
            self.note("stop", unit)
            self.state.pop(unit, None)

    def begin_stop(self, unit):
        self.note("begin_stop", unit)
        self.state[unit] = "deactivating"

    def enable(self, unit):
        self.note("enable", unit)
        self.boot.add(unit)

    def retire(self, unit):
        self.note("retire", unit)
        self.boot.discard(unit)
        self.state.pop(unit, None)

    def restart(self, units):
        self.note("restart", *units)
        self.since |= dict.fromkeys(units, f"{datetime.datetime.now(datetime.UTC):%a %Y-%m-%d %H:%M:%S.%f UTC}")
        self.state |= dict.fromkeys(units, "active")
        return lambda: None

    def show_all(self, units, *names):
        known = {"NRestarts": "0", "LoadState": "loaded"}
        return [
            dict.fromkeys(names, "")
            | {name: value for name, value in known.items() if name in names}
            | {
                key: value
                for key, value in {
                    "Id": unit,
                    "ActiveState": self.state.get(unit, "inactive"),
                    "ActiveEnterTimestamp": self.since.get(unit, ""),
                }.items()
                if key in names
            }
            for unit in units
        ]

    def active(self, pattern):
        start = pattern.partition("*")[0]
        return sorted(unit for unit in self.state if unit.startswith(start))

    def enabled(self, *units):
        return sorted(unit for unit in units if "disabled" not in unit)

    def journal(self, unit, since=0.0, lines=300):  # noqa: ARG002
        return f"words of {unit}"


@pytest.fixture
def tmp_path(tmp_path):
    """Shorten the path: that of a Unix socket has 107 bytes at most."""
    short = Path(tempfile.mkdtemp(prefix="gc-", dir="/tmp"))
    yield short
    shutil.rmtree(short, ignore_errors=True)
    del tmp_path


@pytest.fixture
def release(root, shop):  # noqa: ARG001
    """Return a function that puts a release on the disk; keywords replace keys of its record."""
    count = iter(range(1000))

    def make(name, **keys):
        application = shop()
        folder = application.release(name)
        (folder / "static").mkdir(parents=True, exist_ok=True)
        for path in keys.get("files", []):
            kept = folder / "files/.absolute" / path.lstrip("/")
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(f"of {name}")
        record = {
            "id": name,
            "version": f"v-{name}",
            "revision": "0123456789abcdef",
            "settings": "shop.settings",
            "application": "shop.wsgi:application",
            "built": f"2026-11-26T10:00:{next(count):02}+00:00",
            "by": "builder@laptop",
            "django": {
                "static_url": "/static/",
                "media_url": "/media/",
                "hsts": "max-age=60",
                "staticfiles": True,
                "migrations": {"shop": ["0001"]},
            },
            "server": {"interface": "wsgi", "workers": 0, "threads": 4, "timeout": 30, "settings": {}, "pool_url": ""},
            "domain": "shop.example.org",
            "probe": {"path": "/", "status": [], "timeout": 60.0},
            "files": [],
        } | keys
        (folder / "release.json").write_text(json.dumps(record))
        return record

    return make


SYSTEMD = ("start", "stop", "begin_stop", "enable", "retire", "restart", "show_all", "active", "enabled", "journal")
PLACES = [
    (activate, ("begin", "end", "point")),
    (commands, ("describe",)),
    (probe, ("is_broken", "wait_until_good", "verify")),
    (records, ("log", "prune")),
    (files, ("keep", "install", "put_back", "copy")),
    (loads, ("missing",)),
    (traffic, ("past", "watch")),
    (drain, ("drain",)),
    (systemd, SYSTEMD),
]
# As they are before a test replaces them.
REAL = {(module, name): getattr(module, name) for module, names in PLACES for name in names}
QUIET = {
    "describe": lambda *_: {"pending": []},
    "is_broken": lambda *_: False,
    "wait_until_good": lambda *_: None,
    "verify": lambda *_: [],
    "missing": lambda *_: [],
    "watch": lambda *_: [],
    "drain": lambda *_, **__: 0,
}


class Host:
    """A host on which releases are activated; before and after all that is done there, `fault` may strike."""

    def __init__(self, root, shop, units, monkeypatch):
        self.root, self.shop, self.units = root, shop, units
        self.monkeypatch = monkeypatch
        self.break_at(None, None)
        for (module, name), function in REAL.items():
            self.replace(module, name, getattr(units, name) if module is systemd else QUIET.get(name, function))

    def replace(self, module, name, function):
        """Put a function in the place of one of a module; faults strike around it."""

        def call(*arguments, **keys):
            self.at(f"before {name}")
            result = function(*arguments, **keys)
            self.at(f"after {name}")
            return result

        self.monkeypatch.setattr(module, name, call)

    def at(self, place):
        self.passed.append(place)
        if self.when == len(self.passed):
            self.fault()

    def break_at(self, number, fault):
        """Let `fault` strike at the place of this number, counted from now; None for nowhere."""
        self.passed, self.when, self.fault, self.steps = [], number, fault, steps.Steps()

    def activate(self, name, **keys):
        return activate.activate(self.shop(**{"verify": True, "watch": 30.0, **keys}), name, "alice@laptop", self.steps)

    def recover(self):
        return activate.recover(self.shop(verify=True), self.steps)

    @property
    def current(self):
        return records.serving(self.shop())

    @property
    def web(self):
        """The releases whose web servers run."""
        return sorted(unit.partition("@")[2].removesuffix(".service") for unit in self.units.state if "-web@" in unit)

    @property
    def log(self):
        """What was logged: (release, result) in order."""
        return [(line["id"], line["result"]) for line in records.deploys(self.shop())]


@pytest.fixture
def fresh(root, shop, release, monkeypatch):
    """Return a function that makes a host anew: `shop` and `shop-worker`, an application of its own, have workers.

    The releases that it is given are put on the disk, and the first of them serves.
    """

    def make(*names, **keys):
        for folder in ("srv/shop", "etc/shop"):
            shutil.rmtree(root / folder, ignore_errors=True)
        for folder in ("releases", "dumps"):
            (root / "srv/shop" / folder).mkdir(parents=True)
        units = Units()
        owners = {
            "shop-worker-celery": "shop",
            "shop-worker-beat": "shop",
            "shop-worker-disabled": "shop",
            "shop-worker-worker-celery": "shop-worker",
            "shop-worker-handmade": "",
        }
        folder = root / "etc/systemd/system"
        folder.mkdir(parents=True, exist_ok=True)
        for unit, owner in owners.items():
            (folder / f"{unit}.service").write_text(f"[Unit]\nX-Groundcrew={owner}\n")
        made = Host(root, shop, units, monkeypatch)
        for number, name in enumerate(names):
            release(name, **keys.get(name, {}))
            if not number:
                made.activate(name)
        made.break_at(None, None)
        units.calls.clear()
        return made

    return make


@pytest.fixture
def machine(fresh):
    """Return a host without a release."""
    return fresh()
