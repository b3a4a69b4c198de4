"""Backups: what was committed comes back, also on another host, and a backup that could not be restored is told.

The tests of a host build on each other, in this order.
"""

import re
import subprocess
import time

import pytest
from network import settles

RESTORE = "playbooks/restore.yml"
REPOSITORY = "/var/backups/groundcrew"
LITE = """
import sqlite3, time
one = sqlite3.connect('/srv/shop/media/lite', isolation_level=None)
one.execute('PRAGMA journal_mode=wal')
one.execute('CREATE TABLE entry (name)')
one.execute("INSERT INTO entry VALUES ('Ada')")
one.execute('BEGIN')
one.execute("INSERT INTO entry VALUES ('Bob')")
open('/srv/shop/media/lite.ready', 'w').close()
time.sleep(3600)
"""
READ_LITE = (
    "import sqlite3; print(sqlite3.connect('/srv/shop/media/lite').execute('SELECT name FROM entry').fetchall())"
)
INSERT = "INSERT INTO shop_visit (written) VALUES (clock_timestamp())"


def psql(host, query):
    """Return what a query of the application's database gives, as text."""
    return host.check_output("cd / && runuser --user=postgres -- psql -qAt --dbname=shop --command=%s", query)


def archive(host):
    """Wait until all that is committed is in the archive."""
    name = host.backend.hostname
    host.check_output(f"cd / && runuser --user=postgres -- pgbackrest --stanza={name} check")


def restore(host, play, **variables):
    """Restore the host; return the seconds (float) that it took."""
    begin = time.monotonic()
    result = play(RESTORE, confirm=host.backend.hostname, **variables)
    assert result.returncode == 0, result.stdout[-3000:]
    return time.monotonic() - begin


def drill(host):
    """Run the drill as the timer does; return what the status says (str)."""
    host.run("systemctl start groundcrew-drill.service")
    return host.run("groundcrew-backup status").stdout


@pytest.fixture(scope="module", autouse=True)
def photo(host):
    """Let a user of the application upload a file, which the first restore finds in the backup, and a link beside it.

    The data directory is copied, since no folder that an image brings can be moved (overlayfs).
    """
    host.check_output(
        "runuser --user=shop -- sh -c 'cd /srv/shop/media && echo holiday > photo.txt && ln -sf photo.txt link'"
    )
    copy = "cd /var/lib/postgresql/*/ && cp -a main copy && rm -r main && mv copy main"
    # The unit `postgresql` alone is stopped before those of its clusters have begun to.
    host.check_output(f"systemctl stop postgresql 'postgresql@*' && {copy} && systemctl start postgresql")


def test_the_first_run_ended_with_a_backup(host):
    result = host.run("groundcrew-backup status")
    assert (result.rc, "last backup: " in result.stdout) == (0, True)
    for timer in ("groundcrew-backup.timer", "groundcrew-drill.timer"):
        assert host.service(timer).is_running
        assert host.service(timer).is_enabled


def test_backups_and_drills_are_in_a_sandbox(exposed):
    """They read everything and become the users of the database servers, which keeps them from 1.2."""
    for name, most in (("groundcrew-backup", 2.7), ("groundcrew-drill", 2.7), ("groundcrew-failed@x", 3.2)):
        assert exposed(f"{name}.service") <= most


def test_nobody_but_the_tools_reads_the_passphrase(host):
    secret = "quoted"
    for path in ("/etc/groundcrew-backup.json", "/etc/pgbackrest.conf"):
        assert host.file(path).mode == 0o600
        assert secret in host.file(path).content_string
    assert (
        host.run(
            "grep --recursive --files-with-matches --fixed-strings %s /var/log /var/lib/groundcrew-backup", secret
        ).rc
        == 1
    )
    assert secret not in host.check_output("journalctl --output=cat")
    # What lies in the repository says nothing without it.
    assert host.run(f"grep --recursive --binary-files=text --quiet shop_visit {REPOSITORY}").rc == 1


def test_the_drill_reads_what_was_committed_a_moment_ago(host):
    psql(host, INSERT)
    # As a power cut leaves it: once it kept the status from being told, and each drill from its end.
    host.check_output("truncate --size=0 /var/lib/groundcrew-backup/drill.json")
    status = drill(host)
    assert host.run("groundcrew-backup status").rc == 0
    print(status)
    assert "2 rows in 2 tables; migrations of shop: all applied" in status
    assert not host.file("/var/lib/postgresql/groundcrew-scratch").exists


def test_the_drill_asks_the_release_that_serves(host):
    psql(
        host,
        "BEGIN; CREATE TABLE kept AS TABLE django_migrations; DELETE FROM django_migrations WHERE app = 'shop'; COMMIT",
    )
    assert "shop lacks migrations in the restored database" in drill(host)
    psql(host, "BEGIN; INSERT INTO django_migrations TABLE kept; DROP TABLE kept; COMMIT")


