"""What an expression of Python comes to, as far as that can be told without running it.

An expression has one value or several possible ones. Paths are computed as if the source lay at `/source`.
"""

import ast
import os
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from pathlib import PurePosixPath
from typing import Any

TOP = "/source"
KEY = "DJANGO_SETTINGS_MODULE"
MANY = 16  # possible values of one expression, at most


class Unknown:
    """Something that only the running program knows."""


UNKNOWN = Unknown()
Values = tuple[Any, ...]
NOTHING: Values = (UNKNOWN,)
ARGUMENTS = ("manage.py", "check")
"""What a program that asks for its arguments sees: no test, and no development server."""


def several(values: Iterator[Any]) -> Values:
    """Return each possible value once."""
    found: list[Any] = []
    for value in values:
        if not any(value is one or (type(value) is type(one) and value == one) for one in found):
            found.append(value)
    return tuple(found) if len(found) <= MANY else NOTHING


def path(value: Any) -> PurePosixPath:
    """Return a value as an absolute path; TypeError when it is none."""
    if not isinstance(value, str | PurePosixPath):
        raise TypeError
    return PurePosixPath(os.path.normpath(value))


def parents(value: Any) -> tuple[PurePosixPath, ...]:
    """Return what `Path.parents` has."""
    return tuple(path(value).parents)


def text(value: Any) -> str:
    """Return `str(value)` of what has one."""
    if value is UNKNOWN or not isinstance(value, str | int | PurePosixPath):
        raise TypeError
    return str(value)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abspath": lambda one: str(path(one)),
    "realpath": lambda one: str(path(one)),
    "normpath": lambda one: str(path(one)),
    "fspath": text,
    "str": text,
    "unicode": text,
    "dirname": lambda one: str(path(one).parent) if one else "",
    "basename": lambda one: path(one).name,
    "Path": lambda *parts: path(os.path.join(*map(text, parts))),  # noqa: PTH118 - as the program does
    "PurePath": lambda *parts: path(os.path.join(*map(text, parts))),  # noqa: PTH118
    "len": len,
    "list": tuple,
    "tuple": tuple,
    "bool": bool,
}
METHODS: dict[str, Callable[..., Any]] = {
    "resolve": lambda one, **_options: path(one),
    "absolute": path,
    "expanduser": path,
    "as_posix": text,
    "joinpath": lambda one, *parts: path(os.path.join(*map(text, (one, *parts)))),  # noqa: PTH118
    "path": lambda one, *parts: path(os.path.join(*map(text, (one, *parts)))),  # noqa: PTH118 - of django-environ
    "lower": lambda one: one.lower(),
    "upper": lambda one: one.upper(),
    "strip": lambda one, *rest: one.strip(*rest),
    "title": lambda one: one.title(),
    "replace": lambda one, *rest: one.replace(*rest),
    "format": lambda one, *rest, **names: one.format(*map(text, rest), **{n: text(v) for n, v in names.items()}),
    "startswith": lambda one, other: one.startswith(other),
    "endswith": lambda one, other: one.endswith(other),
    "split": lambda one, *rest: tuple(one.split(*rest)),
}
LOOKUPS = {"get", "getenv", "env", "config", "str", "environ", "setdefault", "pop", "Config", "get_env", "getvar"}
"""What programs call to read a variable of the environment, with a name and perhaps a default."""


