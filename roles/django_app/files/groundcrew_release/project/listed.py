"""Requirements files: which of them is meant."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..steps import FailedError
from .flat import flat, lines
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
DJANGO = re.compile(
    r"""(?ix) ^(-e\s+)?django(?![\w.-])  # Django==5.2
    | [#&]egg=django(?![\w.-])
    | /django(\.git|-\d[^/]*|/(archive|tarball|zipball|tar\.gz|zip)/.*)?([@\#;\s]|$)  # of a URL or a wheel
    | (^|\s)\./source(?!\S*\.(whl|zip|gz|bz2|tgz)(\W|$))  # a package of the project may ask for it
    | ^-r\s"""
)


@dataclass(frozen=True)
class Lists:
    """The requirements files of a folder: the `sure` one, "" for none, or those of which it `may` be one.

    `django` says whether it brings Django itself, or these do.
    """

    sure: str = ""
    may: tuple[str, ...] = ()
    django: bool = False


def django(wanted: Iterable[str]) -> bool:
    """Say whether lines bring Django, not only by what they ask for."""
    return any(DJANGO.search(line) for line in wanted if not line.startswith("-") or line.startswith(("-e ", "-r ")))


def brings(tree: Tree, path: str) -> bool:
    """Say whether a list brings Django; of a broken one nobody can tell."""
    try:
        return django(flat(tree, path).out)
    except FailedError:
        return True


def unclear(paths: Iterable[str]) -> FailedError:
    """Return the refusal to choose between lists."""
    return FailedError(
        f"The requirements of production may be in {sentence(list(paths))}: name the file with `requirements_files`."
    )


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


def find(tree: Tree, folder: str) -> Lists:
    """Return the requirements files of a folder and of its folder of requirements; those with Django come first.

    :raises FailedError: several that bring Django are as good.
    """
    candidates: list[tuple[tuple[int, int, int], str]] = []
    only: list[str] = []
    folders = [one for one in tree.folders(folder) if one.lower() in FOLDERS]
    places = [(folder, False)] + [(join(folder, one), True) for one in folders]
    for place, inside in places:
        for name in tree.inside(place):
            path = join(place, name)
            found = rank(path, inside)
            if found and lines(tree, path):
                candidates.append((found, path))
            elif found is None and (inside or words(name) & STEMS) and name.endswith((".txt", ".in")):
                only.append(path)
    if not candidates:
        serious = [path for path in only if not development(path.rpartition("/")[2]) and "constraints" not in path]
        whole = [path for path in serious if brings(tree, path)]
        return Lists("", tuple(whole or serious), bool(whole))
    # Of what is named so that it may be meant, a list of tools is not.
    named = [one for one in candidates if brings(tree, one[1])]
    best = choose(named or candidates)
    if len(best) > 1 and named:
        raise unclear(best)
    return Lists(best[0], (), bool(named)) if len(best) == 1 else Lists("", tuple(best))


def choose(candidates: list[tuple[tuple[int, int, int], str]]) -> list[str]:
    """Return the file that is meant by its name, or those that are as good."""
    candidates = sorted(candidates)
    best = [path for found, path in candidates if found == candidates[0][0]]
    if len(best) > 1 and candidates[0][0][0] != 0:
        # requirements.txt beside requirements/: the outer one is what everybody installs.
        outer = [path for path in best if path.count("/") == min(one.count("/") for one in best)]
        same = [path for path in best if path.rpartition("/")[2] == "requirements.txt"]
        best = outer if len(outer) == 1 else same if len(same) == 1 else best
    if len(best) > 1 and candidates[0][0][0] == 2:
        best = [path for path in best if "base" in words(path.rpartition("/")[2])] or best
    return best


def anywhere(tree: Tree) -> list[str]:
    """Return the requirements files of the whole source, for a refusal that names them."""
    inside = {path: path.split("/")[-2].lower() in FOLDERS for path in tree.files if "/" in path}
    return [path for path in tree.files if rank(path, inside.get(path, False)) and lines(tree, path)][:5]