def test_a_restore_asks_for_the_name_of_the_host(host, play):
    before = psql(host, "SELECT pg_postmaster_start_time()")
    result = play(RESTORE)
    assert result.returncode != 0
    assert f"-e confirm={host.backend.hostname}" in re.sub(r"\s+", " ", result.stdout)
    assert psql(host, "SELECT pg_postmaster_start_time()") == before


# A restore on each distribution is in test_far.py.
@pytest.mark.split
def test_a_data_directory_destroyed_while_it_is_written_comes_back(host, play, http):
    host.check_output("systemd-run --unit=lite --uid=shop --property=UMask=0027 python3 -c %s", LITE)
    host.check_output("until test -e /srv/shop/media/lite.ready; do sleep 0.1; done")
    host.check_output("systemctl start groundcrew-backup.service && rm /srv/shop/media/photo.txt")
    host.check_output(
        "systemd-run --unit=writer --uid=postgres sh -c %s", f'while psql -qd shop -c "{INSERT}"; do :; done'
    )
    rows = "runuser -u postgres -- psql -qAtd shop -c 'SELECT max(id) FROM shop_visit'"
    assert settles(host, f"cd / && [ $({rows}) -gt 30 ]", 60)
    archive(host)
    archived = int(psql(host, "SELECT max(id) FROM shop_visit"))
    archive(host)
    # systemd would start it again, and it would write while the rest goes.
    killed = "rm -rf /var/lib/postgresql/*/main/base; pkill -KILL postgres; systemctl stop 'postgresql@*'"
    host.check_output(f"{killed}; systemctl reset-failed writer || true")
    host.check_output("rm -rf /var/lib/postgresql/*/main")
    seconds = restore(host, play)
    restored = int(psql(host, "SELECT max(id) FROM shop_visit"))
    print(f"{restored} rows, {archived} of them for sure, after {seconds:.0f} s")
    assert restored >= archived > 10
    assert host.file("/srv/shop/media/link").linked_to == "/srv/shop/media/photo.txt"
    assert http("https://shop.example.org/media/photo.txt").text == "holiday\n"
    assert http("https://shop.example.org/").status == 200
    # What was committed and not yet in the file is; the process that had it open was stopped before.
    assert host.check_output("runuser --user=shop -- python3 -c %s", READ_LITE) == "[('Ada',)]"
    assert host.check_output("stat --format='%U %a' /srv/shop/media/lite") == "shop 640"
    assert host.run("systemctl is-active lite").stdout.strip() != "active"
    assert len(host.check_output("ls /srv/shop/media/lite.before-*").split()) == 1


@pytest.mark.split
def test_the_databases_go_back_to_a_second(host, play, http):
    psql(host, INSERT)
    before = psql(host, "SELECT count(*), clock_timestamp() + interval '500 ms' FROM shop_visit").split("|")
    time.sleep(1)
    psql(host, "DELETE FROM shop_visit")
    archive(host)
    restore(host, play, time=before[1])
    assert psql(host, "SELECT count(*) FROM shop_visit") == before[0]
    assert http("https://shop.example.org/").status == 200
    # What the mistake left is beside it.
    host.check_output("ls -d /var/lib/postgresql/*/main.before-*")


@pytest.mark.split
def test_a_time_that_no_backup_reaches_changes_nothing(host, play):
    before = psql(host, "SELECT pg_postmaster_start_time()")
    result = play(RESTORE, confirm=host.backend.hostname, time="2020-01-01 00:00:00+00:00")
    assert result.returncode != 0
    assert "from before 2020-01-01" in result.stdout
    assert psql(host, "SELECT pg_postmaster_start_time()") == before


