"""What a module reads from its environment: by `os.environ`, by readers such as django-environ's, by classes."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from .models import BASES, FIRST, NESTED, Model, model
from .values import is_environ

READERS = {"environ.Env", "environ.FileAwareEnv", "environs.Env", "environs.FileAwareEnv", "decouple.AutoConfig"}
READERS |= {"decouple.Config"}
"""What an object comes from that is called with the name of a variable."""
OBJECTS = {"decouple.config", "environs.env"}
"""Such objects, whose second argument is always a default."""
NAMED = {"db": "DATABASE_URL", "db_url": "DATABASE_URL", "cache": "CACHE_URL", "cache_url": "CACHE_URL"}
"""Methods that know a variable's name when nobody says one."""
LOADS = {"read_env", "read_envfile", "prefixed", "seal", "add_parser", "parser_for", "parse_value", "dump"}
"""Methods that read no variable."""


@dataclass
class Module:
    """What a module reads: its readers with the variables that they have defaults for, functions that stand for one."""

    path: str
    readers: dict[str, set[str]] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)  # classes of pydantic-settings, and functions that make one
    modules: dict[str, "Module"] = field(default_factory=dict)  # those of the project that have a name here
    imported: dict[str, str] = field(default_factory=dict)  # a name here: where it comes from
    needs: dict[str, str] = field(default_factory=dict)  # a variable: the setting that it becomes, "" for another use
    lines: dict[str, str] = field(default_factory=dict)  # where a variable is read
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)  # names that serve in its place
    given: set[str] = field(default_factory=set)  # variables that the module itself sets

    @property
    def names(self) -> set[str]:
        """Its names that mean something here."""
        return {*self.readers, *self.models, *self.modules, *self.imported}

    def take(self, other: "Module", names: dict[str, str]) -> None:
        """Take names of another module: {its name: the name here}."""
        self.readers |= {here: other.readers[name] for name, here in names.items() if name in other.readers}
        self.models |= {here: other.models[name] for name, here in names.items() if name in other.models}
        self.modules |= {here: other.modules[name] for name, here in names.items() if name in other.modules}
        self.imported |= {here: other.imported[name] for name, here in names.items() if name in other.imported}

    def qualified(self, node: ast.expr) -> str:
        """Return the dotted name of what an expression names, as its own module calls it; "" for anything else."""
        if isinstance(node, ast.Name):
            return self.imported.get(node.id, node.id)
        if isinstance(node, ast.Attribute) and (owner := self.qualified(node.value)):
            return f"{owner}.{node.attr}"
        return ""

    def reader(self, node: ast.expr) -> set[str] | None:
        """Return the variables that a reader has defaults for, None for what is no reader."""
        if isinstance(node, ast.Name) and node.id in self.readers:
            return self.readers[node.id]
        if isinstance(node, ast.Attribute) and (other := self.modules.get(getattr(node.value, "id", ""))):
            return other.readers.get(node.attr)
        return set() if self.qualified(node) in OBJECTS else None

    def kind(self, node: ast.expr) -> Model | None:
        """Return the class of pydantic-settings that an expression names, None for any other."""
        if isinstance(node, ast.Attribute) and (other := self.modules.get(getattr(node.value, "id", ""))):
            return other.models.get(node.attr)
        if isinstance(node, ast.Name) and node.id in self.models:
            return self.models[node.id]
        name = self.qualified(node)
        return Model(variables=name in BASES, optional=name in FIRST) if name in BASES | NESTED else None

    def asked(self, node: ast.Call) -> str:
        """Return the variable that a call cannot do without, "" for none."""
        name, method, known = node.func, "", self.reader(node.func)
        if known is None and isinstance(node.func, ast.Attribute):
            name, method, known = node.func.value, node.func.attr, self.reader(node.func.value)
        if known is None or method in LOADS or any(one.arg in ("default", None) for one in node.keywords):
            return ""
        values = [one.value if isinstance(one, ast.Constant) else None for one in node.args]
        # The second of `env.bool("X", False)` and `config("X", "")` is the default, that of `env("X", int)` the type.
        typed = len(node.args) == 2 and not method and not isinstance(node.args[1], ast.Constant)
        if len(values) > 1 and not (typed and self.qualified(name) not in OBJECTS):
            return ""
        said = values[0] if values else NAMED.get(method)
        return said if isinstance(said, str) and said not in known else ""

    def need(self, name: str, setting: str, where: str) -> None:
        """Take a variable that is needed; `where` is the place that a person is told."""
        self.needs.setdefault(name, setting)
        self.lines.setdefault(name, where)

    def objects(self, node: ast.Call) -> None:
        """Take what an object of pydantic-settings needs that a call makes."""
        made = self.kind(node.func)
        given = {one.arg for one in node.keywords}
        if not made or None in given:
            return
        for name, variables, one in made.needs({str(one) for one in given}):
            setting = "SECRET_KEY" if name.removeprefix("django_") == "secret_key" else ""
            self.need(variables[0], setting, f"{one.path}, line {one.line}")
            self.choices[variables[0]] = variables


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


