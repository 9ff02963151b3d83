"""Every right model is mutated, and each mutant is refuted, or its survival explained.

A mutant of a model has one of the usual mistakes (mutation.py) at a place that the model comes to.
It is explored like the model. Refuted is what fails; a search that a limit stopped refutes nothing.
What survives stands in a table (survivors.py) with its reason, and nothing else does.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.mutants.mutation import (
    DROPPED,
    KINDS,
    ONCE,
    ONE_FOR_ALL,
    SWAPPED,
    UNLOCKED,
    Site,
    loaded,
    mutated,
    sites,
    watched,
)
from tests.mutants.survivors import SURVIVORS
from verify.collection import collect
from verify.exploration.report import Report
from verify.modelling import Model, model_of

RIGHT = [
    model for model in collect([Path(__file__).parents[2] / "models"]) if model.expect == "proved"
]
FILES = sorted({model.file for model in RIGHT})
MOST_CLASSES = 5_000
"""Ten times what any right model has."""


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def search(tree: ast.Module, model: Model, **names: object) -> Report:
    """What a model's counterpart in another tree of its file comes to."""
    with loaded(tree, model.file, **names) as module:
        counterpart = model_of(vars(module)[model.name])
        assert counterpart is not None
        return counterpart.search(stop_at_first=True, max_executions=MOST_CLASSES).run()


def mutants(model: Model) -> Iterator[Site]:
    """The sites that the model, as it is, comes to in any execution."""
    tree = tree_of(model.file)
    reached: set[int] = set()
    if found := sites(tree):
        search(watched(tree, "come_to"), model, come_to=reached.add)
    for number in sorted(reached):
        yield found[number]


@cache
def survivors_of(file: Path) -> tuple[Counter[str], dict[str, dict[str, str]]]:
    """How many mutants of each kind the models of a file have, and which of them nothing refutes:
    each with what the search of it came to."""
    counted: Counter[str] = Counter()
    survived: dict[str, dict[str, str]] = {}
    for model in RIGHT:
        if model.file != file:
            continue
        for site in mutants(model):
            counted[site.kind] += 1
            report = search(mutated(tree_of(file), site), model)
            if not report.failures:
                named = survived.setdefault(f"{file.stem}.{model.name}", {})
                named[str(site)] = f"{report.verdict.name} at `{site.text}`"
    return counted, survived


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_mutant_is_refuted_or_explained(file: Path) -> None:
    _, survived = survivors_of(file)
    for model, unrefuted in survived.items():
        for site, what in unrefuted.items():
            assert site in SURVIVORS.get(model, {}), f"{model}: {site}: {what}, and unexplained"


@pytest.mark.parametrize("model", SURVIVORS)
def test_what_is_explained_survives(model: str) -> None:
    """A row that names no mutant, or one that is refuted, does not stay in the table."""
    (file,) = [file for file in FILES if file.stem == model.partition(".")[0]]
    _, survived = survivors_of(file)
    assert set(SURVIVORS[model]) - set(survived.get(model, {})) == set()
    assert all(SURVIVORS[model].values())


def test_there_are_mutants_of_every_kind() -> None:
    """As many as the models had when this was written, or more; and most of all are refuted."""
    counted = sum((survivors_of(file)[0] for file in FILES), Counter[str]())
    print("\n" + ", ".join(f"{counted[kind]} of {kind}" for kind in KINDS))
    for kind, least in (
        (DROPPED, 20),
        (ONE_FOR_ALL, 5),
        (ONCE, 35),
        (UNLOCKED, 75),
        (SWAPPED, 7),
    ):
        assert counted[kind] >= least, kind
    assert sum(map(len, SURVIVORS.values())) < counted.total() / 2


EXAMPLE = """
def program(c, lock, other):
    with lock, other:
        while c.empty():
            c.wait()
        c.notify_all()
    lock.acquire()
    with other:
        pass
    lock.release()
"""
MUTANTS = {
    "a lock left out in program": ("with lock, other", "with other"),
    "a lock left out in program (2)": ("with lock, other", "with lock"),
    "an acquire pair swapped in program": ("with lock, other", "with other, lock"),
    "while to if in program": ("c.wait()", "c.wait()\n            break"),
    "a notify dropped in program": ("\n        c.notify_all()", ""),
    "notify_all to notify in program": ("notify_all", "notify"),
    "a lock left out in program (3)": ("lock.", None),
    "an acquire pair swapped in program (2)": (
        "lock.acquire()\n    with other:",
        "with other:\n        lock.acquire()",
    ),
    "a lock left out in program (4)": ("    with other:\n        pass", "    pass"),
}
"""What stands there, and what stands there in the mutant; with None, both lines are gone."""


def test_a_mutant_differs_in_its_mistake_alone() -> None:
    tree = ast.parse(EXAMPLE)
    found = sites(tree)
    assert {str(site) for site in found} == set(MUTANTS)
    for site in found:
        before, after = MUTANTS[str(site)]
        assert before in EXAMPLE
        if after is None:
            wanted = "\n".join(
                "    pass" if line.startswith(f"    {before}") else line
                for line in EXAMPLE.splitlines()
            )
        else:
            wanted = EXAMPLE.replace(before, after)
        assert ast.unparse(mutated(tree, site)) == ast.unparse(ast.parse(wanted)), site
    assert ast.unparse(tree) == ast.unparse(ast.parse(EXAMPLE)), "the tree itself is as it was"
