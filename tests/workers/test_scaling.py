"""What `verify bench --scaling` foretells: by hand of small recordings; and all is recorded."""

from __future__ import annotations

import pytest

from tests.counts import programs
from verify.benchmarking.scaling import Dealt, Recording, record, simulated
from verify.exploration import frontier
from verify.exploration.limits import Limits


def test_equal_tasks_are_dealt_out_evenly() -> None:
    recording = Recording(1.0, tasks=[Dealt(0, 0.0, 1.0) for _ in range(4)])
    assert [simulated(recording, count) for count in (1, 2, 3, 4, 64)] == [
        (5.0, 1.0),
        (3.0, 1.0),
        (3.0, 1.5),
        (2.0, 1.0),
        (2.0, 16.0),
    ]


def test_what_came_of_them_is_taken_in_order() -> None:
    """The second is done at 1, and waits for the first until 4; what that brings is begun at 5."""
    tasks = [Dealt(0, 0.0, 4.0, 1.0), Dealt(0, 0.0, 1.0, 1.0), Dealt(1, 0.0, 2.0, 0.0)]
    assert simulated(Recording(0.0, tasks=tasks), 2)[0] == 7.0
    assert simulated(Recording(0.0, tasks=tasks), 1)[0] == 7.0
    tasks[1].explore = 3.0
    assert simulated(Recording(0.0, tasks=tasks), 1)[0] == 9.0


def test_what_one_process_has_to_do_itself_is_not_shared() -> None:
    recording = Recording(1.0, tasks=[Dealt(0, 0.5, 0.0, 0.25) for _ in range(8)])
    assert simulated(recording, 1)[0] == simulated(recording, 64)[0] == 7.0


@pytest.mark.parametrize("memoise", [True, False])
def test_all_tasks_are_recorded(monkeypatch: pytest.MonkeyPatch, memoise: bool) -> None:
    monkeypatch.setattr(frontier, "LEAST", 20)
    recording = record(programs.racyinc(4), memoise, Limits())
    assert recording.executions == 576
    assert len(recording.tasks) > 20
    assert [task.after for task in recording.tasks] == sorted(
        task.after for task in recording.tasks
    )
    assert all(task.after <= number for number, task in enumerate(recording.tasks))
    assert all(min(task.issue, task.explore, task.commit) > 0 for task in recording.tasks)
    alone, many = simulated(recording, 1)[0], simulated(recording, 64)[0]
    assert recording.alone < many < alone


def test_cases_are_tasks() -> None:
    recording = record(programs.lastzero(9), False, Limits())
    assert recording.executions == 1_536
    assert len(recording.tasks) == 2**5 - 1  # the first is explored by the search itself
    alone, many = simulated(recording, 1)[0], simulated(recording, 64)[0]
    assert recording.alone < many < alone


def test_a_search_that_is_not_divided_is_one_task() -> None:
    recording = record(programs.racyinc(2), True, Limits())
    assert (recording.executions, recording.tasks) == (4, [])
    assert simulated(recording, 1) == simulated(recording, 64) == (recording.alone, 1.0)
