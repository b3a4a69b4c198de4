"""What a project evidently has to build before it runs: proposed as keys of the inventory, never run unasked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..steps import FailedError
from . import manifests
from .names import SAMPLES
from .node import demand
from .tree import Tree, join, table, up

SCRIPTS = (
    *("build", "build:prod", "build:production", "build-prod", "production", "prod", "heroku-postbuild"),
    *("build:css", "build-css", "css", "dist", "bundle", "compile"),
)
"""Scripts of package.json that build, the most usual first."""
BUNDLERS = {"vite.config": "vite build", "webpack.config": "webpack --mode production", "rollup.config": "rollup -c"}
BUNDLERS |= {"gulpfile": "gulp build", "Gruntfile": "grunt build"}
"""What builds where no script does."""
COMMANDS = {
    "django-tailwind-cli": "tailwind build",
    "django-sass-processor": "compilescss",
    "django-statici18n": "compilejsi18n",
    "django-js-reverse": "collectstatic_js_reverse",
}
"""Packages whose management command makes static files."""
DECLARING = re.compile(
    r"(^|/)([^/]*requirements[^/]*\.(txt|in)|requirements/.*\.(txt|in)|pyproject\.toml|Pipfile|setup\.(py|cfg))$"
)
COMPRESS = ("check --deploy", "collectstatic --noinput", "compress")


@dataclass(frozen=True)
class Step:
    """A step that is proposed, with the reason for it; `directory` is where it runs."""

    kind: str  # run or manage
    line: str
    reason: str
    directory: str = ""

    def written(self, home: str) -> str:
        """Return the step as an item of a list in YAML."""
        place = f", directory: {quoted(self.directory)}" if self.directory and self.directory != home else ""
        return f"    - {{{self.kind}: {quoted(self.line)}{place}}}  # {self.reason}"


def quoted(text: str) -> str:
    """Return a text as YAML has it inside braces."""
    return (
        text
        if re.fullmatch(r"[\w./-][\w./:@=+ -]*", text) and ": " not in text
        else '"' + text.replace('"', '\\"') + '"'
    )


def own(path: str) -> bool:
    """Say whether a path belongs to the project itself, not to its tests or examples."""
    return not SAMPLES & set(path.split("/")[:-1])


def installs(tree: Tree, place: str, package: dict[str, Any]) -> tuple[str, str]:
    """Return the command that installs what a folder's lock of npm's world holds, and the reason."""
    name, _, version = str(package.get("packageManager", "")).partition("+")[0].partition("@")

    def fetched(tool: str, default: str) -> str:
        wanted = version if name == tool and version else default
        program = "@yarnpkg/cli-dist" if tool == "yarn" and not wanted.startswith("1") else tool
        return f"npx --yes {program}@{wanted}"

    berry = tree.has(join(place, ".yarnrc.yml"))
    known = {
        "package-lock.json": "npm ci",
        "npm-shrinkwrap.json": "npm ci",
        "pnpm-lock.yaml": f"{fetched('pnpm', '9')} install --frozen-lockfile",
        "yarn.lock": f"{fetched('yarn', '4')} install --immutable"
        if berry
        else f"{fetched('yarn', '1')} install --frozen-lockfile",
        "bun.lock": f"{fetched('bun', '1')} install --frozen-lockfile",
        "bun.lockb": f"{fetched('bun', '1')} install --frozen-lockfile",
    }
    for lock, command in known.items():
        if tree.has(join(place, lock)):
            return command, join(place, lock)
    return "npm install", f"{join(place, 'package.json')}, which no lock decides"


def packages(tree: Tree) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the folders with a package.json that stands for itself, and what it says."""
    roots: list[str] = []
    for path in tree.named("package.json"):
        place = manifests.folder(path)
        if own(path) and not any(root in up(place)[1:] for root in roots):
            package = tree.json(path)
            if "workspaces" in package or tree.has(join(place, "pnpm-workspace.yaml")):
                roots.append(place)
            yield place, package


