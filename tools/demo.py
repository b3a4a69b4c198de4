"""Serve a Django project in a container of this machine, as `make demo` does: `tools/demo.py up | down`.

It boots a bare Debian host, runs the playbook against it that a production host gets, and proves with one verified
HTTPS request that the site answers. A second run changes nothing.
"""

import argparse
import http.client
import json
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, cast

ROOT = Path(__file__).resolve().parent.parent
# What belongs to the container that runs, ignored by git and removed with it.
STATE = ROOT / ".demo"
CA = STATE / "ca.pem"
PASSWORD = STATE / "admin-password"
HOST = "groundcrew-demo"
IMAGE = "localhost/groundcrew-debian:12"
DOMAIN = "site.localhost"
ADMIN = "admin"

# Runs in the shell of the project, so that it works with any user model. The password arrives with it on stdin.
CREATE_ADMIN = """
from django.contrib.auth import get_user_model
User = get_user_model()
try:
    user = User.objects.get_by_natural_key({name!r})
    user.set_password({password!r})
    user.save()
except User.DoesNotExist:
    User.objects.create_superuser({name!r}, email="admin@{domain}", password={password!r})
print("administrator ready")
"""


def say(text: str) -> None:
    """Print one line at once."""
    print(text, flush=True)


def podman(*arguments: str, check: bool = True, text_in: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run podman and return its result; a failure that is checked ends the demo with podman's own words."""
    result = subprocess.run(["podman", *arguments], input=text_in, capture_output=True, text=True, check=False)
    if check and result.returncode != 0:
        sys.exit(f"podman {arguments[0]} failed: {result.stderr.strip()}")
    return result


def taken(port: int) -> bool:
    """Return whether another program listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def boot(https_port: int, http_port: int) -> None:
    """Boot the host, or find it running."""
    ports = {"443/tcp": https_port, "80/tcp": http_port}
    found = podman("container", "inspect", HOST, check=False)
    if found.returncode == 0:
        container = json.loads(found.stdout)[0]
        published = {name: int(at[0]["HostPort"]) for name, at in container["HostConfig"]["PortBindings"].items()}
        if published != ports:
            sys.exit(
                f"{HOST} publishes {sorted(published.values())}: run `make demo-down` before you change the ports."
            )
        if container["State"]["Running"]:
            say(f"{HOST} is running.")
            return
    for variable, port in (("HTTPS_PORT", https_port), ("HTTP_PORT", http_port)):
        if taken(port):
            sys.exit(f"Port {port} is taken by another program. Choose another one: make demo {variable}={port + 1000}")
    if found.returncode == 0:
        say(f"Starting {HOST} again.")
        podman("start", HOST)
    else:
        say(f"Booting {HOST}, a bare Debian.")
        PASSWORD.unlink(missing_ok=True)
        publish = [f"--publish=127.0.0.1:{port}:{name}" for name, port in ports.items()]
        options = ["--privileged", "--systemd=always", "--volume=groundcrew-cache:/root/.cache", *publish]
        podman("run", "--detach", f"--name={HOST}", f"--hostname={HOST}", *options, IMAGE)
    for _ in range(60):
        if podman("exec", HOST, "systemctl", "is-system-running", "--wait", check=False).returncode == 0:
            return
        time.sleep(0.5)
    sys.exit(f"systemd did not come up in {HOST}: podman exec {HOST} systemctl --failed")


def provision(https_port: int) -> None:
    """Run the playbook, and print and keep in a log what it shows."""
    log = STATE / "site.log"
    ports = json.dumps({"nginx_public_ports": [https_port]})
    command = ["ansible-playbook", "playbooks/site.yml", "--inventory", "inventories/demo", "--extra-vars", ports]
    say(" ".join(command))
    recap = ""
    with (
        log.open("w") as output,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process,
    ):
        for line in cast("IO[str]", process.stdout):
            output.write(line)
            if line.startswith(HOST) and "changed=" in line:
                recap = " ".join(line.split())
            elif line.strip() and not line.startswith("PLAY RECAP"):
                say(f"  {line.rstrip()}")
    if process.returncode != 0:
        say("\n".join(log.read_text().splitlines()[-40:]))
        sys.exit(f"The playbook failed: {log.relative_to(ROOT)}")
    say(f"  {recap}")


def fetch(https_port: int) -> None:
    """Fetch the front page as a browser would, its certificate verified against the authority of the host."""
    CA.write_text(podman("exec", HOST, "cat", "/etc/ssl/groundcrew/ca/ca.pem").stdout)
    context = ssl.create_default_context(cafile=CA)
    connection = http.client.HTTPConnection(DOMAIN, https_port)
    try:
        # Not every resolver knows that names under localhost are this machine.
        plain = socket.create_connection(("127.0.0.1", https_port), 10)
        connection.sock = context.wrap_socket(plain, server_hostname=DOMAIN)
        connection.request("GET", "/")
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"https://{DOMAIN}:{https_port}/ does not answer: {error}")
    if answer.status != 200:
        sys.exit(
            f"https://{DOMAIN}:{https_port}/ answers {answer.status}: podman exec {HOST} journalctl -u 'site-web@*'"
        )


def create_admin() -> None:
    """Create the administrator with a random password, once."""
    if PASSWORD.exists():
        return
    password = secrets.token_urlsafe(12)
    script = CREATE_ADMIN.format(name=ADMIN, password=password, domain=DOMAIN)
    podman("exec", "--interactive", HOST, "site-manage", "shell", text_in=script)
    PASSWORD.touch(mode=0o600)
    PASSWORD.write_text(password + "\n")


def up(https_port: int, http_port: int) -> None:
    """Make the demo, or find it made."""
    STATE.mkdir(exist_ok=True)
    if subprocess.run([ROOT / "molecule/shared/image", "12"], check=False).returncode != 0:
        sys.exit("The image of the host could not be built.")
    boot(https_port, http_port)
    provision(https_port)
    fetch(https_port)
    create_admin()
    play = "molecule/shared/enter .venv/bin/ansible-playbook -i inventories/demo playbooks/"
    say(f"""
The site:     https://{DOMAIN}:{https_port}/
Trust it:     import {CA.relative_to(ROOT)} into your browser, or: curl --cacert {CA.relative_to(ROOT)} https://{DOMAIN}:{https_port}/
Administer:   https://{DOMAIN}:{https_port}/admin/ as {ADMIN}, password {PASSWORD.read_text().strip()}

Ship another release, and reload the page meanwhile:
  {play}deploy.yml -e title=Visitors
Ship a broken one, which is refused while the site goes on:
  {play}deploy.yml -e title=
Go back, and see what was deployed:
  {play}rollback.yml -e app=site
  {play}releases.yml
Look at the worker, and at the whole host:
  molecule/shared/enter podman exec {HOST} journalctl --unit=site-worker-worker --lines=20
  molecule/shared/enter podman exec -it {HOST} bash
Take it down:
  make demo-down""")


def down() -> None:
    """Remove the container and what belongs to it."""
    podman("rm", "--force", "--ignore", "--volumes", "--time=0", HOST)
    shutil.rmtree(STATE, ignore_errors=True)
    say(f"{HOST} is gone.")


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("action", choices=["up", "down"])
    parser.add_argument("--https-port", type=int, default=8443)
    parser.add_argument("--http-port", type=int, default=8080)
    options = parser.parse_args()
    if not shutil.which("podman"):
        sys.exit("podman is missing: tools/bootstrap installs it.")
    if options.action == "down":
        down()
    else:
        up(options.https_port, options.http_port)


if __name__ == "__main__":
    main()
