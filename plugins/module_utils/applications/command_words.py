"""Command lines that say what only a shell understands, or what the key says already."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from .findings import Finding
from .resolve import Application

SHELL = re.compile(r"&&|\|\|?|;|&|[0-9]?>>?(&[0-9])?|<|[0-9]?>>?/\S*")
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*")
SHELLED = "run: sh -c 'one && another'"
STEPS = "build: [{run: npm ci, directory: frontend}, {run: npm run build, directory: frontend}]"
MANAGE = re.compile(r"(\S*/)?(python[0-9.]*|manage\.py|django-admin)")


def lines(application: Application) -> Iterator[tuple[str, str, str, bool]]:
    """Yield (key, inside, command line, whether it is a management command) of everything that runs."""
    yield "manage", "", application["manage"], False
    for name in ("commands", "anonymise", "build"):
        for number, command in enumerate(application[name]):
            for key in ("manage", "run", "unless"):
                if isinstance(command.get(key), str):
                    yield name, f"[{number}].{key}", command[key], key == "manage"
    for key in ("processes", "timers"):
        for job in application[key]:
            if isinstance(job.get("run"), str):
                yield key, f"[{job.get('name')}].run", job["run"], False


def findings(application: Application) -> Iterator[Finding]:
    """Yield the words that would not do what they look like."""
    for key, inside, line, manages in lines(application):
        try:
            words = shlex.split(line)
        except ValueError:
            continue  # told by contents.py
        if not words:
            continue
        if shell := next((word for word in words if SHELL.fullmatch(word)), "") or (
            ";" if words[0].endswith(";") else ""
        ):
            kind, sentence, example = "shell", f"has `{shell}`, which a shell understands and no program", SHELLED
            if key == "build":
                kind, example = "command-line", STEPS
                sentence = (
                    f"has `{shell}`, and no shell reads it: write a step for each command, with `directory` and `env`"
                )
            yield application.finding(kind, key, sentence, example, inside)
        elif ASSIGNMENT.fullmatch(words[0]):
            sentence = (
                f"begins with a variable, {words[0].partition('=')[0]}, where a program is named: it belongs into `env`"
            )
            yield application.finding("shell", key, sentence, "{run: celery --app shop worker}", inside)
        elif words[0] in ("sudo", "su", "cd", "source", ".", "export"):
            sentence = f"begins with `{words[0]}`, which nothing here takes: it runs as the application, in its folder"
            example = STEPS if key == "build" else "run: celery --app shop worker"
            yield application.finding("shell", key, sentence, example, inside)
        elif manages and MANAGE.fullmatch(words[0]):
            sentence = f"begins with `{words[0]}`, which the key adds itself"
            rest = " ".join(words[2 if words[0].rpartition("/")[2].startswith("python") else 1 :])
            yield application.finding("command", key, sentence, f"manage: {rest or 'migrate --noinput'}", inside)
