"""What a project evidently has to build before it runs: proposed as keys of the inventory, never run unasked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..steps import FailedError
from . import javascript
from .names import SAMPLES
from .node import demand
from .tree import Tree, table

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


def named(package: dict[str, Any]) -> str:
    """Return the script of a package.json that builds, "" for none."""
    return next((one for one in SCRIPTS if isinstance(table(package, "scripts").get(one), str)), "")


def front_end(tree: Tree, front: javascript.Front, settings: str) -> Iterator[Step]:
    """Yield the steps that build a front end; none when nothing there is built."""
    place, package, tool = front.place, front.package, javascript.tool(tree, front.place, front.package)
    install = Step("run", tool.install, tool.reason, place)
    files = tree.inside(place)
    bundler = next((line for name, line in BUNDLERS.items() if any(one.startswith(f"{name}.") for one in files)), "")
    built = {folder: name for folder, one in front.members.items() if (name := named(one))}

    def script(folder: str, name: str, said: dict[str, Any]) -> Step:
        text = " ".join(said["scripts"][name].split())[:60]
        return Step("run", tool.run(name), f"its script `{name}`: {text}", folder)

    if name := named(package):
        yield install
        yield script(place, name, package)
    elif len(set(built.values())) == 1 and (line := tool.everywhere(*set(built.values()))):
        yield install
        yield Step("run", line, f"the workspaces of {place}, such as {next(iter(built))}", place)
    elif built:
        yield install
        yield from (script(folder, name, front.members[folder]) for folder, name in built.items())
    elif bundler:
        yield install
        yield Step("run", tool.execute(bundler), f"its configuration lies in {place}", place)
    elif "node_modules" in settings:
        yield Step("run", tool.install, f"{tool.reason}; the settings name node_modules", place)


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
    fronts = list(javascript.fronts(tree))
    steps = [step for front in fronts for step in front_end(tree, front, settings)]
    if (path := mentions(tree, "django-tailwind")) and not steps:
        steps.append(Step("manage", "tailwind install", path))
        steps.append(Step("manage", "tailwind build", path))
    steps += [Step("manage", line, path) for name, line in COMMANDS.items() if (path := mentions(tree, name))]
    extra: list[str] = []
    if path := untranslated(tree):
        steps.append(Step("manage", "compilemessages", f"{path} has no .mo"))
        extra.append("  packages: [gettext]  # for compilemessages")
    places = {one.directory for one in steps if one.kind == "run"}
    built = [place for front in fronts if front.place in places for place in (front.place, *front.members)]
    if version := demand(tree, [place for place in built if javascript.has(tree, place)]):
        extra.append(f'  node: "{version[0]}"  # {version[1]}')
    if re.search(r"COMPRESS_OFFLINE\s*=\s*True", settings):
        extra += ["  commands:  # COMPRESS_OFFLINE of the settings", *(f"    - {{manage: {one}}}" for one in COMPRESS)]
        extra.append("    - {manage: migrate --noinput, once: true, env: {PGOPTIONS: -c lock_timeout=10s}}")
    written = ["  build:", *(step.written(home) for step in steps)] if steps else []
    return (*written, *extra)
