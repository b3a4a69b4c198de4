"""Facts that no exporter has, as the role `exporter` writes them for Prometheus."""

import importlib.util
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[1] / "roles/exporter/files/groundcrew-facts.py"


OF_THE_HOST = ("groundcrew_reboot", "groundcrew_filesystem", "groundcrew_package_lists")


@pytest.fixture
def program():
    """The program as a module."""
    specification = importlib.util.spec_from_file_location("groundcrew_facts", PROGRAM)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def facts(tmp_path):
    """Return a function that runs the program and returns its lines without comments; paths are below the folder."""

    def run(*words):
        options = [f"{name}={tmp_path}/{value}" for name, _, value in (one.partition("=") for one in words)]
        environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        subprocess.run([sys.executable, PROGRAM, "--folder", tmp_path, *options], check=True, env=environment)
        lines = (tmp_path / "groundcrew.prom").read_text().splitlines()
        assert not list(tmp_path.glob("*.part"))
        return [line for line in lines if not line.startswith(("#", *OF_THE_HOST))]

    return run


def test_releases(facts, tmp_path):
    for name in ('we"ird', "shop"):
        (tmp_path / name / f"releases/{name[0]}1").mkdir(parents=True)
        (tmp_path / name / "current").symlink_to(f"releases/{name[0]}1")
    info, other, *deployed = facts("--release=*/current")
    assert info == 'groundcrew_release_info{application="shop",release="s1"} 1'
    assert other == 'groundcrew_release_info{application="we\\"ird",release="w1"} 1'
    seconds = (tmp_path / "shop/current").lstat().st_mtime
    assert deployed[0] == f'groundcrew_deploy_timestamp_seconds{{application="shop"}} {seconds:.0f}'


def test_runs(facts, tmp_path):
    (tmp_path / "backup.json").write_text('{"last": {"time": 9}, "good": {"time": 1790000000.4}}')
    (tmp_path / "drill.json").write_text('{"last": {"time": 9, "result": "failed"}}')
    assert facts("--record=backup.json", "--record=drill.json", "--record=never.json") == [
        'groundcrew_last_good_timestamp_seconds{kind="backup"} 1790000000',
        'groundcrew_last_good_timestamp_seconds{kind="drill"} 0',
        'groundcrew_last_good_timestamp_seconds{kind="never"} 0',
    ]


def test_certificates(facts, tmp_path):
    for name in ("broken", "shop"):
        (tmp_path / name).mkdir()
    (tmp_path / "broken/fullchain.pem").write_text("no certificate")
    command = "openssl req -x509 -newkey ed25519 -nodes -days 9 -subj /CN=x -keyout k -out"
    subprocess.run([*command.split(), "shop/fullchain.pem"], cwd=tmp_path, capture_output=True, check=True)
    broken, shop, unknown, life = facts("--certificate=*/fullchain.pem")
    # One that cannot be read ended long ago.
    assert broken == 'groundcrew_certificate_expiry_timestamp_seconds{certificate="broken"} 0'
    assert shop.startswith('groundcrew_certificate_expiry_timestamp_seconds{certificate="shop"} ')
    assert float(shop.split()[-1]) > 1.7e9
    assert unknown == 'groundcrew_certificate_life_seconds{certificate="broken"} 0'
    assert life == f'groundcrew_certificate_life_seconds{{certificate="shop"}} {9 * 86400}'


def test_queues(facts, tmp_path):
    (tmp_path / "redis-shop-broker").mkdir()
    path = tmp_path / "redis-shop-broker/redis.sock"
    asked = []

    def serve(server):
        for answer in (b":7\r\n", b"-WRONGTYPE x\r\n"):
            client, _ = server.accept()
            asked.append(client.recv(100))
            client.sendall(answer)
            client.close()

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        threading.Thread(target=serve, args=[server], daemon=True).start()
        lines = facts("--queue=redis-shop-broker/redis.sock", "--queue=gone/redis.sock")
    assert lines == ['groundcrew_queue_length{redis="shop-broker",queue="celery"} 7']
    assert asked == [b"LLEN celery\r\n", b"LLEN rq:queue:default\r\n"]


def test_how_full_a_redis_is(facts, tmp_path):
    (tmp_path / "redis-shop").mkdir()
    info = "# Memory\r\nused_memory:95\r\nmaxmemory:100\r\nmaxmemory_policy:noeviction\r\n# Stats\r\nevicted_keys:3\r\n"
    asked = []

    def serve(server):
        for answer in (f"${len(info)}\r\n{info}\r\n", "-NOAUTH Authentication required.\r\n"):
            client, _ = server.accept()
            asked.append(client.recv(100))
            client.sendall(answer.encode())
            client.close()

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "redis-shop/redis.sock"))
        server.listen()
        threading.Thread(target=serve, args=[server], daemon=True).start()
        found = [facts("--redis=redis-shop/redis.sock", "--redis=gone/redis.sock") for _ in range(2)]
    assert found == [
        [
            'redis_up{redis="shop"} 1',
            'redis_up{redis="gone"} 0',
            'redis_memory_used_bytes{redis="shop"} 95',
            'redis_memory_max_bytes{redis="shop"} 100',
            'redis_evicted_keys_total{redis="shop"} 3',
            'redis_instance_info{redis="shop",maxmemory_policy="noeviction"} 1',
        ],
        ['redis_up{redis="shop"} 0', 'redis_up{redis="gone"} 0'],
    ]
    assert asked == [b"INFO\r\n"] * 2


