"""Statements: a function's body, each statement as it was and with hooks.

    rewritten   the functions of a module; what runs while it is imported stays as it is
    _either     `if _verify_off: statement` and, otherwise, the same with hooks

The choice is made at each statement, and each time around a loop, so that outside of explorations
a rewritten function does what it always did, and pays for a look at one global. Both copies of a
statement stand in the same line, and bind the same names.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from verify.instrumentation.copying import OFF, call, discarded, like, name, stored
from verify.instrumentation.expressions import Hooked, Native, either, token
from verify.instrumentation.scopes import Function, Scope, Scopes
from verify.instrumentation.stores import Stores

Loop = ast.For | ast.AsyncFor
With = ast.With | ast.AsyncWith
Try = (ast.Try, ast.TryStar)


def rewritten(tree: ast.Module) -> ast.Module:
    """A copy of a module whose functions announce what they do to what tasks may share."""
    scopes = Scopes(tree)
    made: ast.Module = Outside(scopes, scopes.of(tree), "").plainly(tree)
    return ast.fix_missing_locations(made)


class Outside(Native):
    """Copies what is outside of functions: modules and classes."""

    def copy_FunctionDef(self, node: Function) -> Function:
        found: dict[str, Any] = dict(ast.iter_fields(node))
        found["decorator_list"] = [self.copy(one) for one in node.decorator_list]
        found["args"] = self._parameters(node.args)
        inner = self._scopes.of(node)
        method = isinstance(self._scope.node, ast.ClassDef)
        found["body"] = Inside(self._scopes, inner, self._owner).body_of(node, method)
        return like(node, type(node)(**found))

    copy_AsyncFunctionDef = copy_FunctionDef

    def _parameters(self, node: ast.arguments) -> ast.arguments:
        found: dict[str, Any] = dict(ast.iter_fields(node))
        for which in ("defaults", "kw_defaults"):
            found[which] = [one if one is None else self.copy(one) for one in found[which]]
        return ast.arguments(**found)

    def copy_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        found: dict[str, Any] = dict(ast.iter_fields(node))
        for which in ("decorator_list", "bases", "keywords"):
            found[which] = [self.copy(one) for one in found[which]]
        inner = Outside(self._scopes, self._scopes.of(node), node.name)
        found["body"] = [inner.copy(one) for one in node.body]
        return like(node, ast.ClassDef(**found))

    def copy_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        value = None if node.value is None else self.copy(node.value)
        return like(node, ast.AnnAssign(node.target, node.annotation, value, node.simple))

    def copy_TypeAlias(self, node: ast.AST) -> ast.AST:
        return node


class Inside:
    """Rewrites what is inside of one function."""

    def __init__(self, scopes: Scopes, scope: Scope, owner: str) -> None:
        self._scopes = scopes
        self._scope = scope
        self._owner = owner
        self._stores = Stores()

    def body_of(self, node: Function, method: bool) -> list[ast.stmt]:
        """The body of a function; `method`: of a class."""
        body = list(node.body)
        begin: list[ast.stmt] = []
        if ast.get_docstring(node, clean=False) is not None:
            begin.append(body.pop(0))
        at = (body or begin)[0]  # so that no line is seen that was not
        if self._scope.rebound:
            used: list[ast.expr] = [name(at, one) for one in sorted(self._scope.rebound)]
            nothing = ast.arguments([], [], None, [], [], None, [])
            variables = like(at, ast.Lambda(nothing, like(at, ast.Tuple(used, ast.Load()))))
            scope = call(at, "scope", variables)
            begin.append(like(at, ast.Assign([stored(at, token(self._scope))], scope)))
        first = [*node.args.posonlyargs, *node.args.args][:1]
        if method and node.name == "__init__" and first:
            created = discarded(call(at, "created", name(at, first[0].arg)))
            begin.append(self._unless_off(at, [like(at, ast.Pass())], [created]))
        return begin + self._body(body)

    def _body(self, statements: Iterable[ast.stmt]) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        for statement in statements:
            made += self._statement(statement)
        return made

    def _statement(self, node: ast.stmt) -> list[ast.stmt]:
        if isinstance(node, Function | ast.ClassDef):
            return [Outside(self._scopes, self._scope, self._owner).copy(node)]
        if isinstance(node, ast.If | ast.While):
            test = self._choice(node.test, test=True)
            made = type(node)(test, self._body(node.body), self._body(node.orelse))
            return [like(node, made)]
        if isinstance(node, Loop):
            return self._loop(node)
        if isinstance(node, With):
            return self._with(node)
        if isinstance(node, Try):
            return [self._try(node)]
        if isinstance(node, ast.Match):
            return [self._match(node)]
        native = self._native().copy(node)
        hooked = self._hooked(isinstance(node, ast.Assert))
        other = self._simple(node, hooked)
        return [self._unless_off(node, [native], other) if hooked.hooks else native]

    def _native(self) -> Native:
        return Outside(self._scopes, self._scope, self._owner)

    def _hooked(self, shown: bool = False) -> Hooked:
        return Hooked(self._scopes, self._scope, self._owner, shown)

    def _choice(self, node: ast.expr, test: bool = False) -> Any:
        return either(self._scopes, self._scope, self._owner, node, test)

    def _unless_off(self, at: ast.AST, off: list[ast.stmt], on: list[ast.stmt]) -> ast.stmt:
        return like(at, ast.If(name(at, OFF), off, on))

    # ------------------------------------------------------------------ simple statements

    def _simple(self, node: ast.stmt, hooked: Hooked) -> list[ast.stmt]:
        """The statements that do the same with hooks."""
        if isinstance(node, ast.Assign):
            return self._stores.assign(node, node.targets, node.value, hooked)
        if isinstance(node, ast.AnnAssign):
            if node.value is None:
                return [node]
            return self._stores.assign(node, [node.target], node.value, hooked)
        if isinstance(node, ast.AugAssign):
            return self._stores.augmented(node, hooked)
        if isinstance(node, ast.Delete):
            return [one for target in node.targets for one in self._stores.delete(target, hooked)]
        if isinstance(node, ast.Assert):
            message = None if node.msg is None else self._hooked().copy(node.msg)
            return [like(node, ast.Assert(hooked.test(node.test), message))]
        if isinstance(node, ast.Expr | ast.Return | ast.Raise):
            return [hooked.plainly(node)]
        return [node]  # pass, break, continue, global, nonlocal, import, type

    # ------------------------------------------------------------------ compound statements

    def _taken(self, at: ast.AST, target: ast.expr) -> tuple[ast.expr, list[ast.stmt]]:
        """What to bind in the head of a loop or a `with`, and what is to be done with it then."""
        hooked = self._hooked()
        if not self._stores.is_shared(target, hooked):
            return target, []
        kept = self._stores.temporary()
        on = self._stores.store(target, target, kept, hooked)
        off: list[ast.stmt] = [like(target, ast.Assign([target], name(target, kept)))]
        store = self._unless_off(target, off, on)
        return stored(target, kept), [store, self._stores.forget(target, kept)]

    def _loop(self, node: Loop) -> list[ast.stmt]:
        target, begin = self._taken(node, node.target)
        hooked = self._hooked()
        steps = (
            hooked.copy(node.iter) if isinstance(node, ast.AsyncFor) else hooked.stepped(node.iter)
        )
        over = hooked.choice(node.iter, self._native().copy(node.iter), steps)
        body = begin + self._body(node.body)
        made = type(node)(target, over, body, self._body(node.orelse), node.type_comment)
        return [like(node, made)]

    def _with(self, node: With) -> list[ast.stmt]:
        """One inside the other, where there is something to store between them."""
        items: list[ast.withitem] = []
        for position, item in enumerate(node.items):
            context = self._choice(item.context_expr)
            target = item.optional_vars
            begin: list[ast.stmt] = []
            if target is not None:
                target, begin = self._taken(node, target)
            items.append(ast.withitem(context, target))
            if begin and position + 1 < len(node.items):
                rest = like(node, type(node)(node.items[position + 1 :], node.body, None))
                return [like(node, type(node)(items, begin + self._with(rest), None))]
            if begin:
                return [like(node, type(node)(items, begin + self._body(node.body), None))]
        return [like(node, type(node)(items, self._body(node.body), None))]

    def _try(self, node: Any) -> ast.stmt:
        handlers = []
        for one in node.handlers:
            kind = None if one.type is None else self._choice(one.type)
            handlers.append(like(one, ast.ExceptHandler(kind, one.name, self._body(one.body))))
        body, no_error = self._body(node.body), self._body(node.orelse)
        made: ast.stmt = type(node)(body, handlers, no_error, self._body(node.finalbody))
        return like(node, made)

    def _match(self, node: ast.Match) -> ast.stmt:
        hooked = self._hooked()
        other = hooked.whole(node.subject)
        subject = hooked.choice(node.subject, self._native().copy(node.subject), other)
        cases = []
        for one in node.cases:
            guard = None if one.guard is None else self._choice(one.guard, test=True)
            cases.append(ast.match_case(one.pattern, guard, self._body(one.body)))
        return like(node, ast.Match(subject, cases))