def last(node: ast.expr) -> str:
    """Return the last word of a dotted name, "" when the expression is none."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def is_environ(node: ast.expr) -> bool:
    """Say whether an expression is `os.environ`."""
    return last(node) in ("environ", "env", "ENV")


class Evaluator:
    """Evaluates expressions in the scope of one module."""

    def __init__(self, location: str, home: str, env: Mapping[str, str]):
        self.location, self.home, self.env = f"{TOP}/{location}", os.path.normpath(f"{TOP}/{home}"), env
        self.scope: dict[str, Values] = {"__file__": (self.location,)}
        self.aliases: dict[str, str] = {}
        self.functions: dict[str, ast.FunctionDef] = {}
        self.settings: Values = (None,)  # None while nothing has named them
        self.asking = False

    def name(self, node: ast.expr) -> str:
        """Return the last word of what is called, through the names that imports gave it."""
        return self.aliases.get(last(node), last(node))

    def combine(self, do: Callable[..., Any], *parts: Values) -> Values:
        """Return what a function makes of all combinations of possible values."""

        def each() -> Iterator[Any]:
            for one in product(*parts):
                try:
                    yield UNKNOWN if any(value is UNKNOWN for value in one) else do(*one)
                except Exception:  # an operation that the program would fail at as well
                    yield UNKNOWN

        return several(each())

    def evaluate(self, node: ast.expr | None) -> Values:
        """Return the possible values of an expression."""
        if node is None:
            return (None,)
        method = getattr(self, f"evaluate_{type(node).__name__.lower()}", None)
        found: Values = method(node) if method else NOTHING
        return found

    def evaluate_constant(self, node: ast.Constant) -> Values:
        """A text or a number."""
        return (node.value,)

    def evaluate_name(self, node: ast.Name) -> Values:
        """A variable."""
        return self.scope.get(node.id, NOTHING)

    def evaluate_namedexpr(self, node: ast.NamedExpr) -> Values:
        """A value that gets a name where it is used."""
        self.scope[node.target.id] = self.evaluate(node.value)
        return self.scope[node.target.id]

    def evaluate_attribute(self, node: ast.Attribute) -> Values:
        """A part of a path, and what modules are asked for."""
        if node.attr == "argv":
            return (ARGUMENTS,)
        if node.attr == "sep":
            return ("/",)
        value = self.evaluate(node.value)
        if node.attr == "parent":
            return self.combine(lambda one: path(one).parent, value)
        if node.attr == "parents":
            return self.combine(parents, value)
        if node.attr in ("name", "stem"):
            return self.combine(lambda one: getattr(path(one), node.attr), value)
        return self.scope.get(f"{last(node.value)}.{node.attr}", NOTHING)

    def evaluate_list(self, node: ast.List | ast.Tuple) -> Values:
        """A list, as a tuple."""
        return self.combine(lambda *values: values, *map(self.evaluate, node.elts)) if node.elts else ((),)

    evaluate_tuple = evaluate_list

    def evaluate_set(self, node: ast.Set) -> Values:
        """A set, as a tuple."""
        return self.combine(lambda *values: values, *map(self.evaluate, node.elts))

    def evaluate_dict(self, node: ast.Dict) -> Values:
        """A dictionary whose keys are known; its values may be any."""
        keys = [self.evaluate(key) if key else NOTHING for key in node.keys]
        if any(len(key) != 1 or key[0] is UNKNOWN for key in keys):
            return NOTHING
        return ({key[0]: self.evaluate(value) for key, value in zip(keys, node.values, strict=True)},)

    def evaluate_joinedstr(self, node: ast.JoinedStr) -> Values:
        """An f-string."""
        parts = [self.evaluate(one.value if isinstance(one, ast.FormattedValue) else one) for one in node.values]
        return self.combine(lambda *values: "".join(map(text, values)), *parts)

    def evaluate_binop(self, node: ast.BinOp) -> Values:
        """Texts and lists that are joined, paths that are divided, and what django-environ subtracts."""
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        if isinstance(node.op, ast.Add):
            return self.combine(lambda a, b: a + b, left, right)
        if isinstance(node.op, ast.Mod):
            return self.combine(lambda a, b: a % b, left, right)
        if isinstance(node.op, ast.Div):
            return self.combine(lambda a, b: path(os.path.join(text(a), text(b))), left, right)  # noqa: PTH118
        if isinstance(node.op, ast.Sub):
            # Of a path, as django-environ has it: that many folders up, the file itself counting for one.
            return self.combine(lambda a, b: ([path(a), *path(a).parents])[b] if a else a - b, left, right)
        return NOTHING

    def evaluate_ifexp(self, node: ast.IfExp) -> Values:
        """One of two."""
        holds = self.holds(node.test)
        if holds is not None:
            return self.evaluate(node.body if holds else node.orelse)
        return several(iter((*self.evaluate(node.body), *self.evaluate(node.orelse))))

    def evaluate_boolop(self, node: ast.BoolOp) -> Values:
        """The first that is true, or false, of several."""
        whole = isinstance(node.op, ast.And)
        found: list[Any] = []
        for number, one in enumerate(node.values):
            values = self.evaluate(one)
            if number == len(node.values) - 1:
                return several(iter((*found, *values)))
            found += [value for value in values if value is UNKNOWN or bool(value) is not whole]
            if all(value is not UNKNOWN and bool(value) is not whole for value in values):
                break
        return several(iter(found))

    def evaluate_unaryop(self, node: ast.UnaryOp) -> Values:
        """`not`, and numbers below zero."""
        if isinstance(node.op, ast.Not):
            return self.combine(lambda one: not one, self.evaluate(node.operand))
        return self.combine(lambda one: -one, self.evaluate(node.operand))

    def evaluate_compare(self, node: ast.Compare) -> Values:
        """A question."""
        if len(node.ops) != 1:
            return NOTHING
        kind, other = node.ops[0], node.comparators[0]
        if isinstance(kind, ast.In | ast.NotIn) and is_environ(other):
            return self.combine(
                lambda key: self.known(key) if isinstance(kind, ast.In) else not self.known(key),
                self.evaluate(node.left),
            )
        questions: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
            ast.Eq: lambda a, b: a == b,
            ast.NotEq: lambda a, b: a != b,
            ast.Is: lambda a, b: a is b,
            ast.IsNot: lambda a, b: a is not b,
            ast.In: lambda a, b: a in b,
            ast.NotIn: lambda a, b: a not in b,
            ast.Gt: lambda a, b: a > b,
            ast.GtE: lambda a, b: a >= b,
            ast.Lt: lambda a, b: a < b,
            ast.LtE: lambda a, b: a <= b,
        }
        return self.combine(questions[type(kind)], self.evaluate(node.left), self.evaluate(other))

    def evaluate_subscript(self, node: ast.Subscript) -> Values:
        """A part of a list or a dictionary, or a variable of the environment."""
        if is_environ(node.value):
            return self.combine(self.variable, self.evaluate(node.slice))
        if isinstance(node.slice, ast.Slice):
            low, high = self.evaluate(node.slice.lower), self.evaluate(node.slice.upper)
            return self.combine(lambda one, a, b: one[a:b], self.evaluate(node.value), low, high)
        return self.pick(self.evaluate(node.value), self.evaluate(node.slice), NOTHING)

    def pick(self, wholes: Values, keys: Values, default: Values) -> Values:
        """Return the parts of lists and dictionaries; of a dictionary whose key is unknown it may be each."""

        def each() -> Iterator[Any]:
            for whole, key in product(wholes, keys):
                if isinstance(whole, dict):
                    found = (
                        [*(value for values in whole.values() for value in values), *default]
                        if key is UNKNOWN
                        else whole.get(key, default)
                    )
                    yield from found
                elif isinstance(whole, tuple) and isinstance(key, int) and -len(whole) <= key < len(whole):
                    yield whole[key]
                else:
                    yield UNKNOWN

        return several(each())

    def known(self, key: Any) -> Any:
        """Say whether the environment has a variable; in a condition, one that the inventory does not give is open."""
        if key == KEY:
            return None not in self.settings
        return True if key in self.env else UNKNOWN if self.asking else False

    def variable(self, key: Any) -> Any:
        """Return a variable of the environment, as the inventory gives it."""
        return self.env[key] if key in self.env and key != KEY else UNKNOWN

    def evaluate_call(self, node: ast.Call) -> Values:
        """A call of what is known."""
        name = self.name(node.func)
        if any(isinstance(one, ast.Starred) for one in node.args):
            return NOTHING
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if name == "get" and owner is not None and not is_environ(owner):
            whole = self.evaluate(owner)
            if all(isinstance(one, dict) for one in whole) and node.args:
                default = self.evaluate(node.args[1]) if len(node.args) > 1 else (None,)
                return self.pick(whole, self.evaluate(node.args[0]), default)
        if name in self.functions:
            return self.called(self.functions[name])
        arguments = [self.evaluate(one) for one in node.args]
        lookup = name in LOOKUPS and (name != "str" or (owner is not None and is_environ(owner)))
        if lookup and arguments and all(isinstance(one, str) for one in arguments[0]):
            return self.look(node, arguments)
        if name in ("getcwd", "cwd"):
            return (self.home if name == "getcwd" else PurePosixPath(self.home),)
        if name == "join":
            return self.joined(node, arguments)
        if name in FUNCTIONS and (owner is None or name not in METHODS):
            if not arguments:
                return NOTHING
            return self.combine(FUNCTIONS[name], *arguments)
        if owner is not None and name in METHODS:
            words = [(one.arg or "", self.evaluate(one.value)) for one in node.keywords]
            names = [word for word, _ in words]
            count = len(arguments)
            return self.combine(
                lambda one, *rest: METHODS[name](one, *rest[:count], **dict(zip(names, rest[count:], strict=True))),
                self.evaluate(owner),
                *arguments,
                *(values for _, values in words),
            )
        return NOTHING

    def look(self, node: ast.Call, arguments: list[Values]) -> Values:
        """Return a variable of the environment or its default."""
        default: Values = (None,)
        if len(arguments) > 1:
            default = arguments[1]
        for one in node.keywords:
            if one.arg == "default":
                default = self.evaluate(one.value)
        found: list[Any] = []
        for key in arguments[0]:
            if key == KEY and self.settings != (None,):
                found += [one for one in self.settings if one is not None]
            elif key in self.env and key != KEY:
                found.append(self.env[key])
            elif self.asking and key != KEY:
                found.append(UNKNOWN)
            else:
                found += default
        return several(iter(found))

    def joined(self, node: ast.Call, arguments: list[Values]) -> Values:
        """Return what `os.path.join` or `"".join` makes."""
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if isinstance(owner, ast.Constant):
            return self.combine(lambda one, parts: one.join(map(text, parts)), self.evaluate(owner), *arguments)
        return self.combine(lambda *parts: os.path.join(*map(text, parts)), *arguments)  # noqa: PTH118

    def called(self, function: ast.FunctionDef) -> Values:
        """Return what a function of the module may return, whatever its arguments."""
        known = self.functions.pop(function.name)
        scope = dict(self.scope)
        try:
            for statement in function.body:
                if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                    self.scope[last(statement.targets[0])] = self.evaluate(statement.value)
            found = [
                value
                for one in ast.walk(function)
                if isinstance(one, ast.Return) and one.value
                for value in self.evaluate(one.value)
            ]
        finally:
            self.functions[function.name], self.scope = known, scope
        return several(iter(found)) or NOTHING

    def holds(self, node: ast.expr) -> bool | None:
        """Say whether a condition holds, None when only the running program knows.

        A variable of the environment that the inventory does not give is not known: it may come from elsewhere.
        """
        before, self.asking = self.asking, True
        try:
            values = self.evaluate(node)
        finally:
            self.asking = before
        return self.decide(values)

    def decide(self, values: Values) -> bool | None:
        """Say whether possible values are all true or all false, None when they are not, or when nobody knows."""
        truths = {None if value is UNKNOWN else bool(value) for value in values}
        return truths.pop() if len(truths) == 1 else None
