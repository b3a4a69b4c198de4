"""Releases come and go under load, good ones and bad ones: no request fails, and the right release serves.

The tests of a host build on each other, in this order. GROUNDCREW_DEPLOYS sets how many good deploys there are, and
GROUNDCREW_KILLS=1 kills the controller at all moments of KILLS instead of half of them; tests/release has every step.
"""

import contextlib
import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest
from killed import kill
from network import settles

DEPLOY, ROTATE = "playbooks/deploy.yml", "playbooks/rotate_secrets.yml"
REPOSITORY = Path(__file__).resolve().parents[2]
DEPLOYS = int(os.environ.get("GROUNDCREW_DEPLOYS", "1"))
EVERY = int(os.environ.get("GROUNDCREW_KILLS", "2"))
# When the controller is killed: so many seconds after this task began.
KILLS = [
    ("Build the release", 1),
    ("Build the release", 4),
    ("Switch to the release", 0.3),
    ("Switch to the release", 2),
]
SERVERS = "systemctl list-units --no-legend --state=active 'shop-web@*' | wc -l"
LOAD = (Path(__file__).parent / "load.py").read_text()


def serving(host):
    """Return the release that serves."""
    return host.check_output("basename $(readlink /srv/shop/current)")


def start_deploy(host, generation, migrations="migrations", **arguments):
    """Start a deploy that the test may kill, with all that belongs to it; arguments as of subprocess.Popen."""
    inventory = os.environ["MOLECULE_INVENTORY_FILE"]
    command = ["ansible-playbook", "--inventory", inventory, "--limit", host.backend.hostname, REPOSITORY / DEPLOY]
    command += ["--extra-vars", f"generation={generation} migrations={migrations}"]
    # Its output names a task when it begins.
    environment = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default"}
    defaults = {"stdout": subprocess.DEVNULL, "env": environment}
    return subprocess.Popen(command, cwd=REPOSITORY, **(defaults | arguments))


@pytest.fixture(scope="module", autouse=True)
def load(host):
    """Load that runs during all tests of a host; the last test reads what it counted."""
    host.check_output("printf %s %s > /tmp/load.py", "%s", LOAD)
    command = "systemd-run --quiet --unit=load python3 /tmp/load.py shop.example.org /tmp/load.json"
    host.check_output(f"rm -f /tmp/load.json*; {command}")
    yield
    host.run("touch /tmp/load.json.stop; systemctl stop load")


def test_good_releases(host, play, http, monkeypatch):
    # A secret in the inventory is nowhere in the output, however much of it there is.
    monkeypatch.setenv("ANSIBLE_VERBOSITY", "3")
    page = http("https://shop.example.org/").text
    style = page.split()[-1]
    for generation in range(2, 2 + DEPLOYS):
        before = serving(host)
        result = play(DEPLOY, generation=generation)
        assert result.returncode == 0, result.stdout[-3000:]
        assert serving(host) != before
        assert "canary" not in result.stdout
        answer = http("https://shop.example.org/")
        assert f"generation {generation} " in answer.text
        assert answer.headers["X-Release"] == serving(host)
    assert host.run("journalctl --no-pager | grep -c canary-").stdout.strip() == "0"
    assert host.check_output("shop-run sh -c 'echo $PASSWORD'") == "canary-in-the-environment"
    # What a page from before names is still there.
    assert http(f"https://shop.example.org{style}").status == 200


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("import", "a module that it imports is not installed"),
        ("error", "It answers 500 for /"),
        ("boot", "No good answer within 15 s"),
    ],
)
def test_bad_release_takes_no_traffic(host, play, http, fault, reason):
    before, page = serving(host), http("https://shop.example.org/").text
    result = play(DEPLOY, generation=90, broken=fault)
    assert result.returncode != 0
    assert reason in re.sub(r"\s+", " ", result.stdout)
    assert serving(host) == before
    assert http("https://shop.example.org/").text.split()[:2] == page.split()[:2]
    assert host.check_output(SERVERS) == "1"
    assert host.run("systemctl is-active shop-release").rc != 0


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"packages": ["no-package-of-this-name"]}, "no-package-of-this-name"),
        ({"settings": "shop.nowhere"}, "The settings shop.nowhere do not import: ModuleNotFoundError"),
        ({"migrations": "broken"}, "division by zero"),
    ],
)
def test_release_that_cannot_be_built(host, play, http, fault, reason):
    before, on_disk = serving(host), host.file("/srv/shop/releases").listdir()
    result = play(DEPLOY, generation=91, **fault)
    assert result.returncode != 0
    assert reason in re.sub(r"\s+", " ", result.stdout)
    assert serving(host) == before
    assert http("https://shop.example.org/").status == 200
    assert host.file("/srv/shop/releases").listdir() == on_disk
    assert host.run("systemctl is-active shop-release").rc != 0


