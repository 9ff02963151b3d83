"""The nearest passing schedule, and the two steps whose order decides.

Which passing execution is nearest, brute force finds out: it runs every schedule, counts
preemptions, and sees where each parts from the failing one. Which pair decides is derived by hand,
program by program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

import verify
from models.bank import locked_as_the_money_goes, watched_too_closely
from models.counter import lost_update
from models.events import cleared_after_looking, pulse
from models.fetch_urls import emptied_list
from models.peterson import the_turn_first
from models.processes import waits_for_itself
from models.semaphore_bounds import checked_by_a_bounded_semaphore
from tests.crosscheck import as_verify
from tests.crosscheck.generator import describe
from tests.minimising.test_minimising import CountingBruteForce, TooMany
from verify.exploration import nearest as nearest_module
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.minimising import Schedule
from verify.exploration.nearest import Nearest, nearest
from verify.scheduling.explored import Explored
from verify.scheduling.naming import Names
from verify.traces.format import MOST_EVENTS, decode, encode, read
from verify.traces.recording import record
from verify.traces.store import save
from verify.traces.trace import Trace

Program = Callable[[], object]


class Distance(NamedTuple):
    """How far a passing execution is from a failing one; less is nearer."""

    parted: int  # negative, so that later is less
    preemptions: int
    events: int


class Run(NamedTuple):
    """One execution of all."""

    schedule: Schedule
    preemptions: int
    passes: bool


def everything(program: Program, names: Names, most: int) -> list[Run]:
    """All executions. TooMany for a program with more."""
    found = []
    engine = Explored(names=names)
    strategy = CountingBruteForce()
    while strategy.begin():
        execution = engine.run(program, strategy.choose)
        found.append(Run(execution.schedule, strategy.preemptions, not execution.failures))
        if len(found) > most:
            raise TooMany
        strategy.end(execution)
    engine.close()
    return found


def parted(failing: Schedule, passing: Schedule) -> int:
    pairs = zip(failing, passing, strict=False)
    return next(step for step, (one, other) in enumerate(pairs, 1) if one != other)


def distance(failing: Run, run: Run) -> Distance:
    return Distance(-parted(failing.schedule, run.schedule), run.preemptions, len(run.schedule))


def look(program: Program, names: Names, failing: Run) -> Nearest:
    return nearest(program, failing.schedule, names, 10_000, False, lambda: False)


def compare(program: Program, most: int, every: int) -> tuple[int, int]:
    """Hold what is found against what there is, for some failing executions; how many of each."""
    names = Names()
    runs = everything(program, names, most)
    passing = {run.schedule: run for run in runs if run.passes}
    failing = [run for run in runs if not run.passes]
    for run in failing[::every]:
        found = look(program, names, run)
        assert found.hopeless == (not passing)
        if passing:
            expected = min(distance(run, other) for other in passing.values())
            assert distance(run, passing[found.schedule]) == expected
            assert found.parted == -expected.parted
    return len(failing), len(passing)


MODELS = [
    lost_update,
    locked_as_the_money_goes,
    pulse,
    cleared_after_looking,
    checked_by_a_bounded_semaphore,
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_it_is_the_nearest_of_all(model: Program) -> None:
    program = getattr(model, "__wrapped__", model)
    failing, _ = compare(program, 200_000, every=97)
    assert failing


def test_it_is_the_nearest_of_all_in_random_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest_module, "BUDGET", 10**9)
    compared = mixed = number = 0
    while compared < 16:
        program = as_verify.program(describe(number, seed=5, most_tasks=2, most_actions=3))
        number += 1
        try:
            failing, passing = compare(program, 1_500, every=41)
        except TooMany:
            continue
        compared += bool(failing)
        mixed += bool(failing and passing)
    assert mixed >= 6


def test_what_is_found_passes_however_little_may_be_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    program = getattr(lost_update, "__wrapped__", lost_update)
    names = Names()
    runs = everything(program, names, 10_000)
    passing = {run.schedule for run in runs if run.passes}
    failing = next(run for run in runs if not run.passes)
    found = set()
    for budget in (0, 10, 20, 40, 80, 160):
        monkeypatch.setattr(nearest_module, "BUDGET", budget)
        near = look(program, names, failing)
        assert not near.hopeless
        assert near.schedule in passing or near == Nearest()
        found.add(near.schedule)
    assert () in found and len(found) > 1


def test_who_has_had_enough_gets_none() -> None:
    program = getattr(lost_update, "__wrapped__", lost_update)
    names = Names()
    failing = next(run for run in everything(program, names, 10_000) if not run.passes)
    near = nearest(program, failing.schedule, names, 10_000, False, enough=lambda: True)
    assert near == Nearest()


def test_a_program_that_is_no_function_of_its_schedule_is_left_alone() -> None:
    """The search has found its failure; what is wrong with the program, others are to say."""
    runs = 0

    def program() -> None:
        nonlocal runs
        runs += 1
        count = verify.Shared(0)
        for _ in range(1 + runs % 2):
            verify.Thread(target=lambda: setattr(count, "value", 1)).start()
        assert count.value, "nobody was as quick"

    names = Names()
    engine = Explored(names=names)
    execution = engine.run(program, lambda view: (view.enabled[0], 0))
    engine.close()
    assert execution.failures
    assert nearest(program, execution.schedule, names, 100, False, lambda: False) == Nearest()


# ---------------------------------------------------------------- the traces


def trace_of(model: Program) -> Trace:
    return Search(getattr(model, "__wrapped__", model)).run().failures[0].trace


@pytest.mark.parametrize("model", [*MODELS, emptied_list, the_turn_first], ids=lambda m: m.__name__)
def test_a_trace_holds_the_passing_execution_and_it_passes(model: Program) -> None:
    program = getattr(model, "__wrapped__", model)
    trace = trace_of(program)
    assert decode(encode(trace), "the trace") == trace
    if not trace.passing:
        assert trace.settings["hopeless"] is True
        return
    schedule = [*trace.events[: trace.parted - 1], *trace.passing]
    engine = Explored()

    def choose(view: Explored) -> tuple[int, int]:
        event = schedule[len(view.execution.events)]
        numbers = {view.names.path(task.number): task.number for task in view.tasks}
        return numbers[event.path], event.option

    execution = engine.run(program, choose)
    again = record(program, execution.schedule, engine.names, "m", {})
    assert (again.kind, again.events) == ("ok", tuple(schedule))
    engine.close()


def pair(model: Program) -> list[tuple[str, str, str]]:
    trace = trace_of(model)
    steps = [trace.events[step - 1] for step in trace.racing]
    return [(step.task.rpartition("-")[0], step.operation, step.objects[0]) for step in steps]


def test_two_writes_race_for_an_update() -> None:
    # Both have read 0. It passes if the second to read waits for the first to write, and the first
    # of the writes then comes before the other one's read: of the two accesses of the other one,
    # its write is the latest before it.
    assert pair(lost_update) == [("increment", "set", "count")] * 2
    trace = trace_of(lost_update)
    first, second = (trace.events[step - 1].task for step in trace.racing)
    assert first != second


def test_no_two_steps_decide_where_what_matters_never_came() -> None:
    # Each holds one lock. It passes if who has the first takes the other one, too: but that step is
    # none of the failing execution.
    assert trace_of(locked_as_the_money_goes).parted == 4
    assert pair(locked_as_the_money_goes) == []


def test_a_read_that_comes_before_a_write_to_the_same() -> None:
    """Store buffering: each writes its own and reads the other's. One must read what is written."""

    def program() -> None:
        mine, yours = verify.Shared(0), verify.Shared(0)
        seen = []

        def first() -> None:
            mine.value = 1
            seen.append(yours.value)

        def second() -> None:
            yours.value = 1
            seen.append(mine.value)

        tasks = [verify.Thread(target=first, name="t-1"), verify.Thread(target=second, name="t-2")]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()
        assert seen == [1, 1]

    # One runs to its end before the other writes: its read and that write decide.
    assert pair(program) in (
        [("t", "get", "yours"), ("t", "set", "yours")],
        [("t", "get", "mine"), ("t", "set", "mine")],
    )


