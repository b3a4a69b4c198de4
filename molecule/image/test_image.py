"""Images as a source: of a registry and of an archive, under load, and back and forth to an environment."""

import json
import re
import shutil
from pathlib import Path

import pytest

DEPLOY = "playbooks/deploy.yml"
HERE = Path(__file__).parent
LOAD = (HERE.parent / "deploy/load.py").read_text()
PROJECT = str(HERE.parent / "deploy/project")
SITE = "https://shop.example.org"
CANARY = "canary-of-the-registry"


def serving(host):
    """Return the release that serves."""
    return host.check_output("basename $(readlink /srv/shop/current)")


def record(host, release=""):
    """Return the record of a release."""
    return json.loads(host.file(f"/srv/shop/releases/{release or serving(host)}/release.json").content_string)


def said(result):
    """Return what a playbook printed, without its line breaks."""
    return re.sub(r"\s+", " ", result.stdout)


def deploy(play, **variables):
    """Deploy, and return what was printed."""
    result = play(DEPLOY, **variables)
    assert result.returncode == 0, result.stdout[-3000:]
    return said(result)


@pytest.fixture
def inside(unit):
    """Return a function that returns where a path is, as the process of a unit sees it."""

    def find(name, path):
        return f"/proc/{unit(name)['MainPID']}/root{path}"

    return find


def test_the_image_serves_in_the_sandbox_as_the_applications_user(host, http, inside, unit, exposed):
    answer = http(f"{SITE}/")
    assert (answer.status, answer.headers["X-Release"]) == (200, serving(host))
    assert answer.text.startswith("generation 1 rows ")
    assert http(SITE + answer.text.split()[-1]).status == 200, "its static files"
    assert http(f"{SITE}/write").status == 200, "the database of the host"
    name = f"shop-web@{serving(host)}.service"
    main = unit(name)["MainPID"]
    assert host.check_output("ps -o user= -p %s", main).strip() == "shop", "USER of the image is root"
    assert host.check_output("tr '\\0' ' ' < /proc/%s/cmdline", main).startswith("/opt/venv/bin/python")
    assert host.file(inside(name, "/app/manage.py")).exists
    assert not host.file(inside(name, "/usr/sbin/nginx")).exists
    assert not host.file(inside(name, "/srv/registry")).exists
    assert not host.file(inside(name, "/root/images.sh")).exists
    assert host.file(inside(name, "/etc/shop.conf")).content_string == "seen inside\n"
    assert host.file(inside(name, "/etc/django/shop/password.txt")).content_string == "canary-in-a-file"
    write = f"nsenter --target {main} --mount --setuid $(id -u shop) --setgid $(id -g shop) /usr/bin/env sh -c ': > %s'"
    assert host.run(write % "/app/x").rc != 0
    assert host.run(write % f"/srv/shop/releases/{serving(host)}/x").rc != 0
    assert host.run(write % "/srv/shop-files/x").rc == 0
    assert exposed(name) <= 1.2


def test_the_record_pins_the_digest(host):
    pinned = record(host)
    assert re.fullmatch("sha256:[0-9a-f]{64}", pinned["image"])
    assert (pinned["version"], pinned["revision"]) == ("v1", pinned["image"][7:])
    head = "curl --silent --cacert /etc/ssl/groundcrew/ca/ca.pem --user ci:$(cat /root/registry-password)"
    head += " --head --header 'Accept: application/vnd.oci.image.manifest.v1+json'"
    answer = host.check_output(head + " https://registry.example.org:5443/v2/shop/manifests/v1")
    assert pinned["image"] in answer


def test_commands_processes_and_timers_run_in_it(host, inside, unit):
    release = serving(host)
    assert "No migrations to apply" in host.check_output("shop-manage migrate")
    ask = 'import os, sys; print(os.getuid(), os.path.exists("/usr/sbin/nginx"), sys.prefix)'
    uid = host.check_output("id -u shop")
    assert host.check_output("shop-run python -c %s", ask) == f"{uid} False /opt/venv"
    assert host.file(inside("shop-worker-clock.service", "/app/manage.py")).exists
    assert not host.file(inside("shop-worker-clock.service", "/usr/sbin/nginx")).exists
    assert unit("shop-worker-clock.service").get("RootDirectory") == f"/srv/shop/releases/{release}/rootfs"
    host.check_output("systemctl start shop-timer-tick.service")
    assert host.file("/srv/shop-files/tick").content_string == release


def start_load(host):
    """Let visitors ask the site until `stop_load`."""
    host.check_output("printf %s %s > /tmp/load.py; rm -f /tmp/shop.json*", "%s", LOAD)
    host.check_output("systemd-run --quiet --unit=load python3 /tmp/load.py shop.example.org /tmp/shop.json")


def stop_load(host):
    """Return what was counted."""
    host.check_output("touch /tmp/shop.json.stop")
    host.check_output("timeout 60 sh -c 'until test -s /tmp/shop.json; do sleep 0.5; done'")
    return json.loads(host.file("/tmp/shop.json").content_string)


