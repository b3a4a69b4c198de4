"""What the program of the role `certificate` puts in place, and what is left of it when it is killed on the way."""

import datetime
import importlib.util
import json
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric import ec

PATH = Path(__file__).resolve().parents[1] / "roles/certificate/files/acme.py"
SPEC = importlib.util.spec_from_file_location("acme", PATH)
acme = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(acme)

WANTED = {"domains": ["a.example"], "server": "https://ca/dir", "reload": ["nginx.service", "mail.service"]}


class Killed(BaseException):
    """What no program catches."""


def make_pair(issuer):
    """Return a certificate and its key (bytes, bytes)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=90))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("a.example")]), critical=False)
    private = key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption())
    return builder.sign(key, hashes.SHA256()).public_bytes(pem.Encoding.PEM), private


OWN, FIRST, NEXT = (make_pair(issuer) for issuer in ("own", "first", "next"))


class Host:
    """A folder for a certificate, a server that reads it, and the end of the program after so many steps."""

    def __init__(self, top):
        self.folder, self.lives, self.deaf, self.asked, self.reads = top / "ssl/a", None, set(), [], None
        self.folder.mkdir(parents=True)
        self.write(self.folder, OWN)
        (self.folder / "acme.json").write_text(json.dumps(WANTED))
        acme.STORE.mkdir()

    def write(self, folder, pair):
        """Write plain files, as the tasks of the role do."""
        for name, content in zip(("fullchain.pem", "privkey.pem"), pair, strict=True):
            (folder / name).unlink(missing_ok=True)
            (folder / name).write_bytes(content)

    def ready(self, pair):
        """Have a pair ready, as `--fetch` does."""
        ready = acme.ready_for(self.folder)
        ready.mkdir(parents=True, exist_ok=True)
        self.write(ready, pair)

    @property
    def serves(self):
        """The pair where the server looks for it."""
        return (self.folder / "fullchain.pem").read_bytes(), (self.folder / "privkey.pem").read_bytes()

    def run(self, command, **_):
        """Be systemctl."""
        unit = command[-1]
        self.asked.append(unit)
        if unit in self.deaf:
            return subprocess.CompletedProcess(command, 1)
        if unit == "nginx.service":
            self.reads = self.serves
        return subprocess.CompletedProcess(command, 0)

    def mortal(self, step):
        """Return a step of the program that is the last one when no life is left."""

        def do(*words, **options):
            if self.lives == 0:
                raise Killed
            self.lives = self.lives and self.lives - 1
            return step(*words, **options)

        return do

    def due(self):
        """Tell whether the next run asks for a certificate."""
        return acme.is_due(self.folder, WANTED)


@pytest.fixture
def host(tmp_path, monkeypatch):
    """Return a host whose certificate is its own yet."""
    monkeypatch.setattr(acme, "FOLDER", tmp_path / "ssl")
    monkeypatch.setattr(acme, "STORE", tmp_path / "store")
    monkeypatch.setattr(acme, "READY", tmp_path / "store/ready")
    host = Host(tmp_path)
    # A program that is killed loses its lock; here it is the same process.
    monkeypatch.setattr(acme.fcntl, "flock", lambda *_: None)
    monkeypatch.setattr(acme.os, "sync", host.mortal(lambda: None))
    monkeypatch.setattr(acme.subprocess, "run", host.mortal(host.run))
    monkeypatch.setattr(acme.shutil, "rmtree", host.mortal(acme.shutil.rmtree))
    for name in ("touch", "write_bytes", "chmod", "unlink", "rename", "symlink_to"):
        monkeypatch.setattr(acme.Path, name, host.mortal(getattr(Path, name)))
    return host


def renew(host, pair):
    """Let the timer do its work; return whether it failed."""
    if host.due():
        host.ready(pair)
    return acme.each(acme.place, [])


def test_one_that_is_there_is_not_placed_again(host, capsys):
    assert not renew(host, FIRST)
    assert host.serves == host.reads == FIRST
    assert not renew(host, NEXT)
    assert host.serves == host.reads == FIRST
    assert capsys.readouterr().out == "a: new certificate\n"
    assert (host.folder / "privkey.pem").resolve().stat().st_mode & 0o777 == 0o600
    # Nothing is left of what it replaced.
    assert {path.name for path in host.folder.iterdir()} - {(host.folder / "current").readlink().name} == {
        "acme.json",
        "current",
        "fullchain.pem",
        "privkey.pem",
    }


def prepare(host, state):
    """Bring the host to where a run begins."""
    if state != "own":
        renew(host, FIRST)
    if state == "own again":
        host.write(host.folder, OWN)
    if state == "half linked by a version before":
        host.write(host.folder, OWN)
        acme.shutil.copytree(host.folder / "current", host.folder / "first")
        host.write(host.folder / "first", OWN)
        (host.folder / "first/server").unlink()
        acme.point(host.folder / "current", "first")
        acme.point(host.folder / "privkey.pem", "current/privkey.pem")
    if state == "in place":
        (host.folder / "current/server").unlink()
    host.asked.clear()


@pytest.mark.parametrize("state", ["own", "in place", "own again", "half linked by a version before"])
def test_whenever_it_is_killed_the_pair_fits_and_the_next_run_ends_it(tmp_path, host, state):
    for lives in range(1, 100):
        acme.shutil.rmtree(host.folder)
        acme.shutil.rmtree(acme.STORE)
        Host(tmp_path)
        host.reads = None
        prepare(host, state)
        before = host.serves
        host.ready(NEXT)
        host.lives = lives
        try:
            ended = not acme.each(acme.place, [])
        except Killed:
            ended = False
        host.lives = None
        assert host.serves in (before, NEXT), lives
        assert not renew(host, NEXT), lives
        assert host.serves == host.reads == NEXT, lives
        assert not host.due()
        assert [*host.folder.glob("acme-*")] == [(host.folder / "current").resolve()]
        assert not (host.folder / "first").exists()
        if ended:
            break
    assert 20 < lives < 99


def test_a_pair_that_does_not_fit_is_replaced(host):
    """A version before left it when it was killed during its first run."""
    renew(host, FIRST)
    (host.folder / "fullchain.pem").unlink()
    (host.folder / "fullchain.pem").write_bytes(OWN[0])
    assert host.due()
    assert not renew(host, NEXT)
    assert host.serves == host.reads == NEXT


def test_a_reload_that_fails_is_tried_again_until_it_works(host, capsys):
    renew(host, FIRST)
    (host.folder / "current/server").unlink()
    host.asked.clear()
    host.deaf = {"nginx.service"}
    for _ in range(2):
        assert renew(host, NEXT)
        assert host.serves == NEXT
        assert not host.due()
        said = capsys.readouterr().err
        assert "a: The new certificate is installed, but nginx.service was not reloaded" in said
        assert "The certificate before stays" not in said
    # One that is deaf keeps it from no other.
    assert host.asked == ["nginx.service", "mail.service"] * 2
    assert host.reads == FIRST
    host.deaf = set()
    assert not renew(host, NEXT)
    assert host.reads == NEXT
    assert capsys.readouterr().out == "a: new certificate\n"
    host.asked.clear()
    assert not renew(host, NEXT)
    assert host.asked == []


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERT", b"\0" * 900])
def test_a_certificate_that_cannot_be_read_is_due(host, content):
    renew(host, FIRST)
    (host.folder / "current/fullchain.pem").write_bytes(content)
    assert host.due()
    (host.folder / "current/fullchain.pem").unlink()
    assert host.due()


def test_half_a_wish_keeps_no_other_from_its_certificate(host, capsys):
    other = host.folder.with_name("0")
    other.mkdir()
    (other / "acme.json").write_text("")
    assert renew(host, FIRST)
    assert host.reads == FIRST
    assert capsys.readouterr().err.startswith("0: ")
