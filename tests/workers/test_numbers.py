"""Numbers: a search is the same whatever the order in which its process has met the tasks.

Each worker numbers what it meets first (naming.py), and which subtrees it is given is chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest

from tests.workers.programs import started_late
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.scheduling.event import Execution
from verify.scheduling.naming import Names


def explored(met: Sequence[int], memoise: bool, **settings: object) -> tuple[list[object], object]:
    """Every step of a search by whose it is, and what is reported, where those that three tasks
    start have been met in this order before."""
    steps: list[object] = []

    def note(execution: Execution, names: Names) -> None:
        steps.append([(names.path(event.task), event.option) for event in execution.events])
        steps.append(execution.ending)

    search = Search(started_late, memoise=memoise, on_execution=note, **settings)  # type: ignore[arg-type]
    names = search.engine.names
    for starter in range(1, 4):
        assert names.task(0, starter) == starter
    for starter in met:
        names.task(starter, 1)
    report = search.run()
    known = [names.path(task) for task in range(len(names.task_keys))]
    assert known[4:] == [(starter, 1) for starter in met]
    failures = [(one.kind, one.message, one.trace) for one in report.failures]
    return steps, (failures, report.concerns, report.outcomes, str(report))


@pytest.mark.parametrize("memoise", [True, False])
def test_who_was_met_first_is_nobodys_business(memoise: bool) -> None:
    first, *others = (
        explored(met, memoise, stop_at_first=False) for met in permutations((1, 2, 3))
    )
    assert len(first[0]) >= 2 * 80  # so many classes
    assert all(other == first for other in others)


@pytest.mark.parametrize("strategy", ["dpor", "source_dpor", "exhaustive"])
def test_nor_is_it_where_a_limit_is_met(strategy: str) -> None:
    """What has been run by then, and the potential deadlock that was seen."""
    limits = Limits(max_executions=30)
    first, *others = (
        explored(met, False, limits=limits, strategy=strategy) for met in permutations((1, 2, 3))
    )
    assert all(other == first for other in others)