def test_no_request_fails_from_image_to_image_to_environment_and_back(host, play, http, unit):
    first = serving(host)
    start_load(host)
    deploy(play, version="v2")
    assert "generation 2 " in http(f"{SITE}/").text
    host.check_output("shop-release rollback")
    assert serving(host) == first
    assert "generation 1 " in http(f"{SITE}/").text
    deploy(play, source=PROJECT, generation=3)
    third = serving(host)
    assert "generation 3 " in http(f"{SITE}/").text
    assert unit(f"shop-web@{third}.service").get("RootDirectory") is None
    assert unit("shop-worker-clock.service").get("RootDirectory") is None
    assert unit("shop-worker-clock.service")["ActiveState"] == "active"
    host.check_output("shop-release rollback")
    assert serving(host) == first
    assert unit("shop-worker-clock.service").get("RootDirectory") == f"/srv/shop/releases/{first}/rootfs"
    assert unit("shop-worker-clock.service")["ActiveState"] == "active"
    host.check_output("shop-release activate %s", third)
    assert "generation 3 " in http(f"{SITE}/").text
    deploy(play, version="v2")
    assert "generation 2 " in http(f"{SITE}/").text
    counts = stop_load(host)
    print(counts)
    assert counts["requests"] > 100
    assert counts["longest"]["/slow"] > 2
    assert counts["failures"] == []


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("broken", "nothing_of_that_name"),
        ("bare", "The image has no gunicorn: add it to the requirements that it installs"),
        ("nowhere", "The image docker://registry.example.org:5443/shop:nowhere cannot be had"),
    ],
)
def test_a_broken_image_takes_no_traffic(host, play, http, version, words):
    before = serving(host)
    result = play(DEPLOY, version=version)
    assert result.returncode != 0
    assert words in said(result)
    assert CANARY not in result.stdout
    assert serving(host) == before
    assert "generation 2 " in http(f"{SITE}/").text


def test_an_archive_of_the_controller_is_as_good(host, play, http, tmp_path):
    before, path = serving(host), tmp_path / "shop.tar"
    path.write_bytes(host.file("/root/shop.tar").content)
    deploy(play, source=f"oci-archive:{path}", generation=5)
    assert serving(host) != before
    assert "generation 5 " in http(f"{SITE}/").text
    assert host.check_output("ls /srv/shop/sources") == ""


def test_a_dockerfile_is_built_on_the_host_by_a_user_without_rights(host, play, http, tmp_path):
    folder = tmp_path / "shop"
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns("__pycache__"))
    look = "import os; open('/app/saw', 'w').write(str([os.path.exists('/srv'), sorted(os.environ)]))"
    lines = ["FROM registry.example.org:5444/base", "WORKDIR /app", "COPY . /app"]
    lines += [f"RUN {json.dumps(['python3', '-c', look])}", "ENV GENERATION=6"]
    (folder / "Dockerfile").write_text("\n".join(lines) + "\n")
    deploy(play, source=f"dockerfile:{folder}")
    assert "generation 6 " in http(f"{SITE}/").text
    assert re.fullmatch("sha256:[0-9a-f]{64}", record(host)["image"])
    saw = host.file("/srv/shop/current/rootfs/app/saw").content_string
    assert saw.startswith("[False, ")
    assert "DATABASE_URL" not in saw
    assert "PASSWORD" not in saw
    assert host.check_output("ls /var/lib/groundcrew-build") == "storage"


def test_secrets_are_in_no_layer_and_nowhere_else(host):
    """What the image was, what the registry has, what is said, and what others may read."""
    # What the inventory says is in a file of root's alone.
    places = "/srv/shop /srv/registry /run/groundcrew /etc/systemd /var/log"
    for canary in (CANARY, "canary-in-the-environment"):
        found = host.run("grep --recursive --files-with-matches %s " + places, canary).stdout.split()
        assert [path for path in found if not path.endswith("/environment")] == []
        assert host.run("journalctl --no-pager | grep --quiet %s", canary).rc != 0
    for path in host.check_output("find /srv/shop/releases -name environment").split():
        assert host.file(path).mode == 0o600


def test_the_disk_holds_what_keep_releases_says(host):
    releases = host.check_output("ls /srv/shop/releases").split()
    # The one that serves, the one before, and as many as are kept.
    assert len(releases) <= 3
    assert host.check_output("ls /etc/systemd/system | grep -c 'shop-web@.*service.d'") <= str(len(releases))
    whole = int(host.check_output("du --summarize --block-size=1K /srv/shop/releases").split()[0])
    images = [name for name in releases if host.file(f"/srv/shop/releases/{name}/rootfs").exists]
    assert len(images) > 1
    one = int(host.check_output("du --summarize --block-size=1K /srv/shop/releases/%s", images[0]).split()[0])
    assert whole < 1.6 * one, "files that images have alike are one on the disk"
    kept = int(host.check_output("du --summarize --block-size=1K /srv/shop/image").split()[0])
    assert kept < one, "the layers of one image"
