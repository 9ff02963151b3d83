"""The reference itself: merging beginnings changes nothing but the time it takes."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.crosscheck import as_reference
from tests.crosscheck.generator import describe
from tests.reference import programs
from tests.reference.enumeration import TooMany, every_run, survey
from tests.reference.history import History
from tests.reference.semantics import Task
from tests.reference.world import Program, World

SMALL = [
    programs.lastzero(2),
    programs.racyinc(2, 2),
    programs.lostwake(2),
    programs.flagwait(2, wake_all=False),
    programs.spawnjoin(2),
    programs.lazy01(),
    programs.sync01(),
    programs.buffer(1, 1, one_condition=True),
]


def check(program: Program) -> None:
    """Every interleaving, one by one, against the enumeration of classes."""
    merged = survey(program)
    runs = list(every_run(program))
    assert Counter(run.history.key() for run in runs) == {
        key: ending.interleavings for key, ending in merged.classes.items()
    }
    for run in runs:
        ending = merged.classes[run.history.key()]
        assert (run.outcome(), run.finals()) == (ending.outcome, ending.finals)


@pytest.mark.parametrize("program", SMALL)
def test_runs_of_one_class_end_alike_and_none_is_missed(program: Program) -> None:
    check(program)


def test_the_same_for_random_programs() -> None:
    checked = 0
    for number in range(200):
        program = as_reference.program(describe(number, seed=9, most_tasks=2, most_actions=2))
        try:
            runs = survey(program, limit=300).interleavings
        except TooMany:
            continue
        if runs <= 500:
            check(program)
            checked += 1
    assert checked >= 50


def test_a_wrong_idea_of_independence_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """If reads were no accesses, beginnings would be merged that go on differently."""
    note = History.note

    def note_writes(
        self: History, task: Task, reads: list[str], writes: list[str], option: int = 0
    ) -> None:
        note(self, task, (), writes, option)

    monkeypatch.setattr(History, "note", note_writes)
    with pytest.raises(AssertionError, match="independent steps were none"):
        survey(programs.racyinc(2))


def test_a_copy_of_a_run_goes_on_by_itself() -> None:
    """One goes on to its end; the other must find everything as it was, and end the same way."""
    world = World(programs.buffer(1, 1))
    for _ in range(4):
        world.step(*world.choices()[0])
    twin = world.copy()
    choices, states, key = twin.choices(), dict(twin.states), twin.history.key()
    ends = []
    for one in (world, twin):
        if one is twin:
            assert (twin.choices(), twin.states, twin.history.key()) == (choices, states, key)
        while found := one.choices():
            one.step(*found[-1])
        ends.append((one.finals(), one.outcome(), one.history.key()))
    assert ends[0] == ends[1]


def test_a_main_task_that_goes_first_changes_no_class() -> None:
    program = programs.dining(3)
    assert survey(program).classes.keys() == survey(program, main_first=True).classes.keys()
