#!/usr/bin/env python3
"""Get and renew certificates from an ACME authority (RFC 8555) with lego, and put each in place at once.

    acme.py [NAME …]        every certificate that has an acme.json when none is named

Who talks to strangers is not root: `--fetch`, as the user `groundcrew-acme`, asks the authority and leaves the new pair
in its own folder; `--place`, as root, takes what is a certificate for the names that are wanted, and its key.
`--prepare`, as root, lets that user read what is wanted and write challenges. Without one of them, root does all three.

/etc/ssl/groundcrew/NAME/acme.json says what is wanted: ``domains`` (list of str), ``email``, ``server`` (URL of the
directory), ``server_ca`` (file of the root that signed the server's own certificate, "" for the system's), ``dns``
(lego's name of a DNS provider, "" for a file that port 80 serves), ``env`` (the provider's variables), ``key_type``,
``webroot`` (folder) and ``reload`` (units that read the certificate). A certificate is asked for when there is none
from that server, when its names are others, and in the last third of its life. Prints a line for each new one; exits
with 1 and a reason for each that failed, and leaves in place what was there. Whoever is killed on the way leaves a pair
that fits, and the next run ends what it had begun.
"""

import datetime
import fcntl
import http.client
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization as pem

FOLDER = Path("/etc/ssl/groundcrew")
STORE = Path("/var/lib/groundcrew-acme")
READY = STORE / "ready"
USER = "groundcrew-acme"
PAIR = ("privkey.pem", "fullchain.pem")
CHALLENGE = ".well-known/acme-challenge"
BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", re.DOTALL)
PATIENCE, LONGEST = 10, 600  # seconds for the own site to answer, and for the authority


class FailedError(Exception):
    """A certificate could not be had; the text says why."""


class ReloadError(Exception):
    """A certificate is in place, and a unit has not read it; the text says which."""


def is_linked(folder):
    """Tell whether what servers read in ``folder`` (Path) is a pair of this program's."""
    return all((folder / name).is_symlink() for name in ("current", *PAIR))


