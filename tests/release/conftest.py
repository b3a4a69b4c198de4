"""A fake host for the release engine: a folder in place of `/`, a fake uv, and units that only say what they were."""

import json
import os
import shlex
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

# A shell, since hundreds of builds call it several times. Records end with \34, their parts with \35, words with \36.
UV = r"""#!/bin/sh
{{ printf '%s\036' "$@"; printf '\035%s\035' "$(pwd -P)"; env -0; printf '\034'; }} >> {log}
case "$1 $2" in
venv*)
  mkdir -p venv/lib/python3.11/site-packages
  printf 'home = /usr/bin\nversion_info = 3.11.2\n' > venv/pyvenv.cfg ;;
"pip list") printf 'Django==5.2\ngunicorn==23.0\nPsycopg2==2.9\n' ;;
esac
[ -e {fail} ] || exit 0
case "$*" in *"$(cat {fail})"*)
  printf '  No solution found\nerror: no version of nothing\n' >&2
  exit 1 ;;
esac
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
    "databases": {"default": "django.db.backends.postgresql"},
    "replaced": [{"name": "DEBUG", "was": "True", "now": "False"}],
    "migrations": {"shop": ["0002_note"]},
    "pending": ["shop.0002_note: Add field note to visit"],
    "filled": True,
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
    for folder in ("releases", "sources", "media", "dumps", "cache"):
        (tmp_path / "srv/shop" / folder).mkdir(parents=True)
    (tmp_path / "etc/django/shop/secrets").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def uv(root):
    """Install a fake uv; the function returns how it was called, and `fail` makes it fail where a word is used."""
    program, log = root / "opt/groundcrew/uv/bin/uv", root / "uv.log"
    program.parent.mkdir(parents=True)
    program.write_text(UV.format(log=shlex.quote(str(log)), fail=shlex.quote(str(root / "uv.fail"))))
    program.chmod(0o755)

    def calls():
        records = log.read_text().split("\34")[:-1] if log.exists() else []
        parts = [record.split("\35") for record in records]
        return [
            {
                "arguments": words.split("\36")[:-1],
                "cwd": folder,
                "env": dict(line.split("=", 1) for line in env.split("\0")[:-1]),
            }
            for words, folder, env in parts
        ]

    calls.fail = lambda word: (root / "uv.fail").write_text(word)
    return calls


@dataclass
class Units:
    """In place of systemd: the transient units that ran, each with the text of its environment files."""

    ran: list = field(default_factory=list)
    stopped: list = field(default_factory=list)
    described: dict = field(default_factory=lambda: dict(DESCRIBED))
    failing: dict = field(default_factory=dict)  # a word of a command: what it says on standard error
    status: int = 1  # of what fails

    def run(self, transient):
        """Answer as the scripts of the engine do; any other command succeeds unless it is to fail."""
        words = " ".join(transient.command[2:])
        files = {name: Path(name).read_text() for name in transient.environment_files if not str(name).startswith("-")}
        script = next((p.rpartition("/")[2] for p in transient.properties if p.startswith("StandardInput=file:")), "")
        self.ran.append((script or words, transient, files))
        answer = {"describe.py": json.dumps(self.described), "compress.py": "3", "ahead.py": "[]"}.get(script, "")
        if script == "dump.py":
            dump = Path(transient.command[-1]) / "20261126T120000Z-abc.dump"
            dump.write_text("dump")
            answer = json.dumps(str(dump))
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