def front_end(tree: Tree, place: str, package: dict[str, Any], settings: str) -> Iterator[Step]:
    """Yield the steps that build what one package.json describes; none when nothing there is built."""
    command, reason = installs(tree, place, package)
    path, scripts = join(place, "package.json"), table(package, "scripts")
    script = next((one for one in SCRIPTS if isinstance(scripts.get(one), str)), "")
    files = tree.inside(place)
    bundler = next((line for name, line in BUNDLERS.items() if any(one.startswith(f"{name}.") for one in files)), "")
    if script:
        said = " ".join(scripts[script].split())[:60]
        yield Step("run", command, reason, place)
        yield Step("run", f"npm run {script}", f"its script `{script}`: {said}", place)
    elif "workspaces" in package:
        yield Step("run", command, reason, place)
        yield Step("run", "npm run build --workspaces --if-present", f"the workspaces of {path}", place)
    elif bundler:
        yield Step("run", command, reason, place)
        yield Step("run", f"npx {bundler}", f"its configuration lies in {place}", place)
    elif "node_modules" in settings:
        yield Step("run", command, f"{reason}; the settings name node_modules", place)


def mentions(tree: Tree, name: str) -> str:
    """Return the file that declares a Python package, "" for none."""
    sign = re.compile(rf"(?im)(^|[\s\"'=,\[]){name.replace('-', '[-_.]')}(?![\w-])")
    return next(
        (path for path in tree.files if DECLARING.search(path) and own(path) and sign.search(tree.text(path))), ""
    )


def settings_text(tree: Tree) -> str:
    """Return the text of all settings modules, without their comments."""
    named = [path for path in tree.files if path.endswith(".py") and "settings" in path and own(path)]
    return "\n".join(re.sub(r"(?m)#.*$", "", tree.text(path)) for path in named)


def untranslated(tree: Tree) -> str:
    """Return a catalogue of translations that nothing has compiled, "" for none."""
    catalogues = [path for path in tree.files if path.endswith(".po") and "/LC_MESSAGES/" in f"/{path}" and own(path)]
    return next((path for path in catalogues if not tree.has(f"{path.removesuffix('.po')}.mo")), "")


def proposed(tree: Tree, home: str) -> tuple[str, ...]:
    """Return keys of the inventory, as YAML, that build what the project has to build; nothing when it has nothing.

    A file that cannot be read proposes nothing: it may matter to nobody.

    :param home: the working directory.
    """
    try:
        return found(tree, home)
    except FailedError:
        return ()


def found(tree: Tree, home: str) -> tuple[str, ...]:
    """Return what `proposed` does; FailedError when a file cannot be read."""
    settings = settings_text(tree)
    fronts = list(packages(tree))
    steps = [step for place, package in fronts for step in front_end(tree, place, package, settings)]
    if (path := mentions(tree, "django-tailwind")) and not steps:
        steps.append(Step("manage", "tailwind install", path))
        steps.append(Step("manage", "tailwind build", path))
    steps += [Step("manage", line, path) for name, line in COMMANDS.items() if (path := mentions(tree, name))]
    extra: list[str] = []
    if path := untranslated(tree):
        steps.append(Step("manage", "compilemessages", f"{path} has no .mo"))
        extra.append("  packages: [gettext]  # for compilemessages")
    if version := demand(tree, [place for place, _ in fronts if any(one.directory == place for one in steps)]):
        extra.append(f'  node: "{version[0]}"  # {version[1]}')
    if re.search(r"COMPRESS_OFFLINE\s*=\s*True", settings):
        extra += ["  commands:  # COMPRESS_OFFLINE of the settings", *(f"    - {{manage: {one}}}" for one in COMPRESS)]
        extra.append("    - {manage: migrate --noinput, once: true, env: {PGOPTIONS: -c lock_timeout=10s}}")
    written = ["  build:", *(step.written(home) for step in steps)] if steps else []
    return (*written, *extra)