@pytest.fixture
def apt(tmp_path):
    """Return a function that says what apt answers; it returns the file with the number of times it was asked."""
    asked = tmp_path / "asked"
    asked.write_text("")

    def answers(*lines, status=0):
        text = "\n".join(["Listing...", *lines])
        english = '[ "$LC_ALL" = C ] || exit 9'
        (tmp_path / "apt").write_text(
            f"#!/bin/sh\n{english}\necho asked >> {asked}\ncat <<'END'\n{text}\nEND\nexit {status}\n"
        )
        (tmp_path / "apt").chmod(0o755)
        return asked

    return answers


OPENSSL = "openssl/stable-security 3.0.17-1~deb12u2 amd64 [upgradable from: 3.0.16-1~deb12u1]"
CURL = "curl/stable,stable-security 8.1 amd64 [upgradable from: 8.0]"
VIM = "vim/stable 9.1 amd64 [upgradable from: 9.0]"


def waiting(tmp_path):
    """Return what is told of security updates."""
    return (tmp_path / "groundcrew-updates.prom").read_text().splitlines()[-1]


def test_security_updates(facts, apt, tmp_path):
    apt(OPENSSL, CURL, VIM)
    facts()
    assert waiting(tmp_path) == "groundcrew_security_updates 2"


def test_apt_is_asked_again_when_something_may_have_changed(facts, apt, tmp_path):
    asked = apt(OPENSSL)
    facts()
    facts()
    assert asked.read_text().count("asked") == 1
    apt()
    os.utime(tmp_path / "groundcrew-updates.prom", (1, 1))
    facts()
    assert waiting(tmp_path) == "groundcrew_security_updates 0"


def test_apt_is_asked_again_after_a_power_cut_left_nothing(facts, apt, tmp_path):
    apt(OPENSSL)
    (tmp_path / "groundcrew-updates.prom").touch()
    facts()
    assert waiting(tmp_path) == "groundcrew_security_updates 1"


def test_what_apt_said_before_stays_when_it_cannot_answer(facts, apt, tmp_path):
    apt(OPENSSL)
    facts()
    os.utime(tmp_path / "groundcrew-updates.prom", (1, 1))
    apt(status=100)
    facts()
    assert waiting(tmp_path) == "groundcrew_security_updates 1"


def test_a_disk_that_the_exporter_may_not_reach(program, tmp_path, monkeypatch):
    """Uploads of an application whose folder keeps others out."""
    for name, mode in (("shop", 0o750), ("open", 0o755)):
        (tmp_path / name / "media of all").mkdir(parents=True)
        (tmp_path / name).chmod(mode)
    tmp_path.chmod(0o755)
    # What is above the folder of the test keeps others out by itself.
    real = program.closed
    monkeypatch.setattr(program, "closed", lambda path: real(path.relative_to(tmp_path)))
    monkeypatch.chdir(tmp_path)
    shop = f"{tmp_path}/shop/media\\040of\\040all"
    mounts = [
        ("/dev/sda1", f"{tmp_path}/open/media\\040of\\040all", "ext4"),
        ("/dev/sdb1", shop, "ext4"),
        # Mounted again, and what is no disk: a network that hangs would take the facts with it.
        ("/dev/sdb1", shop, "ext4"),
        ("nas:/shop", f"{tmp_path}/shop", "nfs4"),
        ("/dev/sdc1", f"{tmp_path}/shop/away", "ext4"),
    ]
    (tmp_path / "mounts").write_text("".join(f"{' '.join(one)} rw 0 0\n" for one in mounts))
    monkeypatch.setattr(program, "MOUNTS", tmp_path / "mounts")
    found = [*program.filesystems()]
    labels = {"device": "/dev/sdb1", "mountpoint": f"{tmp_path}/shop/media of all", "fstype": "ext4"}
    names = ("avail_bytes", "size_bytes", "files_free", "files")
    assert [(name, one) for name, one, _ in found] == [(f"groundcrew_filesystem_{name}", labels) for name in names]
    free, size, *_ = (value for *_, value in found)
    assert 0 < free < size
    # All of it has a word of help, or it would not be written.
    assert program.shown(found).count(f'{{device="/dev/sdb1",mountpoint="{tmp_path}/shop/media of all"') == 4


def test_package_lists_have_an_age(program, tmp_path, monkeypatch):
    monkeypatch.setattr(program, "LISTS", tmp_path)
    assert [value for *_, value in program.lists()] == [0]
    for number, name in enumerate(("security_InRelease", "stable_InRelease"), 1):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (number, number * 1000))
    # apt makes the folder anew each time that it tries.
    assert [value for *_, value in program.lists()] == [2000]
    (tmp_path / "gone_Release").symlink_to("nowhere")
    assert [value for *_, value in program.lists()] == [2000]


def test_what_is_of_the_host_is_written(facts, tmp_path):
    assert facts() == []
    written = (tmp_path / "groundcrew.prom").read_text()
    assert "\ngroundcrew_package_lists_timestamp_seconds " in written
    assert "\ngroundcrew_reboot_required " in written
