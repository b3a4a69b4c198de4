"""Print what a server is, as JSON. Runs there, under any Python 3.9 or newer, and changes nothing.

The first argument is the text of `in_django.py`, which each Django project found there runs. Whatever cannot be read,
for want of the right or of the program, is missing in the answer.
"""

import contextlib
import glob
import json
import os
import pwd
import re
import shutil
import stat
import subprocess
import sys
import time

PATIENCE = 60  # seconds that one command may take
SERVERS = ("gunicorn", "uvicorn", "uwsgi", "uwsgi-core", "daphne", "hypercorn", "granian", "mod_wsgi-express")
SECRET = re.compile(r"(SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|DATABASE_URL)\w*=")
MARK = "GROUNDCREW "


def run(*command, **options):
    """Return what a command prints, "" when it is not there or takes too long."""
    return attempt(*command, **options)[0]


def attempt(*command, **options):
    """Return what a command prints, and what it says of errors."""
    environment = {**os.environ, "LC_ALL": "C", "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/bin"}
    options = {"env": environment, "stdin": subprocess.DEVNULL, "timeout": PATIENCE, **options}
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", **options)
    except (OSError, subprocess.SubprocessError) as error:
        return "", str(error)
    return done.stdout, done.stderr


def read(path):
    """Return a file's text, "" when it cannot be read."""
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def listening():
    """Return who listens for TCP on addresses that others reach."""
    found = []
    for line in run("ss", "-Hltnp").splitlines():
        words = line.split()
        address, _, port = words[3].rpartition(":")
        address = address.strip("[]").split("%")[0]
        if not address.startswith("127.") and address != "::1" and port.isdigit():
            program = re.search(r'\(\("([^"]+)"', line)
            found.append({"address": address, "port": int(port), "program": program[1] if program else ""})
    return found


def updates():
    """Return the packages that wait, and how old the lists are that say so (seconds)."""
    if not shutil.which("apt-get"):
        return None
    lines = [line for line in run("apt-get", "--simulate", "--quiet", "dist-upgrade").splitlines() if line.startswith("Inst ")]
    lists = [os.path.getmtime(path) for path in glob.glob("/var/lib/apt/lists/*Release*")]
    periodic = run("apt-config", "shell", "on", "APT::Periodic::Unattended-Upgrade")
    return {
        "security": sorted(line.split()[1] for line in lines if re.search("security", line, re.I)),
        "other": sum(not re.search("security", line, re.I) for line in lines),
        "age": time.time() - max(lists) if lists else None,
        "automatic": bool(shutil.which("unattended-upgrade")) and bool(re.search(r"on='[1-9]", periodic)),
    }


def disks():
    """Return how full the file systems on disks are, in percent of space and of inodes."""
    found = {}
    for kind, option in (("space", "-P"), ("inodes", "-Pi")):
        for line in run("df", option, "-l", "-x", "tmpfs", "-x", "devtmpfs", "-x", "squashfs", "-x", "efivarfs").splitlines()[1:]:
            words = line.split(None, 5)
            if words[4].rstrip("%").isdigit() and os.path.isdir(words[5]):
                found.setdefault(words[0], {"path": words[5]})[kind] = int(words[4].rstrip("%"))
    return list(found.values())


def processes():
    """Return the processes that serve a Django project, the first of each."""
    found = {}
    for folder in glob.glob("/proc/[0-9]*"):
        words = [word for word in read(folder + "/cmdline").split("\0") if word]
        names = [os.path.basename(word) for word in words[:3]]
        with contextlib.suppress(OSError, IndexError, StopIteration, KeyError):
            if "runserver" in words[1:4]:
                kind = "runserver"
            else:
                kind = next(name for name in [names[0].rstrip(":"), *names[1:]] if name in SERVERS)
            cwd, uid = os.readlink(folder + "/cwd"), os.stat(folder).st_uid
            unit = re.search(r"([^/\n]+)\.(service|scope)\n?$", read(folder + "/cgroup"))
            one = {"kind": kind, "user": pwd.getpwuid(uid).pw_name, "folder": cwd, "pid": int(folder[6:]), "words": words}
            one["unit"] = unit[0].strip() if unit else ""
            before = found.get((kind, cwd, uid))
            found[kind, cwd, uid] = min((one, before or one), key=lambda each: each["pid"])
    return sorted(found.values(), key=lambda one: one["pid"])