def test_preview_shows_what_would_come_and_changes_nothing(host, play):
    before, on_disk = serving(host), host.file("/srv/shop/releases").listdir()
    result = play(DEPLOY, generation=93, migrations="more", preview=True)
    assert result.returncode == 0, result.stdout[-3000:]
    assert "shop.0002_visit_note: Add field note to visit" in result.stdout
    assert "SECRET_KEY" in result.stdout
    assert re.search(r"changed=0 ", result.stdout)
    assert (serving(host), host.file("/srv/shop/releases").listdir()) == (before, on_disk)
    assert host.run("systemctl is-active shop-release").rc != 0


def test_migration_is_shown_and_the_database_kept_before_it(host, play):
    result = play(DEPLOY, generation=92, migrations="more")
    assert result.returncode == 0, result.stdout[-3000:]
    assert "shop.0002_visit_note: Add field note to visit" in result.stdout
    dump = host.check_output("ls /srv/shop/dumps/*.dump | tail -n 1")
    assert host.file(dump).mode == 0o600
    # The dump is from before: it has the rows, and not the column.
    rows = host.check_output("pg_restore --file=- --data-only --table=shop_visit %s | grep -c '^[0-9]'", dump)
    assert int(rows) > 0
    assert host.run("pg_restore --file=- --table=shop_visit %s | grep -w note", dump).rc == 1


def test_rollback_refuses_while_the_database_is_ahead(host, play):
    before = serving(host)
    result = play("playbooks/rollback.yml", app="shop")
    assert result.returncode != 0
    undo = "shop-manage migrate shop 0001_initial"
    assert undo in result.stdout
    assert serving(host) == before
    # What it says is what helps.
    host.check_output(undo)


def test_rollback_to_the_release_before_and_forward_again(host, play, http):
    abandoned = serving(host)
    result = play("playbooks/rollback.yml", app="shop")
    assert result.returncode == 0, result.stdout[-3000:]
    before = serving(host)
    assert before != abandoned
    assert f"generation {DEPLOYS + 1} " in http("https://shop.example.org/").text
    table = play("playbooks/releases.yml").stdout
    assert re.search(rf"{abandoned} +left +HEAD", table)
    assert "rolled back" in table
    # Its files came back with it, and the way forward is a switch.
    assert host.check_output("shop-run cat /etc/django/shop/password.txt") == f"canary-in-a-file {DEPLOYS + 1}"
    host.check_output("shop-release activate %s", abandoned)
    assert serving(host) == abandoned
    # What was undone for the rollback is done again.
    query = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'shop_visit' AND column_name = 'note'"
    assert host.check_output("runuser -u shop -- psql --no-psqlrc -Atc %s shop", query) == "1"
    host.check_output("shop-manage migrate shop 0001_initial && shop-release rollback")
    assert serving(host) == before


def wait_for_host(host):
    """Wait until the host has ended by itself what a killed controller began."""
    host.check_output("timeout 120 sh -c 'while systemctl --quiet is-active shop-release; do sleep 0.2; done'")


