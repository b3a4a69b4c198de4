"""Print what a server is, as JSON. Runs there, under any Python 3.9 or newer, and changes nothing.

The first argument is the text of `in_django.py`, which each Django project that is found there runs; when it is empty
none is asked. Whatever cannot be read, for want of the right or of the program, is missing in the answer.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PATIENCE = 60  # seconds that one command may take
PROMETHEUS = ("127.0.0.1", 9090)
SERVERS = ("gunicorn", "uvicorn", "uwsgi", "uwsgi-core", "daphne", "hypercorn", "granian", "mod_wsgi-express")
SECRET = re.compile(r"(SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|DATABASE_URL)\w*=")
MARK = "GROUNDCREW "
WHERE = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin"
BACKUPS = ("pgbackrest", "restic", "borg", "barman", "wal-g", "duplicity", "rclone")


def attempt(*command: str, cwd: str | None = None, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Return status, output and errors of a command; its status is 127 when it is not there or takes too long."""
    environment = env or {**os.environ, "LC_ALL": "C", "PATH": WHERE}
    options: dict[str, Any] = {"cwd": cwd, "env": environment, "stdin": subprocess.DEVNULL, "timeout": PATIENCE}
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, **options)
    except (OSError, subprocess.SubprocessError) as error:
        return 127, "", str(error)
    return done.returncode, done.stdout, done.stderr


def run(*command: str) -> str:
    """Return what a command prints."""
    return attempt(*command)[1]


def read(path: Path | str) -> str:
    """Return a file's text, "" when it cannot be read."""
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""


def listening() -> list[dict[str, Any]]:
    """Return who listens for TCP on addresses that others reach."""
    found = []
    for line in run("ss", "-Hltnp").splitlines():
        address, _, port = line.split()[3].rpartition(":")
        address = address.strip("[]").split("%")[0]
        if not address.startswith(("127.", "::ffff:127.")) and address != "::1" and port.isdecimal():
            program = re.search(r'\(\("([^"]+)"', line)
            found.append({"address": address, "port": int(port), "program": program[1] if program else ""})
    return found


def failed() -> list[str]:
    """Return the units that failed, or died and are about to be started anew: systemd never calls those failed."""
    states = "--state=failed,auto-restart,auto-restart-queued"
    return [line.split()[0] for line in run("systemctl", "list-units", states, "--no-legend", "--plain").splitlines()]


def updates() -> dict[str, Any] | None:
    """Return the packages that wait, and how old the lists are that say so (seconds)."""
    if not shutil.which("apt", path=WHERE):
        return None
    # Such as: openssl/stable-security 3.0.17-1~deb12u2 amd64 [upgradable from: 3.0.16-1~deb12u1]
    waiting = [
        line.split()[:1] for line in run("apt", "list", "--upgradable").splitlines() if "upgradable from" in line
    ]
    names = [word.partition("/") for words in waiting for word in words]
    security = sorted(name for name, _, suites in names if "security" in suites)
    lists = [path.stat().st_mtime for path in Path("/var/lib/apt/lists").glob("*Release*")]
    periodic = run("apt-config", "shell", "on", "APT::Periodic::Unattended-Upgrade")
    return {
        "security": security,
        "other": len(waiting) - len(security),
        "age": time.time() - max(lists) if lists else None,
        "automatic": bool(shutil.which("unattended-upgrade", path=WHERE)) and bool(re.search(r"on='[1-9]", periodic)),
    }


def disks() -> list[dict[str, Any]]:
    """Return how full the file systems on disks are, in percent of space and of inodes."""
    found: dict[str, dict[str, Any]] = {}
    without = [word for kind in ("tmpfs", "devtmpfs", "squashfs", "efivarfs", "iso9660") for word in ("-x", kind)]
    for kind, option in (("space", "-P"), ("inodes", "-Pi")):
        for line in run("df", option, "-l", *without).splitlines()[1:]:
            device, _, _, _, percent, path = line.split(None, 5)
            if percent.rstrip("%").isdecimal() and Path(path).is_dir():
                found.setdefault(device, {"path": path})[kind] = int(percent.rstrip("%"))
    return list(found.values())


def server_of(words: list[str]) -> str:
    """Return which server of Django projects a command line starts, "" for none."""
    if "runserver" in words[1:4]:
        return "runserver"
    # Some write `gunicorn: master [shop.wsgi]` over it; Python and `-m` may stand before the name.
    names = [Path(word.split(":")[0]).name for word in words[:3]]
    return next((name for name in names if name in SERVERS), "")


