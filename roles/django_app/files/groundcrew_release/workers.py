"""Let the background processes of an application follow a release."""

import datetime
from collections.abc import Callable

from . import host, systemd
from .application import ROOT, Application

UNITS = "etc/systemd/system"
TIME = "%a %Y-%m-%d %H:%M:%S.%f %Z"  # such as Thu 2026-11-26 13:50:00.123456 UTC


def units(application: Application, kind: str = "service") -> list[str]:
    """Return the services of the application's processes and timers, or its timers: units of a `kind`.

    Each file says whose it is: names do not tell, since `omni-worker` is an application, too.
    """
    mark = f"X-Groundcrew={application.name}"
    files = [path for path in sorted((ROOT / UNITS).glob(f"*.{kind}")) if path.is_file()]
    return [path.name for path in files if mark in path.read_text(errors="replace").splitlines()]


def find(application: Application) -> list[str]:
    """Return the enabled units of the application's processes."""
    return systemd.enabled(*units(application))


def adapt(application: Application, lines: list[str]) -> None:
    """Give processes and timers the root of the release that serves: `lines` are image.unit's, none where it has none.

    systemd reads `shop-worker-.service.d` for each unit whose name begins so, whoever installs it and whenever.
    """
    text, changed = "\n".join(["[Service]", *lines, ""]) if lines else "", False
    for kind in ("worker", "timer"):
        path = ROOT / UNITS / f"{application.name}-{kind}-.service.d" / "z-image.conf"
        if (path.read_text() if path.is_file() else "") == text:
            continue
        changed = True
        host.remove(path.parent)
        if text:
            path.parent.mkdir(parents=True)
            host.write(path, text, host.SUPERUSER, 0o644)
    if changed:
        systemd.reload()


def since(text: str) -> float:
    """Return a time that systemd tells in UTC as seconds of the epoch; 0.0 for no time."""
    if not text:
        return 0.0
    return datetime.datetime.strptime(text, TIME).replace(tzinfo=datetime.UTC).timestamp()


def stale(application: Application) -> list[str]:
    """Return the processes that last started before `current` became what it is."""
    switched = application.current.lstat().st_mtime
    shown = systemd.show_all(find(application), "Id", "ActiveEnterTimestamp")
    return [unit["Id"] for unit in shown if since(unit["ActiveEnterTimestamp"]) < switched]


def restart(units: list[str]) -> Callable[[], list[str]]:
    """Begin to restart processes side by side, each of which first finishes the work that it has.

    The function that is returned waits for them, and returns a note for each that does not run then.
    """
    if not units:
        return list
    wait = systemd.restart(units)

    def finish() -> list[str]:
        wait()
        shown = systemd.show_all(units, "Id", "ActiveState", "NRestarts")
        dead = [unit["Id"] for unit in shown if unit["ActiveState"] != "active" or unit["NRestarts"] not in ("", "0")]
        return [f"{unit} ends as soon as it starts. Its last words: journalctl -u {unit}" for unit in dead]

    return finish
