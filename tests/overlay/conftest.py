"""Every overlay test runs under every supported Django, each in a virtual environment that pytest's cache keeps."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

HERE = Path(__file__).parent
OVERLAY = HERE.parents[1] / "roles/django_app/files/groundcrew_release/inside"
# Each supported Django: its requirement, and the Pythons that it runs on (Debian 12 has 3.11, Debian 13 has 3.13).
SUPPORTED = {
    "4.2": ("django~=4.2.0", ">=3.9,<3.13"),
    "5.2": ("django~=5.2.0", ">=3.10,<3.15"),
    "newest": ("django>=6", ">=3.12"),
}
# What the URLs of a cache and reports of errors need.
CLIENTS = ["redis", "pymemcache", "sentry-sdk", "celery"]
KEY = "k3y-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "PYTHONPATH": str(OVERLAY),
    "PYTHONDONTWRITEBYTECODE": "1",
    "DJANGO_SETTINGS_MODULE": "groundcrew_settings",
    "GROUNDCREW_SETTINGS_MODULE": "shop.settings",
    "DJANGO_ALLOWED_HOSTS": "shop.example.org",
    "DJANGO_SECRET_KEY": KEY,
}


def uv(*arguments):
    """Run uv, which must not download a Python; pyenv's versions count as installed."""
    pyenv = Path("~/.pyenv/versions").expanduser().glob("*/bin")
    path = os.pathsep.join([os.environ["PATH"], *map(str, sorted(pyenv))])
    environment = {**os.environ, "PATH": path, "UV_PYTHON_DOWNLOADS": "never"}
    return subprocess.run([sys.executable, "-m", "uv", *arguments], env=environment, capture_output=True, text=True)


@pytest.fixture(scope="session", params=SUPPORTED)
def python(request):
    """The interpreter of a virtual environment with one supported Django."""
    requirement, pythons = SUPPORTED[request.param]
    folder = request.config.cache.mkdir("overlay") / request.param
    interpreter = folder / "bin/python"
    complete = folder / "-".join(["compiled", *CLIENTS])
    if not complete.exists():
        assert uv("--version").returncode == 0, "The tests need the Python package uv."
        if uv("venv", "--clear", "--python", pythons, str(folder)).returncode:
            pytest.skip(f"{requirement} runs on Python {pythons}, and this machine has none.")
        # The tests start Django fifty times: each would compile it anew.
        install = uv("pip", "install", "--compile-bytecode", "--python", str(interpreter), requirement, *CLIENTS)
        assert install.returncode == 0, install.stderr
        complete.touch()
    return interpreter


@pytest.fixture(scope="session")
def worker(python):
    """A process that loads the overlay again and again: starting Django for each test would take minutes."""
    command = [python, HERE / "worker.py"]
    with subprocess.Popen(command, env=ENVIRONMENT, stdin=-1, stdout=-1, text=True) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def overlay(worker, tmp_path):
    """Load the overlay on top of a settings module with this text: its settings, report, output, or error."""

    def load(text="", *, environment=(), **variables):
        (tmp_path / "shop").mkdir(exist_ok=True)
        (tmp_path / "shop/settings.py").write_text(text)
        variables = {**ENVIRONMENT, **dict(environment), **variables}
        print(json.dumps({"folder": str(tmp_path), "environment": variables}), file=worker.stdin, flush=True)
        return SimpleNamespace(**json.loads(worker.stdout.readline()))

    load.key = KEY
    return load


@pytest.fixture(scope="session")
def project(python, tmp_path_factory):
    """An untouched `startproject`, and a function that runs a command in it as a release would."""
    folder = tmp_path_factory.mktemp("startproject")
    subprocess.run([python.with_name("django-admin"), "startproject", "shop", folder], check=True)

    def run(*arguments, text=None, **variables):
        environment = {**ENVIRONMENT, "DJANGO_STATIC_ROOT": str(folder / "collected"), **variables}
        command = [python, *arguments]
        return subprocess.run(command, cwd=folder, env=environment, input=text, capture_output=True, text=True)

    run.folder, run.environment = folder, ENVIRONMENT
    return run
