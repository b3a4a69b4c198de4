"""What a server says of itself: the program runs on this machine as it would there, and reads what it finds."""

import http.server
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import yaml
from report import observed, on_host
from seen import SAID

FOLDER = Path(on_host.__file__).parent
DJANGO = """
import sys
said = {"module": "shop", "django": "5.2", "argument": sys.argv[1:3], "where": __file__}
print("Greetings")
print('GROUNDCREW ' + __import__("json").dumps(said)) if "shell" in sys.argv else __import__("time").sleep(60)
"""


def test_the_program_says_all_that_is_judged():
    """Under a Python without anything, and with nothing else sent."""
    command = [sys.executable, "-I", "-c", (FOLDER / "on_host.py").read_text(), (FOLDER / "in_django.py").read_text()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    server = observed.read("this", done.stdout, done.stderr)
    assert server.error == ""
    source = "".join(path.read_text() for path in (FOLDER / "servers.py", FOLDER / "upkeep.py"))
    assert server.said.keys() == SAID.keys()
    assert all(f'"{name}"' in source for name in ("listening", "failed", "disks", "reboot"))
    assert server.said["disks"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("/srv/shop/venv/bin/python manage.py runserver 0.0.0.0:8000", "runserver"),
        ("python3 ./manage.py runserver", "runserver"),
        ("django-admin runserver", "runserver"),
        ("/srv/shop/venv/bin/python3 /srv/shop/venv/bin/gunicorn shop.wsgi", "gunicorn"),
        ("gunicorn: master [shop.wsgi]", "gunicorn"),
        ("python -m gunicorn shop.wsgi", "gunicorn"),
        ("/usr/bin/uwsgi --ini shop.ini", "uwsgi"),
        ("/venv/bin/python /venv/bin/daphne shop.asgi:application", "daphne"),
        ("vim gunicorn.conf.py", ""),
        ("less /var/log/gunicorn.log", ""),
        ("/usr/sbin/nginx", ""),
        ("", ""),
    ],
)
def test_which_server_a_process_is(line, kind):
    assert on_host.server_of(line.split()) == kind


@pytest.fixture
def serving(tmp_path):
    """Start a process that looks like runserver, with a .env beside it; return its folder."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "manage.py").write_text(DJANGO)
    (folder / ".env").write_text("SECRET_KEY=canary\n")
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "shop.settings"}
    process = subprocess.Popen([sys.executable, "manage.py", "runserver"], cwd=folder, env=environment)
    # The system wakes who starts a process a moment before the process has a command line.
    while not Path(f"/proc/{process.pid}/cmdline").read_bytes():
        time.sleep(0.01)
    yield folder
    process.kill()
    process.wait()


def test_a_project_is_found_by_the_process_that_serves_it(serving, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["-c", "text of in_django"])
    found = [one for one in on_host.servers() if one["folder"] == str(serving)]
    assert [one["kind"] for one in found] == ["runserver"]
    (said,) = on_host.applications(found)
    assert said["name"] == "shop"
    assert said["argument"] == ["shell", "-c"]
    assert said["groundcrew"] is False


def test_a_file_of_secrets_that_all_can_read(serving, tmp_path):
    """The folders above it are those of a home that is open."""
    path = serving / ".env"
    path.chmod(0o640)
    assert not on_host.is_open_to_all(path)
    path.chmod(0o644)
    tmp_path.chmod(0o700)
    assert not on_host.is_open_to_all(path)
    found = [one for one in on_host.servers() if one["folder"] == str(serving)]
    assert on_host.leaks(found)["files"] == []
    assert "canary" not in json.dumps(on_host.leaks(found))


def test_names_that_nginx_serves():
    text = """
    # server_name old.example.org;
    server { listen 80; server_name shop.example.org; }
    server {
        server_name
            www.shop.example.org 127.0.0.1.example *.example.org _ localhost ~^(?<name>.+)$;
        server_name_in_redirect off;
    }
    """
    assert on_host.names_of_nginx(text) == ["127.0.0.1.example", "shop.example.org", "www.shop.example.org"]


@pytest.fixture
def prometheus(monkeypatch):
    """Return a function that answers as Prometheus with a text, and says what is found."""

    def ask(text):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200 if self.path == "/api/v1/alerts" else 404)
                self.end_headers()
                self.wfile.write(text.encode())

        with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.handle_request, daemon=True).start()
            monkeypatch.setattr(on_host, "PROMETHEUS", server.server_address)
            return on_host.alerts()

    return ask


def alert(name, state="firing", **labels):
    return {"labels": {"alertname": name, **labels}, "annotations": {"summary": f"{name} says so"}, "state": state}


def test_alerts_that_fire_are_told(prometheus):
    found = [alert("SiteDown", severity="critical"), alert("Slow", state="pending"), alert("Own")]
    assert prometheus(json.dumps({"status": "success", "data": {"alerts": found}})) == [
        {"severity": "critical", "summary": "SiteDown: SiteDown says so"},
        {"severity": "", "summary": "Own: Own says so"},
    ]


@pytest.mark.parametrize("text", ["<html>", "[]", '{"data": null}', '{"data": {"alerts": [{"state": "firing"}]}}'])
def test_another_server_at_the_port_of_prometheus_says_nothing(prometheus, text):
    assert prometheus(text) is None


def test_a_server_without_prometheus_says_nothing(monkeypatch):
    monkeypatch.setattr(on_host, "PROMETHEUS", ("127.0.0.1", 1))
    assert on_host.alerts() is None


# As systemd answers while a worker waits for its next start: it is `activating`.
SYSTEMCTL = """#!/bin/sh
case "$*" in
  *list-units*--state=*auto-restart*) echo "shop-worker-celery.service loaded activating auto-restart shop: celery" ;;
esac
"""
SITE = FOLDER.parents[2] / "playbooks/site.yml"


def test_a_worker_that_dies_again_and_again_is_no_good_one(tmp_path, monkeypatch):
    (tmp_path / "systemctl").write_text(SYSTEMCTL)
    (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.setattr(on_host, "WHERE", f"{tmp_path}:{os.environ['PATH']}")
    assert on_host.failed() == ["shop-worker-celery.service"]
    (play,) = [one for one in yaml.safe_load(SITE.read_text()) if one.get("name") == "Say what is there"]
    environment = {**os.environ, "PATH": on_host.WHERE}
    text = play["tasks"][0]["ansible.builtin.raw"]
    done = subprocess.run(["sh", "-c", text], env=environment, capture_output=True, text=True, check=True)
    assert "failed=shop-worker-celery.service" in done.stdout.splitlines()
