"""Variables of the environment that the settings cannot do without: a failed start would name one at a time."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from . import settings
from .shape import Project
from .tree import Tree, join
from .values import is_environ

READERS = {"environ.Env", "environ.FileAwareEnv", "environs.Env", "environs.FileAwareEnv", "decouple.AutoConfig"}
"""What an object comes from that is called with the name of a variable."""
FUNCTIONS = {"decouple.config"}
NAMED = {"db": "DATABASE_URL", "db_url": "DATABASE_URL", "cache": "CACHE_URL", "cache_url": "CACHE_URL"}
"""Methods that know a variable's name when nobody says one."""
LOADS = {"read_env", "read_envfile"}


@dataclass
class Module:
    """What a module reads: its readers with the variables that they have defaults for, functions that stand for one."""

    path: str
    readers: dict[str, set[str]] = field(default_factory=dict)
    imported: dict[str, str] = field(default_factory=dict)  # a name here: where it comes from
    needs: dict[str, str] = field(default_factory=dict)  # a variable: the setting that it becomes, "" for another use
    lines: dict[str, int] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)  # variables that the module itself sets

    def qualified(self, node: ast.expr) -> str:
        """Return the dotted name of what an expression names, as its own module calls it; "" for anything else."""
        if isinstance(node, ast.Name):
            return self.imported.get(node.id, node.id)
        if isinstance(node, ast.Attribute) and (owner := self.qualified(node.value)):
            return f"{owner}.{node.attr}"
        return ""

    def asked(self, node: ast.Call) -> str:
        """Return the variable that a call cannot do without, "" for none."""
        name, method = node.func, ""
        if isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") in self.readers:
            name, method = node.func.value, node.func.attr
        known = self.readers.get(name.id) if isinstance(name, ast.Name) else None
        if known is None and self.qualified(name) in FUNCTIONS:
            known = set()
        if known is None or method in LOADS or any(one.arg in ("default", None) for one in node.keywords):
            return ""
        values = [one.value if isinstance(one, ast.Constant) else None for one in node.args]
        # The second of `env.bool("X", False)` and `config("X", "")` is the default, that of `env("X", int)` the type.
        typed = len(node.args) == 2 and not method and not isinstance(node.args[1], ast.Constant)
        if len(values) > 1 and not (typed and self.qualified(name) not in FUNCTIONS):
            return ""
        said = values[0] if values else NAMED.get(method)
        return said if isinstance(said, str) and said not in known else ""


def called(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is evaluated whenever a statement is: neither bodies of functions nor one of two ways."""
    yield node
    if isinstance(node, ast.IfExp):
        yield from called(node.test)
    elif isinstance(node, ast.BoolOp):
        yield from called(node.values[0])
    elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.If | ast.Try | ast.ClassDef):
        for one in ast.iter_child_nodes(node):
            yield from called(one)


def made(module: Module, node: ast.stmt) -> None:
    """Take a reader that a statement makes: `env = environ.Env(DEBUG=(bool, False))`."""
    if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
        return
    if module.qualified(node.value.func) in READERS:
        known = {one.arg for one in node.value.keywords if one.arg and isinstance(one.value, ast.Tuple)}
        module.readers |= {one.id: known for one in node.targets if isinstance(one, ast.Name)}


def required(node: ast.FunctionDef) -> bool:
    """Say whether a function reads the variable that its only argument names, and fails without it."""
    names = [one.arg for one in node.args.args]
    return len(names) == 1 and any(
        isinstance(one, ast.Subscript)
        and is_environ(one.value)
        and isinstance(one.slice, ast.Name)
        and one.slice.id == names[0]
        for one in ast.walk(node)
    )


def read(tree: Tree, path: str, roots: list[str], seen: dict[str, Module]) -> Module:
    """Read a module and those of the project that it imports."""
    module = seen[path] = Module(path)
    try:
        body = ast.parse(tree.text(path)).body
    except (SyntaxError, ValueError):
        return module
    for node in body:
        if isinstance(node, ast.Import):
            module.imported |= {one.asname or one.name: one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            module.imported |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
            if other := imported(tree, path, node, roots, seen):
                inner = other.readers
                every = any(one.name == "*" for one in node.names)
                names = {name: name for name in inner} if every else {o.name: o.asname or o.name for o in node.names}
                module.readers |= {here: inner[name] for name, here in names.items() if name in inner}
        elif isinstance(node, ast.FunctionDef) and required(node):
            module.readers[node.name] = set()
        made(module, node)
        found(module, node)
    return module


def imported(tree: Tree, path: str, node: ast.ImportFrom, roots: list[str], seen: dict[str, Module]) -> Module | None:
    """Return the module of the project that an import names, None for any other."""
    folder = path.rpartition("/")[0] or "."
    for _ in range(node.level - 1):
        folder = folder.rpartition("/")[0] or "."
    place = settings.locate(tree, node.module or "", [folder] if node.level else roots) if node.module else ""
    if not place:
        return None
    return seen[place] if place in seen else read(tree, place, roots, seen)


def text(node: ast.expr) -> str:
    """Return the text that an expression is, "" for any other."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def found(module: Module, node: ast.stmt) -> None:
    """Take the variables that a statement cannot do without."""
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    setting = target.id if isinstance(target, ast.Name) else ""
    for one in called(node):
        name = ""
        if isinstance(one, ast.Call):
            name = module.asked(one)
            if isinstance(one.func, ast.Attribute) and one.func.attr == "setdefault" and is_environ(one.func.value):
                module.given |= {text(each) for each in one.args[:1]}
        elif isinstance(one, ast.Subscript) and is_environ(one.value):
            name = text(one.slice) if isinstance(one.ctx, ast.Load) else ""
            module.given |= set() if name else {text(one.slice)}
        if name:
            module.needs.setdefault(name, setting)
            module.lines.setdefault(name, getattr(one, "lineno", node.lineno))


def needed(tree: Tree, project: Project, given: Iterable[str]) -> tuple[str, ...]:
    """Return keys of the inventory, as YAML, with the variables that the settings need and that nobody gives."""
    home, known = project.working_directory, set(given)
    path = settings.locate(tree, project.settings, project.roots)
    seen: dict[str, Module] = {}
    if path:
        read(tree, path, project.roots, seen)
    known |= {name for module in seen.values() for name in module.given}
    # One that git tracks is shipped.
    files = [one for one in (join(home, ".env"), ".env") if tree.has(one)]
    known |= {name for one in files for name in re.findall(r"(?m)^\s*(?:export\s+)?(\w+)\s*=", tree.text(one))}
    env, secrets = dict[str, str](), dict[str, str]()
    for module in seen.values():
        for name, setting in module.needs.items():
            if name not in known:
                kept = secrets if setting == "SECRET_KEY" else env
                kept.setdefault(name, f"{module.path}, line {module.lines[name]}")
    lines = ["  env:", *(f"    {name}: ...  # {reason}" for name, reason in env.items())] if env else []
    if secrets:
        lines += ["  secrets:  # made up on the host", *(f"    {one}: 50  # {why}" for one, why in secrets.items())]
    return tuple(lines)
