"""Write what no exporter knows into the folder that the exporter of the host reads, as text for Prometheus."""

import argparse
import contextlib
import json
import os
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

REBOOT = "/run/reboot-required"
LISTS = Path("/var/lib/apt/lists")
PACKAGES = [Path("/var/lib/dpkg/status"), LISTS]
"""What changes when packages are installed, and when apt hears of new ones."""
DAY = 86400  # seconds
MOUNTS = Path("/proc/self/mounts")
QUEUES = ("celery", "rq:queue:default")
"""The lists in which Celery and RQ keep the tasks that wait."""
PATIENCE = 2  # seconds that a server may take to answer
REDIS = {
    "redis_memory_used_bytes": "used_memory",
    "redis_memory_max_bytes": "maxmemory",
    "redis_evicted_keys_total": "evicted_keys",
}
"""What Redis calls the numbers that its exporter has under these names."""
HELP = {
    "groundcrew_release_info": "The release that serves an application.",
    "groundcrew_deploy_timestamp_seconds": "When that release began to serve.",
    "groundcrew_certificate_expiry_timestamp_seconds": "When a certificate ends.",
    "groundcrew_certificate_life_seconds": "For how long a certificate is good in all.",
    "groundcrew_last_good_timestamp_seconds": "When a run of this kind last ended well, 0 for never.",
    "groundcrew_queue_length": "How many tasks wait.",
    "groundcrew_filesystem_avail_bytes": "What is free on a disk that the exporter of the host may not reach.",
    "groundcrew_filesystem_size_bytes": "How large that disk is.",
    "groundcrew_filesystem_files_free": "How many files it can still take.",
    "groundcrew_filesystem_files": "How many files it can take in all.",
    "redis_up": "Whether a Redis answers.",
    "redis_memory_used_bytes": "How much a Redis holds.",
    "redis_memory_max_bytes": "How much it may hold, 0 for all there is.",
    "redis_evicted_keys_total": "How many entries it has dropped for want of memory.",
    "redis_instance_info": "What it does when its memory is full.",
    "groundcrew_reboot_required": "Whether a reboot waits.",
    "groundcrew_package_lists_timestamp_seconds": "Of when the newest list of packages is, 0 for none.",
    "groundcrew_security_updates": "How many packages wait for a security update.",
}

Sample = tuple[str, dict[str, str], float]
"""Name, labels and value."""


def found(patterns: list[str]) -> list[Path]:
    """Return the paths that patterns match, sorted."""
    return [path for pattern in patterns for path in sorted(Path("/").glob(pattern.lstrip("/")))]


def releases(patterns: list[str]) -> Iterator[Sample]:
    """Yield the release that each link leads to, and when it has led there."""
    for link in found(patterns):
        if link.is_symlink():
            application = {"application": link.parent.name}
            yield "groundcrew_release_info", {**application, "release": link.readlink().name}, 1
            yield "groundcrew_deploy_timestamp_seconds", application, link.lstat().st_mtime


def certificates(patterns: list[str]) -> Iterator[Sample]:
    """Yield the end of each certificate, and its whole life; one that cannot be read ended long ago."""
    for path in found(patterns):
        command = ["openssl", "x509", "-noout", "-dates", "-in", str(path)]
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        dates = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
        try:
            begin, end = (ssl.cert_time_to_seconds(dates[name]) for name in ("notBefore", "notAfter"))
        except (KeyError, ValueError):
            begin = end = 0
        labels = {"certificate": path.parent.name}
        yield "groundcrew_certificate_expiry_timestamp_seconds", labels, end
        yield "groundcrew_certificate_life_seconds", labels, end - begin


def records(paths: list[str]) -> Iterator[Sample]:
    """Yield when each kind of run last ended well."""
    for path in map(Path, paths):
        try:
            seconds = float(json.loads(path.read_text())["good"]["time"])
        except (OSError, ValueError, KeyError, TypeError):
            seconds = 0
        yield "groundcrew_last_good_timestamp_seconds", {"kind": path.stem}, seconds


