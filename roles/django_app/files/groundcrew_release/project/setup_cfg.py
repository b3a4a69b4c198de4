"""A setup.cfg: what it asks for. Without a setup.py or a pyproject.toml beside it, no installer builds its package."""

import configparser

from .flat import Flat
from .manifests import folder, serious
from .tree import Tree, join


def parsed(tree: Tree, path: str) -> configparser.ConfigParser:
    """Return what a setup.cfg says, nothing for one that is broken."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(tree.text(path))
    except configparser.Error:
        return configparser.ConfigParser()
    return parser


def alone(tree: Tree, path: str) -> bool:
    """Say whether nothing stands beside a setup.cfg that builds its package."""
    return not any(tree.has(join(folder(path), one)) for one in ("setup.py", "pyproject.toml"))


def requirements(tree: Tree, path: str) -> tuple[str, ...]:
    """Return the lines of what a setup.cfg needs, of itself and of its extras for production.

    :raises FailedError: it refers to what the source does not have.
    """
    parser, found = parsed(tree, path), Flat(tree)
    extras = parser.options("options.extras_require") if parser.has_section("options.extras_require") else []
    texts = [parser.get("options", "install_requires", fallback="")]
    texts += [parser.get("options.extras_require", one) for one in serious(extras)]
    for text in texts:
        kind, _, names = text.strip().partition(":")
        if kind == "file":
            for name in filter(None, map(str.strip, names.replace("\n", ",").split(","))):
                found.refer(folder(path), path, "-r", name)
            continue
        for line in text.splitlines() if "\n" in text.strip() else text.split(";"):
            found.line(folder(path), path, line.partition(" #")[0].strip())
    return tuple(found.out)
