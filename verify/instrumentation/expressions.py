"""Expressions: as they were, and with hooks.

    Native   a copy as it was; only what runs later, lambdas and generators, is rewritten inside it
    Hooked   a copy in which each access to what tasks may share is announced right before it

What does the access is always the interpreter: an instruction of its own (`hook(o, "f").f`), or a C
function that is the same without a frame (`getitem(*hook(o, k))`). So properties, descriptors,
`super()`, mangled names and the lines of a traceback are what they were. Every operand is evaluated
once, and in the same order; the hook comes after the last of them.

Within an `assert` each hook stands in a conditional expression, of which pytest shows the value and
not the text.
"""

from __future__ import annotations

import ast
from typing import Any

from verify.instrumentation.containers import CALLED, READERS
from verify.instrumentation.copying import (
    MODULE,
    OFF,
    SCOPE,
    Copier,
    call,
    choice,
    constant,
    like,
    mangled,
    name,
    spread,
)
from verify.instrumentation.scopes import START, Comprehension, Scope, Scopes

MAY_BE_CONTAINER = (ast.Name, ast.Attribute, ast.Subscript, ast.NamedExpr)
MAY_BECOME_ONE = (ast.Call, ast.IfExp, ast.BoolOp)

OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.MatMult: "matmul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.BitAnd: "and_",
    ast.BitOr: "or_",
    ast.BitXor: "xor",
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
}
"""What hooks.py calls the functions of `operator` that do the same."""


def token(owner: Scope) -> str:
    """The variable that has the holder of a function's closure variables."""
    return f"{SCOPE}{owner.number}"


class Native(Copier):
    """Copies what is to stay as it is, for the time when nothing is explored."""

    def __init__(self, scopes: Scopes, scope: Scope, owner: str) -> None:
        self._scopes = scopes
        self._scope = scope
        self._owner = owner

    def copy_Lambda(self, node: ast.Lambda) -> ast.expr:
        """Rewritten: it may be called while something is explored."""
        inner = self._scopes.of(node)
        return like(
            node,
            ast.Lambda(self.copy(node.args), either(self._scopes, inner, self._owner, node.body)),
        )

    def copy_Call(self, node: ast.Call) -> ast.expr:
        """As it was; but what `locals()` gives must not have variables of ours."""
        made = self.plainly(node)
        return call(node, "visible", made) if _is_locals(node, self._scope) else made

    def copy_GeneratorExp(self, node: ast.GeneratorExp) -> ast.expr:
        """Rewritten: it may be resumed while something is explored."""
        hooked = Hooked(self._scopes, self._scope, self._owner)
        return hooked.generator(node, self.copy(node.generators[0].iter))


def either(scopes: Scopes, scope: Scope, owner: str, node: ast.expr, test: bool = False) -> Any:
    """An expression that is the native one while nothing is explored, else the hooked one."""
    native, hooked = Native(scopes, scope, owner), Hooked(scopes, scope, owner)
    other = hooked.test(node) if test else hooked.copy(node)
    return hooked.choice(node, native.copy(node), other)


