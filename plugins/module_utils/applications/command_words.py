"""Command lines that say what only a shell understands, or what the key says already."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from .findings import Finding
from .resolve import Application

SHELL = re.compile(r"&&|\|\|?|;|&|[0-9]?>>?(&[0-9])?|<|[0-9]?>>?/\S*")
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*")
MANAGE = re.compile(r"(\S*/)?(python[0-9.]*|manage\.py|django-admin)")


def lines(application: Application) -> Iterator[tuple[str, str, str, bool]]:
    """Yield (key, inside, command line, whether it is a management command) of everything that runs."""
    for name in ("commands", "anonymise"):
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
            sentence = f"has `{shell}`, which a shell understands and no program"
            yield application.finding("shell", key, sentence, "run: sh -c 'one && another'", inside)
        elif ASSIGNMENT.fullmatch(words[0]):
            sentence = (
                f"begins with a variable, {words[0].partition('=')[0]}, where a program is named: it belongs into `env`"
            )
            yield application.finding("shell", key, sentence, "{run: celery --app shop worker}", inside)
        elif words[0] in ("sudo", "su", "cd", "source", ".", "export"):
            sentence = f"begins with `{words[0]}`, which nothing here takes: it runs as the application, in its folder"
            yield application.finding("shell", key, sentence, "run: celery --app shop worker", inside)
        elif manages and MANAGE.fullmatch(words[0]):
            sentence = f"begins with `{words[0]}`, which the key adds itself"
            rest = " ".join(words[2 if words[0].rpartition("/")[2].startswith("python") else 1 :])
            yield application.finding("command", key, sentence, f"manage: {rest or 'migrate --noinput'}", inside)
