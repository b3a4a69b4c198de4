"""What manage.py, wsgi.py and asgi.py do before Django starts: the settings that they name, the folders on the path.

Statements are followed in their order, both ways where only the running program knows which, and imports of the
project's own modules with them.
"""

import ast
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ..steps import FailedError
from .tree import Tree, join
from .values import KEY, TOP, UNKNOWN, Evaluator, Values, is_environ, last, several

DEPTH = 4  # imports that are followed, one behind the other
CALLABLES = ("application", "app")


@dataclass(frozen=True)
class Read:
    """What one file does.

    `settings` are the modules that it may name, `computed` says that there may be others, `line` where the first one
    stands. `first` and `last` are folders of the source that it puts before and behind the path of imports.
    """

    path: str
    settings: tuple[str, ...] = ()
    computed: bool = False
    line: int = 0
    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    callable: str = ""


class Program(Evaluator):
    """Follows the statements of one module."""

    def __init__(self, tree: Tree, location: str, home: str, env: Mapping[str, str], depth: int = 0):
        super().__init__(location, home, env)
        self.tree, self.module, self.folder, self.depth = tree, location, home, depth
        self.line = 0
        self.first: list[str] = []
        self.behind: list[str] = []
        self.names: set[str] = set()
        self.later: list[ast.FunctionDef] = []

    def evaluate_call(self, node: ast.Call) -> Values:
        """A call; whether a file is there is known, too, as far as it belongs to the source."""
        name, owner = self.name(node.func), node.func.value if isinstance(node.func, ast.Attribute) else None
        if name in ("exists", "isfile", "isdir", "is_file", "is_dir"):
            asked = self.evaluate(node.args[0]) if node.args else self.evaluate(owner) if owner else (UNKNOWN,)
            return self.combine(self.there, asked)
        return super().evaluate_call(node)

    def there(self, value: Any) -> Any:
        """Say whether a path of the source exists; what `.gitignore` or the inventory may bring is open."""
        folder = os.path.relpath(os.path.join(self.home, str(value)), TOP)  # noqa: PTH118
        return True if self.tree.has(folder) or self.tree.has_folder(folder) else UNKNOWN

    def follow(self, body: Sequence[ast.stmt]) -> None:
        """Follow statements in their order."""
        for statement in body:
            method: Callable[[Any], None] | None = getattr(self, f"follow_{type(statement).__name__.lower()}", None)
            if method:
                method(statement)

    def finish(self) -> None:
        """Follow the functions of the module, as whoever starts the program calls them."""
        while self.later:
            self.follow(self.later.pop(0).body)

    def either(self, *bodies: Sequence[ast.stmt]) -> None:
        """Follow several ways, and keep what each may have done."""
        scope, settings = dict(self.scope), self.settings
        scopes, named = [], []
        for body in bodies:
            self.scope, self.settings = dict(scope), settings
            self.follow(body)
            scopes.append(self.scope)
            named.append(self.settings)
        self.settings = several(one for values in named for one in values)
        names = {name for one in scopes for name in one}
        self.scope = {name: several(v for one in scopes for v in one.get(name, ())) for name in names}

    def follow_if(self, node: ast.If) -> None:
        """A condition."""
        holds = self.holds(node.test)
        self.expression(node.test)
        if holds is None:
            self.either(node.body, node.orelse)
        else:
            self.follow(node.body if holds else node.orelse)

    def follow_match(self, node: ast.Match) -> None:
        """One of several ways, by a value that only the running program knows."""
        self.expression(node.subject)
        self.either(*(one.body for one in node.cases))

    def follow_try(self, node: ast.Try) -> None:
        """What is tried, and what happens when it fails."""
        self.either([*node.body, *node.orelse], *([*node.body[:-1], *one.body] for one in node.handlers))
        self.follow(node.finalbody)

    def follow_with(self, node: ast.With) -> None:
        """What happens inside."""
        self.follow(node.body)

    def follow_for(self, node: ast.For) -> None:
        """A loop over a list that is known."""
        items = self.evaluate(node.iter)
        for one in items[0] if len(items) == 1 and isinstance(items[0], tuple) else [UNKNOWN]:
            if isinstance(node.target, ast.Name):
                self.scope[node.target.id] = (one,)
            self.follow(node.body)

    def follow_functiondef(self, node: ast.FunctionDef) -> None:
        """A function: its body counts when the module has been read."""
        self.functions[node.name] = node
        self.names.add(node.name)
        self.later.append(node)

    def follow_asyncfunctiondef(self, node: ast.AsyncFunctionDef) -> None:
        """An asynchronous function, as an ASGI callable may be."""
        self.names.add(node.name)

    def follow_import(self, node: ast.Import) -> None:
        """Modules of the project."""
        for one in node.names:
            if one.asname:
                self.aliases[one.asname] = one.name.rpartition(".")[2]
            self.enter(one.name, {})

    def follow_importfrom(self, node: ast.ImportFrom) -> None:
        """Names of the project's modules."""
        for one in node.names:
            if one.asname:
                self.aliases[one.asname] = one.name
            self.names.add(one.asname or one.name)
        module = node.module or ""
        if node.level:
            folders = self.module.split("/")[: -node.level]
            module = ".".join(filter(None, [*folders, module]))
            roots = ["."]
        else:
            roots = []
        names = {one.name: one.asname or one.name for one in node.names}
        if not self.enter(module, names, roots) and module:
            for name, other in names.items():
                self.enter(f"{module}.{name}", {name: other}, roots)

    def enter(self, module: str, names: dict[str, str], roots: list[str] | None = None) -> bool:
        """Follow a module of the project that may do what is looked for; return whether it is one."""
        if self.depth >= DEPTH or not module:
            return False
        for root in roots or [self.folder, *self.first, *self.behind]:
            place = join(root, *module.split("."))
            path = next((one for one in (f"{place}.py", f"{place}/__init__.py") if self.tree.has(one)), "")
            if not path:
                continue
            text = self.tree.text(path)
            if KEY not in text and "sys.path" not in text and not names:
                return True
            try:
                body = ast.parse(text).body
            except (SyntaxError, ValueError):
                return True
            other = Program(self.tree, path, self.folder, self.env, self.depth + 1)
            other.settings = self.settings
            other.follow(body)
            if KEY in text or "sys.path" in text:
                other.finish()
                self.settings = other.settings
                self.first = [*other.first, *self.first]
                self.behind += other.behind
            for name, here in names.items():
                if name in other.scope:
                    self.scope[here] = other.scope[name]
                if name in other.functions:
                    self.functions[here] = other.functions[name]
            return True
        return False

    def follow_assign(self, node: ast.Assign) -> None:
        """A variable, a variable of the environment, the path of imports."""
        self.expression(node.value)
        for target in node.targets:
            self.assign(target, node.value)

    def follow_annassign(self, node: ast.AnnAssign) -> None:
        """A variable with its type."""
        if node.value:
            self.assign(node.target, node.value)

    def follow_augassign(self, node: ast.AugAssign) -> None:
        """`sys.path += …`, and texts that grow."""
        if last(node.target) == "path" and isinstance(node.target, ast.Attribute):
            self.extend(self.evaluate(node.value), front=False)
        elif isinstance(node.target, ast.Name) and isinstance(node.op, ast.Add):
            known = self.scope.get(node.target.id, (UNKNOWN,))
            self.scope[node.target.id] = self.combine(lambda a, b: a + b, known, self.evaluate(node.value))

    def assign(self, target: ast.expr, value: ast.expr) -> None:
        """Give a target its value."""
        if isinstance(target, ast.Name):
            self.names.add(target.id)
            self.scope[target.id] = self.evaluate(value)
        elif isinstance(target, ast.Subscript) and is_environ(target.value):
            if self.evaluate(target.slice) == (KEY,):
                self.name_settings(target, self.evaluate(value))
        elif isinstance(target, ast.Subscript) and last(target.value) == "path":
            self.extend(self.evaluate(value), front=True)
        elif isinstance(target, ast.Attribute) and target.attr == "path" and last(target.value) == "sys":
            if isinstance(value, ast.BinOp):
                for side, front in ((value.left, True), (value.right, False)):
                    if last(side) != "path":
                        self.extend(self.evaluate(side), front)
            elif isinstance(value, ast.List):
                front = True
                for one in value.elts:
                    front = front and not isinstance(one, ast.Starred)
                    self.put(self.evaluate(one), front)
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            for one, other in zip(target.elts, value.elts, strict=True):
                self.assign(one, other)

    def name_settings(self, node: ast.expr, values: Values) -> None:
        """Take the settings that are named."""
        self.settings = several(one for one in values if one is not None)
        self.line = self.line or (node.lineno if self.depth == 0 else 0)

    def follow_expr(self, node: ast.Expr) -> None:
        """A call."""
        self.expression(node.value)

    def follow_return(self, node: ast.Return) -> None:
        """A call whose answer is returned."""
        if node.value:
            self.expression(node.value)

    def expression(self, node: ast.expr) -> None:
        """Do what the calls in an expression do."""
        for one in ast.walk(node):
            if isinstance(one, ast.Call):
                self.call(one)

    def call(self, node: ast.Call) -> None:
        """Take a call that changes the environment or the path of imports."""
        name, owner = self.name(node.func), node.func.value if isinstance(node.func, ast.Attribute) else None
        values = [self.evaluate(one) for one in node.args if not isinstance(one, ast.Starred)]
        environ = owner is not None and is_environ(owner)
        if (environ and name == "setdefault") or name == "putenv" or (environ and name == "__setitem__"):
            if len(values) == 2 and values[0] == (KEY,):
                kept = [one for one in self.settings if one is not None] if name == "setdefault" else []
                if name != "setdefault" or None in self.settings:
                    self.name_settings(node, (*kept, *values[1]))
        elif environ and name == "update":
            for one in node.keywords:
                if one.arg == KEY:
                    self.name_settings(node, self.evaluate(one.value))
            for whole in values[0] if values else ():
                if isinstance(whole, dict) and KEY in whole:
                    self.name_settings(node, whole[KEY])
        elif name in ("append", "insert", "extend", "addsitedir") and values:
            on_path = owner is not None and last(owner) == "path" and self.aliases.get("path", "") != "environ"
            if name == "addsitedir" or (on_path and name == "append"):
                self.put(values[0], front=False)
            elif on_path and name == "extend":
                self.extend(values[0], front=False)
            elif on_path and len(values) == 2:
                self.put(values[1], front=True)

    def extend(self, values: Values, front: bool) -> None:
        """Put lists of folders on the path."""
        for whole in values:
            for one in (
                reversed(whole) if front and isinstance(whole, tuple) else whole if isinstance(whole, tuple) else ()
            ):
                self.put((one,), front)

    def put(self, values: Values, front: bool) -> None:
        """Put a folder of the source on the path; `insert` means the front, wherever it says."""
        for value in values:
            if not isinstance(value, str | PurePosixPath):
                continue
            absolute = os.path.normpath(os.path.join(self.home, str(value)))  # noqa: PTH118
            if absolute != TOP and not absolute.startswith(f"{TOP}/"):
                continue
            folder = os.path.relpath(absolute, TOP)
            if self.tree.has_folder(folder) and folder not in (*self.first, *self.behind):
                self.first = [folder, *self.first] if front else self.first
                self.behind += [] if front else [folder]


def read(tree: Tree, path: str, home: str, env: Mapping[str, str]) -> Read:
    """Return what a file of the project does, as started in the folder `home`.

    :raises FailedError: it is no Python 3.
    """
    text = tree.text(path)
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", 0) or 0
        raise FailedError(f"{path} of the project cannot be read: line {line} is no Python 3.") from None
    program = Program(tree, path, home, env)
    program.follow(body)
    program.finish()
    named = [one for one in program.settings if one is not None]
    names = [one for one in named if isinstance(one, str) and one]
    return Read(
        path=path,
        settings=tuple(dict.fromkeys(names)),
        computed=len(names) != len(named),
        line=program.line,
        first=tuple(program.first),
        last=tuple(program.behind),
        callable=next((name for name in CALLABLES if name in program.names), ""),
    )