@pytest.mark.split
@pytest.mark.parametrize(
    ("damage", "mend", "reason"),
    [
        (  # some bytes of a backup
            f"f=$(ls -S $(find {REPOSITORY}/postgresql/backup -path '*F/*' -type f) | head -n 1); cp -p $f /root/f; "
            "echo $f > /root/n; head -c 4096 /dev/zero | dd of=$f bs=1 seek=$(($(stat -c %s $f) / 2)) conv=notrunc",
            "cp -p /root/f $(cat /root/n)",
            "pgbackrest restore",
        ),
        (  # a part of the archive that the newest state needs
            f"f=$(find {REPOSITORY}/postgresql/archive -name '*.zst' -newer /root/since | sort | head -n 1); "
            "echo $f > /root/n; mv $f /root/wal",
            "mv /root/wal $(cat /root/n)",
            "recovery ended before configured recovery target was reached",
        ),
        (  # the key
            "cp -p /etc/pgbackrest.conf /root/c; sed -i 's/cipher-pass=.*/cipher-pass=another/' /etc/pgbackrest.conf",
            "cp -p /root/c /etc/pgbackrest.conf",
            "pgbackrest",
        ),
        (  # the key of the files
            "cp -p /etc/groundcrew-backup.json /root/c; sed -i 's/quoted/another/' /etc/groundcrew-backup.json",
            "cp -p /root/c /etc/groundcrew-backup.json",
            "wrong password",
        ),
    ],
    ids=["bytes", "archive", "key", "files"],
)
def test_a_backup_that_cannot_be_restored_is_told(host, damage, mend, reason):
    host.check_output("systemctl start groundcrew-backup.service && touch /root/since")
    psql(host, f"{INSERT}; SELECT pg_switch_wal()")
    psql(host, INSERT)
    archive(host)
    host.check_output(damage)
    try:
        status = drill(host)
    finally:
        host.check_output(mend)
    print(status)
    assert re.search(r"FAILED \d+ s ago", status)
    assert reason in status
    assert host.run("groundcrew-backup status").rc == 1
    assert "groundcrew-drill.service failed" in host.check_output(
        "journalctl --unit='groundcrew-failed@*' --output=cat"
    )
    assert "FAILED" not in drill(host)


@pytest.mark.split
def test_a_full_disk_and_a_target_that_is_gone_are_failures(host):
    # Into a sandbox that is there a mount comes on a server, though not in a container.
    again = "systemctl restart 'postgresql@*'"
    host.check_output(
        f"mkdir -p /mnt/small && mount -t tmpfs -o size=$(du -sm {REPOSITORY} | cut -f1)M,mode=755 none /mnt/small && "
        f"cp -a {REPOSITORY}/. /mnt/small && mount --bind /mnt/small {REPOSITORY} && {again}"
    )
    noise = "SELECT sha512(random()::text::bytea) FROM generate_series(1, 200000)"
    psql(host, f"CREATE TABLE noise AS {noise}")
    assert host.run("systemctl start groundcrew-backup.service").rc != 0
    status = host.run("groundcrew-backup status").stdout
    print(status)
    assert re.search("unable to write|[Nn]o space left", status)
    host.check_output(f"umount {REPOSITORY} && {again} && umount /mnt/small")
    host.check_output(f"mv {REPOSITORY} {REPOSITORY}.away")
    assert host.run("systemctl start groundcrew-backup.service").rc != 0
    assert "FAILED" in host.run("groundcrew-backup status").stdout
    begun = host.run("groundcrew-backup init")
    assert (begun.rc, host.file(REPOSITORY).exists) == (1, False)
    assert f"{REPOSITORY}/files/{host.backend.hostname} held backups" in begun.stderr
    # What the server could not archive meanwhile, it still has.
    psql(host, "DROP TABLE noise")
    host.check_output(f"mv {REPOSITORY}.away {REPOSITORY}")
    host.check_output("systemctl start groundcrew-backup.service")
    assert host.run("groundcrew-backup status").rc == 0


@pytest.mark.split
def test_a_dead_host_comes_back_from_the_repository_alone(host, play, http, tmp_path):
    secret = host.file("/etc/django/shop/secrets/DJANGO_SECRET_KEY").content_string
    authority = host.file("/etc/ssl/groundcrew/ca/ca.pem").content_string
    psql(host, INSERT)
    rows = psql(host, "SELECT count(*) FROM shop_visit")
    archive(host)
    name, kept = host.backend.hostname, tmp_path / "repository.tar"
    with kept.open("wb") as file:
        subprocess.run(["podman", "exec", name, "tar", "-C", REPOSITORY, "-c", "."], stdout=file, check=True)
    for playbook in ("destroy", "create", "prepare"):
        assert play(f"molecule/shared/{playbook}.yml", bare=True).returncode == 0
    host.check_output(f"mkdir -p {REPOSITORY}")
    with kept.open("rb") as file:
        subprocess.run(["podman", "exec", "-i", name, "tar", "-C", REPOSITORY, "-x"], stdin=file, check=True)
    print(f"{restore(host, play):.0f} s from a bare host")
    assert psql(host, "SELECT count(*) FROM shop_visit") == rows
    assert host.file("/etc/django/shop/secrets/DJANGO_SECRET_KEY").content_string == secret
    assert host.file("/etc/ssl/groundcrew/ca/ca.pem").content_string == authority
    assert http("https://shop.example.org/media/photo.txt").text == "holiday\n"
    assert host.file("/srv/shop/media/photo.txt").user == "shop"
    assert http("https://shop.example.org/write").status == 200
    assert host.run("groundcrew-backup status").rc == 0
