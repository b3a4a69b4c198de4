"""Where a project makes its application of Celery, and whether that has something to schedule."""

import ast
import re

from . import settings
from .layout import sample
from .names import DEVELOPMENT, SAMPLES, words
from .said import Written
from .shape import Project
from .tree import Tree, join
from .values import last

BEAT = re.compile(r"beat_schedule|BEAT_SCHEDULE|django_celery_beat|add_periodic_task")
ASIDE = (DEVELOPMENT | SAMPLES | {"conftest"}) - {"local", "ci", "types", "template", "templates", "vendor"}
"""Words in names of what is no application of a server."""


def makes(tree: Tree, path: str) -> bool:
    """Say whether a module makes an application of Celery, or of a class of its own that is one."""
    if "Celery" not in tree.text(path):
        return False
    nodes = [node for one in tree.python(path) for node in ast.walk(one)]
    kinds = {"Celery"} | {
        node.name for node in nodes if isinstance(node, ast.ClassDef) and "Celery" in map(last, node.bases)
    }
    return any(isinstance(node, ast.Call) and last(node.func) in kinds for node in nodes)


def applications(tree: Tree, project: Project) -> list[str]:
    """Return the modules that make an application of Celery, the one beside the settings first."""
    home = "" if project.working_directory == "." else f"{project.working_directory}/"
    package = project.settings.partition(".")[0]

    def aside(path: str) -> bool:
        return sample(path.removeprefix(home)) or bool(words(path.rpartition("/")[2].removesuffix(".py")) & ASIDE)

    def distance(path: str) -> tuple[bool, bool, bool]:
        *folders, name = settings.module(path, project.roots).split(".")
        odd = any(words(one) & ASIDE for one in folders)
        return odd, [*folders, name][0] != package, name not in ("celery", "celery_app")

    found = [path for path in tree.files if path.endswith(".py") and not aside(path) and makes(tree, path)]
    return sorted(found, key=distance)


def scheduled(tree: Tree, path: str, said: Written) -> bool:
    """Say whether Celery's scheduler has something to do, as the settings or a module beside them or it has it."""
    folders = {one.rpartition("/")[0] or "." for one in (path, said.path or path)}
    beside = [join(place, name) for place in folders for name in tree.inside(place) if name.endswith(".py")]
    statements = [*said.statements, *(one for other in beside for one in tree.python(other))]
    # Without its comments.
    return any(BEAT.search(ast.unparse(one)) for one in statements)
