"""Classes of pydantic-settings: which variables an object of one cannot do without."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .values import last

FIRST = {"pydantic.BaseSettings", "pydantic.v1.BaseSettings", "pydantic.env_settings.BaseSettings"}
"""Bases of Pydantic 1, to which an optional field has a default."""
BASES = FIRST | {"pydantic_settings.BaseSettings"}
NESTED = {"pydantic.BaseModel", "pydantic.v1.BaseModel"}
"""Bases of what a field may hold: its variables have names that nobody can tell here."""


@dataclass
class Field:
    """A field that has to be given, in the class that it is written in. `aliases` are whole names of variables."""

    path: str
    line: int
    aliases: tuple[str, ...] = ()


@dataclass
class Model:
    """A class; `variables` is false for one that reads none itself."""

    variables: bool = True
    optional: bool = False
    prefix: str = ""
    exact: bool = False  # whether upper and lower case are different names
    fields: dict[str, Field] = field(default_factory=dict)
    inner: dict[str, "Model"] = field(default_factory=dict)  # made with each object

    def needs(self, given: set[str]) -> Iterator[tuple[str, tuple[str, ...], Field]]:
        """Yield the fields that an object needs beside those that it is given, with their variables: one is enough."""
        for name, one in self.fields.items():
            if self.variables and name not in given and not given.intersection(one.aliases):
                whole = self.prefix + name
                names = one.aliases or (whole if self.exact else whole.upper(),)
                either = () if self.exact else (each for one in names for each in (one.upper(), one.lower()))
                yield name, (*names, *either), one
        for name, model in self.inner.items():
            if name not in given:
                yield from model.needs(set())


def merged(bases: list[Model]) -> Model:
    """Return a class with what it has from others; the first of them wins."""
    made = Model(variables=any(one.variables for one in bases), optional=any(one.optional for one in bases))
    for one in reversed(bases):
        made.prefix, made.exact = one.prefix or made.prefix, one.exact or made.exact
        made.fields |= one.fields
        made.inner |= one.inner
    return made


def constants(node: ast.expr | None) -> tuple[str, ...]:
    """Return the texts that an alias is: one, or those of `AliasChoices`."""
    if isinstance(node, ast.Call) and last(node.func) == "AliasChoices":
        return tuple(text for one in node.args for text in constants(one))
    if isinstance(node, ast.List | ast.Tuple):
        return tuple(text for one in node.elts for text in constants(one))
    return (node.value,) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ()


def configured(made: Model, node: ast.stmt) -> None:
    """Take what `model_config = SettingsConfigDict(…)` or `class Config` says of the names of variables."""
    said: dict[str, ast.expr] = {}
    if isinstance(node, ast.ClassDef) and node.name == "Config":
        for one in node.body:
            if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
                said[one.targets[0].id] = one.value
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if last(target) == "model_config" and isinstance(node.value, ast.Call):
            said = {one.arg: one.value for one in node.value.keywords if one.arg}
        elif last(target) == "model_config" and isinstance(node.value, ast.Dict):
            pairs = zip(node.value.keys, node.value.values, strict=True)
            said = {constants(key)[0]: one for key, one in pairs if constants(key)}
    if "env_prefix" in said:
        made.prefix = "".join(constants(said["env_prefix"]))
    if isinstance(exact := said.get("case_sensitive"), ast.Constant):
        made.exact = bool(exact.value)


def described(node: ast.AnnAssign) -> ast.Call | None:
    """Return the `Field(…)` of a field, as its value or in its type; None for none."""
    for one in (node.value, *ast.walk(node.annotation)):
        if isinstance(one, ast.Call) and last(one.func) == "Field":
            return one
    return None


def taken(made: Model, node: ast.AnnAssign, path: str, models: dict[str, Model]) -> None:
    """Take a field of a class, with or without a default."""
    name = last(node.target)
    made.fields.pop(name, None)
    made.inner.pop(name, None)
    call = described(node)
    words = {one.arg: one.value for one in call.keywords} if call else {}
    default = (
        call.args[0] if call and call.args else words.get("default", node.value if node.value is not call else None)
    )
    if (factory := words.get("default_factory")) is not None:
        if last(factory) in models:
            made.inner[name] = models[last(factory)]
        return
    kind = {one.id for one in ast.walk(node.annotation) if isinstance(one, ast.Name)}
    absent = made.optional and re.search(r"\b(Optional|None)\b", ast.unparse(node.annotation))
    if (default is not None and not (isinstance(default, ast.Constant) and default.value is ...)) or absent:
        return
    if name.startswith("_") or name == "model_config" or "ClassVar" in kind or kind & set(models):
        return
    alias = words.get("validation_alias", words.get("alias", words.get("env")))
    if alias is None or constants(alias):
        made.fields[name] = Field(path, node.lineno, constants(alias))


def model(node: ast.ClassDef, bases: list[Model], path: str, models: dict[str, Model]) -> Model:
    """Return what a class of pydantic-settings needs.

    :param models: such classes by their names in the module.
    """
    made = merged(bases)
    for one in node.body:
        configured(made, one)
        if isinstance(one, ast.AnnAssign):
            taken(made, one, path, models)
    return made
