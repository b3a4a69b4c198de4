"""Folders, commands, processes and timers of an application: each has a name of its own and a place of its own."""

from __future__ import annotations

import re
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from . import calendars, command_lines, dates
from .findings import Finding
from .resolve import Application

UNIT = re.compile("[A-Za-z0-9][A-Za-z0-9:_.-]*")
DIRECTORY = re.compile(r"/[^\s\"'\\%]*")
# Less than a million bytes was meant to be more: no process lives in it.
MEMORY = re.compile(
    r"infinity|(?![0.]+[MGTPE%])(\d+(\.\d+)?[MGTPE]|\d{1,2}(\.\d{1,2})?%|100%|[1-9]\d{3,}(\.\d+)?K|[1-9]\d{6,})"
)
UMASK = re.compile("0?0[0-7]{2}")
"""What it takes from the owner, the application could not do with its own files."""
NODE = re.compile(r"\d+(\.\d+){0,2}")
SIGNALS = {one.name for one in signal.Signals}


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is wrong with the lists of one application."""
    yield from directories(application)
    yield from commands(application, "commands", "commands: [{manage: migrate --noinput, once: true}]")
    yield from commands(application, "anonymise", "anonymise: [{manage: anonymise_users}]")
    yield from commands(application, "build", "build: [{run: npm ci, directory: frontend}]")
    yield from build(application)
    yield from command_line(application, "manage", application["manage"], "", "manage: python manage.py")
    yield from jobs(application)
    if not UMASK.fullmatch(application["umask"]):
        yield application.finding(
            "umask",
            "umask",
            f"is {application['umask']}, and takes three octal digits, of which the first is 0",
            'umask: "0027"',
        )


def repeated(application: Application, key: str, inner: str) -> Iterator[Finding]:
    """Yield values of `inner` that two items of the list `key` have."""
    values = [str(item[inner]) for item in application[key] if isinstance(item, dict) and inner in item]
    for value, count in Counter(values).items():
        if count > 1:
            sentence = f"has `{inner}: {value}` {count} times: the last one would win"
            yield application.finding("repeated", key, sentence)


def directories(application: Application) -> Iterator[Finding]:
    """Yield folders that no unit can name, or that belong to the system."""
    for path in application["directories"]:
        # systemd reads them: lists are parted by spaces, and `%` stands for something.
        if not DIRECTORY.fullmatch(path) or ".." in PurePosixPath(path).parts:
            sentence = f"has {path}, and takes whole paths without spaces, quotes, `\\` and `%`"
            yield application.finding("directory", "directories", sentence, "directories: [/srv/shop/index]")


def commands(application: Application, list_key: str, example: str) -> Iterator[Finding]:
    """Yield commands or build steps that say both how they run, or neither."""
    for number, command in enumerate(application[list_key]):
        said = [key for key in ("manage", "run") if command.get(key)]
        for key in ("manage", "run", "unless"):
            if command.get(key):
                yield from command_line(application, list_key, command[key], f"[{number}].{key}")
        if len(said) != 1:
            sentence = "has `manage` and `run`, and one would be dropped" if said else "has neither `manage` nor `run`"
            yield application.finding("command", list_key, sentence, example, f"[{number}]")


def build(application: Application) -> Iterator[Finding]:
    """Yield build steps that leave the source, and a version of Node that is none."""
    for number, step in enumerate(application["build"]):
        folder = str(step.get("directory", ""))
        if folder.startswith(("/", "~")) or ".." in PurePosixPath(folder).parts:
            sentence = f"is {folder}, and takes a folder inside the source"
            yield application.finding("directory", "build", sentence, "directory: frontend", f"[{number}].directory")
    if application["node"] and not NODE.fullmatch(application["node"]):
        sentence = f"is {application['node']}, and takes a version in digits"
        yield application.finding("node", "node", sentence, 'node: "22"')


def command_line(
    application: Application, key: str, line: Any, inside: str, example: str = "run: celery --app shop worker"
) -> Iterator[Finding]:
    """Yield what is wrong with a command line; what is no text is told by the specification."""
    if not isinstance(line, str):
        return
    if wrong := command_lines.problem(line):
        yield application.finding("command-line", key, wrong, example, inside)
    elif command_lines.several(line):
        sentence = "has several lines, and is one command: write one for each, or all of it in one line"
        yield application.finding("command-line", key, sentence, example, inside)


def jobs(application: Application) -> Iterator[Finding]:
    """Yield processes and timers that share a name, or that no unit can hold."""
    for key in ("processes", "timers"):
        yield from repeated(application, key, "name")
        for job in application[key]:
            yield from one_job(application, key, job)


def one_job(application: Application, key: str, job: dict[str, Any]) -> Iterator[Finding]:
    """Yield what systemd would overlook in one process or timer."""
    name, memory = str(job.get("name", "")), str(job.get("memory", "75%"))
    yield from command_line(application, key, job.get("run"), f"[{name}].run")
    if name and not UNIT.fullmatch(name):
        sentence = "names a unit: letters, digits, `-`, `_` and `.`"
        yield application.finding("unit-name", key, sentence, "name: celery", f"[{name}].name")
    if not MEMORY.fullmatch(memory):
        sentence = f"is {memory}, which is no memory to live in: it takes a number with M or G, or up to 100%"
        yield application.finding("memory", key, sentence, "memory: 512M", f"[{name}].memory")
    when = job.get("on_calendar")
    if key == "timers" and isinstance(when, str) and not (calendars.is_right(when) and dates.comes(when)):
        sentence = f"is {when}, which {'never comes' if calendars.is_right(when) else 'is no time to systemd'}"
        yield application.finding("calendar", key, sentence, "on_calendar: '*-*-* 04:00'", f"[{name}].on_calendar")
    stop = str(job.get("stop_signal", "SIGTERM"))
    if stop not in SIGNALS:
        yield application.finding(
            "signal", key, f"is {stop}, which is no signal", "stop_signal: SIGINT", f"[{name}].stop_signal"
        )
