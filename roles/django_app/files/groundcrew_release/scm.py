"""Packages whose version is that of their repository: a release has the files alone, so it is told to them.

An archive of a package says it in the file PKG-INFO, which setuptools-scm, hatch-vcs, pbr and others read; the tools of
PDM and Poetry take it from a variable.
"""

import re

from packaging.version import InvalidVersion, Version

from . import host
from .application import Application
from .project import manifests
from .project.tree import Tree, join, table, texts

TOOLS = re.compile(
    r"setuptools[_-]scm|use_scm_version|hatch-vcs|vcs-versioning|dynamic-versioning|versioningit|dunamai|\bpbr\b"
    r"|source\s*=\s*[\"']scm[\"']"
)
VARIABLES = ("PDM_BUILD_SCM_VERSION", "POETRY_DYNAMIC_VERSIONING_BYPASS")
MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg")


def version(application: Application) -> str:
    """Return the version that was asked for, as packages spell it: 1.2 of the tag `v1.2`, 0 of a branch or commit."""
    tag = re.sub(r"^[^\d]*(?=\d)", "", application.source.version.rpartition("/")[2])
    try:
        return str(Version(tag)) if "." in tag else "0"
    except InvalidVersion:
        return "0"


def packages(tree: Tree) -> dict[str, str]:
    """Return the packages of the source that take their version from the repository: {folder: name}."""
    found = {}
    for path in tree.named(*MANIFESTS):
        place, text = manifests.folder(path), tree.text(path)
        if place in found or not TOOLS.search(text):
            continue
        pyproject = tree.toml(join(place, "pyproject.toml")) if tree.has(join(place, "pyproject.toml")) else {}
        project = table(pyproject, "project")
        if "version" in project and "version" not in texts(project.get("dynamic")):
            continue
        setup = "\n".join(tree.text(join(place, one)) for one in MANIFESTS[1:] if tree.has(join(place, one)))
        said = re.search(r"(?m)^\s*name\s*=\s*[\"']?([\w.-]+)", setup)
        name = project.get("name") or table(pyproject, "tool", "poetry").get("name") or (said[1] if said else "")
        found[place] = str(name)
    return found


def tell(application: Application, tree: Tree) -> dict[str, str]:
    """Write the version into the source where its packages look for it; return variables for the others."""
    gid = host.user(application.name)[1]
    found = {place: name for place, name in packages(tree).items() if name}
    for place, name in found.items():
        if not tree.has(join(place, "PKG-INFO")):
            text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version(application)}\n"
            host.write(tree.folder / place / "PKG-INFO", text, gid)
    return dict.fromkeys(VARIABLES, version(application)) if found else {}
