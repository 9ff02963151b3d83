"""Changes: the small mistakes that can be made in a module, one at a time.

    mutants   all of them, in the order of the text
    changed   the module's syntax tree with one of them made

A mutant is known by the function that it is in and by what becomes of what, so that its name
outlives an edit elsewhere: `Clocks.cut: self.added > position -> self.added >= position`; where
that is there more than once, with a number.

    comparisons   the opposite, and off by one
    conditions    always, never; `and` and `or` exchanged, a part left out, `not` left out
    arithmetic    another operator, a sign or a complement left out
    constants     a number one more or less, a truth value the other
    statements    left out; a result not returned; a loop not entered; break and continue exchanged

What is said to a person (texts), what only types see, decorators, and imports are left alone.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Change = Callable[[ast.AST], ast.AST]

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
NOWHERE = ast.Pass()
LEFT_OUT = "left out"
UNTOUCHED = ("annotation", "returns", "decorator_list", "bases", "type_params")
"""Parts of the tree that only types see, or that are not run at every call."""


@dataclass(frozen=True)
class Mutant:
    """One mistake: its name, the line where it is, and how it is made."""

    name: str
    line: int
    number: int
    """Which node of the tree it changes."""
    which: int
    """Which of the changes of that node it is."""

    def __str__(self) -> str:
        return self.name


def mutants(tree: ast.Module) -> list[Mutant]:
    """All mistakes that can be made in a module."""
    found: list[Mutant] = []
    counted: dict[str, int] = {}
    for number, (node, function, statement) in enumerate(_nodes(tree)):
        for which, (after, _) in enumerate(_changes(node)):
            before = _in_one_line(node)
            if isinstance(node, ast.Constant):  # which says little by itself
                before = f"{before} in {_in_one_line(statement)}"
            name = f"{function or 'module'}: {before} -> {after}"
            counted[name] = counted.get(name, 0) + 1
            if counted[name] > 1:
                name = f"{name} ({counted[name]})"
            found.append(Mutant(name, getattr(node, "lineno", 0), number, which))
    return found


def changed(tree: ast.Module, mutant: Mutant) -> ast.Module:
    """The module with this mistake in it."""
    twin = copy.deepcopy(tree)
    nodes = [node for node, *_ in _nodes(twin)]
    node = nodes[mutant.number]
    _, change = list(_changes(node))[mutant.which]
    return ast.fix_missing_locations(_Put(node, change(node)).visit(twin))


class _Put(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old = old
        self._new = ast.copy_location(new, old) if new is not old else old

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)


def _in_one_line(node: ast.AST) -> str:
    """What stands there: of a statement with a block, only its head."""
    if isinstance(node, ast.If | ast.While):
        return f"{'if' if isinstance(node, ast.If) else 'while'} {ast.unparse(node.test)}"
    if isinstance(node, ast.For):
        return f"for {ast.unparse(node.target)} in {ast.unparse(node.iter)}"
    if isinstance(node, ast.FunctionDef):
        return f"def {node.name}"
    return " ".join(ast.unparse(node).split())


def _nodes(
    tree: ast.AST, function: str = "", statement: ast.AST = NOWHERE
) -> Iterator[tuple[ast.AST, str, ast.AST]]:
    """All that may be changed, from the top down, each with the function and the statement that it
    is in."""
    for name, value in ast.iter_fields(tree):
        if name in UNTOUCHED:
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_untouched(child):
                continue
            inside = function
            within = child if isinstance(child, ast.stmt) else statement
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                inside = f"{function}.{child.name}" if function else child.name
            else:
                yield child, function, within
            yield from _nodes(child, inside, within)


def _is_untouched(node: ast.AST) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True  # a docstring
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__slots__"


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """What can become of a node, in words, and how."""
    match node:
        case ast.Compare():
            for at, operator in enumerate(node.ops):
                for other in COMPARISONS[type(operator)]:
                    yield _made(node, lambda n, at=at, other=other: _with_op(n, at, other()))
        case ast.BoolOp():
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield _made(node, lambda n: _with(n, op=other))
            for at in range(len(node.values)):
                rest = [one for index, one in enumerate(node.values) if index != at]
                yield _made(
                    node, lambda n, rest=rest: rest[0] if len(rest) == 1 else _with(n, values=rest)
                )
        case ast.UnaryOp():
            yield _made(node, lambda n: n.operand)
        case ast.BinOp() if type(node.op) in OPERATORS:
            yield _made(node, lambda n: _with(n, op=OPERATORS[type(n.op)]()))
        case ast.AugAssign():
            yield _made(node, lambda n: _with(n, op=OPERATORS[type(n.op)]()))
            yield LEFT_OUT, _pass
        case ast.Constant(value=bool()):
            yield _made(node, lambda n: ast.Constant(not n.value))
        case ast.Constant(value=int()):
            yield _made(node, lambda n: ast.Constant(n.value + 1))
            yield _made(node, lambda n: ast.Constant(n.value - 1))
        case ast.If() | ast.IfExp():
            for value in (True, False):
                yield f"if {value}", lambda n, value=value: _with(n, test=ast.Constant(value))
        case ast.While():
            yield "while False", lambda n: _with(n, test=ast.Constant(False))
        case ast.For():
            yield "for no item", lambda n: _with(n, iter=ast.Tuple([], ast.Load()))
        case ast.comprehension(ifs=[_, *_]):
            yield "all of them", lambda n: _with(n, ifs=[])
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield "return None", lambda n: _with(n, value=ast.Constant(None))
        case ast.Break():
            yield _made(node, lambda n: ast.Continue())
            yield LEFT_OUT, _pass
        case ast.Continue():
            yield _made(node, lambda n: ast.Break())
            yield LEFT_OUT, _pass
        case (
            ast.Expr() | ast.Assign() | ast.AnnAssign(value=ast.expr()) | ast.Raise() | ast.Delete()
        ):
            yield LEFT_OUT, _pass
        case ast.Return(value=None):
            yield LEFT_OUT, _pass


def _made(node: ast.AST, change: Change) -> tuple[str, Change]:
    return " ".join(ast.unparse(change(copy.copy(node))).split()), change


def _with(node: ast.AST, **fields: object) -> ast.AST:
    twin = copy.copy(node)
    for name, value in fields.items():
        setattr(twin, name, value)
    return twin


def _with_op(node: ast.AST, at: int, operator: ast.cmpop) -> ast.AST:
    assert isinstance(node, ast.Compare)
    return _with(node, ops=[*node.ops[:at], operator, *node.ops[at + 1 :]])


def _pass(node: ast.AST) -> ast.AST:
    return ast.Pass()