def is_due(folder, wanted):
    """Tell whether the certificate in ``folder`` (Path) has to be replaced to be as ``wanted`` (dict)."""
    try:
        if not is_linked(folder) or (folder / "current/server").read_text() != wanted["server"]:
            return True
        certificate = x509.load_pem_x509_certificate((folder / "fullchain.pem").read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (FileNotFoundError, ValueError, x509.ExtensionNotFound):
        return True
    begin, end = read_time(certificate, "not_valid_before"), read_time(certificate, "not_valid_after")
    late = datetime.datetime.now(datetime.UTC) > end - (end - begin) / 3
    return late or set(names.get_values_for_type(x509.DNSName)) != set(wanted["domains"])


def read_time(certificate, name):
    """Return a time of an x509 certificate as an aware datetime; older libraries know it without a zone only."""
    return getattr(certificate, f"{name}_utc", None) or getattr(certificate, name).replace(tzinfo=datetime.UTC)


def is_own(address):
    """Tell whether this host has the address (str)."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def find_obstacles(domain, name, token):
    """Yield a sentence (str) for each reason why the authority will not find the file ``name`` on ``domain``."""
    try:
        found = socket.getaddrinfo(domain, 80, type=socket.SOCK_STREAM)
    except socket.gaierror:
        yield f"{domain} has no DNS record, neither A nor AAAA."
        return
    for address in sorted({entry[4][0] for entry in found}):
        record = f"{domain} points at {address} ({'AAAA' if ':' in address else 'A'} record)"
        connection = http.client.HTTPConnection(address, 80, timeout=PATIENCE)
        try:
            connection.request("GET", f"/{CHALLENGE}/{name}", headers={"Host": domain})
            answer = connection.getresponse()
            body = answer.read(1000).decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            # Behind a router a host may not reach its own public address: there, only the authority can tell.
            if is_own(address):
                yield f"{record}, where port 80 does not answer: {error}."
            continue
        finally:
            connection.close()
        if body != token:
            who = answer.getheader("Via") or answer.getheader("Server") or "somebody"
            says = f"{who} answers {answer.status} instead of this host"
            yield f"{record}, where {says}: the record is an old one, or a proxy is in between."


def refuse_unreachable(wanted):
    """Fetch a random token through each public name, as the authority will; fail with what stands in the way."""
    path = Path(wanted["webroot"], CHALLENGE, f"groundcrew-{secrets.token_hex(8)}")
    token = secrets.token_urlsafe(32)
    path.write_text(token)
    try:
        obstacles = [line for domain in wanted["domains"] for line in find_obstacles(domain, path.name, token)]
    finally:
        path.unlink()
    if obstacles:
        raise FailedError(" ".join(obstacles))


def ask(wanted):
    """Let lego ask the authority; return the files (Path, Path) of the chain and its key."""
    command = ["lego", "--accept-tos", "--path", STORE, "--email", wanted["email"], "--server", wanted["server"]]
    command += ["--key-type", wanted["key_type"], *(f"--domains={domain}" for domain in wanted["domains"])]
    command += ["--dns", wanted["dns"]] if wanted["dns"] else ["--http", "--http.webroot", wanted["webroot"]]
    environment = {**os.environ, **wanted["env"]}
    if wanted["server_ca"]:
        environment["LEGO_CA_CERTIFICATES"] = wanted["server_ca"]
    result = subprocess.run([*command, "run"], env=environment, capture_output=True, text=True, timeout=LONGEST)
    if result.returncode != 0:
        # The last message, which may have several lines, is why.
        words = " ".join(re.split(r"^\d{4}/\d\d/\d\d [\d:]+ ", result.stderr, flags=re.MULTILINE)[-1].split())
        if "accountDoesNotExist" in words:
            # An authority that forgot the account makes a new one.
            shutil.rmtree(STORE / "accounts")
            return ask(wanted)
        raise FailedError(f"The authority {wanted['server']} did not sign. {words}")
    files = STORE / "certificates" / wanted["domains"][0].replace("*", "_")
    return Path(f"{files}.crt"), Path(f"{files}.key")


def ready_for(folder):
    """Return where a new pair for ``folder`` (Path) waits: NAME, or NAME:rsa beside it, since each is removed alone."""
    return READY / str(folder.relative_to(FOLDER)).replace("/", ":")


def fetch(folder, wanted):
    """Have a new pair ready for ``folder`` (Path) when its certificate is due."""
    if not is_due(folder, wanted):
        return
    if not wanted["dns"]:
        refuse_unreachable(wanted)
    chain, key = ask(wanted)
    ready = ready_for(folder)
    ready.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(key, ready / "privkey.pem")
    shutil.copyfile(chain, ready / "fullchain.pem")


def read(path):
    """Return what is in a file (bytes), which is no link: its folder belongs to another user."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        return file.read(1 << 20)


def place(folder, wanted):
    """Put what is ready for ``folder`` (Path) in place and have it read; return whether there was something."""
    if (ready_for(folder) / "fullchain.pem").exists():
        install(folder, *take(folder, wanted), wanted["server"])
    return tell(folder, wanted["reload"])


def take(folder, wanted):
    """Return the chain and the key (bytes, bytes) that are ready for ``folder`` (Path), and not ready any more.

    They were parsed, so that nothing else comes into a folder that belongs to root.
    """
    ready = ready_for(folder)
    try:
        chain = [x509.load_pem_x509_certificate(block) for block in BLOCK.findall(read(ready / "fullchain.pem"))]
        key = pem.load_pem_private_key(read(ready / "privkey.pem"), None)
        names = chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if chain[0].public_key().public_numbers() != key.public_key().public_numbers():
            raise FailedError("The certificate does not fit its key.")
        if set(names.get_values_for_type(x509.DNSName)) != set(wanted["domains"]):
            raise FailedError("The certificate is for other names.")
    except (ValueError, IndexError, x509.ExtensionNotFound) as error:
        raise FailedError(f"What the authority gave is no certificate: {error}.") from error
    finally:
        shutil.rmtree(ready)
    private = key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption())
    return b"".join(one.public_bytes(pem.Encoding.PEM) for one in chain), private


