"""Copying: syntax trees are never changed, only copied with changes.

Each expression stands twice in a rewritten module, as it was and with hooks, and the scopes are
known by the nodes of the original; so the walks over it leave it alone.
"""

from __future__ import annotations

import ast
from typing import Any, TypeVar

from verify.scheduling.instrumented import MODULE as MODULE, OFF as OFF, SCOPE as SCOPE

HOOKS = "_verify"
"""The global of a rewritten module that has the hooks."""

N = TypeVar("N", bound=ast.AST)


class Copier:
    """Copies a tree; `copy_X`, where there is one, copies the nodes of class X."""

    def copy(self, node: ast.AST) -> Any:
        """A copy of a node, as its class wants it."""
        method = getattr(self, f"copy_{type(node).__name__}", self.plainly)
        return method(node)

    def plainly(self, node: N) -> N:
        """A copy with copies of what is inside."""
        found: dict[str, Any] = {}
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                value = self.copy(value)
            elif isinstance(value, list):
                value = [self.copy(one) if isinstance(one, ast.AST) else one for one in value]
            found[name] = value
        return like(node, type(node)(**found))


def like(node: ast.AST, made: N) -> N:
    """A new node, at the place of another one."""
    return ast.copy_location(made, node)


def name(at: ast.AST, identifier: str) -> ast.Name:
    return like(at, ast.Name(identifier, ast.Load()))


def stored(at: ast.AST, identifier: str) -> ast.Name:
    return like(at, ast.Name(identifier, ast.Store()))


def constant(at: ast.AST, value: Any) -> ast.Constant:
    return like(at, ast.Constant(value))


def hook(at: ast.AST, which: str) -> ast.Attribute:
    """One of the hooks, which is a name in hooks.py."""
    return like(at, ast.Attribute(name(at, HOOKS), which, ast.Load()))


def call(at: ast.AST, which: str, *arguments: ast.expr) -> ast.Call:
    """A call of a hook."""
    return like(at, ast.Call(hook(at, which), list(arguments), []))


def choice(at: ast.AST, test: ast.expr, yes: ast.expr, no: ast.expr) -> ast.IfExp:
    return like(at, ast.IfExp(test, yes, no))


def spread(at: ast.AST, which: str, inner: ast.Call) -> ast.Call:
    """A call of a C function that hooks.py names, with what a hook comes back with."""
    return like(at, ast.Call(hook(at, which), [like(at, ast.Starred(inner, ast.Load()))], []))


def discarded(value: ast.expr) -> ast.Expr:
    return like(value, ast.Expr(value))


def mangled(attribute: str, owner: str) -> str:
    """An attribute's name as the compiler has it, in a class of this name (if any)."""
    owner = owner.lstrip("_")
    if not owner or not attribute.startswith("__") or attribute.endswith("__"):
        return attribute
    return f"_{owner}{attribute}"
