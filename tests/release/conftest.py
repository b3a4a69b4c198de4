"""A fake host for the release engine: a folder in place of `/`, a fake uv, and units that only say what they were."""

import copy
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from groundcrew_release import (  # noqa: F401 - all modules, so that ROOT is replaced in each
    __main__,
    application,
    build,
    host,
    preview,
    records,
    rollback,
    systemd,
)

UV = r"""#!{python} -ISE
import json, os, pathlib, re, sys
log = pathlib.Path({log!r})
words = sys.argv[1:]
keys = re.findall(r" -i (\S+)", os.environ.get("GIT_SSH_COMMAND", ""))
read = {{key: [pathlib.Path(key).read_text(), pathlib.Path(key).stat().st_mode & 0o777] for key in keys}}
with log.open("a") as file:
    told = {{"arguments": words, "cwd": os.getcwd(), "env": dict(os.environ), "read": read}}
    file.write(json.dumps(told) + "\n")
fail, pythons = log.with_name("uv.fail"), log.with_name("uv.pythons")
known = dict(json.loads(pythons.read_text())) if pythons.exists() else {{}}
if words[0] == "venv":
    version = {{path: version for path, version in known.values()}}.get(words[3], "3.11.2")
    pathlib.Path("venv/lib/python3.11/site-packages").mkdir(parents=True)
    pathlib.Path("venv/bin").mkdir()
    pathlib.Path("venv/bin/python").symlink_to("/bin/true")
    pathlib.Path("venv/pyvenv.cfg").write_text(f"home = /usr/bin\nversion_info = {{version}}\n")
if words[:2] == ["python", "find"]:
    print(known[words[-1]][0] if words[-1] in known else sys.exit("error: No interpreter found"))
if words[:2] == ["pip", "list"]:
    print("Django==5.2\ngunicorn==23.0\nPsycopg2==2.9")
if words[:2] == ["tool", "run"]:
    print("Django==5.2")
if fail.exists():
    word, said = json.loads(fail.read_text())
    if word in " ".join(words):
        sys.exit(said)
"""
DESCRIBED = {
    "django": "5.2.1",
    "python": "3.11.2",
    "application": "shop.wsgi:application",
    "asgi": "",
    "static_url": "/static/",
    "static_root": "",
    "media_url": "/media/",
    "media_root": "",
    "hsts": "max-age=31536000",
    "staticfiles": True,
    "sessions": True,
    "databases": {
        "default": {"engine": "postgresql", "local": False, "left": "", "pending": True, "filled": True},
    },
    "replaced": [{"name": "DEBUG", "was": "True", "now": "False"}],
    "migrations": {"shop": ["0002_note"]},
    "pending": ["shop.0002_note: Add field note to visit"],
    "notes": [],
}


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Put the host into a folder; whoever runs the tests is its root and its application's user."""
    for name, module in list(sys.modules.items()):
        if name.startswith("groundcrew_release") and hasattr(module, "ROOT"):
            monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(host, "SUPERUSER", os.getuid())
    monkeypatch.setattr(host, "user", lambda _name: (os.getuid(), os.getgid()))
    # The disk of a machine that does other things, too, may take a second for it.
    monkeypatch.setattr(host, "flush", lambda _path: None)
    monkeypatch.setattr(os, "fsync", lambda _handle: None)
    monkeypatch.setattr(records, "hand_over", lambda *_arguments: None)
    monkeypatch.delenv("GROUNDCREW_RUN", raising=False)
    for folder in ("releases", "sources", "media", "dumps", "cache", "packages"):
        (tmp_path / "srv/shop" / folder).mkdir(parents=True)
    (tmp_path / "etc/django/shop/secrets").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def uv(root):
    """Install a fake uv; the function returns how it was called, `fail` makes it fail where a word is used."""
    program, log = root / "opt/groundcrew/uv/bin/uv", root / "uv.log"
    program.parent.mkdir(parents=True)
    program.write_text(UV.format(python=sys.executable, log=str(log)))
    program.chmod(0o755)

    def calls():
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    no = "  No solution found\nerror: no version of nothing"
    calls.fail = lambda word, said=no: (root / "uv.fail").write_text(json.dumps([word, said]))
    calls.pythons = lambda *known: (root / "uv.pythons").write_text(json.dumps([[known[0], known[1:]]]))
    return calls


@dataclass
class Units:
    """In place of systemd: the transient units that ran, each with the text of its environment files."""

    ran: list = field(default_factory=list)
    stopped: list = field(default_factory=list)
    described: dict = field(default_factory=lambda: copy.deepcopy(DESCRIBED))
    failing: dict = field(default_factory=dict)  # a word of a command: what it says on standard error
    status: int = 1  # of what fails

    def run(self, transient):
        """Answer as the scripts of the engine do; any other command succeeds unless it is to fail."""
        words = " ".join(transient.command[2:])
        files = {name: Path(name).read_text() for name in transient.environment_files if not str(name).startswith("-")}
        script = next((p.rpartition("/")[2] for p in transient.properties if p.startswith("StandardInput=file:")), "")
        self.ran.append((script or words, transient, files))
        answers = {"describe.py": json.dumps(self.described), "compress.py": "3", "ahead.py": "[]"}
        answers["gunicorn_conf.py"] = '{"bind": "0.0.0.0:80", "workers": 3}'
        answer = answers.get(script, "")
        if script == "dump.py":
            folder, *aliases = transient.command[4:]
            names = ["" if alias == "default" else f".{alias}" for alias in aliases]
            dumps = [Path(folder) / f"20261126T120000Z-abc{name}.dump" for name in names]
            for dump in dumps:
                dump.write_text("dump")
            answer = json.dumps([str(dump) for dump in dumps])
        if "collectstatic" in words:
            folder = Path(transient.environment_files[1]).parent / "static"
            (folder / "app.css").write_text("body {}")
        transient.output.write_text(f"said before\n{answer}\n")
        for word, text in self.failing.items():
            if word in (script or words):
                transient.log.write_text(text)
                return self.status
        return 0

    def stop(self, *units):
        self.stopped += units

    @property
    def names(self):
        """What ran, in order."""
        return [name for name, *_ in self.ran]


@pytest.fixture
def units(root, monkeypatch):  # noqa: ARG001
    """Replace systemd by Units."""
    made = Units()
    monkeypatch.setattr(systemd, "run", made.run)
    monkeypatch.setattr(systemd, "stop", made.stop)
    return made


@pytest.fixture
def shop(root):  # noqa: ARG001
    """Return a function that makes the application `shop`; keywords replace its keys."""

    def make(**keys):
        source = keys.pop("source", application.Source(kind="pypi", location="pypi", version="1.0"))
        commands = (
            application.Command(manage="check --deploy"),
            application.Command(manage="collectstatic --noinput"),
            application.Command(manage="migrate --noinput", once=True, env={"PGOPTIONS": "-c lock_timeout=10s"}),
        )
        known = {"domains": ("shop.example.org",), "settings": "shop.settings", "commands": commands}
        return application.Application(**{"name": "shop", "source": source, **known, **keys})

    return make
