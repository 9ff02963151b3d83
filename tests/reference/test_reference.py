"""The reference itself: merging beginnings changes nothing but the time it takes."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.crosscheck import as_reference
from tests.crosscheck.generator import describe
from tests.reference import programs
from tests.reference.enumeration import TooMany, every_run, survey
from tests.reference.world import Program

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


def test_a_main_task_that_goes_first_changes_no_class() -> None:
    program = programs.dining(3)
    assert survey(program).classes.keys() == survey(program, main_first=True).classes.keys()
