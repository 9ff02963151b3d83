"""Scopes: every name of the standard library belongs where the interpreter says.

symtable knows of each name in each function whether it is local, free or global. Its tables are
found by the kind, the name and the line of what opens them; two of the same in one line are left
out, and so is one called `top`, which symtable takes for the module. Comprehensions are part of the
functions around them in some versions and not in others, and so are not compared themselves.
"""

from __future__ import annotations

import ast
import symtable
import sysconfig
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from verify.instrumentation.scopes import Scope, Scopes

LIBRARY = Path(sysconfig.get_path("stdlib"))
FILES = sorted(LIBRARY.glob("*.py"))
Key = tuple[str, int]


def tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for inner in table.get_children():
        yield from tables(inner)


def functions(scopes: Scopes) -> Iterator[tuple[Key, Scope]]:
    for scope in scopes:
        node = scope.node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
            yield (node.name, min(first, node.lineno)), scope
            continue
        if isinstance(node, ast.Lambda):
            yield ("lambda", node.lineno), scope


def compare(source: str, file: str) -> int:
    """How many names were compared."""
    by_key: dict[Key, list[symtable.SymbolTable]] = {}
    for table in tables(symtable.symtable(source, file, "exec")):
        if table.get_type() in ("function", symtable.Function):
            by_key.setdefault((table.get_name(), table.get_lineno()), []).append(table)
    ours = list(functions(Scopes(ast.parse(source))))
    often = Counter(key for key, _ in ours)
    compared = 0
    for key, scope in ours:
        found = by_key.get(key, [])
        if often[key] > 1 or len(found) != 1 or key[0] == "top":
            continue
        for symbol in found[0].get_symbols():
            name = symbol.get_name()
            if name.startswith((".", "_")) or not scope_uses(scope, name):
                continue
            owner = scope.find(name)
            where = f"{file}:{key}: {name}"
            if symbol.is_global():
                assert owner.outer is None, where
            elif symbol.is_free():
                assert owner is not scope and owner.outer is not None, where
            else:
                assert owner is scope, where
            compared += 1
    return compared


def scope_uses(scope: Scope, name: str) -> bool:
    """Whether a name stands in the function itself: comprehensions have names of their own."""
    waiting: list[ast.AST] = [*ast.iter_child_nodes(scope.node)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and node.id == name:
            return True
        opens = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
        if not isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ClassDef, *opens)):
            waiting += ast.iter_child_nodes(node)
    return False


@pytest.mark.parametrize(
    "part", [pytest.param(n, marks=[pytest.mark.nightly] if n else []) for n in range(6)]
)
def test_names_belong_where_the_interpreter_says(part: int) -> None:
    compared = 0
    for file in FILES[part::6]:
        compared += compare(file.read_text(encoding="utf-8"), file.name)
    assert compared > 1000


def test_the_check_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scope, "find", lambda scope, name: scope)
    with pytest.raises(AssertionError):
        compare("def f():\n    return len\n", "one.py")
