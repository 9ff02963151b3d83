"""Scopes: which variables of a module several tasks may see, and rebind.

Only two sorts of variables are shared: globals, and variables of a function that functions inside
it use (closure variables). Most of them never change once they are there, and those are no
business of anybody's: a function, a class, an imported module; a closure variable that is bound
once, outside of loops, before the first function that uses it is made.

    Scopes    one walk over a syntax tree finds who binds what, another who uses what from where
    owner     to whom the name at some place belongs, if it is a variable that is rebound

The standard library's symtable answers the same question for source text, but says nothing about
where and how often, and its tables differ from version to version, as comprehensions have become
part of the functions around them. The tests hold the two against each other.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Opening = ast.Module | ast.ClassDef | Function | ast.Lambda | Comprehension
Place = tuple[int, int]

START: Place = (0, 0)


class _Binding(NamedTuple):
    place: Place
    in_loop: bool
    plain: bool  # and not a definition, an import or a parameter


class Scope:
    """The names of one function, class, comprehension or module."""

    def __init__(self, node: Opening, outer: Scope | None, number: int) -> None:
        self.node = node
        self.outer = outer
        self.number = number
        self.bindings: dict[str, list[_Binding]] = {}
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.rebound: set[str] = set()
        """Of a module: its globals that may change. Of a function: closure variables that do."""

    @property
    def is_function(self) -> bool:
        return isinstance(self.node, Function | ast.Lambda)

    @property
    def is_comprehension(self) -> bool:
        return isinstance(self.node, Comprehension)

    def bind(self, name: str, place: Place, in_loop: bool, plain: bool) -> None:
        self.bindings.setdefault(name, []).append(_Binding(place, in_loop, plain))

    def find(self, name: str) -> Scope:
        """The scope that a name used in this one belongs to; the module for globals, builtins."""
        scope: Scope = self
        while scope.outer is not None:
            if name in scope.globals:
                return scope.module
            visible = scope is self or not isinstance(scope.node, ast.ClassDef)
            if visible and name in scope.bindings and name not in scope.nonlocals:
                return scope
            scope = scope.outer
        return scope

    @property
    def module(self) -> Scope:
        scope = self
        while scope.outer is not None:
            scope = scope.outer
        return scope

    @property
    def function(self) -> Scope:
        """The scope whose frame the code of this one runs in."""
        scope = self
        while scope.is_comprehension and scope.outer is not None:
            scope = scope.outer
        return scope


class Scopes:
    """The scopes of a syntax tree, by the nodes that open them."""

    def __init__(self, tree: ast.Module) -> None:
        self._scopes: dict[ast.AST, Scope] = {}
        finder = _Finder(self._scopes)
        finder.open(tree, None)
        self._note_globals(finder.module)
        self._note_closures(finder.uses)

    def of(self, node: Opening) -> Scope:
        return self._scopes[node]

    def __iter__(self) -> Iterator[Scope]:
        return iter(self._scopes.values())

    def _note_globals(self, module: Scope) -> None:
        for scope in self:
            for name, bindings in scope.bindings.items():
                dunder = name.startswith("__") and name.endswith("__")
                plain = not dunder and any(binding.plain for binding in bindings)
                if plain and scope.find(name) is module:
                    module.rebound.add(name)

    def _note_closures(self, uses: list[tuple[Scope, str]]) -> None:
        captured: dict[tuple[Scope, str], Place] = {}
        for scope, name in uses:
            owner = scope.find(name)
            if scope.function is owner or not isinstance(owner.node, Function):
                continue
            inner = scope
            while inner.outer is not None and inner.outer is not owner:
                inner = inner.outer
            node = inner.node
            assert not isinstance(node, ast.Module)
            place = (node.lineno, node.col_offset)
            captured[owner, name] = min(place, captured.get((owner, name), place))
        for scope in self:
            for name in scope.nonlocals & scope.bindings.keys():
                owner = scope.find(name)
                if isinstance(owner.node, Function):
                    owner.rebound.add(name)
        for (owner, name), place in captured.items():
            bindings = owner.bindings[name]
            again = len(bindings) > 1 and any(binding.plain for binding in bindings)
            late = any(b.plain and (b.in_loop or b.place > place) for b in bindings)
            if again or late:
                owner.rebound.add(name)


class _Finder(ast.NodeVisitor):
    """Finds bindings and uses."""

    def __init__(self, scopes: dict[ast.AST, Scope]) -> None:
        self._scopes = scopes
        self.uses: list[tuple[Scope, str]] = []
        self._loops = 0

    def open(self, node: Opening, outer: Scope | None) -> Scope:
        """Enter a scope, and visit what is inside."""
        scope = self._scopes[node] = Scope(node, outer, len(self._scopes))
        if outer is None:
            self.module = scope
        before, self._loops = self._loops, 0
        self._scope = scope
        if isinstance(node, Comprehension):
            self._inside_comprehension(node)
        else:
            if isinstance(node, Function | ast.Lambda):
                for argument in _parameters(node.args):
                    scope.bind(argument.arg, START, False, False)
            for parameter in getattr(node, "type_params", ()):
                scope.bind(parameter.name, START, False, False)
            body = node.body if isinstance(node.body, list) else [node.body]
            for statement in body:
                self.visit(statement)
        self._loops = before
        if outer is not None:
            self._scope = outer
        return scope

    def _inside_comprehension(self, node: Comprehension) -> None:
        for position, generator in enumerate(node.generators):
            self.visit(generator.target)
            if position:
                self.visit(generator.iter)
            for test in generator.ifs:
                self.visit(test)
        if isinstance(node, ast.DictComp):
            self.visit(node.key)
            self.visit(node.value)
        else:
            self.visit(node.elt)

    def _bind(self, name: str, node: ast.AST, plain: bool = True) -> None:
        place = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
        self._scope.bind(name, place, self._loops > 0, plain)

    def _visit_all(self, *parts: object) -> None:
        for part in parts:
            for node in part if isinstance(part, list) else [part]:
                if isinstance(node, ast.AST):
                    self.visit(node)

    def visit_FunctionDef(self, node: Function) -> None:
        self._bind(node.name, node, plain=False)
        self._visit_all(node.decorator_list, node.args.defaults, node.args.kw_defaults)
        self.open(node, self._scope)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._bind(node.name, node, plain=False)
        self._visit_all(node.decorator_list, node.bases, node.keywords)
        self.open(node, self._scope)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_all(node.args.defaults, node.args.kw_defaults)
        self.open(node, self._scope)

    def _comprehension(self, node: Comprehension) -> None:
        self.visit(node.generators[0].iter)
        self.open(node, self._scope)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        self._loops += 1
        self.generic_visit(node)
        self._loops -= 1

    visit_For = visit_AsyncFor = visit_While = _loop

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._bind(node.id, node)
        self.uses.append((self._scope, node.id))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        scope = self._scope
        self._scope = scope.function
        self.visit(node.target)
        self._scope = scope

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self._bind(alias.asname or alias.name.partition(".")[0], node, plain=False)

    visit_Import = visit_ImportFrom = _import

    def visit_Global(self, node: ast.Global) -> None:
        self._scope.globals.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self._scope.nonlocals.update(node.names)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.target)  # which makes a name local, value or not
        if node.value is not None:
            self.visit(node.value)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name is not None:
            self._bind(node.name, node, plain=False)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name is not None:
            self._bind(node.name, node)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        self.visit_MatchAs(node)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest is not None:
            self._bind(node.rest, node)
        self.generic_visit(node)

    def visit_TypeAlias(self, node: ast.AST) -> None:
        name: ast.Name = node.name  # type: ignore[attr-defined]
        self._bind(name.id, node, plain=False)


def _parameters(arguments: ast.arguments) -> Iterator[ast.arg]:
    yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    for one in (arguments.vararg, arguments.kwarg):
        if one is not None:
            yield one
