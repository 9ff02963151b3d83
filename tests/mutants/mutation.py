"""Mutation: a mistake of the usual kinds, put into a program's syntax tree.

    sites      where in a file which mistake can be made, in the order of the text
    mutated    the tree of the file with one of them made
    watched    the tree of the file as it is, which tells at each site that it has come there
    loaded     a tree as a module; what the file imports is not mutated with it

A lock is what a `with` names (`with lock:`, not `with open(…):`), and what is acquired and released
in statements of one function. To take two locks one after the other is a pair, however it is
written.
"""

from __future__ import annotations

import ast
import copy
import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

DROPPED = "a notify dropped"
ONE_FOR_ALL = "notify_all to notify"
ONCE = "while to if"
UNLOCKED = "a lock left out"
SWAPPED = "an acquire pair swapped"
KINDS = (DROPPED, ONE_FOR_ALL, ONCE, UNLOCKED, SWAPPED)

Block = list[ast.stmt]
Change = Callable[[Block, int], Block]
"""What a statement of a block becomes, and those after it: the new block."""


@dataclass(frozen=True)
class Site:
    """A mistake that can be made: its kind, the function, and which of this kind there it is."""

    kind: str
    function: str
    number: int
    text: str
    """What stands there, for a person."""

    def __str__(self) -> str:
        which = f" ({self.number})" if self.number > 1 else ""
        return f"{self.kind} in {self.function}{which}"


def sites(tree: ast.Module) -> list[Site]:
    """All mistakes that can be made in a file."""
    return [site for site, _, _, _ in _found(tree)]


def mutated(tree: ast.Module, site: Site) -> ast.Module:
    """The file with this mistake."""
    twin = copy.deepcopy(tree)
    for found, block, index, change in _found(twin):
        if found == site:
            block[:] = change(block, index) or [ast.Pass()]
            return ast.fix_missing_locations(twin)
    raise ValueError(f"there is no {site} in this file")


def watched(tree: ast.Module, name: str) -> ast.Module:
    """The file, calling the function of this name with the number of each site that it comes to."""
    twin = copy.deepcopy(tree)
    places = [(block, block[index]) for _, block, index, _ in _found(twin)]
    for number, (block, statement) in enumerate(places):
        call = ast.Call(ast.Name(name, ast.Load()), [ast.Constant(number)], [])
        block.insert(block.index(statement), ast.copy_location(ast.Expr(call), statement))
    return ast.fix_missing_locations(twin)


_numbers = itertools.count(1)


@contextmanager
def loaded(tree: ast.Module, file: Path, **names: object) -> Iterator[ModuleType]:
    """The module that a tree is, with these names in it besides; known while it is used."""
    module = ModuleType(f"mutant_{next(_numbers)}")
    module.__dict__.update(names, __file__=str(file))
    sys.modules[module.__name__] = module
    try:
        exec(compile(tree, str(file), "exec"), module.__dict__)
        yield module
    finally:
        del sys.modules[module.__name__]


# Where which mistake can be made.

Found = tuple[Site, Block, int, Change]


def _found(tree: ast.Module) -> Iterator[Found]:
    counted: dict[tuple[str, str], int] = {}
    for function, block, index in _statements(tree.body, ""):
        for kind, text, change in _mistakes(block, index):
            number = counted[kind, function] = counted.get((kind, function), 0) + 1
            yield Site(kind, function, number, text), block, index, change


def _statements(block: Block, function: str) -> Iterator[tuple[str, Block, int]]:
    """Every statement of every function: the function, the block and the place in it."""
    for index, statement in enumerate(block):
        inside = function
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            inside = f"{function}.{statement.name}" if function else statement.name
        elif function:
            yield function, block, index
        for name in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(statement, name, []), inside)
        for handler in getattr(statement, "handlers", []):
            yield from _statements(handler.body, inside)


