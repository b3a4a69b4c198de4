"""The roles of the repository, read once; every test that asks for `role` runs for each of them."""

import os
import re
import warnings
from functools import cached_property
from pathlib import Path

import jinja2
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
# Keys whose values are expressions without braces.
CONDITIONS = {"when", "changed_when", "failed_when", "until", "that"}


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML as Ansible writes it: a tag such as !unsafe leaves the text as it is."""


Loader.add_multi_constructor("!", lambda loader, _, node: loader.construct_scalar(node))


def variables(text):
    """Return the names (set of str) that a Jinja template reads and does not set itself."""
    with warnings.catch_warnings(action="ignore"):  # Python's opinion of \. in a regular expression
        template = jinja2.Environment().parse(text)
    names = list(template.find_all(jinja2.nodes.Name))
    macros = {macro.name for macro in template.find_all(jinja2.nodes.Macro)}
    return (
        {name.name for name in names if name.ctx == "load"}
        - {name.name for name in names if name.ctx != "load"}
        - macros
    )


class Role:
    """A role as its files say it is."""

    def __init__(self, path):
        self.path, self.name = path, path.name

    def pairs(self, node, key=None):
        """Yield (key, value) for everything in a YAML document."""
        yield key, node
        if isinstance(node, dict):
            for name, value in node.items():
                yield from self.pairs(value, name)
        elif isinstance(node, list):
            for value in node:
                yield from self.pairs(value, key)

    def yaml(self, name):
        path = self.path / name
        return (yaml.load(path.read_text(), Loader) if path.exists() else None) or {}

    @cached_property
    def entries(self):
        """The argument specifications by entry point."""
        return self.yaml("meta/argument_specs.yml").get("argument_specs", {})

    @cached_property
    def options(self):
        """The variables that a user may set, over all entry points."""
        return {name: option for entry in self.entries.values() for name, option in entry.get("options", {}).items()}

    @cached_property
    def tasks(self):
        return {path.stem: self.yaml(f"tasks/{path.name}") for path in sorted(self.path.glob("tasks/*.yml"))}

    @cached_property
    def documents(self):
        """Every YAML document that Ansible evaluates."""
        return [*self.tasks.values(), self.yaml("defaults/main.yml"), self.yaml("vars/main.yml")]

    @cached_property
    def templates(self):
        return {path.name: path.read_text() for path in sorted(self.path.glob("templates/**/*")) if path.is_file()}

    @cached_property
    def expressions(self):
        """Every text in which Jinja looks for variables."""
        texts = list(self.templates.values())
        for key, value in self.pairs(self.documents):
            texts += [name for name in value if "{{" in str(name)] if isinstance(value, dict) else []
            if isinstance(value, str):
                texts.append(f"{{{{ {value} }}}}" if key in CONDITIONS and "{{" not in value else value)
        return texts

    @cached_property
    def used(self):
        """Names of the variables that the role reads."""
        return set().union(*map(variables, self.expressions))

    @cached_property
    def internal(self):
        """Names that the role gives to values in vars/, `vars:`, `register:` and loops; options are not its own."""
        names = set(self.yaml("vars/main.yml"))
        for key, value in self.pairs(self.tasks):
            if key in ("register", "loop_var", "index_var"):
                names.add(value)
            elif key == "vars" and isinstance(value, dict):
                names.update(value)
        names.update(re.findall(r"template_vars={'(\w+)'", self.text))
        return names - {option for path in ROOT.glob("roles/*") for option in Role(path).options}

    @cached_property
    def outputs(self):
        """Names in vars/ that are there for playbooks: public ones."""
        return {name for name in self.yaml("vars/main.yml") if name.startswith(f"{self.name}_")}

    @cached_property
    def text(self):
        """All tasks, variables and templates, and the programs that the role installs."""
        files = [path for folder in ("tasks", "vars", "templates") for path in sorted(self.path.glob(f"{folder}/**/*"))]
        files += sorted(self.path.glob("files/**/*.py"))
        return "\n".join(path.read_text() for path in files if path.is_file())

    @cached_property
    def playbooks(self):
        """All playbooks, which hand things from role to role."""
        return "\n".join(path.read_text() for path in sorted(ROOT.glob("playbooks/**/*.yml")))

    @cached_property
    def included(self):
        """Names of the task files that the role includes itself, as regular expressions: some have braces in them."""
        values = [value for key, value in self.pairs(self.tasks) if str(key).endswith("_tasks")]
        names = [str(value["file"] if isinstance(value, dict) else value) for value in values]
        # Where the whole name is an expression it has the names, or vars/ has, or the choices of an option are.
        names += [f"{word}.yml" for name in names if name.startswith("{{") for word in re.findall(r"'(\w+)'", name)]
        names += re.findall(r"\w+\.yml", str(self.yaml("vars/main.yml")))
        names += [f"{choice}.yml" for key, value in self.pairs(self.entries) if key == "choices" for choice in value]
        return [re.sub(r"{{.*?}}", r"\\w+", name) for name in names if not name.startswith("{{")]


@pytest.fixture(scope="session", params=sorted(ROOT.glob("roles/*")), ids=lambda path: path.name)
def role(request):
    return Role(request.param)


@pytest.fixture
def flushed(tmp_path, monkeypatch):
    """Let no file take its place before it is on the disk: a power cut leaves an empty one. Return those that did."""
    on_disk, named = {}, []

    def keep(path):
        on_disk[path.stat().st_ino] = path.read_bytes() if path.is_file() else None

    def checked(rename):
        def do(self, target):
            for path in [self, *self.rglob("*")] if self.is_dir() and not self.is_symlink() else [self]:
                if path.is_file() and not path.is_symlink():
                    assert on_disk.get(path.stat().st_ino) == path.read_bytes(), f"{path} is not on the disk"
            named.append(Path(target).name)
            return rename(self, target)

        return do

    monkeypatch.setattr(os, "fsync", lambda descriptor: keep(Path(f"/proc/self/fd/{descriptor}")))
    monkeypatch.setattr(os, "sync", lambda: [keep(path) for path in tmp_path.rglob("*") if path.is_file()])
    for name in ("rename", "replace"):
        monkeypatch.setattr(Path, name, checked(getattr(Path, name)))
    return named
