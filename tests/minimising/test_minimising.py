"""Of all executions that fail in the same way, the smallest is shown.

What that is, brute force finds out: it runs every schedule, and preemptions are counted here.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

import verify
from models.bank import locked_as_the_money_goes, watched_too_closely
from models.counter import lost_update
from models.dining_philosophers import left_fork_first
from models.events import cleared_after_looking, pulse
from models.producer_consumer import (
    if_for_while,
    one_condition_notify,
    one_semaphore_as_a_signal,
    three_cooks_and_a_waiter,
)
from models.semaphore_bounds import checked_by_a_bounded_semaphore, released_once_too_often
from tests.crosscheck import as_verify
from tests.crosscheck.generator import describe
from verify.exploration import minimising
from verify.exploration.depth_first import BruteForce
from verify.exploration.loop import Search
from verify.exploration.minimising import Cost
from verify.exploration.strategy import View
from verify.scheduling.event import Choice, Execution
from verify.scheduling.explored import Explored

Program = Callable[[], object]
Failures = dict[tuple[str, str], Cost]
"""By kind and message, the cost of the smallest execution that fails so."""


class CountingBruteForce:
    """Every interleaving, from its first step on; how often it left a task that could go on."""

    def __init__(self) -> None:
        self.preemptions = 0
        self._strategy = BruteForce()

    def begin(self) -> bool:
        self.preemptions = 0
        return self._strategy.begin()

    def choose(self, view: View) -> Choice | None:
        choice = self._strategy.choose(view)
        if choice is not None and view.last in view.enabled and choice[0] != view.last:
            self.preemptions += 1
        return choice

    def end(self, execution: Execution) -> None:
        self._strategy.end(execution)


class TooMany(Exception):
    """The program has more interleavings than anybody wants to run."""


def smallest(program: Program, most: int) -> Failures:
    """The true minimum of each failure. TooMany for a program with more interleavings."""
    found: Failures = {}
    engine = Explored()
    strategy = CountingBruteForce()
    runs = 0
    while strategy.begin():
        execution = engine.run(program, strategy.choose)
        runs += 1
        if runs > most:
            raise TooMany
        failure = execution.failure
        if failure is not None:
            cost = Cost(strategy.preemptions, len(execution.events))
            key = failure.kind, failure.message.strip()  # as in a trace
            found[key] = min(found.get(key, cost), cost)
        strategy.end(execution)
    engine.close()
    return found


def shown(program: Program) -> Failures:
    """What the traces of a whole search come to, each counted once more as it is replayed."""
    report = Search(program, stop_at_first=False).run()
    found: Failures = {}
    for failure in report.failures:
        trace = failure.trace
        again = verify.replay(program, trace)
        assert [one.trace.events for one in again.failures] == [trace.events]
        key = failure.kind, failure.message
        found[key] = Cost(preemptions(program, trace), len(trace.events))
    costs = list(found.values())
    assert costs == sorted(costs), "the smallest comes first"
    return found


def preemptions(program: Program, trace: object) -> int:
    """How often the run along a trace leaves a task that could go on."""
    count = 0
    steps = [(event.path, event.option) for event in trace.events]  # type: ignore[attr-defined]
    engine = Explored(len(steps) + 1)

    def choose(view: Explored) -> Choice | None:
        nonlocal count
        step = len(view.execution.events)
        if step == len(steps):
            return None
        path, option = steps[step]
        numbers = {view.names.path(task.number): task.number for task in view.tasks}
        task = numbers[path]
        count += view.last in view.enabled and task != view.last
        return task, option

    engine.run(program, choose)
    engine.close()
    return count


MODELS = [
    locked_as_the_money_goes,
    lost_update,
    cleared_after_looking,
    pulse,
    checked_by_a_bounded_semaphore,
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_models_are_shown_at_their_smallest(model: Program) -> None:
    program = getattr(model, "__wrapped__", model)
    expected = smallest(program, 200_000)
    assert expected
    assert shown(program) == expected


CLASSICS = [
    lost_update,
    locked_as_the_money_goes,
    watched_too_closely,
    left_fork_first,
    one_condition_notify,
    if_for_while,
    one_semaphore_as_a_signal,
    three_cooks_and_a_waiter,
    released_once_too_often,
    checked_by_a_bounded_semaphore,
    pulse,
    cleared_after_looking,
]
"""Every wrong model of the families counter, bank, philosophers, buffer, semaphore and event."""


def failures_within(program: Program, bound: int) -> set[tuple[str, str]]:
    """How the schedules with at most so many preemptions fail: each is run, in plain order."""
    found = set()
    engine = Explored()
    todo: list[list[Choice]] = [[]]  # beginnings, each to be gone on from without a preemption
    while todo:
        begun = todo.pop()
        spent = 0

        def choose(view: View, begun: list[Choice] = begun) -> Choice:
            nonlocal spent
            at = len(view.execution.events)
            going_on = view.last in view.enabled
            if at < len(begun):
                choice = begun[at]
            else:
                path = [event.choice for event in view.execution.events]
                others = [task for task in view.enabled if task != view.last]
                if not going_on or spent < bound:
                    todo.extend([*path, (task, 0)] for task in others[0 if going_on else 1 :])
                choice = (view.last if going_on else view.enabled[0], 0)
            spent += going_on and choice[0] != view.last
            return choice

        execution = engine.run(program, choose)
        failure = execution.failure
        if failure is not None:
            found.add((failure.kind, failure.message.strip()))
    engine.close()
    return found


@pytest.mark.parametrize("model", CLASSICS, ids=lambda model: model.__name__)
def test_no_schedule_with_fewer_preemptions_fails_so(model: Program) -> None:
    program = getattr(model, "__wrapped__", model)
    report = Search(program, stop_at_first=False).run()
    costs = [preemptions(program, failure.trace) for failure in report.failures]
    fewer = {cost: failures_within(program, cost - 1) for cost in set(costs) if cost}
    for failure, cost in zip(report.failures, costs, strict=True):
        assert failure.trace.settings["minimal"] is True
        assert (failure.kind, failure.message) not in fewer.get(cost, set())


def test_the_search_by_number_of_preemptions_finds_what_there_is() -> None:
    program = getattr(cleared_after_looking, "__wrapped__", cleared_after_looking)
    for key, cost in smallest(program, 200_000).items():
        assert key in failures_within(program, cost.preemptions)


def test_the_class_of_an_execution_is_regrouped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five who each take the left fork, as they sit: all but the last are left when they could go
    on. Against the order of the seats only the first one is, and one move of a piece is no help."""
    program = getattr(left_fork_first, "__wrapped__", left_fork_first)
    monkeypatch.setattr(minimising._Minimising, "_prove", lambda self: None)
    assert min(shown(program).values()).preemptions == 1
    monkeypatch.setattr(minimising._Minimising, "_regroup", lambda self: None)
    assert min(shown(program).values()).preemptions > 1