def _mistakes(block: Block, index: int) -> Iterator[tuple[str, str, Change]]:
    statement = block[index]
    called = _called(statement)
    if called in ("notify", "notify_all"):
        yield DROPPED, ast.unparse(statement), _drop
    if called == "notify_all":
        yield ONE_FOR_ALL, ast.unparse(statement), _notify_one
    if isinstance(statement, ast.While):
        yield ONCE, f"while {ast.unparse(statement.test)}", _once
    if isinstance(statement, ast.With):
        for position, item in enumerate(statement.items):
            if _is_lock(item):
                yield UNLOCKED, f"with {ast.unparse(item)}", _without_item(position)
    if called == "acquire" and _released_in(block, index):
        yield UNLOCKED, ast.unparse(statement), _without_pair
    if isinstance(statement, ast.With):
        for position in range(len(statement.items) - 1):
            pair = statement.items[position : position + 2]
            if all(map(_is_lock, pair)) and len(set(map(ast.unparse, pair))) == 2:
                yield SWAPPED, f"with {', '.join(map(ast.unparse, pair))}", _swap_items(position)
    inner = _taken_next(block, index)
    if inner is not None:
        yield SWAPPED, f"{_taken(statement)}, then {inner}", _swap


def _called(statement: ast.stmt) -> str:
    """The method that a statement calls, and does nothing else; else nothing."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        method = statement.value.func
        return method.attr if isinstance(method, ast.Attribute) else ""
    return ""


def _object(statement: ast.stmt) -> str:
    """What a method is called of."""
    assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
    assert isinstance(statement.value.func, ast.Attribute)
    return ast.unparse(statement.value.func.value)


def _is_lock(item: ast.withitem) -> bool:
    return item.optional_vars is None and not isinstance(item.context_expr, ast.Call)


def _taken(statement: ast.stmt) -> str:
    """The one lock that a statement takes; nothing if it takes none, or several."""
    if _called(statement) == "acquire":
        return _object(statement)
    if isinstance(statement, ast.With) and len(statement.items) == 1:
        (item,) = statement.items
        return ast.unparse(item) if _is_lock(item) else ""
    return ""


def _taken_next(block: Block, index: int) -> str | None:
    """The other lock that is taken right after the one that a statement takes."""
    statement = block[index]
    following = block[index + 1 : index + 2]
    if isinstance(statement, ast.With):
        following = statement.body[:1]
        if len(statement.body) > 1 and isinstance(following[0], ast.With):
            return None  # what comes after the inner one would not be in the outer one any more
    first = _taken(statement)
    second = _taken(following[0]) if following else ""
    return second if first and second and first != second else None


def _released_in(block: Block, index: int) -> bool:
    return any(_called(one) == "release" for one in _of_lock(block[index:], _object(block[index])))


def _of_lock(block: Block, lock: str) -> Iterator[ast.stmt]:
    for statement in block:
        for node in ast.walk(statement):
            if (
                isinstance(node, ast.Expr)
                and _called(node) in ("acquire", "release")
                and _object(node) == lock
            ):
                yield node


# What becomes of it.


def _drop(block: Block, index: int) -> Block:
    return [*block[:index], *block[index + 1 :]]


def _notify_one(block: Block, index: int) -> Block:
    block[index].value.func.attr = "notify"  # type: ignore[attr-defined]
    return block


def _once(block: Block, index: int) -> Block:
    block[index].body.append(ast.Break())  # type: ignore[attr-defined]
    return block


def _without_item(position: int) -> Change:
    def change(block: Block, index: int) -> Block:
        statement = block[index]
        assert isinstance(statement, ast.With)
        del statement.items[position]
        if statement.items:
            return block
        return [*block[:index], *statement.body, *block[index + 1 :]]

    return change


def _without_pair(block: Block, index: int) -> Block:
    dropped = set(_of_lock(block[index:], _object(block[index])))

    class Drop(ast.NodeTransformer):
        def visit_Expr(self, node: ast.Expr) -> ast.stmt:
            return ast.copy_location(ast.Pass(), node) if node in dropped else node

    return [Drop().visit(statement) for statement in block]


def _swap_items(position: int) -> Change:
    def change(block: Block, index: int) -> Block:
        items = block[index].items  # type: ignore[attr-defined]
        items[position], items[position + 1] = items[position + 1], items[position]
        return block

    return change


def _swap(block: Block, index: int) -> Block:
    first, rest = block[index], block[index + 1 :]
    if isinstance(first, ast.With):
        second = first.body[0]
        if isinstance(second, ast.With):
            first.items, second.items = second.items, first.items
            return block
        del first.body[0]
        return [*block[:index], second, first, *rest]
    second = rest[0]
    if isinstance(second, ast.With):
        second.body.insert(0, first)
        return [*block[:index], *rest]
    return [*block[:index], second, first, *rest[1:]]