def test_two_who_are_inside() -> None:
    # Peterson's algorithm with the turn first: both get in. It passes, so late, only if one leaves
    # before the other enters: the other's arrival and the one's leaving, both of them `add`.
    assert pair(the_turn_first) == [("turn_first", "add", "inside")] * 2
    trace = trace_of(the_turn_first)
    arrives, leaves = (trace.events[step - 1] for step in trace.racing)
    assert (arrives.argument, arrives.result, leaves.argument) == ("1", "1", "-1")


def test_check_then_act() -> None:
    # Both see an item. It passes if the one who was first takes it before the other one looks: the
    # other's taking never happens then.
    assert pair(emptied_list) == [("look_and_pop", "get", "urls")] * 2


def test_a_set_and_a_wait() -> None:
    # A pulse: the waiter comes after `clear`, and would have been in time before it.
    trace = trace_of(pulse)
    steps = [trace.events[step - 1] for step in trace.racing]
    assert [step.operation for step in steps] == ["clear", "wait"]


def test_the_release_of_a_lock_races_with_nobody() -> None:
    def program() -> None:
        lock, order = verify.Lock(), []

        def visit(name: str) -> None:
            with lock:
                order.append(name)

        tasks = [verify.Thread(target=visit, args=(f"v-{i}",), name=f"v-{i}") for i in (2, 1)]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()
        assert order == ["v-1", "v-2"]

    assert pair(program) == [("v", "acquire", "lock")] * 2


@pytest.mark.parametrize("model", [watched_too_closely, waits_for_itself])
def test_none_passes(model: Program) -> None:
    trace = trace_of(model)
    assert trace.settings["hopeless"] is True
    assert (trace.parted, trace.passing, trace.racing) == (0, (), ())


def test_statistics_are_counts_of_the_search() -> None:
    # Two tasks, an update each: 4 classes, two of which lose one. The search comes to the first
    # of these after as many executions as its report counts, and they have 9 events each.
    report = Search(getattr(lost_update, "__wrapped__", lost_update)).run()
    statistics = report.failures[0].trace.statistics
    assert statistics == {
        "executions": report.executions,
        "blocked_executions": 0,
        "events": 9 * report.executions,
    }


def test_a_trace_that_would_be_too_long_is_kept_without_what_passes(tmp_path: Path) -> None:
    trace = trace_of(lost_update)
    long = replace(trace, passing=trace.passing * (MOST_EVENTS // len(trace.passing) + 1))
    kept = read(save(long, tmp_path))
    assert (kept.parted, kept.passing) == (0, ())
    assert replace(kept, parted=trace.parted, passing=trace.passing) == trace


def test_none_passes_only_where_a_whole_search_finds_none() -> None:
    """Programs too large for brute force, against the classes that the search has run."""
    seen = set()
    for number in range(16):
        program = as_verify.program(describe(number, seed=3))
        report = Search(program, limits=Limits(max_executions=3_000), stop_at_first=False).run()
        if not report.complete:
            continue
        for failure in report.failures:
            hopeless = failure.trace.settings.get("hopeless") is True
            assert not (hopeless and report.outcomes["ok"]), f"program {number}"
            assert not (failure.trace.passing and not report.outcomes["ok"]), f"program {number}"
            seen.add((hopeless, bool(failure.trace.passing)))
    assert {(True, False), (False, True)} <= seen
