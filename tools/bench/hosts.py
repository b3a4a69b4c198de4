"""Bare hosts that answer over SSH: containers with the real systemd."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import ROOT


def podman(*arguments: str, check: bool = True, text_in: str | None = None) -> str:
    """Run podman and return what it prints; a failure that is checked ends the comparison."""
    result = subprocess.run(["podman", *arguments], input=text_in, capture_output=True, text=True, check=False)
    if check and result.returncode != 0:
        sys.exit(f"podman {arguments[0]} failed: {result.stderr.strip()}")
    return result.stdout.strip()


class Host:
    """A bare host that answers over SSH."""

    def __init__(self, name: str, debian: str, folder: Path) -> None:
        self.name = f"groundcrew-bench-{name}"
        self.folder, self.control = folder, folder / name
        podman("rm", "--force", "--ignore", "--volumes", "--time=0", self.name)
        options = ["--privileged", "--systemd=always", f"--name={self.name}", f"--hostname={self.name}"]
        podman("run", "--detach", *options, f"localhost/groundcrew-debian:{debian}")
        podman("exec", self.name, "sh", "-c", "until systemctl is-system-running --wait; do sleep 0.2; done")
        # Fresh lists of packages spare all the same work. More connections at once than sshd takes by itself.
        self.run(
            "apt-get update -q && apt-get install -qy openssh-server && mkdir -p -m 0700 /root/.ssh"
            " && echo MaxStartups 100 > /etc/ssh/sshd_config.d/bench.conf"
            " && cat > /root/.ssh/authorized_keys && systemctl restart ssh && touch /var/lib/apt/lists && sync",
            text_in=(folder / "key.pub").read_text(),
        )
        self.address = podman("inspect", "--format={{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", self.name)
        self.cgroup = Path("/sys/fs/cgroup" + podman("inspect", "--format={{.State.CgroupPath}}", self.name))
        self.ssh = [f"-i{folder / 'key'}", "-oUser=root", "-oStrictHostKeyChecking=no", "-oLogLevel=ERROR"]
        self.ssh += ["-oUserKnownHostsFile=/dev/null", "-oControlMaster=auto", "-oControlPersist=120s"]

    def run(self, command: str, text_in: str | None = None) -> str:
        """Run a shell command in the host, outside of what is measured."""
        return podman("exec", "--interactive", self.name, "sh", "-c", command, text_in=text_in)

    def listen(self, ports: range) -> None:
        """Answer at further ports, each with a server of its own: one has room for sixteen sockets."""
        self.run("".join(f"/usr/sbin/sshd -p {port}\n" for port in ports))

    def cpu(self) -> float:
        """Return the processor seconds of all that ran in the host: every cgroup counts them, without a controller."""
        statistic = dict(line.split() for line in (self.cgroup / "cpu.stat").read_text().splitlines())
        return int(statistic["usage_usec"]) / 1e6

    def hang_up(self) -> None:
        """Close the connections that stay open."""
        for path in self.folder.glob(f"{self.control.name}*"):
            if path.is_socket():
                command = ["ssh", "-Oexit", f"-oControlPath={path}", self.address]
                subprocess.run(command, capture_output=True, check=False)

    def environment(self) -> dict[str, str]:
        """Return the environment in which Ansible reaches the host."""
        return {
            # Ansible is compiled where people use it, though perhaps not where this runs.
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPYCACHEPREFIX": str(ROOT / ".cache/bytecode"),
            "ANSIBLE_SSH_ARGS": " ".join(self.ssh),
            # One for each port: hosts that share a connection would be cheaper than people's are.
            "ANSIBLE_SSH_CONTROL_PATH": f"{self.control}-%%p",
            "ANSIBLE_NOCOLOR": "1",
        }


@contextlib.contextmanager
def fresh(debian: str, *names: str) -> Iterator[list[Host]]:
    """Boot hosts of these names, and remove them however it ends."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        subprocess.run(["ssh-keygen", "-q", "-ted25519", "-N", "", "-f", folder / "key"], check=True)
        hosts = []
        for one in names:
            stack.callback(podman, "rm", "--force", "--ignore", "--time=0", f"groundcrew-bench-{one}")
            hosts.append(Host(one, debian, folder))
        yield hosts


def build_image(debian: str) -> None:
    """Make the image of the hosts, unless it is there."""
    if subprocess.run([ROOT / "molecule/shared/image", debian], check=False).returncode != 0:
        sys.exit("The image of the hosts could not be built.")
