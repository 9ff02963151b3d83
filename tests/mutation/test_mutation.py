"""Mistakes in what a proof rests on: at least 95 of 100 are found, and no more are explained.

Three modules are changed, a little at a time: what an operation is, the clocks, and the search. A
mistake that nothing can tell from what is right is explained (explained.py); of all others, what is
found is counted.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.mutation.changes import changed, mutants
from tests.mutation.explained import EXPLAINED
from tests.mutation.running import MODULES, TIMED_OUT, in_child, tree_of

ROOT = Path(__file__).resolve().parents[2]
FOUND = 0.95


def found(module: str, *options: str) -> dict[str, str]:
    """By what each mutant was found, empty if it was not. In a process of its own, in which nothing
    of verify has been imported, as it has been here."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutation.running", module, "--json", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return dict(json.loads(line) for line in done.stdout.splitlines())


def explained(module: str) -> set[str]:
    return {name for names in EXPLAINED[module].values() for name in names}


@pytest.mark.nightly
@pytest.mark.parametrize("module", MODULES)
def test_mistakes_are_found(module: str) -> None:
    """Some minutes a module."""
    fates = found(module)
    survived = {name for name, killer in fates.items() if not killer}
    assert explained(module) - survived == set(), "explained, but found"
    unexplained = sorted(survived - explained(module))
    mistakes = len(fates) - len(explained(module))
    late = sum(killer == TIMED_OUT for killer in fates.values())
    told = "\n".join(unexplained)
    print(f"\n{module}: {len(fates)} mutants, {len(explained(module))} explained, {late} timed out")
    print(f"{len(unexplained)} of {mistakes} are not found:\n{told}")
    assert len(unexplained) <= (1 - FOUND) * mistakes, told


def test_a_few_mistakes_are_found() -> None:
    """All in one function, by the tests of the units alone."""
    fates = found(MODULES[0], "--units", "--only", "as_reads:")
    assert len(fates) >= 4
    assert all(killer.startswith("test_") for killer in fates.values())


def test_without_a_mistake_nothing_is_found() -> None:
    """A change that changes nothing is not found, so what finds the others is the change."""
    name = "module: 0 in _made: Final = [0] -> 1"
    assert found(MODULES[1], "--units", "--only", name) == {name: ""}


def test_what_is_explained_is_a_mistake_that_can_be_made() -> None:
    for module in MODULES:
        known = {str(mutant) for mutant in mutants(tree_of(module))}
        for reason, names in EXPLAINED[module].items():
            assert reason and set(names) <= known, set(names) - known
        every = [name for names in EXPLAINED[module].values() for name in names]
        assert len(every) == len(set(every))


def test_what_takes_too_long_is_stopped() -> None:
    def spin() -> None:
        while True:
            pass

    assert in_child(spin, 1) == TIMED_OUT
    assert in_child(lambda: (1, "x")) == (1, "x")
    with pytest.raises(RuntimeError, match="ended with status"):
        in_child(lambda: 1 // 0)


EXAMPLE = '''
def f(x: int, y: int = 2) -> int:
    """What it does."""
    if x < 1 and not y:
        return x + 1
    for one in (x, y):
        y |= one
    raise ValueError(f"{x} is {1}")
'''
CHANGES = {
    "2 in def f -> 3": ("= 2", "= 3"),
    "2 in def f -> 1": ("= 2", "= 1"),
    "if x < 1 and (not y) -> if True": ("x < 1 and not y", "True"),
    "if x < 1 and (not y) -> if False": ("x < 1 and not y", "False"),
    "x < 1 and (not y) -> x < 1 or not y": ("and", "or"),
    "x < 1 and (not y) -> not y": ("x < 1 and not y", "not y"),
    "x < 1 and (not y) -> x < 1": ("x < 1 and not y", "x < 1"),
    "x < 1 -> x <= 1": ("<", "<="),
    "x < 1 -> x >= 1": ("<", ">="),
    "1 in if x < 1 and (not y) -> 2": ("x < 1", "x < 2"),
    "1 in if x < 1 and (not y) -> 0": ("x < 1", "x < 0"),
    "not y -> y": ("not y", "y"),
    "return x + 1 -> return None": ("return x + 1", "return None"),
    "x + 1 -> x - 1": ("x + 1", "x - 1"),
    "1 in return x + 1 -> 2": ("x + 1", "x + 2"),
    "1 in return x + 1 -> 0": ("x + 1", "x + 0"),
    "for one in (x, y) -> for no item": ("in (x, y)", "in ()"),
    "y |= one -> y &= one": ("|=", "&="),
    "y |= one -> left out": ("y |= one", "pass"),
    "raise ValueError(f'{x} is {1}') -> left out": ('raise ValueError(f"{x} is {1}")', "pass"),
}
"""What stands there, and what stands there in the mutant."""


def test_a_mutant_differs_in_its_mistake_alone() -> None:
    tree = ast.parse(EXAMPLE)
    found = mutants(tree)
    assert [str(mutant) for mutant in found] == [f"f: {name}" for name in CHANGES]
    for mutant, (before, after) in zip(found, CHANGES.values(), strict=True):
        assert before in EXAMPLE
        wanted = ast.unparse(ast.parse(EXAMPLE.replace(before, after, 1)))
        assert ast.unparse(changed(tree, mutant)) == wanted, mutant
    assert ast.unparse(tree) == ast.unparse(ast.parse(textwrap.dedent(EXAMPLE)))
