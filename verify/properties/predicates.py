"""Predicates: what a sleeping task waits to become true, read off the source around its wait.

    while count.value == 0:      the wait stands in the body of a loop (or an `if`), which tests
        cond.wait()              the opposite: count.value != 0
    cond.wait_for(lambda: …)     the predicate is handed over
    while True:                  the loop is left when the test holds
        if count.value: return
        changed.acquire()

Whether it is true now is found out by evaluating the user's own expression where the task is
parked, as a spurious wake-up would; operations in there are looks, and one that would change
anything is refused. What cannot be evaluated, or rests on a local variable that the loop itself
sets, is unknown.

The expression is taken from the text of a file, and evaluated only if that text is the source of
the very code that is running: else the file has changed since, and its words are nobody's program.
"""

from __future__ import annotations

import ast
import io
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from types import CodeType, FrameType

from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import ExploredTask
from verify.scheduling.instrumented import OFF
from verify.scheduling.sources import ancestors, span_of, text, user_frame

_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


@dataclass(frozen=True)
class Predicate:
    """What a task waits for: its text, whether it is true now (None: unknown), what it reads.

    `reads` has the bits of the objects that it looked at. `tested_again`: after waking up the task
    tests it once more, as it must, before it goes on.
    """

    text: str
    holds: bool | None
    reads: int
    tested_again: bool


@dataclass(frozen=True)
class _Guard:
    """A test around a wait: the task may go on if it is true, or, if `opposite`, false."""

    test: ast.expr
    opposite: bool
    called: bool  # the test gives a function, which is to be called
    around: ast.AST  # the statement that tests, for the variables that it sets
    loop: bool


def predicate(engine: Explored, task: ExploredTask) -> Predicate | None:
    """What a parked task waits for; None if its source does not say."""
    frame = None if task.carrier is None else user_frame(task.carrier.gr_frame)
    span = None if frame is None else span_of(frame)
    if frame is None or span is None:
        return None
    guard = _guard(ancestors(span))
    if guard is None:
        return None
    holds, reads = None, 0
    if _is_as_written(frame, span.file):
        holds, reads = _evaluate(engine, frame, guard)
    return Predicate(_text(guard), holds, reads, guard.loop)


# ------------------------------------------------------------------ what the source says


def _guard(path: list[ast.AST]) -> _Guard | None:
    if not path:
        return None
    call = path[-1]
    if _calls(call, "wait_for"):
        assert isinstance(call, ast.Call)
        handed = call.args[0] if call.args else call.keywords[0].value
        return _Guard(handed, False, True, call, True)
    inner: ast.AST = call
    for node in reversed(path[:-1]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            return None
        if isinstance(node, ast.While) and not isinstance(node.test, ast.Constant):
            if inner in node.body and _ends_with_wait(node.body, call):
                return _Guard(node.test, True, False, node, True)
            return None
        if isinstance(node, ast.While):
            test = _way_out(node.body, inner)
            return None if test is None else _Guard(test, False, False, node, True)
        if isinstance(node, ast.If):
            if inner in node.orelse:
                return _Guard(node.test, False, False, node, _in_loop(path, node))
            if inner in node.body and _ends_with_wait(node.body, call):
                return _Guard(node.test, True, False, node, _in_loop(path, node))
            return None
        if isinstance(node, ast.For | ast.AsyncFor | ast.Match):
            return None
        inner = node
    return None


def _calls(node: ast.AST, *methods: str) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in methods
    )


def _ends_with_wait(body: list[ast.stmt], call: ast.AST) -> bool:
    """Whether nothing but locking follows the wait: then the test is what it waits for."""
    for statement in reversed(body):
        if any(node is call for node in ast.walk(statement)):
            return not isinstance(statement, ast.With) or (
                any(item.context_expr is call for item in statement.items)
                or _ends_with_wait(statement.body, call)
            )
        if not _locks(statement):
            return False
    return False


