"""What a verb says when it has ended: one JSON object for programs, few lines for people."""

import json
import traceback
from pathlib import Path
from typing import Any

from . import records
from .application import ROOT, Application
from .steps import TAIL, FailedError, MissingError, Steps

Result = dict[str, Any]
LINES = 25  # of a failure, at most
WIDTH = 240  # characters of a line of a log
COLUMNS = "{:<13} {:<9} {:<16} {:<9} {:<25} {:<20} {:>7}  {}"


def path(name: str) -> Path:
    """Return where the result of an application's last verb is."""
    return ROOT / "run/groundcrew" / f"{name}.json"


def keep(name: str, run: str, result: Result) -> None:
    """Keep the result of a run for whoever waits for it; root alone reads it."""
    target = path(name)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    part.write_text(json.dumps({"run": run, "result": result}))
    part.replace(target)


def kept(name: str, run: str) -> Result | None:
    """Return the result of a run, None when it left none."""
    try:
        found = json.loads(path(name).read_text())
    except (FileNotFoundError, ValueError):
        return None
    result: Result = found["result"]
    return result if found["run"] == run else None


def success(application: Application, verb: str, result: Result, steps: Steps) -> Result:
    """Complete the result of a verb: steps, notes, `msg` (one line) and `text` (what a person reads)."""
    message = result.get("msg") or sentence(application, verb, result, steps)
    text = [*result.get("text", [message]), *(f"Note: {note}" for note in steps.notes)]
    return {"steps": steps.taken, "notes": steps.notes} | result | {"msg": message, "text": text}


def sentence(application: Application, verb: str, result: Result, steps: Steps) -> str:
    """Return what an activation or a rollback did, in one line, with the seconds of its steps."""
    name, release = application.name, result["id"]
    version = (records.read(application, release) or {}).get("version", "")
    what = f"{name} serves {release}{f' ({version})' if version else ''}"
    if not result["changed"]:
        return f"{what} already."
    again = " again" if verb == "rollback" else ""
    instead = f" instead of {result['before']}" if result.get("before") else ""
    return f"{what}{again}{instead}, {timed(steps)}"


def timed(steps: Steps) -> str:
    """Return the steps as text, such as `in 3.4 s: start 0.1, probe 3.2.`, the short ones in the sum alone."""
    total = sum(seconds for _, seconds in steps.taken)
    parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in steps.taken if seconds >= 0.05)
    return f"in {total:.1f} s: {parts}." if parts else "at once."


def failure(application: Application, verb: str, error: Exception, steps: Steps) -> Result:
    """Return the result of a verb that failed; `msg` has at most 25 lines, and says everything once."""
    step = getattr(error, "__notes__", [""])[0]
    log, command = (error.log, error.command) if isinstance(error, FailedError) else ("", "")
    said = str(error)
    if not isinstance(error, FailedError):
        said = f"{type(error).__name__}: {error}"
        log = "".join(traceback.format_exception(error))
    if steps.stopped and said != "it was stopped":
        said = f"it was stopped ({said.rstrip('.')})"
    at = f' at "{step}"' if step else ""
    head = [f"{application.name}: {verb} failed{at}: {said.splitlines()[0] if said else type(error).__name__}"]
    head += said.splitlines()[1:]
    head += [f"Command: {command}"] if command and command not in said else []
    head += [serves(application), *steps.notes]
    head = [shorten(line) for line in head][: LINES - 3]
    tail = [shorten(line) for line in log.splitlines() if line.strip() and line.strip() not in head]
    tail = tail[-min(TAIL, LINES - len(head) - 1) :]
    lines = head + (["The last lines were:", *tail] if tail else [])
    missing = {"missing_packages": list(error.packages)} if isinstance(error, MissingError) else {}
    return {"failed": True, "step": step, "command": command, "msg": "\n".join(lines), "text": lines} | missing


def shorten(line: str) -> str:
    """Return a line that fits; statements of a database can be long."""
    return line if len(line) <= WIDTH * 2 else f"{line[: WIDTH * 2 - 1]}…"


def serves(application: Application) -> str:
    """Return what serves now, a sentence."""
    release = records.serving(application)
    if not release:
        return "Nothing serves yet."
    version = (records.read(application, release) or {}).get("version", "")
    return f"Release {release}{f' ({version})' if version else ''} serves."


def table(listed: list[records.Record]) -> list[str]:
    """Return the lines of a table of releases, newest first, with the reason below one that is bad or left."""
    lines = [
        COLUMNS.format("release", "state", "version", "commit", "deployed", "by", "seconds", "last migrations").rstrip()
    ]
    for one in listed:
        cells = (one["version"][:16], one["revision"][:8], one["deployed"], one["by"][:20], one["seconds"])
        lines.append(COLUMNS.format(one["id"], one["state"], *cells, one["migration_names"][:60]).rstrip())
        if one["state"] in ("bad", "left") and one.get("reason"):
            lines.append(f"{'':<13} {shorten(one['reason'])}")
    return lines
