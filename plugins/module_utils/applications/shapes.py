"""Texts and whole numbers at any depth of a value, against their formats and ranges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import formats, keys, ranges, specification
from .findings import Finding
from .resolve import Application
from .specification import Option, Problem, Unreadable


def walk(option: Option, value: Any, path: str) -> Iterator[tuple[Option, Any, str]]:
    """Yield (option, value, path) of all that is neither a list nor a dictionary; the value is of the right type."""
    if value is None or isinstance(value, Unreadable):
        return
    if option.type == "list" and isinstance(value, list):
        inner = Option(option.elements, options=option.options)
        for number, item in enumerate(value):
            yield from walk(inner, item, specification.name_item(path, number, item))
    elif option.options and isinstance(value, dict):
        for name, inner in option.options.items():
            if name in value and value[name] != inner.default:
                yield from walk(inner, value[name], f"{path}.{name}")
    else:
        yield option, value, path


def problems(option: Option, value: Any, path: str) -> Iterator[Problem]:
    """Yield what the software behind would refuse of a typed value."""
    for inner, one, place in walk(option, value, path):
        if inner.type == "int" and isinstance(one, int) and (sentence := ranges.problem(place, one)):
            yield Problem("range", place, sentence)
        elif inner.type in ("str", "path") and isinstance(one, str) and (form := formats.wrong(place, one)):
            key = place.rpartition(".")[2].partition("[")[0]
            example = f"{key}: [{form.example}]" if place.endswith("]") else f"{key}: {form.example}"
            sentence = f"{specification.shown(place, one)[1:]}, and takes {form.words}"
            yield Problem("format", place, sentence, example if form.example else "")


def findings(application: Application) -> Iterator[Finding]:
    """Yield what is wrong with the texts and numbers that somebody said of one application."""
    for name, key in keys.keys().items():
        place = application.places[name]
        if place and name not in application.wrong:
            for one in problems(key.option, application[name], place):
                label = "" if place.startswith(keys.FLAT) else application.name
                yield Finding(one.id, application.host.name, label, one.path, one.sentence, one.example)