def _locks(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and _calls(statement.value, "acquire", "release")


def _way_out(body: list[ast.stmt], inner: ast.AST) -> ast.expr | None:
    """The test of the last `if …: return` or `break` before a statement of an endless loop."""
    before: list[ast.stmt] = []
    for statement in body:
        if statement is inner:
            break
        before.append(statement)
    for statement in reversed(before):
        if isinstance(statement, ast.With):
            test = _way_out([*statement.body, ast.Pass()], inner)
            if test is not None:
                return test
        if isinstance(statement, ast.If) and isinstance(statement.body[-1], ast.Return | ast.Break):
            return statement.test
    return None


def _in_loop(path: list[ast.AST], node: ast.AST) -> bool:
    """Whether an `if` is tested again because it is all that a `while` around it does."""
    outer = path[path.index(node) - 1]
    return isinstance(outer, ast.While) and len(outer.body) == 1


def _text(guard: _Guard) -> str:
    test = guard.test
    if guard.called:
        return ast.unparse(test.body if isinstance(test, ast.Lambda) else ast.Call(test, [], []))
    return ast.unparse(_negated(test) if guard.opposite else test)


def _negated(test: ast.expr) -> ast.expr:
    """The opposite, as a person would write it."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        opposite = _OPPOSITES[type(test.ops[0])]()
        return ast.Compare(test.left, [opposite], test.comparators)
    if isinstance(test, ast.BoolOp):
        other = ast.Or() if isinstance(test.op, ast.And) else ast.And()
        return ast.BoolOp(other, [_negated(value) for value in test.values])
    return ast.UnaryOp(ast.Not(), test)


# ------------------------------------------------------------------ whether it is true


@lru_cache(maxsize=64)
def _codes(file: str) -> frozenset[CodeType]:
    """All the code that the text of a file is the source of; what pytest has rewritten is not."""
    try:
        found = [compile(text(file), file, "exec", dont_inherit=True)]
    except (SyntaxError, ValueError):
        return frozenset()
    for code in found:
        found += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return frozenset(found)


def _is_as_written(frame: FrameType, file: str) -> bool:
    """Whether the text of a file is the source of a frame's code: so that its tests are its own."""
    code, known = frame.f_code, _codes(file)
    if OFF not in frame.f_globals:
        return code in known
    place = (code.co_qualname, code.co_firstlineno)  # instrumented, and so another code
    return any(place == (one.co_qualname, one.co_firstlineno) for one in known)


def _evaluate(engine: Explored, frame: FrameType, guard: _Guard) -> tuple[bool | None, int]:
    """Whether the task could go on now, and the bits of the objects that this depends on."""
    if _set_by_itself(frame, guard):
        return None, 0
    test: ast.expr = ast.Call(guard.test, [], []) if guard.called else guard.test
    copy = ast.parse(ast.unparse(test), mode="eval")
    # One namespace: what is nested in an evaluated expression sees its globals only.
    space = {**frame.f_globals, **frame.f_locals}
    try:
        code = compile(_Mangled(frame).visit(copy), "<predicate>", "eval")
        with redirect_stdout(io.StringIO()):
            value, reads = engine.invariants.watch(lambda: bool(eval(code, space)))
    except Exception:
        return None, 0
    return value is not guard.opposite, reads


def _set_by_itself(frame: FrameType, guard: _Guard) -> bool:
    """Whether the test looks at a local variable that is only brought up to date after waking."""
    if guard.called:
        return False
    code = frame.f_code
    local = {*code.co_varnames, *code.co_cellvars}
    names = [node for node in ast.walk(guard.around) if isinstance(node, ast.Name)]
    stored = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    tested = {node.id for node in ast.walk(guard.test) if isinstance(node, ast.Name)}
    return bool(local & stored & tested)


class _Mangled(ast.NodeTransformer):
    """Gives attributes like `self.__count` the name that the class gave them."""

    def __init__(self, frame: FrameType) -> None:
        parts = frame.f_code.co_qualname.split(".")
        pairs = pairwise(parts)
        self._classes = [part for part, member in pairs if "<locals>" not in (part, member)]

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        private = node.attr.startswith("__") and not node.attr.endswith("__")
        if private and self._classes:
            node.attr = f"_{self._classes[-1].lstrip('_')}{node.attr}"
        return node
