"""The report sees through a project as tutorials leave it, and finds nothing in the same one with the overlay."""

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from report import judge, observed, on_host, visits

IN_DJANGO = (Path(on_host.__file__).parent / "in_django.py").read_text()
SERVER = observed.Server("web1", said={})


@pytest.fixture
def tutorial(python, tmp_path):
    """Return folder and port of `startproject` with every host allowed, which runserver serves."""
    subprocess.run([python.with_name("django-admin"), "startproject", "shop", tmp_path], check=True)
    path = tmp_path / "shop/settings.py"
    path.write_text(path.read_text().replace("ALLOWED_HOSTS = []", "ALLOWED_HOSTS = ['*']"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DJANGO")}
    command = [python, "manage.py", "runserver", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=-3, stderr=-3, start_new_session=True
    ) as process:
        for _ in range(100):
            if visits.is_open("127.0.0.1", port):
                break
            time.sleep(0.1)
        yield tmp_path, port
        os.killpg(process.pid, 15)


def levels(application):
    found = judge.findings([replace(SERVER, said={"applications": [application]}, error="not asked")], [])
    return {one.id: one.level for one in found}


def test_a_project_of_a_tutorial(tutorial, monkeypatch):
    folder, port = tutorial
    site = visits.visit(f"http://127.0.0.1:{port}")
    found = {one.id for one in judge.findings([], [site]) if one.level == "error"}
    assert {"https", "cookies", "debug-page", "host", "real-server"} <= found
    monkeypatch.setattr(sys, "argv", ["-c", IN_DJANGO])
    (process,) = [one for one in on_host.servers() if one["folder"] == str(folder)]
    assert process["kind"] == "runserver"
    (said,) = on_host.applications([process])
    assert said["name"] == "shop", said
    told = levels(said)
    wanted = dict.fromkeys(("debug", "allowed-hosts", "secret-key", "database", "migrations"), "error")
    assert wanted.items() <= told.items()
    assert told["cache"] == "warning"
    assert told["check-deploy"] in ("warning", "error")


def test_the_same_project_with_the_overlay(project):
    done = project("manage.py", "shell", "-c", IN_DJANGO, CACHE_URL="redis://localhost:9/0")
    (line,) = [line for line in done.stdout.splitlines() if line.startswith(observed.MARK)]
    told = levels({"name": "shop", "groundcrew": True, **json.loads(line.removeprefix(observed.MARK))})
    # What is left is for a database, whose file was not made by asking.
    assert not list(project.folder.glob("*.sqlite3"))
    assert {name for name, level in told.items() if level != "good"} == {"database", "migrations", "server"}