def install(folder, chain, key, server):
    """Put the pair (bytes) in place of the one in ``folder`` (Path): one rename changes both."""
    new = stage(folder, chain, key, server)
    # The plain files of the first certificate become links to themselves, so that nothing is ever missing or mixed.
    before = None if is_linked(folder) else stage(folder, *((folder / name).read_bytes() for name in reversed(PAIR)))
    os.sync()
    if before:
        point(folder / "current", before.name)
        for name in PAIR:
            point(folder / name, f"current/{name}")
    (folder / "reload").touch()
    point(folder / "current", new.name)


def stage(folder, chain, key, server=""):
    """Write a pair (bytes) into a folder of its own below ``folder`` (Path), and return that."""
    new = Path(tempfile.mkdtemp(prefix="acme-", dir=folder))
    new.chmod(0o755)
    files = ("privkey.pem", key, 0o600), ("fullchain.pem", chain, 0o644), ("server", server.encode(), 0o644)
    for name, content, mode in files:
        (new / name).touch(0o600)
        (new / name).write_bytes(content)
        (new / name).chmod(mode)
    return new


def tell(folder, units):
    """Have each unit (str) read the pair in ``folder`` (Path) that not all have read; return whether there was one.

    The file `reload` is there from before the pair until all have read it: what fails here is done by a later run.
    """
    untold = folder / "reload"
    if not untold.exists():
        return False
    # Those of a run that was killed, too; a version before called one of them `first`.
    for old in {*folder.glob("acme-*"), folder / "first"} - {folder / (folder / "current").readlink()}:
        shutil.rmtree(old, ignore_errors=True)
    deaf = [unit for unit in units if subprocess.run(["systemctl", "try-reload-or-restart", unit]).returncode != 0]
    if deaf:
        raise ReloadError(
            f"The new certificate is installed, but {' and '.join(deaf)} was not reloaded, and goes on with the one"
            " before. Each later run tries again."
        )
    untold.unlink()
    return True


def point(link, target):
    """Make ``link`` (Path) point at ``target`` (str), in one step."""
    new = link.with_name(f".{link.name}")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.rename(link)


def prepare(folder, wanted):
    """Let the user read what is wanted (dict) for ``folder`` (Path), and write challenges."""
    shutil.chown(folder / "acme.json", "root", USER)
    (folder / "acme.json").chmod(0o640)
    if not wanted["dns"]:
        challenges = Path(wanted["webroot"], CHALLENGE)
        challenges.mkdir(parents=True, exist_ok=True)
        shutil.chown(challenges, USER, USER)


def each(step, chosen):
    """Do a step for each certificate; one that fails holds up no other. Return whether one failed."""
    failed = False
    # The user owns the folder, and only reads what root made in it.
    lock = os.open(STORE / "lock", os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    fcntl.flock(lock, fcntl.LOCK_EX)
    for folder in [FOLDER / name for name in chosen] or sorted(path.parent for path in FOLDER.rglob("acme.json")):
        name = folder.relative_to(FOLDER)
        try:
            if step(folder, json.loads((folder / "acme.json").read_text())):
                print(f"{name}: new certificate")
        except ReloadError as error:
            print(f"{name}: {error}", file=sys.stderr)
            failed = True
        except (FailedError, OSError, ValueError, subprocess.SubprocessError) as error:
            print(f"{name}: {error} The certificate before stays.", file=sys.stderr)
            failed = True
    os.close(lock)
    return failed


STEPS = {"--prepare": prepare, "--fetch": fetch, "--place": place}


def main(arguments):
    """Do one step, or all as the unit does."""
    if arguments[:1] and arguments[0] in STEPS:
        return each(STEPS[arguments[0]], arguments[1:])
    STORE.mkdir(mode=0o700, exist_ok=True)
    # Also what a version before, which was root, left there.
    subprocess.run(["chown", "--recursive", f"{USER}:{USER}", STORE], check=True)
    as_user = ["runuser", f"--user={USER}", "--", __file__, "--fetch", *arguments]
    failed = [
        each(prepare, arguments),
        subprocess.run(as_user, cwd="/").returncode != 0,
        each(place, arguments),
    ]
    return any(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
