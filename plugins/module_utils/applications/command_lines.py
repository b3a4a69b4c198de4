"""Command lines: words as a shell takes them, in which nothing is replaced, also where systemd reads them."""

from __future__ import annotations

import re
import shlex

PLAIN = re.compile(r"[A-Za-z0-9_@%$+=:,./-]+")


def problem(line: str) -> str:
    """Return what is wrong with a command line as the end of a sentence, "" when nothing is."""
    try:
        return "" if shlex.split(line) else "is empty"
    except ValueError as error:
        return f"is no command line: {str(error).lower()}"


def several(line: str) -> bool:
    """Say whether a command line goes on in another line, outside of quotes, with something that is no option."""
    text = line.strip()
    for end in [match.start() for match in re.finditer(r"\n(?!\s*-)", text)]:
        try:
            shlex.split(text[:end])
        except ValueError:
            continue  # inside of quotes
        return True
    return False


def words(line: str) -> list[str]:
    """Return the words of a command line, none of one that is none."""
    return [] if problem(line) else shlex.split(line)


def quoted(word: str) -> str:
    """Return one word for `ExecStart=`: there `%` and `$` stand for something, and a backslash begins a character."""
    word = word.replace("%", "%%").replace("$", "$$")
    if PLAIN.fullmatch(word):
        return word
    word = word.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub("[\x00-\x1f\x7f]", lambda match: f"\\x{ord(match[0]):02x}", word) + '"'


def exec_start(line: str) -> str:
    """Return a command line for `ExecStart=` of a unit.

    :raises ValueError: it has no words, or a quote that nothing closes.
    """
    if wrong := problem(line):
        raise ValueError(f"`{line}` {wrong}")
    return " ".join(map(quoted, shlex.split(line)))
