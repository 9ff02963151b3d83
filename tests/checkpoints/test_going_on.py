"""A search that was stopped and taken up elsewhere finds what it would have found in one go.

Searches are divided early, so that a small program has many tasks, and stopped at many places: in
the middle of tasks, between two, before anything has been learnt and after. Each part is another
search, which knows nothing but what comes out of a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from multiprocessing import active_children

import pytest

from tests.checkpoints.cutting import Cut, Whole
from tests.checkpoints.programs import PROGRAMS, asks_whether_it_lives
from tests.workers.divided import EARLY, divide_early
from verify.exploration import frontier
from verify.exploration.history import AWAITS, FAILED, LEARNT, LOOKED, UNDIVIDED

PLANNED = [name for name, program in PROGRAMS.items() if program is not asks_whether_it_lives]


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    yield
    assert not active_children()


@pytest.mark.parametrize("name", PLANNED)
def test_by_one_process(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same executions, one after the other, in the same order; none is run twice."""
    compare(name, 4, EARLY, monkeypatch, memoise=True, stop_at_first=False)


@pytest.mark.parametrize("name", ["lastzero", "lost late", "learns late", "reads or not"])
def test_by_cases(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when it is not known yet which they are, or that there are none."""
    divide_early(monkeypatch)
    compare(name, 10, EARLY, monkeypatch, memoise=True, stop_at_first=False)


@pytest.mark.parametrize("name", ["lost late", "learns late", "orders of locks"])
def test_executions_that_are_run_for_real(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(name, 5, 3, monkeypatch, memoise=False, stop_at_first=True)


def compare(
    name: str, parts: int, least: int, monkeypatch: pytest.MonkeyPatch, **settings: bool
) -> None:
    monkeypatch.setattr(frontier, "LEAST", least)
    whole = Whole(PROGRAMS[name], **settings)
    cut = Cut(PROGRAMS[name], max(1, whole.executions // parts), **settings)
    assert cut.parts >= min(parts, whole.executions)
    assert cut.told == whole.told
    assert cut.schedules == whole.schedules


@pytest.mark.nightly
@pytest.mark.parametrize("divided", [False, True])
@pytest.mark.parametrize("least", [1, 2, 7, EARLY])
@pytest.mark.parametrize("memoise", [True, False])
@pytest.mark.parametrize("name", PLANNED)
def test_after_each_execution(
    name: str, memoise: bool, least: int, divided: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if divided:
        divide_early(monkeypatch)
    for stop_at_first in (True, False):
        compare(name, 1_000, least, monkeypatch, memoise=memoise, stop_at_first=stop_at_first)


@pytest.mark.parametrize("name", ["lost late", "learns late", "sends"])
def test_by_two_processes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What they had in hand is run again; what comes out is the same."""
    monkeypatch.setattr(frontier, "LEAST", EARLY)
    program = PROGRAMS[name]
    for stop_at_first in (True, False):
        whole = Whole(program, stop_at_first=stop_at_first)
        every = max(EARLY + 7, whole.executions // 4)
        cut = Cut(program, every, stop_at_first=stop_at_first, workers=2)
        assert cut.told == whole.told


def test_by_one_and_by_two_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file does not say how many there were."""
    monkeypatch.setattr(frontier, "LEAST", EARLY)
    program = PROGRAMS["lost late"]
    whole = Whole(program, stop_at_first=False)
    cut = Cut(program, 150, cycle([1, 2]), stop_at_first=False)
    assert cut.parts > 3
    assert cut.told == whole.told


@pytest.mark.parametrize("workers", [1, 2])
def test_parts_in_which_nothing_is_run(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped as soon as it is taken up, it is saved as it was."""
    monkeypatch.setattr(frontier, "LEAST", EARLY)
    program = PROGRAMS["racyinc"]
    whole = Whole(program)
    cut = Cut(program, 13, fruitless=True, workers=workers)
    assert cut.parts >= 2 * whole.executions // 13
    assert cut.told == whole.told


def test_what_cannot_be_planned_begins_again() -> None:
    """Its search has no frontier; what was learnt is kept, and it comes to the same end."""
    whole = Whole(asks_whether_it_lives)
    assert whole.executions > 1
    cut = Cut(asks_whether_it_lives, whole.executions)
    assert cut.last.unplannable
    assert cut.told == whole.told


def test_the_programs_have_what_is_to_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the tests above would pass without it."""
    kinds = {
        name: {entry.kind for entry in Cut(PROGRAMS[name], 1_000, stop_at_first=False).last.history}
        for name in PLANNED
    }
    assert LEARNT in kinds["learns late"] and LEARNT in kinds["two invariants"]
    assert AWAITS in kinds["awaits"]
    assert FAILED in kinds["lost late"] and FAILED in kinds["waits for ever"]
    divide_early(monkeypatch)
    of_cases = Cut(PROGRAMS["reads or not"], 1_000, stop_at_first=False).last.history
    assert UNDIVIDED in {entry.kind for entry in of_cases}
    assert LOOKED in kinds["orders of locks"] or LOOKED + 1 in kinds["orders of locks"]
