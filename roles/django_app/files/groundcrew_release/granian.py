"""Granian of a release: what starts it. It reads no file, so that its options stand in a script."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LONGEST = 1800
"""Seconds that Granian waits for its workers at most."""


def options(server: Mapping[str, Any], socket: Path, workers: int, threads: int) -> dict[str, Any]:
    """Return our options by Granian's own names."""
    asgi = server["interface"] == "asgi"
    return {
        "interface": server["interface"],
        "uds": str(socket),
        # Nginx alone is in the group; the leading 0 makes it octal.
        "uds-permissions": "0770",
        "http": "1",
        "workers": workers,
        # Asynchronous code has no threads for requests, and other code no WebSockets.
        **({} if asgi else {"blocking-threads": threads, "ws": False}),
        "workers-kill-timeout": min(server["timeout"], LONGEST),
        "respawn-failed-workers": True,
    }


def words(options: Mapping[str, Any]) -> list[str]:
    """Return options as a command line has them: `--no-NAME` switches off, and a list says one several times."""
    found = []
    for name, value in options.items():
        if isinstance(value, bool):
            found.append(f"--{name}" if value else f"--no-{name}")
        else:
            found += [f"--{name}={one}" for one in (value if isinstance(value, list | tuple) else [value])]
    return found


def command(release: Path, options: Mapping[str, Any], application: str) -> str:
    """Return the command that serves `application`, quoted for a shell."""
    return shlex.join([f"{release}/venv/bin/granian", *words(options), application])
