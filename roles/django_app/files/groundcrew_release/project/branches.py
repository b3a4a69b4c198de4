"""Which modules a settings module takes over whole: it may be made of those of one stage, which a variable chooses."""

import ast
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from .code import Program
from .names import development, production
from .tree import Tree
from .values import Values, is_environ, last


@dataclass(frozen=True)
class Taken:
    """What a settings module takes: the last words of `modules`, as these `variables` decide."""

    modules: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()

    @property
    def development(self) -> str:
        """The module for development that it takes, "" for none, or where it takes that of production as well."""
        return "" if any(map(production, self.modules)) else next(filter(development, self.modules), "")


class Stages(Program):
    """Follows a settings module in production: debugging is off, and what the inventory does not give is not set."""

    def __init__(self, tree: Tree, location: str, home: str, env: Mapping[str, str]):
        super().__init__(tree, location, home, {**env})
        self.taken: list[str] = []
        self.read: list[str] = []
        self.deciding: list[str] = []

    def holds(self, node: ast.expr) -> bool | None:
        """Say whether a condition holds: a variable that the inventory does not give has its default."""
        return self.decide(self.evaluate(node))

    def look(self, node: ast.Call, arguments: list[Values]) -> Values:
        """Return a variable of the environment or its default, and keep its name."""
        names, values = list(map(str, arguments[0])), super().look(node, arguments)
        self.read += names
        self.deciding += names if any(isinstance(one, str) and development(one) for one in values) else []
        return values

    def assign(self, target: ast.expr, value: ast.expr) -> None:
        """Give a target its value."""
        super().assign(target, value)
        if isinstance(target, ast.Name) and target.id == "DEBUG":
            self.scope["DEBUG"] = (False,)

    def follow_if(self, node: ast.If) -> None:
        """A condition: the variables that it reads decide what is taken below it."""
        read, taken = len(self.read), len(self.taken)
        self.evaluate(node.test)
        asked = self.read[read:]
        super().follow_if(node)
        self.deciding += asked if len(self.taken) > taken else []

    def follow_try(self, node: ast.Try) -> None:
        """What is only tried is taken where somebody has it, and nobody else."""
        taken = list(self.taken)
        super().follow_try(node)
        self.taken = taken

    def follow_importfrom(self, node: ast.ImportFrom) -> None:
        """All names of a module, or some of them."""
        if any(one.name == "*" for one in node.names):
            self.taken.append((node.module or "").rpartition(".")[2])
        else:
            super().follow_importfrom(node)

    def call(self, node: ast.Call) -> None:
        """What django-split-settings includes, and a default that the environment is given."""
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if self.name(node.func) == "include":
            modules = [
                PurePosixPath(one).stem for each in node.args for one in self.evaluate(each) if isinstance(one, str)
            ]
            self.taken += modules
            self.deciding += self.read if any(map(development, modules)) else []
        elif owner and is_environ(owner) and last(node.func) == "setdefault" and len(node.args) == 2:
            for name, value in itertools.product(*map(self.evaluate, node.args)):
                if isinstance(name, str) and isinstance(value, str):
                    self.read.append(name)
                    self.env = {name: value, **self.env}
        super().call(node)


def read(tree: Tree, path: str, home: str, env: Mapping[str, str]) -> Taken:
    """Return what the settings module in a file takes; nothing of one that Python cannot read."""
    program = Stages(tree, path, home, env)
    program.follow(tree.python(path))
    return Taken(tuple(program.taken), tuple(dict.fromkeys(program.deciding)))