def test_controller_that_is_killed_leaves_one_whole_release(host, play, http):
    # Other moments on the other distribution.
    first = 0 if EVERY == 1 or host.backend.hostname.endswith("13") else 1
    for number, (task, seconds) in list(enumerate(KILLS))[first::EVERY]:
        generation = 50 + number
        with start_deploy(host, generation, stdout=subprocess.PIPE, text=True) as deploy:
            for line in deploy.stdout:
                if f"{task}]" in line:
                    break
            else:
                pytest.fail(f"no task is called {task}")
            time.sleep(seconds)
            kill(deploy)
        wait_for_host(host)
        assert http("https://shop.example.org/").status == 200
        # What survived the kill may have begun it after that was asked.
        assert settles(host, f'test "$({SERVERS})" = 1', 120), (task, seconds)
        result = play(DEPLOY, generation=generation)
        assert result.returncode == 0, f"{task}: {result.stdout[-3000:]}"
        assert f"generation {generation} " in http("https://shop.example.org/").text
        assert host.check_output(SERVERS) == "1"
        last = json.loads(host.check_output("tail --lines=1 /srv/shop/deploys.jsonl"))
        assert (last["id"], last["result"]) == (serving(host), "good"), task


def test_no_migration_runs_twice(host, play):
    deploy = start_deploy(host, 60, migrations="slow")
    host.check_output("timeout 120 sh -c 'until grep -sq begin /srv/shop/media/migration; do sleep 0.2; done'")
    kill(deploy)
    deploy.wait()
    result = play(DEPLOY, generation=60, migrations="slow")
    assert result.returncode == 0, result.stdout[-3000:]
    assert host.file("/srv/shop/media/migration").content_string == "begin\nend\n"
    query = "SELECT count(*) FROM django_migrations WHERE name = '0002_slow'"
    assert host.check_output("runuser -u shop -- psql --no-psqlrc -Atc %s shop", query) == "1"


def test_second_deploy_names_who_deploys(host, play):
    marks = "--setenv=GROUNDCREW_RUN=hers --setenv=GROUNDCREW_REQUEST=hers"
    host.check_output(f"systemd-run --unit=shop-release --description='alice@laptop build abc' {marks} sleep 600")
    result = play(DEPLOY, generation=98)
    assert result.returncode != 0
    # The work goes on.
    host.check_output("systemctl is-active shop-release && systemctl stop shop-release")
    assert "alice@laptop" in result.stdout


def test_another_key_logs_nobody_out(host, play, http):
    page = "https://shop.example.org/signed"
    cookie = http(page).headers["Set-Cookie"].split(";")[0]
    keys = host.check_output("cat /etc/django/shop/secrets/DJANGO_SECRET_KEY")
    result = play(ROTATE, app="shop", generation=97)
    assert result.returncode == 0, result.stdout[-3000:]
    assert host.check_output("grep ^DJANGO_SECRET_KEY= /etc/django/shop/secrets/DJANGO_SECRET_KEY") not in keys
    assert http(page, headers={"Cookie": cookie}).status == 200
    # Nothing is left to do for who deploys as ever.
    assert re.search(r"changed=0 ", play(DEPLOY, generation=97).stdout)
    result = play(ROTATE, app="shop", generation=97, finish=True)
    assert result.returncode == 0, result.stdout[-3000:]
    assert http(page, headers={"Cookie": cookie}).status == 401
    assert keys.split("=")[-1] not in host.check_output("cat /etc/django/shop/secrets/*")


def test_no_request_failed(host):
    host.check_output("touch /tmp/load.json.stop; timeout 60 sh -c 'until test -e /tmp/load.json; do sleep 1; done'")
    counts = json.loads(host.file("/tmp/load.json").content_string)
    print(counts)
    assert counts["requests"] > 100
    assert counts["failures"] == []


def test_release_that_fails_only_in_traffic_goes_back_at_once(host, play):
    before = serving(host)
    host.check_output(
        "rm -f /tmp/load.json*; systemd-run --quiet --unit=again python3 /tmp/load.py shop.example.org /tmp/load.json"
    )
    result = play(DEPLOY, generation=95, broken="switched")
    assert result.returncode != 0
    assert "500" in result.stdout
    assert serving(host) == before
    host.check_output("touch /tmp/load.json.stop; timeout 60 sh -c 'until test -e /tmp/load.json; do sleep 1; done'")
    failures = json.loads(host.file("/tmp/load.json").content_string)["failures"]
    print(failures)
    times = [failure["at"] for failure in failures] or [0]
    assert max(times) - min(times) < 3


