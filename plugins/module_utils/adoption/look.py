"""Print what belongs to a project on a server that somebody set up by hand, as JSON. Runs there and changes nothing.

Standard input has the program and, after it, a call of `main` with what to look for.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

UNITS = "/etc/systemd/system/*.service"
SITES = ("/etc/nginx/sites-enabled/*", "/etc/nginx/conf.d/*.conf")
CRONTABS = ("/var/spool/cron/crontabs/*", "/etc/crontab", "/etc/cron.d/*")
SUPERVISOR = "/etc/supervisor/conf.d/*.conf"
# Of Debian's packages, which a site made by hand may use, and which the roles stop or change.
SERVICES = ("redis-server.service", "nginx.service", "apache2.service", "supervisor.service")
SHELLS = ("sh", "bash", "dash", "zsh", "fish", "screen", "SCREEN", "tmux", "vim", "nano", "less", "sudo", "su")


def every(*patterns: str) -> list[str]:
    """Return the files of patterns, in order."""
    return sorted(str(path) for pattern in patterns for path in Path("/").glob(pattern.lstrip("/")))


def shown(unit: str, *names: str) -> dict[str, str]:
    """Return properties of a unit."""
    command = ["systemctl", "show", f"--property={','.join(names)}", unit]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)


def read(path: str) -> str:
    """Return a file's text, "" when it cannot be read."""
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""


def mentions(text: str, folders: list[str]) -> bool:
    """Say whether a text names one of the folders, or what is in it."""
    return any(re.search(re.escape(folder) + r"(?![\w.-])", text) for folder in folders)


def units(folders: list[str], known: list[str]) -> list[str]:
    """Return the units of the project: those known, those that name its folders, and what starts them."""
    found = [unit for unit in known if unit.endswith(".service") and unit not in SERVICES]
    for path in every(UNITS):
        if mentions(read(path), folders):
            found.append(Path(path).name)
    found = [unit for unit in found if "@." not in unit]
    for unit in list(found):
        found += shown(unit, "TriggeredBy").get("TriggeredBy", "").split()
    return sorted(set(found))


def processes(folders: list[str]) -> list[dict[str, Any]]:
    """Return how each program of the project was started: words, user, folder, environment and unit."""
    found: dict[str, dict[str, Any]] = {}
    for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            words = [word for word in read(f"{folder}/cmdline").split("\0") if word]
            where, user = str((folder / "cwd").readlink()), folder.owner()
        except (OSError, KeyError):
            continue
        # A shell that somebody has open there is no program of the project.
        if not words or Path(words[0]).name.lstrip("-") in SHELLS or not mentions(f"{where} {words[0]}", folders):
            continue
        unit = re.search(r"[^/\n]+\.(service|scope)$", read(f"{folder}/cgroup").strip())
        env = dict(word.split("=", 1) for word in read(f"{folder}/environ").split("\0") if "=" in word)
        one = {"words": words, "user": user, "folder": where, "env": env, "unit": unit[0] if unit else ""}
        found.setdefault(" ".join(words), one)
    return list(found.values())


def server_names(text: str) -> list[str]:
    """Return the host names of a configuration of Nginx."""
    lines = re.sub(r"(^|\s)#.*", "", text)
    words = " ".join(re.findall(r"(?:^|[;{}])\s*server_name\s+([^;]+);", lines, re.MULTILINE)).split()
    return sorted({word for word in words if re.fullmatch(r"[\w-]+(\.[\w-]+)+", word)})


def uploads(folder: str) -> tuple[int, list[str]]:
    """Return how many bytes the files of a folder have, and what cannot be taken along.

    That are links that leave the folder, and what is neither file nor folder.
    """
    top, found = Path(folder).resolve(), list(Path(folder).rglob("*")) if folder and Path(folder).is_dir() else []
    odd = [
        str(path)
        for path in found
        if (path.is_symlink() and not path.resolve().is_relative_to(top))
        or not (path.is_symlink() or path.is_file() or path.is_dir())
    ]
    return sum(path.lstat().st_size for path in found), odd


def main(folders: list[str], known: list[str], media: str) -> None:
    """Print everything.

    :param folders: the project's, and its environment's.
    :param known: the units of its processes.
    :param media: the folder of its uploads, "" for none.
    """
    own = {
        path: [line for line in read(path).splitlines() if line[:1] != "#" and mentions(line, folders)]
        for path in every(*CRONTABS)
    }
    sites = {path: read(path) for path in every(*SITES)}
    states = {unit: shown(unit, "ActiveState", "UnitFileState") for unit in (*units(folders, known), *SERVICES)}
    volume, odd = uploads(media)
    answer: dict[str, Any] = {
        "units": {
            unit: {"active": one.get("ActiveState") == "active", "enabled": one.get("UnitFileState") == "enabled"}
            for unit, one in states.items()
        },
        "crontabs": {path: lines for path, lines in own.items() if lines},
        "supervisor": [path for path in every(SUPERVISOR) if mentions(read(path), folders)],
        "sites": {path: server_names(text) for path, text in sites.items()},
        "processes": processes(folders),
        "uploads": volume,
        "has_media": bool(media) and Path(media).is_dir(),
        "odd": odd[:1],
        "free": shutil.disk_usage("/var/lib").free,
        "letsencrypt": [path for path, text in sites.items() if "/etc/letsencrypt/" in text],
    }
    print("GROUNDCREW " + json.dumps(answer))
