"""Compare the roles with a shell script that makes the same hosts, as `make bench` does.

Both provide the core stack (PostgreSQL, Redis, a certificate, Nginx with a site) on a bare host of their own, over SSH,
one after the other: a first run, and a second one that has nothing to do. Processor time counts on a busy machine;
it is that of the programs here and of everything in the host, as the kernel counts them.
"""

import argparse
import contextlib
import ctypes
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "tools" / "bench"
LOGS = ROOT / "logs"
FIRST_RATIO = 1.4
SECOND_CPU = 4.0
# Prints what both have to make alike.
STATE = BENCH / "state.sh"
PR_SET_CHILD_SUBREAPER = 36


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
        self.control = folder / name
        podman("rm", "--force", "--ignore", "--volumes", "--time=0", self.name)
        options = ["--privileged", "--systemd=always", f"--name={self.name}", f"--hostname={self.name}"]
        podman("run", "--detach", *options, f"localhost/groundcrew-debian:{debian}")
        podman("exec", self.name, "sh", "-c", "until systemctl is-system-running --wait; do sleep 0.2; done")
        # Sessions in the journal say how often a run came by; fresh lists of packages spare both the same work.
        self.run(
            "apt-get update -q && apt-get install -qy openssh-server && mkdir -p -m 0700 /root/.ssh"
            " && echo LogLevel VERBOSE > /etc/ssh/sshd_config.d/bench.conf"
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

    def cpu(self) -> float:
        """Return the processor seconds of all that ran in the host: every cgroup counts them, without a controller."""
        statistic = dict(line.split() for line in (self.cgroup / "cpu.stat").read_text().splitlines())
        return int(statistic["usage_usec"]) / 1e6

    def sessions(self) -> int:
        """Return how many commands were started over SSH."""
        return int(self.run("journalctl --quiet --unit=ssh --grep='Starting session' --output=cat | wc -l"))


def roles(host: Host, log: TextIO) -> int:
    """Run the playbook."""
    environment = {
        **os.environ,
        "ANSIBLE_SSH_ARGS": " ".join(host.ssh),
        "ANSIBLE_SSH_CONTROL_PATH": str(host.control),
        "ANSIBLE_NOCOLOR": "1",
    }
    command = ["ansible-playbook", "--inventory", f"{host.address},", str(BENCH / "core.yml")]
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=log, check=False).returncode


def script(host: Host, log: TextIO) -> int:
    """Run the shell script."""
    command = ["ssh", *host.ssh, f"-oControlPath={host.control}", host.address, "sh -s"]
    with (BENCH / "core.sh").open() as source:
        return subprocess.run(command, stdin=source, stdout=log, stderr=log, check=False).returncode


# What is measured: it works on the host, prints into the file and returns its exit status.
Work = Callable[[Host, TextIO], int]
# Number of the repetition, what, which run; wall, controller and host seconds; sessions.
Row = tuple[int, str, str, float, float, float, int]


def adopt(on: bool) -> None:
    """Inherit orphans, and so hear what they took: only during a run, for podman's monitors are orphans that stay."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, int(on), 0, 0, 0)


def measure(host: Host, work: Work, label: str) -> tuple[float, float, float, int]:
    """Run one of them once; return wall, controller and host seconds, and the sessions over SSH."""
    LOGS.mkdir(exist_ok=True)
    path = LOGS / f"bench-{label.replace(' ', '-')}.log"
    sessions = host.sessions()
    adopt(True)
    with path.open("w") as log:
        own, there, begin = resource.getrusage(resource.RUSAGE_CHILDREN), host.cpu(), time.monotonic()
        code = work(host, log)
        wall = time.monotonic() - begin
    # The connection that stays open worked for the run, too.
    subprocess.run(["ssh", "-Oexit", f"-oControlPath={host.control}", host.address], capture_output=True, check=False)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    adopt(False)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    there = host.cpu() - there
    if code != 0:
        sys.exit(f"{label} failed: {path.relative_to(ROOT)}")
    here = spent.ru_utime + spent.ru_stime - own.ru_utime - own.ru_stime
    if work is roles and label.endswith("second") and not re.search(r"changed=0\s", path.read_text()):
        sys.exit(f"The second run changed something: {path.relative_to(ROOT)}")
    return wall, here, there, host.sessions() - sessions


def compare(hosts: Collection[Host]) -> None:
    """End the comparison when the two hosts are not alike."""
    states = [host.run("sh -s", text_in=STATE.read_text()) for host in hosts]
    if states[0] != states[1] or not states[0].endswith("HTTP/1.1 502"):
        for host, state in zip(hosts, states, strict=True):
            (LOGS / f"{host.name}.state").write_text(state + "\n")
        sys.exit("The hosts differ, so nothing was compared: diff logs/groundcrew-bench-*.state")


def once(number: int, debian: str, rows: list[Row]) -> None:
    """Measure both on fresh hosts, and remove the hosts."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        subprocess.run(["ssh-keygen", "-q", "-ted25519", "-N", "", "-f", folder / "key"], check=True)
        hosts: dict[Work, Host] = {}
        for work in (roles, script):
            stack.callback(podman, "rm", "--force", "--ignore", "--time=0", f"groundcrew-bench-{work.__name__}")
            hosts[work] = Host(work.__name__, debian, folder)
        for run in ("first", "second"):
            # Whoever comes second finds warm disks: they take turns.
            for work in (roles, script) if number % 2 else (script, roles):
                rows.append((number, work.__name__, run, *measure(hosts[work], work, f"{work.__name__} {run}")))
                _, what, _, wall, here, there, sessions = rows[-1]
                print(
                    f"{number:>3}  {what:<7} {run:<7} {here:>10.2f} {there:>7.2f} {here + there:>7.2f} {wall:>7.1f}"
                    f" {sessions:>9}",
                    flush=True,
                )
        compare(hosts.values())


def verdict(value: float, aim: float) -> str:
    """Say whether an aim was met."""
    return f"{'met' if value <= aim else 'MISSED'}: the aim is at most {aim}"


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("repeat", type=int, nargs="?", default=1, help="how often, each time on fresh hosts (1)")
    parser.add_argument("--debian", choices=["12", "13"], default="12")
    options = parser.parse_args()
    # The hosts go, however it ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    if subprocess.run([ROOT / "molecule/shared/image", options.debian], check=False).returncode != 0:
        sys.exit("The image of the hosts could not be built.")
    print(f"Debian {options.debian}; seconds of processor time, and of the clock; sessions are commands over SSH\n")
    print("run  what    which   controller    host     sum    wall  sessions")
    rows: list[Row] = []
    for number in range(1, options.repeat + 1):
        once(number, options.debian, rows)

    def cpu(what: str, run: str) -> float:
        return statistics.median(row[4] + row[5] for row in rows if row[1:3] == (what, run))

    ratio, second = cpu("roles", "first") / cpu("script", "first"), cpu("roles", "second")
    print(f"\nFirst run:  {ratio:.2f} x the script's processor time, {verdict(ratio, FIRST_RATIO)} x")
    print(f"Second run: {second:.2f} s of processor time, {verdict(second, SECOND_CPU)} s")


if __name__ == "__main__":
    main()
