"""Requirements files: which of them is meant."""

from ..steps import FailedError
from .flat import lines
from .names import development, production, sentence, words
from .tree import Tree, join

ENDINGS = (".txt", ".in", ".pip", ".lock", ".frozen", ".freeze")
STEMS = {"requirements", "requirement", "requires", "reqs", "req", "deps", "dependencies", "freeze", "packages"}
FOLDERS = {"requirements", "requirement", "requires", "reqs", "req", "deps", "dependencies"}
LOCKED = {"lock", "locked", "frozen", "freeze", "compiled", "pinned"}
BASE = {
    "base",
    "common",
    "main",
    "core",
    "app",
    "all",
    "default",
    "project",
    "site",
    "web",
    "server",
    "django",
    "pip",
    "python",
    "py3",
}


def rank(path: str, inside: bool) -> tuple[int, int, int] | None:
    """Return how well the name of a file says that production installs it, None when it says nothing of the kind.

    Lower is better: production before what names nobody before a base; a frozen list before the other; `.in` last.
    """
    name = path.rpartition("/")[2].lower()
    ending = next((one for one in ENDINGS if name.endswith(one)), "")
    said = words(name.removesuffix(ending)) if ending else set()
    if not ending or "constraints" in said or not (inside or said & STEMS):
        return None
    if ending == ".lock" and not said & STEMS:
        return None  # poetry.lock and its like
    rest = said - STEMS
    frozen = bool(said & LOCKED) or ending in (".lock", ".frozen", ".freeze")
    rest -= LOCKED
    if any(production(one) for one in rest):
        kind = 0
    elif not rest:
        kind = 1
    elif rest <= BASE:
        kind = 2
    else:
        return None
    return kind, 0 if frozen else 1, 1 if ending == ".in" else 0


def find(tree: Tree, folder: str) -> tuple[str, ...]:
    """Return the requirements file of a folder, or of its folder of requirements; () for none.

    :raises FailedError: several are as good, or there are only some for development.
    """
    candidates: list[tuple[tuple[int, int, int], str]] = []
    only: list[str] = []
    folders = (
        sorted(one.name for one in (tree.folder / folder).iterdir() if one.is_dir()) if tree.has_folder(folder) else []
    )
    places = [(folder, False)] + [(join(folder, one), True) for one in folders if one.lower() in FOLDERS]
    for place, inside in places:
        for name in tree.inside(place):
            path = join(place, name)
            found = rank(path, inside)
            if found and lines(tree, path):
                candidates.append((found, path))
            elif found is None and (inside or words(name) & STEMS) and name.endswith((".txt", ".in")):
                only.append(path)
    if not candidates:
        if serious := [path for path in only if not development(path.rpartition("/")[2]) and "constraints" not in path]:
            raise FailedError(
                f"The requirements of production may be in {sentence(serious)}: "
                "name the file with `requirements_files`."
            )
        return ()
    candidates.sort()
    best = [path for found, path in candidates if found == candidates[0][0]]
    if len(best) > 1 and candidates[0][0][0] != 0:
        # requirements.txt beside requirements/: the outer one is what everybody installs.
        outer = [path for path in best if path.count("/") == min(one.count("/") for one in best)]
        same = [path for path in best if path.rpartition("/")[2] == "requirements.txt"]
        best = outer if len(outer) == 1 else same if len(same) == 1 else best
    if len(best) > 1 and candidates[0][0][0] == 2:
        best = [path for path in best if "base" in words(path.rpartition("/")[2])] or best
    if len(best) > 1:
        raise FailedError(
            f"The requirements of production may be in {sentence(best)}: name the file with `requirements_files`."
        )
    return (best[0],)


def anywhere(tree: Tree) -> list[str]:
    """Return the requirements files of the whole source, for a refusal that names them."""
    inside = {path: path.split("/")[-2].lower() in FOLDERS for path in tree.files if "/" in path}
    return [path for path in tree.files if rank(path, inside.get(path, False)) and lines(tree, path)][:5]
