"""Stores: assignments and deletions, with hooks.

Where a store has operands of its own, as in `a.f, b[i] = c`, the values are first put into
variables of ours, then stored one after the other: as the interpreter does it, on its stack. So is
what `a.f += b` changes: `a` is evaluated once, then `a.f` is read, then `b`; the change itself is
the interpreter's, and so is the store.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from verify.instrumentation.copying import call, constant, discarded, like, name, spread, stored
from verify.instrumentation.expressions import MAY_BE_CONTAINER, Hooked

TEMPORARY = "_verify_"


class Stores:
    """Makes the stores of one function; `forget` takes away what they leave behind."""

    def __init__(self) -> None:
        self._temporaries = 0

    def temporary(self) -> str:
        """A variable of ours."""
        self._temporaries += 1
        return f"{TEMPORARY}{self._temporaries}"

    def forget(self, at: ast.AST, *kept: str) -> ast.stmt:
        """Delete variables of ours: what is in them must not live on."""
        names: list[ast.expr] = [like(at, ast.Name(one, ast.Del())) for one in kept]
        return like(at, ast.Delete(names))

    def is_shared(self, target: ast.expr, hooked: Hooked) -> bool:
        """Whether a store is to be announced."""
        if isinstance(target, ast.Name):
            return hooked.held(target) is not None
        if isinstance(target, ast.Starred):
            return self.is_shared(target.value, hooked)
        if isinstance(target, ast.Tuple | ast.List):
            return any(self.is_shared(one, hooked) for one in target.elts)
        return True

    def assign(
        self, node: ast.stmt, targets: Sequence[ast.expr], value: ast.expr, hooked: Hooked
    ) -> list[ast.stmt]:
        """An assignment to several targets, from left to right."""
        unpacked = any(isinstance(target, ast.Tuple | ast.List) for target in targets)
        made = hooked.whole(value) if unpacked else hooked.copy(value)
        if not any(self.is_shared(target, hooked) for target in targets):
            return [like(node, ast.Assign([*targets], made))]
        first = targets[0]
        if len(targets) == 1 and isinstance(first, ast.Tuple | ast.List):
            return self._unpack(node, first, made, hooked)
        kept = self.temporary()
        done: list[ast.stmt] = [_put(node, kept, made)]
        for target in targets:
            done += self.store(node, target, kept, hooked)
        return [*done, self.forget(node, kept)]

    def _unpack(
        self, at: ast.AST, target: ast.Tuple | ast.List, value: ast.expr, hooked: Hooked
    ) -> list[ast.stmt]:
        kept = [self.temporary() for _ in target.elts]
        names: list[ast.expr] = []
        for one, to in zip(target.elts, kept, strict=True):
            variable = stored(one, to)
            starred = isinstance(one, ast.Starred)
            names.append(like(one, ast.Starred(variable, ast.Store())) if starred else variable)
        variables = like(target, ast.Tuple(names, ast.Store()))
        done: list[ast.stmt] = [like(at, ast.Assign([variables], value))]
        for one, to in zip(target.elts, kept, strict=True):
            inner = one.value if isinstance(one, ast.Starred) else one
            done += self.store(at, inner, to, hooked)
        return [*done, self.forget(at, *kept)]

    def store(self, at: ast.AST, target: ast.expr, kept: str, hooked: Hooked) -> list[ast.stmt]:
        """Put the value of a variable of ours where it belongs."""
        value: ast.expr = name(at, kept)
        if isinstance(target, ast.Tuple | ast.List) and self.is_shared(target, hooked):
            return self._unpack(at, target, value, hooked)
        if isinstance(target, ast.Attribute):
            base = hooked.copy(target.value)
            return self._store_attribute(at, target, base, value, hooked)
        if isinstance(target, ast.Subscript):
            base, key = hooked.copy(target.value), hooked.key(target.slice)
            return self._store_item(target, base, key, value, hooked)
        if isinstance(target, ast.Name):
            held = hooked.held(target)
            if held is not None:
                hooked.hooks += 1
                value = call(target, "bind", *held, value)
        return [like(at, ast.Assign([target], value))]

    def _store_attribute(
        self, at: ast.AST, target: ast.Attribute, base: ast.expr, value: ast.expr, hooked: Hooked
    ) -> list[ast.stmt]:
        hooked.hooks += 1
        holder = call(target, "write", base, hooked.field(target), value)
        place = like(target, ast.Attribute(holder, target.attr, ast.Store()))
        return [like(at, ast.Assign([place], value))]

    def _store_item(
        self, at: ast.AST, base: ast.expr, key: ast.expr, value: ast.expr, hooked: Hooked
    ) -> list[ast.stmt]:
        hooked.hooks += 1
        return [discarded(spread(at, "setitem", call(at, "set_item", base, key, value)))]

    # ------------------------------------------------------------------ changes in place

    def augmented(self, node: ast.AugAssign, hooked: Hooked) -> list[ast.stmt]:
        """`a.f += b`, and its like."""
        target = node.target
        local = isinstance(target, ast.Name) and hooked.held(target) is None
        if local and isinstance(node.value, ast.Constant):
            return [node]
        value, operand = self.temporary(), self.temporary()
        kept, names = [], [value, operand]
        other, old = (
            hooked.copy(node.value),
            constant(node, isinstance(node.value, MAY_BE_CONTAINER)),
        )
        if isinstance(target, ast.Name):
            read: ast.expr = hooked.copy(name(target, target.id))
            back = self.store(node, target, value, hooked)
        else:
            base = self.temporary()
            names.append(base)
            kept.append(_put(node, base, hooked.copy(target.value)))
            held = name(target, base)
            if isinstance(target, ast.Attribute):
                holder = call(target, "read", held, hooked.field(target))
                read = like(target, ast.Attribute(holder, target.attr, ast.Load()))
                back = self._store_attribute(node, target, held, name(node, value), hooked)
            else:
                place = self.temporary()
                names.append(place)
                kept.append(_put(node, place, hooked.key(target.slice)))
                key = name(target, place)
                read = spread(target, "getitem", call(target, "item", held, key))
                back = self._store_item(target, held, key, name(node, value), hooked)
        return [
            *kept,
            _put(node, value, read),
            _put(
                node, operand, hooked.hooked(call(node, "changing", name(node, value), other, old))
            ),
            like(node, ast.AugAssign(stored(node, value), node.op, name(node, operand))),
            *back,
            self.forget(node, *names),
        ]

    # ------------------------------------------------------------------ deletions

    def delete(self, target: ast.expr, hooked: Hooked) -> list[ast.stmt]:
        """`del` of one target."""
        if isinstance(target, ast.Tuple | ast.List):
            return [one for inner in target.elts for one in self.delete(inner, hooked)]
        done: list[ast.stmt] = []
        if isinstance(target, ast.Attribute):
            hooked.hooks += 1
            holder = call(target, "delete", hooked.copy(target.value), hooked.field(target))
            target = like(target, ast.Attribute(holder, target.attr, ast.Del()))
        elif isinstance(target, ast.Subscript):
            hooked.hooks += 1
            base, key = hooked.copy(target.value), hooked.key(target.slice)
            return [discarded(spread(target, "delitem", call(target, "delete_item", base, key)))]
        elif isinstance(target, ast.Name):
            held = hooked.held(target)
            if held is not None:
                hooked.hooks += 1
                done.append(discarded(call(target, "unbind", *held)))
        return [*done, like(target, ast.Delete([target]))]


def _put(at: ast.AST, variable: str, value: ast.expr) -> ast.stmt:
    return like(at, ast.Assign([stored(at, variable)], value))
