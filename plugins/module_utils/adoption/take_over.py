"""Take a project that runs out of service, with its data in a file, or put it back. Runs on its server, as root.

Standard input has the program and, after it, a call of `main`. What was there is kept in
`/var/lib/groundcrew-adopt/NAME`, so that `back` can put it back at any time; no file of the project is changed.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shutil
import signal
import subprocess
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path("/var/lib/groundcrew-adopt")
CONFIGURATIONS = ("/etc/nginx", "/etc/postgresql")
UNITS = "/etc/systemd/system"
APPLICATIONS = "/etc/django"
MARK = "GROUNDCREW "


class CannotError(Exception):
    """A sentence for whoever asked."""


def run(*command: str, check: bool = True, **options: Any) -> str:
    """Run a command and return what it prints; CannotError with its last words when it fails."""
    stdout = options.pop("stdout", subprocess.PIPE)
    if "input" not in options:
        options["stdin"] = subprocess.DEVNULL
    done = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, **options)
    if check and done.returncode:
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise CannotError(f"{Path(command[0]).name} failed: {last}")
    return done.stdout or ""


def psql(script: str, port: str, **names: str) -> str:
    """Run a script as the superuser of the server of this host; `:'old'` and `:"old"` are one of the names in it."""
    variables = [word for name, value in names.items() for word in ("-v", f"{name}={value}")]
    command = ["runuser", "-u", "postgres", "--", "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-p", port or "5432"]
    return run(*command, *variables, input=script, cwd="/").strip()


def exists(name: str, port: str) -> bool:
    """Say whether the server has a database."""
    return bool(psql("SELECT 1 FROM pg_database WHERE datname = :'name'", port, name=name))


def rename(old: str, new: str, port: str) -> None:
    """Give a database another name, whoever is connected to it."""
    script = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :'old' \\g /dev/null
    ALTER DATABASE :"old" RENAME TO :"new";"""
    psql(script, port, old=old, new=new)


def rewrite(path: Path, text: str) -> None:
    """Replace a file's text; in a folder for all users not even root may write into another user's file."""
    part, before = path.with_name(f".{path.name}.part"), path.stat()
    part.touch(mode=0o600)
    part.write_text(text)
    flush(part)
    os.chown(part, before.st_uid, before.st_gid)
    part.chmod(before.st_mode & 0o7777)
    part.replace(path)


