"""Where the project is: the folder of the manage.py that is the site's own."""

import shlex

from ..steps import FailedError
from .names import SAMPLES, sentence
from .shape import Asked, Choice
from .tree import Tree, join

Found = tuple[str, str, Choice]
"""The working directory, the path of its manage.py ("" for none), and the choice."""


def sample(path: str, own: str = "") -> bool:
    """Say whether a file lies in a folder of examples, tests or templates; the `own` package may be called so, too."""
    return any(part.lower() in SAMPLES and part != own for part in path.split("/")[:-1])


def folder(path: str) -> str:
    """Return the folder of a file."""
    return path.rpartition("/")[0] or "."


def script(asked: Asked) -> str:
    """Return the path of the script that the key `manage` names, "manage.py" where it names none."""
    try:
        words = shlex.split(asked.manage)
    except ValueError:
        words = []
    return next((one for one in words if one.endswith(".py")), "manage.py")


def holds(top: str, other: str) -> bool:
    """Say whether a folder lies inside another one."""
    return top == "." or other == top or other.startswith(f"{top}/")


def find(tree: Tree, asked: Asked) -> Found:
    """Return where the project is.

    :raises FailedError: there are several, or the folder that the inventory names is not there.
    """
    name = script(asked)
    if asked.working_directory:
        place = join(asked.working_directory.strip("/") or ".")
        provided = any(one.startswith(f"{place}/") for one in asked.provided)
        if not tree.has_folder(place) and not provided:
            raise FailedError(f"The source has no folder {place}: `working_directory` names one that it has.")
        manage = join(place, name)
        choice = Choice("working directory", place, "from the inventory")
        return place, manage if tree.has(manage) else "", choice
    if "/" in name:
        where = Choice("working directory", ".", f"of `manage`, {name}")
        return ".", name if tree.has(name) else "", where
    found = tree.named(name)
    django = [path for path in found if "django" in tree.text(path).lower()] or found
    real = [path for path in django if not sample(path)] or django
    if not real:
        return ".", "", Choice("working directory", ".", f"the source has no {name}")
    top = folder(real[0])
    others = [path for path in real[1:] if not holds(top, folder(path))]
    if others:
        choices = sentence([folder(path) for path in real], "and")
        raise FailedError(f"The source has several {name}, in {choices}: choose one with `working_directory`.")
    more = [path for path in found if path != real[0]]
    reason = f"of {real[0]}" + (
        f", which {sentence(more, 'and')} {'lies' if len(more) == 1 else 'lie'} beside" if more else ""
    )
    return top, real[0], Choice("working directory", top, reason)
