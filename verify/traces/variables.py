"""Variables: what the user calls an object, by the source around the call that created it.

One walk over a file's syntax tree says for every call what its result is put into:

    lock = Lock()                           lock
    self.lock = Lock()                      lock, of an object that may have a name itself
    left, right = Lock(), Lock()            left and right
    forks = [Lock() for _ in range(3)]      forks[0], forks[1], forks[2]: one of several
    forks = [Lock(), Lock()]                forks[0], forks[1]
    locks = {name: Lock() for name in …}    locks['ada'], by the value that `name` has there
    locks.append(Lock())                    locks[0] and so on
    account = Account(Lock())               account.lock
    pay(Account())                          source, if the file says `def pay(source)`
    buffer = Buffer(Condition())            buffer.full, if it says `def __init__(self, full)`
"""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import NamedTuple

from verify.scheduling.sources import CallSite, Span, syntax

_PASS_ON = frozenset(
    {"list", "tuple", "set", "frozenset", "dict", "deque", "sorted", "enumerate", "zip", "iter"}
)
"""Calls whose result is still called by the same name as what is put in."""
_PUT_INTO = frozenset({"append", "appendleft", "add", "insert", "setdefault"})
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp)


class Variable(NamedTuple):
    """What an object is put into.

    `several`: it is one of many that the same expression makes. `key`: the local variable whose
    value tells them apart, if there is one. `owned`: the name was given by an attribute of `self`.
    """

    name: str
    several: bool = False
    key: str = ""
    owned: bool = False


def variable(site: CallSite) -> Variable | None:
    """What the result of a call is put into; None if it is not put into anything on the spot."""
    return _variables(site.span.file).get(site.span[1:])


@lru_cache(maxsize=64)
def _variables(file: str) -> dict[tuple[int, ...], Variable]:
    found: dict[tuple[int, ...], Variable] = {}
    tree = syntax(file)
    if tree is not None:
        _Walk(file, found).visit(tree)
    return found


class _Walk(ast.NodeVisitor):
    """Finds the statements that give names, and follows each down to the calls."""

    def __init__(self, file: str, found: dict[tuple[int, ...], Variable]) -> None:
        self._file = file
        self._found = found
        self._functions: dict[str, list[str]] = {}  # the parameters of each in the file
        self._classes: dict[str, list[str]] = {}

    def visit_Module(self, node: ast.Module) -> None:
        for part in node.body:
            if isinstance(part, ast.FunctionDef):
                self._functions[part.name] = _parameters(part)
            elif isinstance(part, ast.ClassDef):
                self._classes[part.name] = self._taken_by(part)
        self.generic_visit(node)

    def _taken_by(self, defined: ast.ClassDef) -> list[str]:
        """What the class's `__init__` takes, or that of a base which stands above it."""
        for part in defined.body:
            if isinstance(part, ast.FunctionDef) and part.name == "__init__":
                return _parameters(part)[1:]
        bases = [base.id for base in defined.bases if isinstance(base, ast.Name)]
        return next((self._classes[base] for base in bases if base in self._classes), [])

    def visit_Assign(self, node: ast.Assign) -> None:
        self._assign(node.targets[0], node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._assign(node.target, node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._below(node.value, _target(node.target)._replace(several=True))
        self.generic_visit(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._assign(node.target, node.value)

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in _PUT_INTO and node.args:
            self._below(node.args[-1], _target(function.value)._replace(several=True))
        if isinstance(function, ast.Name) and function.id in self._functions:
            for argument, name in zip(node.args, self._functions[function.id], strict=False):
                self._below(argument, Variable(name))
            for keyword in node.keywords:
                if keyword.arg is not None:
                    self._below(keyword.value, Variable(keyword.arg))
        self.generic_visit(node)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        pairs = isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List)
        if pairs and len(target.elts) == len(value.elts):  # type: ignore[attr-defined]
            for name, part in zip(target.elts, value.elts, strict=True):  # type: ignore[attr-defined]
                self._assign(name, part)
            return
        self._below(value, _target(target))
        self.visit(value)

    def _below(self, value: ast.expr | None, variable: Variable) -> None:
        """Whatever calls this expression consists of, their results are called so."""
        name = variable.name
        if isinstance(value, ast.Call):
            self._call(value, variable)
        elif isinstance(value, ast.List | ast.Tuple | ast.Set):
            for index, part in enumerate(value.elts):
                self._below(part, variable._replace(name=f"{name}[{index}]"))
        elif isinstance(value, ast.Dict):
            for key, part in zip(value.keys, value.values, strict=True):
                shown = "…" if key is None else ast.unparse(key)
                self._below(part, variable._replace(name=f"{name}[{shown}]"))
        elif isinstance(value, _COMPREHENSIONS):
            self._below(value.elt, variable._replace(several=True, key=""))
        elif isinstance(value, ast.DictComp):
            key_name = value.key.id if isinstance(value.key, ast.Name) else ""
            self._below(value.value, variable._replace(several=True, key=key_name))
        elif isinstance(value, ast.NamedExpr):
            self._below(value.value, _target(value.target))
        elif value is not None and not isinstance(value, ast.Lambda):
            for child in ast.iter_child_nodes(value):
                if isinstance(child, ast.expr):
                    self._below(child, variable)

    def _call(self, call: ast.Call, variable: Variable) -> None:
        function = call.func
        if isinstance(function, ast.Name) and function.id in _PASS_ON:
            for argument in call.args:
                self._below(argument, variable)
            return
        span = Span(self._file, *_position(call))
        self._found.setdefault(span[1:], variable)
        self._below(function, variable)
        taken = self._classes.get(function.id, []) if isinstance(function, ast.Name) else []
        for at, argument in enumerate(call.args):
            part = taken[at] if at < len(taken) else _made_by(argument)
            self._below(argument, variable._replace(name=f"{variable.name}.{part}"))
        for keyword in call.keywords:
            part = keyword.arg or _made_by(keyword.value)
            self._below(keyword.value, variable._replace(name=f"{variable.name}.{part}"))


def _position(node: ast.expr) -> tuple[int, int, int, int]:
    end_line, end_column = node.end_lineno, node.end_col_offset
    assert end_line is not None and end_column is not None
    return node.lineno, node.col_offset, end_line, end_column


def _parameters(function: ast.FunctionDef) -> list[str]:
    """The names of those that can be given by their place."""
    return [one.arg for one in (*function.args.posonlyargs, *function.args.args)]


def _made_by(argument: ast.expr) -> str:
    """What an argument is called that has no name of its own: after the class that makes it."""
    if isinstance(argument, ast.Call):
        function = argument.func
        name = function.attr if isinstance(function, ast.Attribute) else ast.unparse(function)
        return name.lower()
    return "argument"


def _target(target: ast.expr) -> Variable:
    if isinstance(target, ast.Starred):
        return _target(target.value)
    if isinstance(target, ast.Subscript):
        key = target.slice
        table = _target(target.value)
        if isinstance(key, ast.Constant):
            return table._replace(name=f"{table.name}[{key.value!r}]")
        return table._replace(several=True, key=key.id if isinstance(key, ast.Name) else "")
    text = ast.unparse(target)
    return Variable(re.sub(r"^self\._*", "", text), owned=text.startswith("self."))