def flush(path: Path) -> None:
    """Wait until a file is on the disk: after a power cut there is the one before, or all of it."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def others(name: str) -> list[str]:
    """Return the applications of Groundcrew beside one."""
    return sorted(
        path.parent.name for path in Path(APPLICATIONS).glob("*/application.json") if path.parent.name != name
    )


def clusters(folder: Path) -> set[str]:
    """Return the servers whose configurations are in a folder such as /etc/postgresql: `15/main`."""
    return {f"{path.parent.name}/{path.name}" for path in folder.glob("[0-9]*/*") if path.is_dir()}


class Adoption:
    """What is taken over, and where things of before are kept."""

    def __init__(self, name: str) -> None:
        """Find what a run before has kept."""
        self.name, self.place = name, ROOT / name
        self.state = self.place / "state.json"
        self.archive = self.place / f"{name}.tar"
        self.kept: dict[str, Any] = json.loads(self.state.read_text()) if self.state.exists() else {}

    def keep(self, **more: Any) -> None:
        """Remember something across a crash."""
        self.kept |= more
        part = self.state.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(json.dumps(self.kept))
        # With what was copied before: it is there when this says so, also after a power cut.
        os.sync()
        part.replace(self.state)

    def begin(self, plan: dict[str, Any]) -> str:
        """Stop the project and put its data into the archive; what fails puts everything back.

        A run that was killed is made up for by the next one.
        """
        if self.kept.get("stage") == "finished":
            return ""
        if not self.kept:
            self.place.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in CONFIGURATIONS:
                if Path(folder).is_dir():
                    target = self.place / Path(folder).relative_to("/")
                    target.parent.mkdir(parents=True, exist_ok=True)
                    run("cp", "-a", "--no-target-directory", folder, str(target))
            self.keep(stage="begun", plan=plan, others=others(self.name), renamed=[])
        plan, packed = self.kept["plan"], self.archive.exists()
        try:
            if not packed:
                self.stop(plan)
                self.pack(plan)
            for path in plan["sites"]:
                self.set_aside(Path(path))
            for old, new in plan["rename"]:
                self.give_up_name(old, new, plan["port"])
        except Exception as error:
            try:
                self.back()
            except CannotError as refused:
                raise CannotError(f"{error} {refused}") from error
            raise
        size = self.archive.stat().st_size >> 10
        return (
            ""
            if packed
            else f"{self.name}: {', '.join(plan['stop']) or 'its processes'} stopped, {size} kB of data kept."
        )

    def stop(self, plan: dict[str, Any]) -> None:
        """Stop whatever runs for the project, so that nobody writes any more."""
        for path in plan["crontabs"]:
            text = self.place / f"crontab{path.replace('/', '_')}"
            if not text.exists():
                shutil.copy2(path, text)
            lines, own = Path(path).read_text().splitlines(keepends=True), plan["crontabs"][path]
            rewrite(Path(path), "".join(f"#{line}" if line.rstrip("\n") in own else line for line in lines))
        for path in plan["supervisor"]:
            self.set_aside(Path(path))
        if plan["supervisor"]:
            run("supervisorctl", "update")
        # What would start a service again goes first.
        order = sorted(plan["stop"], key=lambda unit: unit.endswith(".service"))
        if order:
            run("systemctl", "stop", *order)
        for one in plan["processes"]:
            for folder in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError, ValueError):
                    if (folder / "cmdline").read_bytes().split(b"\0")[:-1] == [
                        os.fsencode(word) for word in one["words"]
                    ]:
                        os.kill(int(folder.name), signal.SIGTERM)
        if plan["processes"]:
            time.sleep(2)

    def pack(self, plan: dict[str, Any]) -> None:
        """Write the archive that `NAME-release import` takes."""
        folder, part = self.place / "databases", self.archive.with_suffix(".part")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        for alias, one in plan["databases"].items():
            target = folder / f"{alias}.{'dump' if one['command'][0] == 'pg_dump' else 'json'}"
            with target.open("wb") as file:
                switch = ["runuser", "-u", one["user"], "--"]
                run(*switch, *one["command"], stdout=file, cwd=one["folder"], env={**os.environ, **one["env"]})
        part.touch(mode=0o600)
        with tarfile.open(part, "w") as archive:
            archive.add(folder, "databases")
            if plan["media"] and Path(plan["media"]).is_dir():
                # The folder itself may be a link to where there is room.
                archive.add(Path(plan["media"]).resolve(), "media")
        flush(part)
        part.replace(self.archive)
        shutil.rmtree(folder)

    def set_aside(self, path: Path) -> None:
        """Move a file to where `back` finds it."""
        target = self.place / "aside" / path.relative_to("/")
        if target.exists() or target.is_symlink():
            # A run before has done so, and what is here by now is the application's. What is kept is never replaced.
            path.unlink(missing_ok=True)
        elif path.exists() or path.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)

    def give_up_name(self, old: str, new: str, port: str) -> None:
        """Give a database of before another name, once: later the old one is that of the application's database."""
        renamed = self.kept.get("renamed", self.kept["plan"]["rename"])
        if [old, new] not in renamed:
            if exists(new, port):
                raise CannotError(f"There is a database {new} already, which would be taken for {old}: rename it.")
            self.keep(renamed=[*renamed, [old, new]])
        if not exists(new, port):
            rename(old, new, port)

    def finish(self) -> str:
        """Let the project of before not start any more, and forget what was needed on the way."""
        if self.kept.get("stage") != "begun":
            return ""
        enabled = [unit for unit, state in self.kept["plan"]["states"].items() if state["enabled"]]
        own = [unit for unit in enabled if unit in self.kept["plan"]["stop"]]
        if own:
            run("systemctl", "disable", "--quiet", *own)
        self.archive.unlink(missing_ok=True)
        servers = {folder: sorted(clusters(Path(folder))) for folder in CONFIGURATIONS}
        self.keep(stage="finished", clusters=servers)
        return f"{self.name} is adopted. What was there before lies as it was, and does not start any more."

    def back(self) -> str:
        """Put back what was there before: configurations, databases' names, units, crontabs."""
        if not self.kept:
            return ""
        plan = self.kept["plan"]
        # Before that nothing but the project itself was touched.
        configured = self.archive.exists() or self.kept["stage"] == "finished"
        if configured:
            self.refuse()
            self.configure_back()
        for path in (self.place / "aside").rglob("*"):
            if path.is_symlink() or path.is_file():
                target = Path("/") / path.relative_to(self.place / "aside")
                target.unlink(missing_ok=True)
                shutil.move(path, target)
        for path in plan["crontabs"]:
            # Lines that came since stay.
            if (self.place / f"crontab{path.replace('/', '_')}").exists() and Path(path).exists():
                lines, own = Path(path).read_text().splitlines(keepends=True), plan["crontabs"][path]
                text = "".join(line[1:] if line[:1] == "#" and line[1:].rstrip("\n") in own else line for line in lines)
                rewrite(Path(path), text)
        if configured:
            for unit in ("postgresql.service", "nginx.service"):
                run("systemctl", "try-restart", unit)
        self.rename_back(plan)
        for unit, state in plan["states"].items():
            if state["enabled"]:
                run("systemctl", "enable", "--quiet", unit)
            if state["active"]:
                run("systemctl", "start", unit)
        if plan["supervisor"]:
            run("supervisorctl", "update")
        for number, one in enumerate(plan["processes"]):
            environment = self.place / f"environment-{number}"
            lines = [f"{key}={json.dumps(value)}\n" for key, value in one["env"].items() if "\n" not in value]
            environment.write_text("".join(lines))
            options = [
                f"--uid={one['user']}",
                f"--working-directory={one['folder']}",
                f"--property=EnvironmentFile={environment}",
            ]
            run("systemd-run", "--quiet", "--collect", *options, "--", *one["words"])
        gone = self.place.with_name(f"{self.name}-{datetime.datetime.now():%Y%m%dT%H%M%S}")
        self.place.rename(gone)
        self.kept = {}
        lies = f" What was configured since lies in {gone}/since." if (gone / "since").exists() else ""
        return f"{self.name} is again served as before Groundcrew.{lies}"

    def refuse(self) -> None:
        """Raise CannotError where the configurations of that day would take out of service what came since."""
        there = others(self.name)
        if there and "others" not in self.kept:
            raise CannotError(
                f"{self.name} was adopted by a version that did not note which applications were here:"
                f" {', '.join(there)} may have come later, and would go with the configurations of Nginx and PostgreSQL"
                " of that day. Leave it as it is."
            )
        if came := [one for one in there if one not in self.kept.get("others", ())]:
            raise CannotError(
                f"{', '.join(came)} came to this host after {self.name} was adopted, and would go with the"
                " configurations of Nginx and PostgreSQL of that day. Remove or revert first what came last,"
                " or leave it as it is."
            )
        for folder in map(Path, CONFIGURATIONS):
            kept = self.place / folder.relative_to("/")
            if there or not kept.is_dir() or self.since(folder).exists():
                continue
            before, now = clusters(kept), clusters(folder)
            if self.kept["stage"] == "finished":
                # A server that came with the adoption itself is none that came since.
                before = set(self.kept.get("clusters", {}).get(str(folder), before))
            else:
                now &= before
            if before != now:
                was, here = (", ".join(sorted(some)) or "not there" for some in (before, now))
                raise CannotError(
                    f"PostgreSQL was {was} when {self.name} was adopted, and is {here} now: with the configuration of"
                    " that day no database of this host would answer. Leave it as it is;"
                    f" what was kept lies in {self.place}."
                )

    def since(self, folder: Path) -> Path:
        """Return where a configuration is kept that is about to be replaced by that of before."""
        return self.place / "since" / folder.relative_to("/")

    def configure_back(self) -> None:
        """Put back the configurations of Nginx and PostgreSQL, without sandboxes, and stop what works for the site."""
        own = f"{self.name}-worker-*", f"{self.name}-timer-*", f"{self.name}-*.timer"
        run("systemctl", "stop", *own, check=False)
        if others(self.name):
            # They were there before, and the configurations are theirs, too: only the site goes.
            (Path(CONFIGURATIONS[0]) / f"sites-enabled/{self.name}.conf").unlink(missing_ok=True)
            return
        for folder in map(Path, CONFIGURATIONS):
            kept, since = self.place / folder.relative_to("/"), self.since(folder)
            if not kept.is_dir():
                continue
            if not since.exists():
                part = since.with_name(f"{since.name}.part")
                shutil.rmtree(part, ignore_errors=True)
                part.mkdir(parents=True)
                run("cp", "-a", "--no-target-directory", str(folder), str(part))
                part.rename(since)
            shutil.rmtree(folder, ignore_errors=True)
            run("cp", "-a", "--no-target-directory", str(kept), str(folder))
            # What packages that came since have switched on stays: nobody would switch it on again.
            for link in since.glob("modules-enabled/50-*"):
                path = folder / link.relative_to(since)
                if link.is_symlink() and not path.is_symlink():
                    path.parent.mkdir(exist_ok=True)
                    path.symlink_to(link.readlink())
        for dropin in (
            *Path(UNITS).glob("nginx.service.d/groundcrew.conf"),
            *Path(UNITS).glob("postgresql@*/groundcrew.conf"),
        ):
            dropin.unlink()
        run("systemctl", "daemon-reload")

    def rename_back(self, plan: dict[str, Any]) -> None:
        """Give databases their names back; one that took such a name gets another."""
        for old, new in self.kept.get("renamed", plan["rename"]):
            for _ in range(30):
                with contextlib.suppress(CannotError):
                    psql("SELECT 1", plan["port"])
                    break
                time.sleep(1)
            if not exists(new, plan["port"]):
                continue
            if exists(old, plan["port"]):
                rename(old, f"{old}_{datetime.datetime.now():%Y%m%dT%H%M%S}", plan["port"])
            rename(new, old, plan["port"])


def main(verb: str, name: str, plan: dict[str, Any]) -> None:
    """Do a verb, and print {changed, msg, archive, stage} or {failed, msg}; `look` does nothing."""
    adoption = Adoption(name)
    try:
        verbs: dict[str, Callable[[], str]] = {
            "begin": lambda: adoption.begin(plan),
            "finish": adoption.finish,
            "back": adoption.back,
            "look": str,
        }
        said = verbs[verb]()
        archive = str(adoption.archive) if adoption.archive.exists() else ""
        answer = {"changed": bool(said), "msg": said, "archive": archive, "stage": adoption.kept.get("stage", "")}
    except (CannotError, OSError) as error:
        answer = {"failed": True, "msg": f"{error}"}
    print(MARK + json.dumps(answer))