def assigned(node: ast.stmt) -> list[ast.expr]:
    """Return what a statement assigns to, annotated or not."""
    return node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []


def made(module: Module, node: ast.stmt) -> None:
    """Take a reader that a statement makes: `env = environ.Env(DEBUG=(bool, False))`."""
    if not (isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call)):
        return
    if module.qualified(node.value.func) in READERS:
        known = {one.arg for one in node.value.keywords if one.arg and isinstance(one.value, ast.Tuple)}
        module.readers |= {one.id: known for one in assigned(node) if isinstance(one, ast.Name)}


def defined(module: Module, node: ast.stmt) -> None:
    """Take a class of pydantic-settings, or a function that stands for a reader or makes an object of such a class."""
    if isinstance(node, ast.ClassDef):
        if bases := [one for base in node.bases if (one := module.kind(base))]:
            module.models[node.name] = model(node, bases, module.path, module.models)
    elif isinstance(node, ast.FunctionDef) and required(node):
        module.readers[node.name] = set()
    elif isinstance(node, ast.FunctionDef):
        calls = (one.value for one in node.body if isinstance(one, ast.Return) and isinstance(one.value, ast.Call))
        for call in calls:
            if kind := module.kind(call.func):
                module.models[node.name] = kind


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


def text(node: ast.expr) -> str:
    """Return the text that an expression is, "" for any other."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def prefix(module: Module, node: ast.stmt) -> str:
    """Return what `with env.prefixed("SHOP_"):` puts before the names in it, "" for any other statement."""
    calls = (one.context_expr for one in node.items) if isinstance(node, ast.With) else ()
    return "".join(
        text(one.args[0])
        for one in calls
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "prefixed"
        if module.reader(one.func.value) is not None and one.args
    )


def found(module: Module, node: ast.stmt, before: str = "") -> None:
    """Take the variables that a statement cannot do without; `before` is what their names begin with."""
    if isinstance(node, ast.With) and (more := prefix(module, node)):
        for inner in node.body:
            found(module, inner, before + more)
        return
    target = next(iter(assigned(node)), None)
    setting = target.id if isinstance(target, ast.Name) else ""
    for one in called(node):
        name = ""
        if isinstance(one, ast.Call):
            name = f"{before}{asked}" if (asked := module.asked(one)) else ""
            module.objects(one)
            if isinstance(one.func, ast.Attribute) and one.func.attr == "setdefault" and is_environ(one.func.value):
                module.given |= {text(each) for each in one.args[:1]}
        elif isinstance(one, ast.Subscript) and is_environ(one.value):
            name = text(one.slice) if isinstance(one.ctx, ast.Load) else ""
            module.given |= set() if name else {text(one.slice)}
        if name:
            module.need(name, setting, f"{module.path}, line {getattr(one, 'lineno', node.lineno)}")