def comes_back(http, release=""):
    """Return the first good answer of a host that starts, by a release if that matters."""
    answer = None
    for _ in range(60):
        with contextlib.suppress(pytest.fail.Exception, RuntimeError):  # nobody listens yet, or there is no host
            answer = http("https://shop.example.org/")
            if answer.status == 200 and release in ("", answer.headers["X-Release"]):
                break
        time.sleep(1)
    return answer


def test_host_that_loses_power_comes_back_with_one_whole_release(host, play, http):
    before, generation = http("https://shop.example.org/").text.split()[1], "80"
    deploy = start_deploy(host, generation)
    # In the middle of it: a folder without its record is a release that is being built.
    building = "find /srv/shop/releases -mindepth 1 -maxdepth 1 ! -exec test -e {}/release.json ';' -print | grep -q ."
    assert settles(host, building, 120)
    assert deploy.poll() is None
    subprocess.run(["podman", "restart", "--time=0", host.backend.hostname], check=True, stdout=subprocess.DEVNULL)
    kill(deploy)
    deploy.wait()
    answer = comes_back(http)
    assert answer.text.split()[1] == before
    assert answer.headers["X-Release"] == serving(host)
    result = play(DEPLOY, generation=generation)
    assert result.returncode == 0, result.stdout[-3000:]
    assert f"generation {generation} " in http("https://shop.example.org/").text


def test_release_that_was_not_yet_found_good_when_the_power_went_does_not_serve_after_it(host, http):
    # As the engine leaves it from the switch until the end of the watch: both are enabled, and one takes the traffic.
    new = serving(host)
    before = json.loads(host.check_output("shop-release rollback --target --allow-schema-ahead --json"))["id"]
    attempt = json.dumps({"id": new, "before": before, "by": "alice@laptop", "began": time.time(), "files": {}})
    host.check_output("mkdir --mode=0700 /srv/shop/activation; echo %s > /srv/shop/activation/attempt.json", attempt)
    host.check_output("systemctl enable --quiet shop-web@%s", before)
    subprocess.run(["podman", "restart", "--time=0", host.backend.hostname], check=True, stdout=subprocess.DEVNULL)
    assert comes_back(http, before).headers["X-Release"] == before
    assert serving(host) == before
    assert settles(host, f'test "$({SERVERS})" = 1 && ! test -e /srv/shop/activation', 60)
    assert host.run("systemctl is-enabled shop-web@%s", new).rc == 1
    last = json.loads(host.check_output("tail --lines=1 /srv/shop/deploys.jsonl"))
    assert (last["id"], last["result"], last["reason"]) == (new, "bad", "interrupted")


def test_an_application_that_goes_leaves_its_data(host, play):
    # And no server of a release before that failed.
    failed = "/etc/systemd/system/shop-web@before.service.d"
    host.check_output(
        f"mkdir {failed}; printf '[Service]\\nRestart=no\\n' > {failed}/failed.conf; systemctl daemon-reload"
    )
    host.check_output("! systemctl start shop-web@before.service; systemctl is-failed shop-web@before.service")
    result = play("playbooks/site.yml", state="absent")
    assert result.returncode == 0, result.stdout[-3000:]
    assert host.check_output("ls /srv/shop") == "media"
    assert host.check_output("systemctl list-units --state=failed --plain --no-legend 'shop-*'") == ""
    gone = "/etc/django/shop /etc/nginx/sites-enabled/shop.conf /etc/systemd/system/shop-* /run/shop-*"
    assert host.run(f"ls -d {gone} /etc/systemd/system/multi-user.target.d/shop-* /usr/local/bin/shop-*").stdout == ""
    assert (
        host.check_output("runuser -u shop -- psql --no-psqlrc -Atc 'SELECT count(*) > 0 FROM shop_visit' shop") == "t"
    )
    assert re.search(r"changed=0 ", play("playbooks/site.yml", state="absent").stdout)
    # Told by name, they go, too.
    assert play("playbooks/site.yml", state="absent", purge=["database", "media"]).returncode == 0
    assert not host.file("/srv/shop").exists
    assert host.run("getent passwd shop || getent group shop").stdout == ""
    assert (
        host.check_output(
            "runuser -u postgres -- psql -Atc \"SELECT count(*) FROM pg_database WHERE datname = 'shop'\""
        )
        == "0"
    )
