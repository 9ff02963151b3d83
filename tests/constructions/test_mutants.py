"""Mutants of the constructions, held to the primitives as the right ones are.

The models of a construction use it in a few ways (tests/mutants). Here it is asked for whatever is
on the menu, and in the programs that show the faults. So what survives is no mistake at all, and
the reason is one for every program.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from models.constructions import (
    condition_on_locks,
    event_on_condition,
    queue_on_conditions,
    semaphore_on_condition,
)
from tests.constructions.faults_of_conditions import ON_CONDITIONS
from tests.constructions.faults_of_locks import ON_LOCKS
from tests.constructions.menus import PRIMITIVES, held_to
from tests.internal.exploring import Tally, Tasks, explore, one_each
from tests.internal.menus import Menu
from tests.mutants.mutation import Site, loaded, mutated, sites

SUBJECTS: dict[str, tuple[ModuleType, tuple[str, ...]]] = {
    "Condition": (condition_on_locks, ("Condition",)),
    "Semaphore": (semaphore_on_condition, ("Semaphore",)),
    "BoundedSemaphore": (semaphore_on_condition, ("BoundedSemaphore",)),
    "Event": (event_on_condition, ("Event",)),
    "Queue": (queue_on_conditions, ("Queue to be joined", "Queue")),
}
"""By the class: where it stands, and the primitives from whose menus it is asked. In an RLock on a
Lock there is no place for a mistake of these kinds."""

SURVIVORS = {
    "a lock left out in Event.clear": "one write is one step",
    "a lock left out in Queue.qsize": "one look is one step",
    "while to if in Queue.join": "all was done when it was told so, whatever was put in since",
}
"""And why."""


def file_of(kind: str) -> Path:
    return Path(str(SUBJECTS[kind][0].__file__))


def tree_of(kind: str) -> ast.Module:
    return ast.parse(file_of(kind).read_text(encoding="utf-8"))


MUTANTS = [
    (kind, site)
    for kind in SUBJECTS
    for site in sites(tree_of(kind))
    if site.function.startswith(f"{kind}.")
]


def programs(names: tuple[str, ...]) -> Iterator[tuple[str, Tasks]]:
    """Those that show faults first: most mutants do not survive these."""
    for fault in (*ON_LOCKS, *ON_CONDITIONS):
        if fault.as_a in names:
            yield fault.as_a, fault.tasks
    for name in names:
        for tasks in one_each(PRIMITIVES[name]):
            yield name, tasks


def refuted(kind: str, site: Site) -> bool:
    names = SUBJECTS[kind][1]
    with loaded(mutated(tree_of(kind), site), file_of(kind)) as mutant:
        build = vars(mutant)[kind]
        menus: dict[str, Menu] = {
            name: held_to(PRIMITIVES[name], build if name != "Queue" else lambda: build(1))
            for name in names
        }
        for name, tasks in programs(names):
            tally = Tally()
            explore(menus[name], tasks, tally, internal=False)
            if tally.failures:
                return True
    return False


@pytest.mark.parametrize("kind, site", MUTANTS, ids=str)
def test_a_mutant_is_refuted_or_no_mistake(kind: str, site: Site) -> None:
    assert refuted(kind, site) is (str(site) not in SURVIVORS)


def test_every_survivor_is_a_mutant() -> None:
    assert set(SURVIVORS) <= {str(site) for _, site in MUTANTS}
    assert len(MUTANTS) >= 20