def settings(command, user="", folder=None, environment=None):
    """Return what a project says of itself when it runs `in_django.py` by a command that ends with manage.py or its like."""
    switch = ["runuser", "-u", user, "--"] if user and os.geteuid() == 0 else []
    options = {"cwd": folder, "env": environment} if environment else {}
    said, errors = attempt(*switch, *command, "shell", "-c", sys.argv[1], **options)
    lines = [line for line in said.splitlines() if line.startswith(MARK)]
    if lines:
        return json.loads(lines[-1][len(MARK) :])
    return {"error": (errors.strip().splitlines() or ["it says nothing"])[-1]}


def applications(servers):
    """Return the Django projects: those of Groundcrew by their names, others by the processes that serve them."""
    found = []
    for path in sorted(glob.glob("/etc/django/*/application.json")):
        name = path.split("/")[3]
        found.append({"name": name, "groundcrew": True, **settings([shutil.which(name + "-manage") or "/usr/local/bin/" + name + "-manage"])})
    for one in servers:
        manage = next((path for path in glob.glob(one["folder"] + "/manage.py") + glob.glob(one["folder"] + "/*/manage.py")), "")
        if not manage or re.match(r"/srv/[^/]+/releases/", one["folder"]):
            continue
        environment = dict(word.split("=", 1) for word in read("/proc/%d/environ" % one["pid"]).split("\0") if "=" in word)
        python = one["words"][0] if "python" in os.path.basename(one["words"][0]) else "python3"
        said = settings([python, manage], one["user"], os.path.dirname(manage), {"PATH": "/usr/bin:/bin", **environment})
        found.append({"name": os.path.basename(os.path.dirname(manage)), "groundcrew": False, **said})
    return found


def leaks(servers):
    """Return files with secrets that everybody on the server may read, and units whose environment shows some."""
    files, units = set(), set()
    for one in servers:
        for path in glob.glob(one["folder"] + "/.env*") + glob.glob(one["folder"] + "/*/.env*") + glob.glob(one["folder"] + "/../.env"):
            with contextlib.suppress(OSError):
                path = os.path.realpath(path)
                above = [os.path.dirname(path)]
                while above[-1] != "/":
                    above.append(os.path.dirname(above[-1]))
                open_to_all = all(os.stat(folder).st_mode & stat.S_IXOTH for folder in above)
                if os.stat(path).st_mode & stat.S_IROTH and open_to_all and SECRET.search(read(path)):
                    files.add(path)
        if one["unit"].endswith(".service") and SECRET.search(run("systemctl", "show", "--property=Environment", one["unit"])):
            units.add(one["unit"])
    return {"files": sorted(files), "units": sorted(units)}


def names_of_nginx():
    """Return the host names that Nginx serves."""
    words = " ".join(re.findall(r"^\s*server_name\s+([^;]+);", run("nginx", "-T", "-q"), re.M)).split()
    return sorted({word for word in words if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", word) and not word.endswith(".localhost")})


def backup():
    """Return what `groundcrew-backup` says, or which known program for backups is there."""
    if shutil.which("groundcrew-backup", path="/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin"):
        try:
            done = subprocess.run(["groundcrew-backup", "status"], capture_output=True, text=True, timeout=PATIENCE)
        except (OSError, subprocess.SubprocessError):
            return None
        return {"well": done.returncode == 0, "says": done.stdout.strip()}
    programs = ("pgbackrest", "restic", "borg", "barman", "wal-g", "duplicity", "rclone")
    return {"programs": [name for name in programs if shutil.which(name)]}


def main():
    """Print everything."""
    servers = processes()
    sshd = dict(line.split(None, 1) for line in run("sshd", "-T").splitlines() if " " in line)
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)', read("/etc/os-release"), re.M))
    answer = {
        "root": os.geteuid() == 0,
        "system": release.get("PRETTY_NAME", ""),
        "addresses": run("hostname", "-I").split(),
        "listening": listening(),
        "failed": [line.split()[0] for line in run("systemctl", "--failed", "--no-legend", "--plain").splitlines()],
        "systemd": os.path.isdir("/run/systemd/system"),
        "updates": updates(),
        "reboot": sorted(set(read("/run/reboot-required.pkgs").split())) if os.path.exists("/run/reboot-required") else None,
        "disks": disks(),
        "sshd": {key: sshd[key] for key in ("passwordauthentication", "permitrootlogin") if key in sshd},
        "journal": os.path.isdir("/var/log/journal"),
        "servers": [{key: one[key] for key in ("kind", "user", "unit", "folder")} for one in servers],
        "applications": applications(servers),
        "leaks": leaks(servers),
        "names": names_of_nginx(),
        "backup": backup(),
        "authority": read("/etc/ssl/groundcrew/ca/ca.pem"),
    }
    print(MARK + json.dumps(answer))


if __name__ == "__main__":
    main()
