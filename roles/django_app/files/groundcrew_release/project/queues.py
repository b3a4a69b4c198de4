"""The queues that settings name: a worker that is told of others waits for ever."""

import ast
from collections.abc import Iterable

from .values import last


class Queues:
    """What statements make of the names of one dictionary, such as RQ_QUEUES; None where that is computed."""

    def __init__(self) -> None:
        self.known: dict[str, list[str] | None] = {}

    def keys(self, node: ast.expr | None) -> list[str] | None:
        """Return the keys of the dictionary, or the texts of the list, that an expression is."""
        if isinstance(node, ast.Name):
            return self.known.get(node.id)
        if isinstance(node, ast.Dict):
            # `**OTHERS` is a value without a key.
            return self.joined(zip(node.keys, node.values, strict=True))
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return self.joined((one, None) for one in node.elts)
        if isinstance(node, ast.DictComp) and len(node.generators) == 1 and not node.generators[0].ifs:
            loop = node.generators[0]
            return (
                self.keys(loop.iter) if ast.dump(node.key) == ast.dump(loop.target).replace("Store", "Load") else None
            )
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self.joined(((None, node.left), (None, node.right)))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "dict":
            first = [(None, one) for one in node.args]
            more = [(ast.Constant(one.arg) if one.arg else None, one.value) for one in node.keywords]
            return self.joined([*first, *more])
        return None

    def joined(self, pairs: Iterable[tuple[ast.expr | None, ast.expr | None]]) -> list[str] | None:
        """Return the keys of pairs, those of the value where a pair has no key."""
        found: list[str] = []
        for key, value in pairs:
            said = [key.value] if isinstance(key, ast.Constant) else self.keys(value) if key is None else None
            if said is None:
                return None
            found += [str(one) for one in said if str(one) not in found]
        return found

    def take(self, node: ast.AST) -> None:
        """Take what a statement assigns, changes or adds."""
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    self.known[target.id] = self.keys(node.value)
                elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
                    self.add(target.value.id, self.joined([(target.slice, None)]))
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            self.add(node.target.id, self.keys(node.value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
            name, whole = getattr(node.func.value, "id", ""), ast.Call(ast.Name("dict"), node.args, node.keywords)
            self.add(name, self.keys(whole))

    def add(self, name: str, more: list[str] | None) -> None:
        """Add keys to a dictionary that is known."""
        if (before := self.known.get(name)) is not None:
            self.known[name] = None if more is None else list(dict.fromkeys([*before, *more]))


def named(statements: Iterable[ast.stmt], setting: str) -> list[str]:
    """Return the keys of a dictionary of the settings in their order, [] where nobody can tell."""
    found = Queues()
    for statement in statements:
        for node in ast.walk(statement):
            found.take(node)
    return found.known.get(setting) or []


def of_tasks(statements: Iterable[ast.stmt]) -> list[str]:
    """Return the queues of the first backend of Django's tasks, [] where the settings name none."""
    found: list[str] | None = None
    for node in (node for statement in statements for node in ast.walk(statement)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and last(node.targets[0]) == "TASKS":
            backend = part(node.value, "default")
            found = Queues().keys(part(backend, "QUEUES")) if isinstance(backend, ast.Dict) else None
    return found or []


def part(whole: ast.Dict, key: str) -> ast.expr | None:
    """Return what a dictionary has below a key."""
    pairs = zip(whole.keys, whole.values, strict=True)
    return next((value for one, value in pairs if isinstance(one, ast.Constant) and one.value == key), None)
