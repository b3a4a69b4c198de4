"""What the tests of all scenarios share: the hosts to test, and six fixtures.

`host` comes from pytest-testinfra, one test host after the other: `host.file(…)`, `host.run(…)`.
`reach` returns another host by its name. `http` sends a request from `host`, `unit` asks systemd about a unit, and
`exposed` how much it could do; `play` runs a playbook against it.
"""

import base64
import contextlib
import json
import os
import re
import subprocess
import time
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest
import testinfra
import yaml

OWN_CA = "/etc/ssl/groundcrew/ca/ca.pem"
REPOSITORY = Path(__file__).resolve().parent.parent
REQUEST = Path(__file__).with_name("shared") / "request.py"
PATIENCE = "timeout=60&controlpersist=600"  # seconds
SSH_CONFIG = Path(__file__).with_name("shared") / "ssh_config"


def pytest_configure(config):
    """Name the hosts of the scenario to pytest-testinfra."""
    inventory = os.environ.get("MOLECULE_INVENTORY_FILE")
    if inventory:
        hosts = yaml.safe_load(Path(inventory).read_text())["all"]["hosts"]
        # A busy machine takes its time, and a connection outlives a playbook.
        config.option.hosts = ",".join(f"ssh://{name}?{PATIENCE}" for name in sorted(hosts))
        config.option.ssh_config = str(SSH_CONFIG)


def pytest_collection_modifyitems(config, items):
    """Let the cases of a test that is marked `split` take turns on the hosts: what they show depends on no Debian."""
    hosts = [host.removeprefix("ssh://").partition("?")[0] for host in (config.option.hosts or "").split(",")]
    cases, kept, dropped = [], [], []
    for item in items:
        if item.get_closest_marker("split"):
            parameters = dict(item.callspec.params)
            host = parameters.pop("_testinfra_host").backend.hostname
            case = (item.originalname, repr(parameters))
            cases += [case] if case not in cases else []
            belongs = hosts[cases.index(case) % len(hosts)] == host
            (kept if belongs else dropped).append(item)
        else:
            kept.append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=dropped)


@dataclass
class Response:
    """An answer over HTTP. `headers` ignores case and returns None for a header that is not there."""

    status: int
    headers: Message
    content: bytes
    tls: dict | None

    @property
    def text(self):
        """The body as text."""
        return self.content.decode()


@pytest.fixture(scope="session")
def reach():
    """Return a function that returns another host of the scenario than `host`, by its name."""
    return lambda name: testinfra.get_host(f"ssh://{name}?ssh_config={SSH_CONFIG}&{PATIENCE}")


class Requests:
    """Sends requests from test hosts: on each a Python waits for the next one, which is shorter than its start."""

    def __init__(self):
        self.idle = {}

    def send(self, name, request):
        """Send a request (dict) from a host and return the answer; requests of several threads go side by side."""
        idle = self.idle.setdefault(name, [])
        try:
            process = idle.pop()
        except IndexError:
            process = None
        # With its host a Python ends.
        if not process or process.poll() is not None:
            command = ["podman", "exec", "--interactive", name, "python3", "-c", REQUEST.read_text()]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            print(json.dumps(request), file=process.stdin, flush=True)
            line = process.stdout.readline()
        except OSError:
            line = ""
        if not line:
            self.end(process)
            return {"error": f"{name} does not run"}
        idle.append(process)
        return json.loads(line)

    def end(self, process):
        """End a Python that waits."""
        with contextlib.suppress(OSError):
            process.communicate()

    def close(self):
        """End all."""
        for process in [process for idle in self.idle.values() for process in idle]:
            self.end(process)


@pytest.fixture(scope="session")
def requests():
    """Return the `Requests` of all tests."""
    with contextlib.closing(Requests()) as sent:
        yield sent


@pytest.fixture
def http(host, requests):
    """Return a function that sends one request from the test host and returns the `Response`, redirects included.

    `http("https://shop.example.org/")` connects to the host itself, whatever the name, and verifies the certificate
    against the toolkit's own authority; `ca=None` does not verify. `socket="/run/…"` speaks HTTP over that Unix socket,
    `connect="10.88.0.7"` goes elsewhere. No answer at all is a failure that says why.
    """

    def request(
        url, method="GET", headers=None, body=b"", ca=OWN_CA, connect="127.0.0.1", socket=None, alpn=(), timeout=10
    ):
        arguments = {
            "url": url,
            "method": method,
            "headers": headers or {},
            "body": base64.b64encode(body.encode() if isinstance(body, str) else body).decode(),
            "ca": ca,
            "connect": connect,
            "socket": socket,
            "alpn": list(alpn),
            "timeout": timeout,
        }
        answer = requests.send(host.backend.hostname, arguments)
        if "error" in answer:
            pytest.fail(f"{method} {url}: {answer['error']}", pytrace=False)
        received = Message()
        for name, value in answer["headers"]:
            received[name] = value
        return Response(answer["status"], received, base64.b64decode(answer["body"]), answer["tls"])

    return request


@pytest.fixture
def unit(host):
    """Return a function that asks systemd about a unit: `unit("nginx")["MainPID"]`, `["ActiveState"]`."""

    def show(name):
        properties = host.check_output("systemctl show %s", name)
        return dict(line.split("=", 1) for line in properties.splitlines() if "=" in line)

    return show


@pytest.fixture
def exposed(host):
    """Return a function that tells the exposure of a unit (float, 10 is all) as `systemd-analyze security` counts it.

    `assert exposed("nginx.service") <= 2.6`; what it counted is printed, so that a failure says what is open.
    """

    def measure(name):
        report = host.check_output("systemd-analyze security --no-pager %s", name)
        print("\n".join(line for line in report.splitlines() if not line.startswith("✓")))
        return float(re.search(r"exposure level.*: ([\d.]+)", report)[1])

    return measure


@pytest.fixture
def play(host):
    """Return a function that runs a playbook of the repository against the test host, with extra variables.

    `play("playbooks/deploy.yml", app="shop").returncode`; what Ansible printed is in `.stdout`.
    """

    def run(playbook, **variables):
        command = [
            "ansible-playbook",
            "--inventory",
            os.environ["MOLECULE_INVENTORY_FILE"],
            "--limit",
            host.backend.hostname,
        ]
        command += ["--extra-vars", json.dumps(variables), str(REPOSITORY / playbook)]
        done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        # A reload of Nginx returns before its new workers have taken over, which a test would be too quick for.
        time.sleep(1)
        return done

    return run