class Hooked(Copier):
    """Copies with hooks; `hooks` counts them."""

    def __init__(self, scopes: Scopes, scope: Scope, owner: str, shown: bool = False) -> None:
        """`owner` is the class around; `shown`: pytest may show the parts."""
        self._scopes = scopes
        self._scope = scope
        self._owner = owner
        self._shown = shown
        self.hooks = 0

    def choice(self, at: ast.AST, native: ast.expr, hooked: ast.expr) -> ast.expr:
        """The native expression while nothing is explored; alone, if no hook was put in."""
        return choice(at, name(at, OFF), native, hooked) if self.hooks else native

    def hooked(self, made: ast.expr) -> ast.expr:
        """Note that a hook has been put in."""
        self.hooks += 1
        return choice(made, constant(made, 1), made, constant(made, None)) if self._shown else made

    def test(self, node: ast.expr) -> Any:
        """A copy of what is tested for its truth."""
        if isinstance(node, ast.BoolOp):
            return like(node, ast.BoolOp(node.op, [self.test(value) for value in node.values]))
        return self._used("length", node) if self._may_be_container(node) else self.copy(node)

    def _may_be_container(self, node: ast.expr) -> bool:
        """Whether an expression may give a container from before; where pytest shows the parts,
        what a call gives stays as it is, for that is shown, too.
        """
        known = MAY_BE_CONTAINER if self._shown else MAY_BE_CONTAINER + MAY_BECOME_ONE
        return isinstance(node, known)

    def whole(self, node: ast.expr) -> Any:
        """A copy of what is used with all that is in it."""
        return self._used("whole", node) if self._may_be_container(node) else self.copy(node)

    def stepped(self, node: ast.expr, how: str = "each") -> Any:
        """A copy of what is iterated over, step by step, in a loop that begins at once."""
        if isinstance(node, ast.Constant) or _is_range(node):
            return self.copy(node)
        return self._used(how, node)

    def _used(self, how: str, node: ast.expr) -> ast.expr:
        return self.hooked(call(node, how, self.copy(node)))

    def held(self, node: ast.Name) -> tuple[ast.expr, ast.expr] | None:
        """Holder and name of a variable that others may rebind; None for any other."""
        owner = self._scope.find(node.id)
        if node.id not in owner.rebound:
            return None
        holder = MODULE if owner.outer is None else token(owner)
        return name(node, holder), constant(node, node.id)

    # ------------------------------------------------------------------ variables, fields, items

    def copy_Name(self, node: ast.Name) -> ast.expr:
        held = self.held(node)
        if held is None:
            return node
        self.hooks += 1
        return choice(node, call(node, "variable", *held), node, constant(node, None))

    def copy_Attribute(self, node: ast.Attribute) -> ast.expr:
        base = self.copy(node.value)
        dunder = node.attr.startswith("__") and node.attr.endswith("__")
        if not dunder and not _is_super(node.value):
            base = self.hooked(call(node, "read", base, self.field(node)))
        return like(node, ast.Attribute(base, node.attr, ast.Load()))

    def field(self, node: ast.Attribute) -> ast.Constant:
        """The name of an attribute, as the compiler has it."""
        return constant(node, mangled(node.attr, self._owner))

    def copy_Subscript(self, node: ast.Subscript) -> ast.expr:
        pair = call(node, "item", self.copy(node.value), self.key(node.slice))
        return self.hooked(spread(node, "getitem", pair))

    def key(self, node: ast.expr) -> ast.expr:
        """What stands between the brackets, as a value."""
        if isinstance(node, ast.Slice):
            ends = [node.lower, node.upper, node.step]
            given = [constant(node, None) if end is None else self.copy(end) for end in ends]
            return call(node, "slice", *given)
        if isinstance(node, ast.Tuple):
            return like(node, ast.Tuple([self.key(one) for one in node.elts], ast.Load()))
        made: ast.expr = self.copy(node)
        return made

    def copy_NamedExpr(self, node: ast.NamedExpr) -> ast.expr:
        value = self.copy(node.value)
        held = self.held(node.target)
        if held is not None:
            value = self.hooked(call(node, "bind", *held, value))
        return like(node, ast.NamedExpr(node.target, value))

    # ------------------------------------------------------------------ calls

    def copy_Call(self, node: ast.Call) -> ast.expr:
        function = node.func
        if _is_locals(node, self._scope):
            return call(node, "visible", self.plainly(node))
        arguments = [self.copy(argument) for argument in node.args]
        keywords = [self.copy(keyword) for keyword in node.keywords]
        if isinstance(function, ast.Attribute) and function.attr in CALLED:
            return self._announced(node, self.copy(function), arguments, keywords)
        if isinstance(function, ast.Name):
            owner = self._scope.find(function.id)
            if self._shown and owner.outer is None and function.id in READERS and not keywords:
                whole = [self.whole(one) for one in node.args]
                return like(node, ast.Call(self.copy(function), whole, []))
            if owner.outer is None and function.id in CALLED:
                return self._announced(node, self.copy(function), arguments, keywords)
            bindings = owner.bindings.get(function.id, ())
            if owner.outer is not None and any(b.plain or b.place == START for b in bindings):
                callee = self.hooked(call(function, "callee", self.copy(function)))
                return like(node, ast.Call(callee, arguments, keywords))
        return like(node, ast.Call(self.copy(function), arguments, keywords))

    def _announced(
        self,
        node: ast.Call,
        function: ast.expr,
        arguments: list[ast.expr],
        keywords: list[ast.keyword],
    ) -> ast.expr:
        inner = call(node, "calling", function, *arguments)
        inner.keywords = keywords
        return self.hooked(spread(node, "call", inner))

    def copy_Starred(self, node: ast.Starred) -> ast.expr:
        return like(node, ast.Starred(self.whole(node.value), ast.Load()))

    def copy_keyword(self, node: ast.keyword) -> ast.keyword:
        value = self.whole(node.value) if node.arg is None else self.copy(node.value)
        return like(node, ast.keyword(node.arg, value))

    # ------------------------------------------------------------------ operators

    def copy_Compare(self, node: ast.Compare) -> ast.expr:
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn):
            pair = call(node, "membership", self.copy(node.left), self.copy(node.comparators[0]))
            found = spread(node, "contains", pair)
            if isinstance(node.ops[0], ast.NotIn):
                return self.hooked(like(node, ast.UnaryOp(ast.Not(), found)))
            return self.hooked(found)
        operands = [node.left, *node.comparators]
        if len(operands) == 2 and type(node.ops[0]) in OPERATORS:
            both = self._both(node, node.ops[0], *operands)
            if both is not None:
                return both
        by_identity = [isinstance(op, ast.Is | ast.IsNot) for op in node.ops]
        made = []
        for position, operand in enumerate(operands):
            around = by_identity[max(position - 1, 0) : position + 1]
            made.append(self.copy(operand) if all(around) else self.whole(operand))
        if len(operands) == 2 and any(isinstance(one, ast.Constant) for one in operands):
            made = [self.copy(operand) for operand in operands]
        return like(node, ast.Compare(made[0], node.ops, made[1:]))

    def copy_BinOp(self, node: ast.BinOp) -> ast.expr:
        plain = _is_number(node.left) or _is_number(node.right)
        if plain and not isinstance(node.op, ast.Mult):
            return self.plainly(node)
        both = self._both(node, node.op, node.left, node.right)
        if both is not None:
            return both
        return like(node, ast.BinOp(self.whole(node.left), node.op, self.whole(node.right)))

    def _both(
        self, node: ast.expr, operator: ast.AST, left: ast.expr, right: ast.expr
    ) -> ast.expr | None:
        """An operation on two containers looks at both in one step; None if they cannot be two."""
        if not (self._may_be_container(left) and self._may_be_container(right)):
            return None
        if not self._shown:
            inner = call(node, "pair", self.copy(left), self.copy(right))
            return self.hooked(spread(node, OPERATORS[type(operator)], inner))
        if not isinstance(left, ast.Name) or not isinstance(operator, ast.cmpop):
            return None
        looked = self.hooked(call(node, "beside", self.copy(left), self.copy(right)))
        return like(node, ast.Compare(self.copy(left), [operator], [looked]))

    def copy_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        tested = [self.test(value) for value in node.values[:-1]]
        return like(node, ast.BoolOp(node.op, [*tested, self.copy(node.values[-1])]))

    def copy_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        tested = isinstance(node.op, ast.Not)
        operand = self.test(node.operand) if tested else self.copy(node.operand)
        return like(node, ast.UnaryOp(node.op, operand))

    def copy_IfExp(self, node: ast.IfExp) -> ast.expr:
        return choice(node, self.test(node.test), self.copy(node.body), self.copy(node.orelse))

    def copy_FormattedValue(self, node: ast.FormattedValue) -> ast.expr:
        specification = None if node.format_spec is None else self.copy(node.format_spec)
        value = self.whole(node.value)
        return like(node, ast.FormattedValue(value, node.conversion, specification))

    def copy_Dict(self, node: ast.Dict) -> ast.expr:
        keys = [None if key is None else self.copy(key) for key in node.keys]
        values = [
            self.whole(value) if key is None else self.copy(value)
            for key, value in zip(node.keys, node.values, strict=True)
        ]
        return like(node, ast.Dict(keys, values))

    def copy_YieldFrom(self, node: ast.YieldFrom) -> ast.expr:
        return like(node, ast.YieldFrom(self.stepped(node.value)))

    # ------------------------------------------------------------------ with scopes of their own

    def copy_Lambda(self, node: ast.Lambda) -> ast.expr:
        body = either(self._scopes, self._scopes.of(node), self._owner, node.body)
        return like(node, ast.Lambda(self.copy(node.args), body))

    def copy_arg(self, node: ast.arg) -> ast.arg:
        return node  # its annotation is nobody's business

    def copy_ListComp(self, node: ast.ListComp | ast.SetComp) -> ast.expr:
        generators = self._generators(node)
        inner = self._inside(node)
        made = like(node, type(node)(inner.copy(node.elt), generators))
        self.hooks += inner.hooks
        return made

    copy_SetComp = copy_ListComp

    def copy_DictComp(self, node: ast.DictComp) -> ast.expr:
        generators = self._generators(node)
        inner = self._inside(node)
        made = like(node, ast.DictComp(inner.copy(node.key), inner.copy(node.value), generators))
        self.hooks += inner.hooks
        return made

    def _inside(self, node: Comprehension) -> Hooked:
        return Hooked(self._scopes, self._scopes.of(node), self._owner)

    def _generators(self, node: Comprehension) -> list[ast.comprehension]:
        inner = self._inside(node)
        made = []
        for position, one in enumerate(node.generators):
            steps = inner if position else self
            iterated = steps.copy(one.iter) if one.is_async else steps.stepped(one.iter)
            tests = [inner.test(test) for test in one.ifs]
            made.append(ast.comprehension(one.target, iterated, tests, one.is_async))
        self.hooks += inner.hooks
        return made

    def copy_GeneratorExp(self, node: ast.GeneratorExp) -> ast.expr:
        first = node.generators[0]
        over = first.iter
        steps = self.copy(over) if first.is_async else self.stepped(over, "iterator")
        return self.generator(node, steps)

    def generator(self, node: ast.GeneratorExp, first: ast.expr) -> ast.GeneratorExp:
        """A generator that chooses each time whether to call hooks; it goes over `first`."""
        scope, made = self._scopes.of(node), []
        for position, one in enumerate(node.generators):
            iterated = first
            if position:
                native, hooked = Native(self._scopes, scope, self._owner), self._inside(node)
                other = hooked.copy(one.iter) if one.is_async else hooked.stepped(one.iter)
                iterated = hooked.choice(one.iter, native.copy(one.iter), other)
            tests = [either(self._scopes, scope, self._owner, test, True) for test in one.ifs]
            made.append(ast.comprehension(one.target, iterated, tests, one.is_async))
        element = either(self._scopes, scope, self._owner, node.elt)
        return like(node, ast.GeneratorExp(element, made))


def _is_super(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
    )


def _is_locals(node: ast.Call, scope: Scope) -> bool:
    named = isinstance(node.func, ast.Name) and node.func.id == "locals"
    return named and not node.args and scope.function.is_function


def _is_range(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"
    )


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float | complex | None)
