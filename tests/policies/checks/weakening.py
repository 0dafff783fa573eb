"""Checks made weaker in every small way, one at a time: each condition inverted, loosened or left out, each refusal
softened, each limit moved by one, each member of a set dropped."""

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from types import ModuleType

Rewrite = Callable[[ast.AST], Iterator[ast.AST]]
SOFTER = {"blocked": "passed", "warned": "passed", "stopped": "passed"}
LOOSER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


@dataclass(frozen=True)
class Weakened:
    """A module's source with one thing in it changed; `name` says where, what, and what stands there now."""

    name: str
    tree: ast.Module

    def module(self, like: ModuleType) -> ModuleType:
        """The same module, weaker."""
        made = ModuleType(like.__name__)
        made.__dict__["__file__"] = like.__file__
        exec(compile(ast.fix_missing_locations(self.tree), str(like.__file__), "exec"), made.__dict__)
        return made


def weakenings(source: str) -> Iterator[Weakened]:
    """Every way, each by itself; `source` is a module's."""
    whole = ast.parse(source)
    functions = _functions(whole)
    for number, node in enumerate(ast.walk(whole)):
        for after in _changed(node):
            tree = deepcopy(whole)
            place = next(found for at, found in enumerate(ast.walk(tree)) if at == number)
            place.__dict__.update(after.__dict__)
            place.__class__ = type(after)
            where = functions.get(node, "")
            yield Weakened(f"{where}: {ast.unparse(node)} => {ast.unparse(after)}", tree)


def _functions(whole: ast.Module) -> dict[ast.AST, str]:
    """The function that each node stands in."""
    named = [node for node in ast.walk(whole) if isinstance(node, ast.FunctionDef)]
    return {node: function.name for function in named for node in ast.walk(function)}


def _changed(node: ast.AST) -> Iterator[ast.AST]:
    for rewrite in (_inverted, _compared, _shortened, _softened, _moved, _dropped):
        yield from (ast.copy_location(after, node) for after in rewrite(node))


def _inverted(node: ast.AST) -> Iterator[ast.AST]:
    """A condition the other way round."""
    if isinstance(node, ast.If | ast.IfExp):
        after = deepcopy(node)
        after.test = ast.UnaryOp(ast.Not(), after.test)
        yield after
    if isinstance(node, ast.comprehension):
        for index in range(len(node.ifs)):
            less = deepcopy(node)
            del less.ifs[index]
            yield less


def _compared(node: ast.AST) -> Iterator[ast.AST]:
    """A comparison that holds in other cases."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in LOOSER:
        after = deepcopy(node)
        after.ops[0] = LOOSER[type(node.ops[0])]()
        yield after


def _shortened(node: ast.AST) -> Iterator[ast.AST]:
    """One of several conditions left out."""
    if isinstance(node, ast.BoolOp):
        for index in range(len(node.values)):
            left = [deepcopy(value) for at, value in enumerate(node.values) if at != index]
            yield left[0] if len(left) == 1 else ast.BoolOp(deepcopy(node.op), left)


def _softened(node: ast.AST) -> Iterator[ast.AST]:
    """A refusal or a warning that says nothing."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SOFTER:
        yield ast.Call(ast.Name(SOFTER[node.func.id], ast.Load()), [deepcopy(node.args[0]), ast.Constant("x")], [])
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in ("ASK_TWO", "ASK"):
        yield ast.Attribute(deepcopy(node.value), {"ASK_TWO": "ASK", "ASK": "TELL"}[node.attr], ast.Load())


def _moved(node: ast.AST) -> Iterator[ast.AST]:
    """A number one more or one less."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        yield from (ast.Constant(node.value + step) for step in (1, -1))


def _dropped(node: ast.AST) -> Iterator[ast.AST]:
    """A set without one of its members, a tuple in a loop without one."""
    if isinstance(node, ast.Set):
        for index in range(len(node.elts)):
            yield ast.Set([deepcopy(one) for at, one in enumerate(node.elts) if at != index] or [ast.Constant(None)])
