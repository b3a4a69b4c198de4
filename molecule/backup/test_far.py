"""Repositories of other machines: Debian 12 takes a bucket that speaks S3, Debian 13 a folder over SFTP."""

import subprocess

import pytest

SITE, RESTORE = "playbooks/site.yml", "playbooks/restore.yml"
INSERT = "INSERT INTO shop_visit (written) VALUES (clock_timestamp())"
STRANGER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBm5T2mJUX3D2iQ4vYtM2hQ0mN3xqXc0S1b5yq0bJ6uW"
BUCKET = r"""
cd /root && python3 -m venv s3 && s3/bin/pip install --quiet 'moto[s3,server]' gunicorn
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost -keyout s3/key.pem -out /etc/ssl/s3.pem
systemd-run --unit=s3 /root/s3/bin/gunicorn --threads=8 --keep-alive=20 --bind=127.0.0.1:9443 \
  --certfile=/etc/ssl/s3.pem --keyfile=/root/s3/key.pem 'moto.server:create_backend_app("s3")'
until curl --silent --cacert /etc/ssl/s3.pem --request PUT https://localhost:9443/backups; do sleep 0.5; done
"""
STORE = """
useradd --create-home store && install --directory --owner=store /home/store/.ssh /home/store/kept
echo %s > /home/store/.ssh/authorized_keys
ssh-keygen -A && systemctl start ssh
"""


def psql(host, query):
    """Return what a query of the application's database gives, as text."""
    return host.check_output("cd / && runuser --user=postgres -- psql -qAt --dbname=shop --command=%s", query)


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    """Return the path of a new SSH key."""
    path = tmp_path_factory.mktemp("ssh") / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path


@pytest.fixture
def repository(host, key):
    """Return the repository (dict) that this host takes."""
    sftp = {"type": "sftp", "host": "localhost", "user": "store", "path": "/home/store/kept"}
    if not host.user("store").exists:
        host.check_output(STORE, key.with_suffix(".pub").read_text())
    keys = host.check_output("cat /etc/ssh/ssh_host_*_key.pub").splitlines()
    sftp["host_keys"] = [" ".join(key.split()[:2]) for key in keys]
    sftp["private_key"] = key.read_text()
    if not host.system_info.release.startswith("12"):
        return sftp
    if not host.file("/root/s3").exists:
        host.check_output(BUCKET)
    login = {"key": "AKIA", "secret": "canary-s3"}
    return {"type": "s3", "endpoint": "localhost:9443", "bucket": "backups", "ca": "/etc/ssl/s3.pem", **login}


def test_debian_12_says_that_it_knows_no_sftp(host, play, key):
    if not host.system_info.release.startswith("12"):
        pytest.skip("of Debian 12 alone")
    login = {"host": "nas", "user": "store", "path": "/kept", "private_key": key.read_text(), "host_keys": [STRANGER]}
    assert (
        "pgBackRest of Debian 12 does not know SFTP" in play(SITE, backup_repository={"type": "sftp", **login}).stdout
    )


def test_what_was_kept_far_away_comes_back(host, play, repository):
    result = play(SITE, backup_repository=repository)
    assert result.returncode == 0, result.stdout[-3000:]
    rows = psql(host, f"{INSERT}; SELECT count(*) FROM shop_visit")
    host.run("systemctl start groundcrew-drill.service")
    assert "FAILED" not in host.check_output("groundcrew-backup status")
    host.check_output("echo beach > /srv/shop/media/far.txt && systemctl start groundcrew-backup.service")
    moment = psql(host, "SELECT pg_sleep(1); SELECT now(); SELECT pg_sleep(1)").strip()
    psql(host, "DELETE FROM shop_visit; SELECT pg_switch_wal()")
    host.check_output("rm /srv/shop/media/far.txt")
    result = play(RESTORE, confirm=host.backend.hostname, backup_repository=repository, time=moment)
    assert result.returncode == 0, result.stdout[-3000:]
    assert psql(host, "SELECT count(*) FROM shop_visit") == rows
    assert host.file("/srv/shop/media/far.txt").content_string == "beach\n"
    assert "changed=0" in play(SITE, backup_repository=repository).stdout


def test_no_secret_of_it_is_readable(host, repository):
    secret = repository.get("secret") or repository["private_key"].splitlines()[2]
    found = host.run(
        "grep --recursive --files-with-matches --fixed-strings %s /etc /var/log /run", secret
    ).stdout.split()
    assert found
    assert {host.file(path).mode for path in found} == {0o600}


def test_a_stranger_is_no_repository(play, repository):
    """Another key than that of the machine, another authority than that of the bucket."""
    wrong = {
        "host_keys": [STRANGER],
        "ca": "",
    }
    result = play(SITE, backup_repository=repository | {key: wrong[key] for key in wrong if key in repository})
    assert result.returncode != 0
    assert "restic" in result.stdout