def servers() -> list[dict[str, Any]]:
    """Return the processes that serve Django projects, one for each folder, user and kind: that which came first."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        words = [word for word in read(folder / "cmdline").split("\0") if word]
        with contextlib.suppress(OSError, KeyError):
            if kind := server_of(words):
                where, user = str((folder / "cwd").readlink()), folder.owner()
                unit = re.search(r"[^/\n]+\.(service|scope)$", read(folder / "cgroup").strip())
                one = {"kind": kind, "user": user, "unit": unit[0] if unit else "", "folder": where}
                found.setdefault((kind, where, user), {**one, "process": folder, "words": words})
    return list(found.values())


def settings(command: list[str], cwd: str | None = None, env: dict[str, str] | None = None) -> dict[str, Any]:
    """Return what a project says of itself; the command ends with manage.py or its like."""
    _, said, errors = attempt(*command, "shell", "-c", sys.argv[1], cwd=cwd, env=env)
    lines = [line for line in said.splitlines() if line.startswith(MARK)]
    if lines:
        answer: dict[str, Any] = json.loads(lines[-1][len(MARK) :])
        return answer
    return {"error": ((errors or said).strip().splitlines() or ["it says nothing"])[-1]}


def names() -> list[str]:
    """Return the names of the applications of Groundcrew."""
    return sorted(path.parent.name for path in Path("/etc/django").glob("*/application.json"))


def releases() -> dict[str, list[dict[str, Any]]]:
    """Return the releases of each application of Groundcrew, newest first."""
    found = {}
    for name in names():
        status, said, _ = attempt("groundcrew-release", name, "list", "--json")
        if status == 0:
            keys = ("id", "version", "state", "deployed", "by", "reason")
            found[name] = [{key: one[key] for key in keys} for one in json.loads(said)["releases"]]
    return found


def applications(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the Django projects: those of Groundcrew by their names, others by the processes that serve them."""
    if not sys.argv[1]:
        return []
    known = [{"name": name, "groundcrew": True, **settings([f"{name}-manage"])} for name in names()]
    for one in found:
        folder = Path(one["folder"])
        manage = next(
            iter([*folder.glob("manage.py"), *folder.glob("*/manage.py"), *folder.glob("../manage.py")]), None
        )
        if not manage or re.match(r"/srv/[^/]+/releases/", one["folder"]):
            continue
        # As the process itself: its interpreter, its user, its environment.
        given = [word.partition("=") for word in read(one["process"] / "environ").split("\0") if "=" in word]
        # uWSGI embeds its Python: an environment is usually beside the project.
        beside = [*manage.resolve().parent.glob("*/bin/python"), *manage.resolve().parent.glob("../*/bin/python")]
        named = [word for word in one["words"] if "python" in Path(word).name]
        python = next(iter([*named, *map(str, beside)]), "python3")
        switch = ["runuser", "-u", one["user"], "--"] if os.geteuid() == 0 else []
        environment = {"PATH": WHERE, **{name: value for name, _, value in given}, "PYTHONDONTWRITEBYTECODE": "1"}
        said = settings([*switch, python, str(manage.resolve())], str(manage.resolve().parent), environment)
        known.append({"name": said.get("module") or manage.resolve().parent.name, "groundcrew": False, **said})
    return known


def is_open_to_all(path: Path) -> bool:
    """Say whether every user of the server can read a file."""
    above = all(folder.stat().st_mode & 0o001 for folder in path.parents)
    return above and bool(path.stat().st_mode & 0o004)


def leaks(found: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return files with secrets that every user of the server can read, and units whose environment shows some."""
    files, units = set(), set()
    for one in found:
        folder = Path(one["folder"])
        for path in [*folder.glob(".env*"), *folder.glob("*/.env*"), *folder.glob("../.env*")]:
            with contextlib.suppress(OSError):
                if is_open_to_all(path.resolve()) and SECRET.search(read(path)):
                    files.add(str(path.resolve()))
        shown = run("systemctl", "show", "--property=Environment", one["unit"]) if one["unit"] else ""
        if SECRET.search(shown):
            units.add(one["unit"])
    return {"files": sorted(files), "units": sorted(units)}


def names_of_nginx(configuration: str) -> list[str]:
    """Return the host names that a configuration of Nginx serves."""
    lines = re.sub(r"^\s*#.*", "", configuration, flags=re.MULTILINE)
    words = " ".join(re.findall(r"(?:^|[;{}])\s*server_name\s+([^;]+);", lines, re.MULTILINE)).split()
    return sorted({word for word in words if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", word)})


def backup() -> dict[str, Any]:
    """Return what `groundcrew-backup` says, or which known programs for backups are there."""
    if shutil.which("groundcrew-backup", path=WHERE):
        status, said, _ = attempt("groundcrew-backup", "status")
        return {"well": status == 0, "says": said.strip()}
    return {"programs": [name for name in BACKUPS if shutil.which(name, path=WHERE)]}


def alerts() -> list[dict[str, str]] | None:
    """Return the alerts that fire in the server's own Prometheus, with severity and summary; None when it has none."""
    connection = http.client.HTTPConnection(*PROMETHEUS, timeout=5)
    try:
        connection.request("GET", "/api/v1/alerts")
        found = json.loads(connection.getresponse().read())["data"]["alerts"]
        firing = [(one["labels"], one.get("annotations", {})) for one in found if one["state"] == "firing"]
        return [
            {
                "severity": labels.get("severity", ""),
                "summary": f"{labels['alertname']}: {told.get('summary', labels.get('instance', ''))}",
            }
            for labels, told in firing
        ]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, AttributeError):
        return None
    finally:
        connection.close()


def main() -> None:
    """Print everything."""
    found = servers()
    sshd = dict(line.split(None, 1) for line in run("sshd", "-T").splitlines() if " " in line)
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)', read("/etc/os-release"), re.MULTILINE))
    waits = Path("/run/reboot-required").exists()
    answer = {
        "root": os.geteuid() == 0,
        "system": release.get("PRETTY_NAME", "an unknown system"),
        "addresses": run("hostname", "-I").split(),
        "listening": listening(),
        "failed": failed(),
        "systemd": Path("/run/systemd/system").is_dir(),
        "updates": updates(),
        "reboot": sorted(set(read("/run/reboot-required.pkgs").split())) if waits else None,
        "disks": disks(),
        "sshd": {key: sshd[key] for key in ("passwordauthentication", "permitrootlogin") if key in sshd},
        "journal": Path("/var/log/journal").is_dir(),
        "servers": [{key: one[key] for key in ("kind", "user", "unit", "folder")} for one in found],
        "applications": applications(found),
        "releases": releases(),
        "leaks": leaks(found),
        "names": names_of_nginx(run("nginx", "-T", "-q")),
        "backup": backup(),
        "alerts": alerts(),
        "authority": read("/etc/ssl/groundcrew/ca/ca.pem"),
    }
    print(MARK + json.dumps(answer))


if __name__ == "__main__":
    main()