def ask(path: Path, command: str) -> str:
    """Return what the Redis behind a socket answers, "" when it does not."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect(str(path))
            client.sendall(f"{command}\r\n".encode())
            file = client.makefile("rb")
            answer = file.readline().decode().strip()
            return file.read(int(answer[1:])).decode() if answer.startswith("$") else answer
    except (OSError, ValueError):
        return ""


def instance(path: Path) -> str:
    """Return the name of the Redis behind a socket."""
    return path.parent.name.removeprefix("redis-")


def caches(sockets: list[str]) -> Iterator[Sample]:
    """Yield whether the Redis behind each socket answers, and how full it is."""
    for path in map(Path, sockets):
        said = dict(line.partition(":")[::2] for line in ask(path, "INFO").splitlines() if ":" in line)
        labels = {"redis": instance(path)}
        yield "redis_up", labels, "used_memory" in said
        for name, own in REDIS.items():
            if said.get(own, "").isdigit():
                yield name, labels, int(said[own])
        if "maxmemory_policy" in said:
            yield "redis_instance_info", {**labels, "maxmemory_policy": said["maxmemory_policy"]}, 1


def queues(sockets: list[str]) -> Iterator[Sample]:
    """Yield how long the queues behind each socket of Redis are; a server that does not answer has none."""
    for path in map(Path, sockets):
        for queue in QUEUES:
            answer = ask(path, f"LLEN {queue}")
            if answer.startswith(":"):
                yield "groundcrew_queue_length", {"redis": instance(path), "queue": queue}, int(answer[1:])


def closed(path: Path) -> bool:
    """Say whether a folder above keeps out other users, such as that of the exporter."""
    return not all(folder.stat().st_mode & 0o001 for folder in path.parents)


def filesystems() -> Iterator[Sample]:
    """Yield the space of disks that the exporter of the host may not reach, such as one below /srv/NAME."""
    known = set()
    for line in MOUNTS.read_text().splitlines():
        device, place, kind = line.split()[:3]
        if device in known or not (device.startswith("/dev/") or kind == "zfs"):
            continue
        # A space is written as \040.
        path = Path(re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), place))
        try:
            if not closed(path):
                continue
            space = os.statvfs(path)
        except OSError:
            continue
        known.add(device)
        labels = {"device": device, "mountpoint": str(path), "fstype": kind}
        yield "groundcrew_filesystem_avail_bytes", labels, space.f_bavail * space.f_frsize
        yield "groundcrew_filesystem_size_bytes", labels, space.f_blocks * space.f_frsize
        yield "groundcrew_filesystem_files_free", labels, space.f_favail
        yield "groundcrew_filesystem_files", labels, space.f_files


def lists() -> Iterator[Sample]:
    """Yield of when the newest list of packages is; where none can be fetched, no update is ever counted."""
    newest = 0.0
    for path in LISTS.glob("*Release*"):
        # apt may replace it meanwhile.
        with contextlib.suppress(OSError):
            newest = max(newest, path.stat().st_mtime)
    yield "groundcrew_package_lists_timestamp_seconds", {}, newest


def updates(known: Path) -> Iterator[Sample]:
    """Yield how many security updates wait; `known` is where that was written, and apt is asked when it is outdated.

    apt takes a second of processor time.
    """
    times = [path.stat().st_mtime for path in PACKAGES if path.exists()]
    # An empty one is what a power cut left.
    if known.exists() and known.stat().st_size and known.stat().st_mtime > max(*times, time.time() - DAY, 0):
        return
    try:
        # The language of the host is not ours.
        english = {**os.environ, "LC_ALL": "C"}
        command = ["apt", "list", "--upgradable"]
        said = subprocess.run(command, capture_output=True, text=True, check=True, env=english).stdout
    except (OSError, subprocess.CalledProcessError):
        return
    # Such as: openssl/stable-security 3.0.17-1~deb12u2 amd64 [upgradable from: 3.0.16-1~deb12u1]
    suites = [line.split()[0].partition("/")[2] for line in said.splitlines() if "upgradable from" in line]
    yield "groundcrew_security_updates", {}, float(sum("security" in one for one in suites))


def samples(options: argparse.Namespace) -> Iterator[Sample]:
    """Yield everything that is to be told."""
    yield from releases(options.release)
    yield from certificates(options.certificate)
    yield from records(options.record)
    yield from caches(options.redis)
    yield from queues(options.queue)
    yield from filesystems()
    yield from lists()
    yield "groundcrew_reboot_required", {}, float(Path(REBOOT).exists())


def quoted(text: str) -> str:
    """Return the value of a label as the format wants it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def shown(all_samples: list[Sample]) -> str:
    """Return samples in the text format of Prometheus, those of one name together."""
    lines = []
    for name, text in HELP.items():
        of_name = [sample for sample in all_samples if sample[0] == name]
        if of_name:
            lines += [f"# HELP {name} {text}", f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}"]
        for _, labels, value in of_name:
            inside = ",".join(f"{key}={quoted(one)}" for key, one in labels.items())
            lines.append(f"{name}{{{inside}}} {value:.0f}" if inside else f"{name} {value:.0f}")
    return "\n".join([*lines, ""])


def write(path: Path, all_samples: list[Sample]) -> None:
    """Write a file at once, so that nobody reads half of it."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(shown(all_samples))
    part.replace(path)


def main() -> None:
    """Write what is known now."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where to write")
    parser.add_argument("--release", action="append", default=[], help="pattern of links to the release that serves")
    parser.add_argument("--certificate", action="append", default=[], help="pattern of certificates")
    parser.add_argument("--record", action="append", default=[], help="JSON file with the time of the last good run")
    parser.add_argument("--redis", action="append", default=[], help="socket of a Redis that is asked how full it is")
    parser.add_argument("--queue", action="append", default=[], help="socket of a Redis whose queues are counted")
    options = parser.parse_args()
    write(options.folder / "groundcrew.prom", list(samples(options)))
    known = options.folder / "groundcrew-updates.prom"
    if waiting := list(updates(known)):
        write(known, waiting)


if __name__ == "__main__":
    main()
