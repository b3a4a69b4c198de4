"""The core stack by a shell script, by pyinfra, by Ansible's own modules and by the roles of Groundcrew.

PostgreSQL with a database, Redis, a certificate and Nginx with a site, on a bare host of their own, over SSH, in turns:
a first run, and a second one that has nothing to do. What they are to make is what the roles made on a host before; a
host that ends otherwise stops the comparison.
"""

import base64
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any, TextIO

from bench import BENCH, LOGS, ROOT
from bench.figures import Rounds, Row
from bench.hosts import Host, fresh
from bench.measure import Work, measure

PYINFRA = "3.10.0"
PACKAGES = ["python3-psycopg2", "acl", "redis-server", "openssl", "python3-cryptography", "nginx"]
PACKAGES += ["libnginx-mod-http-brotli-static"]
# Before the packages.
EARLY = ["/etc/postgresql-common/createcluster.d/groundcrew.conf"]
# What the roles write, beside keys.
PATHS = ["/etc/postgresql/*/main/conf.d/groundcrew.conf", "/etc/postgresql/*/main/pg_hba.conf"]
PATHS += ["/usr/local/lib/groundcrew-postgresql-rehearse", "/etc/redis/redis-shop.conf"]
PATHS += ["/usr/local/lib/groundcrew-nginx-errors", "/etc/systemd/system/groundcrew-nginx-errors.*"]
PATHS += ["/etc/systemd/system/*.service.d/groundcrew.conf", "/etc/nginx/conf.d/groundcrew.conf"]
PATHS += ["/etc/nginx/modules-enabled/90-groundcrew.conf", "/etc/nginx/snippets/groundcrew-*.conf"]
PATHS += ["/etc/nginx/sites-enabled/shop.conf"]
LIMIT = "SELECT rolconnlimit FROM pg_roles WHERE rolname = 'shop'"
# How the roles and the others are called in the tables.
WAYS = {"script": "shell script", "pyinfra": "pyinfra", "plain": "plain Ansible", "roles": "Groundcrew"}
FIRST, SECOND = "first run", "nothing to do"
# How often a round has nothing to do: that is short.
AGAIN = 3


def pyinfra() -> Path:
    """Return the program, in a virtual environment of its own."""
    folder = ROOT / ".cache" / f"pyinfra-{PYINFRA}"
    if not (folder / "bin/pyinfra").exists():
        subprocess.run(["uv", "venv", "--quiet", folder], check=True)
        install = ["uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", str(folder / "bin/python")]
        subprocess.run([*install, f"pyinfra=={PYINFRA}"], check=True)
    return folder / "bin/pyinfra"