def test_random_programs_are_shown_at_their_smallest() -> None:
    compared = switching = number = 0
    while compared < 45:
        program = as_verify.program(describe(number, seed=3, most_tasks=2, most_actions=3))
        number += 1
        try:
            expected = smallest(program, 1_500)
        except TooMany:
            continue
        if not expected:
            continue
        assert shown(program) == expected, f"program {number - 1}"
        compared += 1
        switching += any(cost.preemptions for cost in expected.values())
    assert switching >= 5


def stopped_late() -> None:
    """The first failure that is found needs none of the switches that lead to it."""
    x, y = verify.Shared(0), verify.Shared(0)

    def writer() -> None:
        for value in (1, 2, 3):
            x.value = value
            y.value = value

    def reader() -> None:
        if x.value or y.value:
            raise ValueError("it has been written")

    tasks = [verify.Thread(target=work) for work in (reader, writer)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def first_found(program: Program) -> Cost:
    trace = verify.explore(program, strategy="random", seed=9).failures[0].trace
    return Cost(preemptions(program, trace), len(trace.events))


def test_pieces_are_moved_where_not_everything_can_be_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    least = min(smallest(stopped_late, 10_000).values())
    assert first_found(stopped_late) == least
    monkeypatch.setattr(minimising._Minimising, "_prove", lambda self: None)
    moved = first_found(stopped_late)
    monkeypatch.setattr(minimising, "BUDGET", 0)
    assert moved.preemptions < first_found(stopped_late).preemptions


def test_who_has_had_enough_gets_what_was_found() -> None:
    engine = Explored()
    execution = engine.run(stopped_late, BruteForce().choose)
    strategy = BruteForce()
    while strategy.begin():
        execution = engine.run(stopped_late, strategy.choose)
        if execution.failure is not None:
            break
        strategy.end(execution)
    assert execution.failure is not None
    found = minimising.minimised(
        stopped_late, execution, engine.names, 10_000, False, enough=lambda: True
    )
    engine.close()
    assert found.schedule == execution.schedule
    assert not found.minimal


def test_a_failure_stays_what_it_is() -> None:
    """A smaller execution that fails in another way is no smaller one of this failure."""

    def program() -> None:
        flag = verify.Shared(0)

        def look() -> None:
            if found := flag.value:
                raise ValueError(found)

        looker = verify.Thread(target=look)
        looker.start()
        flag.value = 1
        flag.value = 2
        looker.join()

    failures = Search(program, stop_at_first=False).run().failures
    assert {failure.message for failure in failures} == {"ValueError: 1", "ValueError: 2"}
    assert shown(program) == smallest(program, 1_000)
