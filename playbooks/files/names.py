#!/usr/bin/env python3
"""Name the variables of an inventory that no role reads, and the right name that is nearest.

    names.py < NAMES

NAMES are the names of variables, one a line. A name counts when it starts with the name of a role and `_`. Prints one
sentence for each that is in no `meta/argument_specs.yml`; prints nothing, and nothing is wrong, when all are known.
"""

import difflib
import sys
from pathlib import Path

import yaml

ROLES = Path(__file__).resolve().parents[2] / "roles"


def read_names(roles=ROLES):
    """Return {role: set of the names (str) that its argument specifications declare}."""
    known = {}
    for path in sorted(roles.glob("*/meta/argument_specs.yml")):
        entries = yaml.safe_load(path.read_text())["argument_specs"].values()
        known[path.parents[1].name] = {name for entry in entries for name in entry.get("options", {})}
    return known


def sentences(names, known):
    """Yield a sentence (str) for each of ``names`` that carries a role's prefix and that no role declares."""
    every = {name for declared in known.values() for name in declared} | {"django_apps"}
    for name in sorted(set(names) - every):
        if any(name.startswith(f"{role}_") for role in known):
            nearest = difflib.get_close_matches(name, every, n=1)
            yield f"No role reads {name}." + (f" Did you mean {nearest[0]}?" if nearest else "")


if __name__ == "__main__":
    print("\n".join(sentences(sys.stdin.read().split(), read_names())))