class Core:
    """What the roles made, from a host where they ran, as the others read it."""

    def __init__(self, host: Host, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "core.json"
        listed = host.run(f"tar --create {' '.join([*EARLY, *PATHS])} 2> /dev/null | base64 --wrap=0")
        early, files = self.unpack(listed, EARLY), self.unpack(listed, None)
        files = [one for one in files if one["path"] not in EARLY]
        unit = next(one["path"] for one in files if "/postgresql@" in one["path"]).split("/")[4].removesuffix(".d")
        paths = [one["path"] for one in early + files]
        version = unit.partition("@")[2].partition("-")[0]
        self.data = {
            "early": early,
            "files": files,
            "folders": sorted({str(Path(path).parent) for path in paths if path in EARLY or ".service.d/" in path}),
            "packages": [f"postgresql-{version}", *PACKAGES],
            "unit": unit,
            "limit": int(host.run(f'runuser -u postgres -- psql -Atc "{LIMIT}"')),
            "certificates": (BENCH / "certificates.sh").read_text(),
        }
        self.path.write_text(json.dumps(self.data))
        self.script = script_of((BENCH / "core.sh").read_text(), self.data)

    def unpack(self, packed: str, only: list[str] | None) -> list[dict[str, Any]]:
        """Return the files of an archive, and write what they hold to the folder."""
        kept = []
        with tarfile.open(fileobj=io.BytesIO(base64.b64decode(packed))) as archive:
            for number, member in enumerate(archive.getmembers()):
                content = archive.extractfile(member)
                path = f"/{member.name}"
                if content is None or (only is not None and path not in only):
                    continue
                source = self.folder / f"{number:02}-{Path(path).name}"
                source.write_bytes(content.read())
                mode = f"{member.mode:04o}"
                kept.append({"path": path, "owner": member.uname, "group": member.gname, "mode": mode})
                kept[-1]["src"] = str(source)
        return kept


def script_of(text: str, core: dict[str, Any]) -> str:
    """Return the shell script with its files in it."""

    def puts(files: list[dict[str, Any]]) -> str:
        return "\n".join(
            f"put {one['path']} {one['owner']} {one['group']} {one['mode'].lstrip('0')} <<'END_OF_FILE'\n"
            + Path(one["src"]).read_text().removesuffix("\n")
            + "\nEND_OF_FILE"
            for one in files
        )

    text = text.replace("#EARLY", puts(core["early"])).replace("#FILES", puts(core["files"]))
    text = text.replace("#CERTIFICATES", core["certificates"].rstrip("\n")).replace("@unit@", core["unit"])
    return text.replace("@packages@", " ".join(core["packages"])).replace("@limit@", str(core["limit"]))


def play(playbook: str, configuration: Path, *arguments: str) -> Work:
    """Return the work that runs a playbook of this folder."""

    def work(host: Host, log: TextIO) -> int:
        environment = {**host.environment(), "ANSIBLE_CONFIG": str(configuration)}
        command = ["ansible-playbook", "--inventory", f"{host.address},", str(BENCH / playbook), *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=log, check=False).returncode

    return work


def works(core: Core) -> dict[str, Work]:
    """Return who makes the core stack, by name."""
    program = pyinfra()

    def run_script(host: Host, log: TextIO) -> int:
        command = ["ssh", *host.ssh, f"-oControlPath={host.control}-22", host.address, "sh -s"]
        result = subprocess.run(command, input=core.script, text=True, stdout=log, stderr=log, check=False)
        return result.returncode

    def run_pyinfra(host: Host, log: TextIO) -> int:
        data = {"ssh_user": "root", "ssh_key": str(host.folder / "key"), "ssh_strict_host_key_checking": "no"}
        data["ssh_known_hosts_file"] = "/dev/null"
        command = [str(program), "-y", host.address, str(BENCH / "core_pyinfra.py")]
        for name, value in data.items():
            command[1:1] = ["--data", f"{name}={value}"]
        environment = {**os.environ, "BENCH_CORE": str(core.path)}
        return subprocess.run(command, env=environment, stdout=log, stderr=log, check=False).returncode

    return {
        "script": run_script,
        "pyinfra": run_pyinfra,
        "plain": play("core_plain.yml", BENCH / "core_plain.cfg", "--extra-vars", f"@{core.path}"),
        "roles": play("core.yml", ROOT / "ansible.cfg"),
    }


def compare(hosts: dict[str, Host]) -> None:
    """End the comparison when the hosts are not alike."""
    text = (BENCH / "state.sh").read_text().replace("#SET", "set -- " + " ".join([*EARLY, *PATHS]))
    states = {name: host.run("sh -s", text_in=text) for name, host in hosts.items()}
    for name, state in states.items():
        (LOGS / f"bench-{name}.state").write_text(state + "\n")
    if len(set(states.values())) != 1 or not states["roles"].endswith("HTTP/1.1 502"):
        sys.exit("The hosts differ, so nothing was compared: diff logs/bench-*.state")


def measured(rounds: int, debian: str) -> list[Row]:
    """Return the medians of these rounds, each on fresh hosts."""
    kept = Rounds()
    with tempfile.TemporaryDirectory(prefix="bench-core-") as folder:
        with fresh(debian, "model") as (model,):
            roles = play("core.yml", ROOT / "ansible.cfg")
            # Its time is not counted: it also warms disks, and what Ansible compiles.
            measure(model, roles, "core model")
            core = Core(model, Path(folder))
        ways = works(core)
        for number in range(rounds):
            with fresh(debian, *ways) as booted:
                hosts = dict(zip(ways, booted, strict=True))
                # Whoever comes later finds warm disks: they take turns.
                order = [*list(ways)[number % len(ways) :], *list(ways)[: number % len(ways)]]
                for run in (FIRST, *[SECOND] * AGAIN):
                    for name in order:
                        spent, printed = measure(hosts[name], ways[name], f"core {name} {run}")
                        if run == SECOND and name in ("plain", "roles") and not re.search(r"changed=0\s", printed):
                            sys.exit(f"The second run of {name} changed something: logs/bench-core-{name}-*.log")
                        kept.add(WAYS[name], run, spent)
                compare(hosts)
    return kept.rows()
