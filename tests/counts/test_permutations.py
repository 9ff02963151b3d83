"""Swapping neighbours that are independent changes nothing: the dependency relation, tested.

A class of executions is what one execution becomes by swapping adjacent events of different tasks
that neither conflict nor enable each other. All counting rests on that. So: take an execution, swap
such neighbours at random, replay the schedule that results, and demand the same events with the
same footprints and results, the same final states of all objects and the same end.

This knows nothing of classes and needs no reference: it holds the dependency relation, and the
edges by which events enable others, against what the operations do.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from random import Random

import pytest

import verify
from tests.counts import programs
from tests.crosscheck import as_verify
from tests.crosscheck.generator import describe
from verify.collection import collect
from verify.errors import Nondeterministic
from verify.exploration.depth_first import Exhaustive
from verify.exploration.dpor import Dpor
from verify.exploration.follow import Follow
from verify.exploration.immutable import immutable
from verify.exploration.random_walk import RandomWalk
from verify.exploration.strategy import Strategy
from verify.operation import Footprint, conflicts
from verify.scheduling.event import Choice, Ending
from verify.scheduling.explored import Explored
from verify.sync.primitive import Primitive
from verify.values import in_words

PERMUTATIONS = 200
"""Replayed for each program; nightly, ten times as many."""
EXECUTIONS = 10
"""Begun with, from each of two strategies."""

Main = Callable[[], object]
Relation = Callable[[Footprint, Footprint], bool]

MODELS = {f"{m.file.stem}.{m.name}": m for m in collect([Path(__file__).parents[2] / "models"])}


def every_operation_on_tasks() -> None:
    """Tasks that start tasks, look at them, join them with and without a time-out, and choose."""
    gate, seen = verify.Barrier(2, action=lambda: None), verify.Shared(0)

    def inner() -> None:
        verify.sleep(verify.choose((1, 2)))
        gate.wait(1.0)

    def outer() -> None:
        child = verify.Thread(target=inner)
        child.start()
        seen.value += child.is_alive()
        child.join(1.0)

    programs.run_all((outer,), (gate.wait,), (lambda: seen.value,))


PROGRAMS: dict[str, Main] = {
    "lastzero(3)": programs.lastzero(3),
    "lockinc(3)": programs.lockinc(3),
    "lostwake(2)": programs.lostwake(2),
    "flagwait(2, False)": programs.flagwait(2, False),
    "buffer(2, 2, 1, 2)": programs.buffer(2, 2, 1, 2),
    "phase01()": programs.phase01(),
    "every operation on tasks": every_operation_on_tasks,
}


class Sample:
    """An execution of a program, its events in an order that is changed step by step."""

    def __init__(self, engine: Explored, relation: Relation) -> None:
        events = engine.execution.events
        self.account = account(engine)
        self._events = list(events)
        self._relation = relation
        self._enablers = {
            event: [events[position] for position in event.after + event.woken_by]
            for event in events
        }

    @property
    def schedule(self) -> list[Choice]:
        """The choices that bring the events about in this order."""
        return [event.choice for event in self._events]

    def swap(self, index: int) -> bool:
        """Swap an event with the next one if they are independent; whether they are."""
        first, second = self._events[index : index + 2]
        if first.task == second.task or first in self._enablers[second]:
            return False
        if self._relation(first.footprint, second.footprint):
            return False
        self._events[index : index + 2] = second, first
        return True


def account(engine: Explored) -> object:
    """What an execution was, whatever the order of its events: each goes by its task and index."""
    execution = engine.execution
    counts: dict[int, int] = {}
    events = {}
    for event in execution.events:
        index = counts[event.task] = counts.get(event.task, 0) + 1
        operation = event.kind.name, [cell.number for cell in event.cells], event.option
        found = _comparable(event.effect.result)
        result = event.gave_up, found, type(event.error), str(event.error)
        events[event.task, index] = operation, (event.reads, event.writes), result
    stopped = {one.step.task: one.step.operation.kind.name for one in execution.stopped}
    finals = {cell.number: _comparable(cell.state) for cell in engine.cells}
    return events, stopped, finals, execution.outcome, execution.ending


def _comparable(value: object) -> object:
    """A value, or words for one that is equal to nothing but itself, as an exception is; an object
    of verify's goes by its number."""
    if isinstance(value, Primitive):
        return type(value), value._cell.number
    if type(value) is tuple:
        return tuple(map(_comparable, value))
    return value if immutable(value) else in_words(value)


def samples(engine: Explored, program: Main, relation: Relation, seed: int) -> list[Sample]:
    """Some executions of a program, by chance and by the search, when all that its invariants read
    is known."""
    found = []
    strategies: tuple[Strategy, ...] = (RandomWalk(seed), Dpor())
    for strategy in strategies:
        for _ in range(EXECUTIONS):
            if strategy.begin():
                execution = engine.run(program, strategy.choose)
                strategy.end(execution)
                if strategy.unplannable:
                    strategy = Exhaustive()
                if execution.ending is not Ending.REDUNDANT:
                    found.append(Sample(engine, relation))
    if engine.invariants.grew:
        engine.invariants.grew = False
        return samples(engine, program, relation, seed)
    return found


def permute(program: Main, count: int, relation: Relation = conflicts, seed: int = 0) -> int:
    """Replay so many permutations; how many swaps led to them. AssertionError if one is another
    execution."""
    engine = Explored()
    engine.awaiting.on = True
    found = samples(engine, program, relation, seed)
    random = Random(seed)
    swaps = 0
    for turn in range(count):
        sample = found[turn % len(found)]
        schedule = sample.schedule
        for _ in schedule[1:]:
            swaps += sample.swap(random.randrange(len(schedule) - 1))
        follow = Follow(sample.schedule)
        engine.run(program, follow.choose)
        assert account(engine) == sample.account, f"not the same as {schedule}: {sample.schedule}"
    return swaps


@pytest.mark.parametrize("name", MODELS)
def test_permutations_of_models(name: str) -> None:
    permute(MODELS[name].function, PERMUTATIONS)


@pytest.mark.nightly
@pytest.mark.parametrize("name", MODELS)
def test_many_permutations_of_models(name: str) -> None:
    permute(MODELS[name].function, 10 * PERMUTATIONS, seed=1)


@pytest.mark.parametrize("name", PROGRAMS)
def test_permutations_of_programs(name: str) -> None:
    assert permute(PROGRAMS[name], PERMUTATIONS) >= PERMUTATIONS


def test_permutations_of_random_programs() -> None:
    for number in range(100):
        permute(as_verify.program(describe(number, seed=5)), PERMUTATIONS // 10)


def test_permutations_of_random_programs_that_await_in_loops() -> None:
    for number in range(60):
        program = as_verify.program(describe(number, seed=5, kind="spinning"))
        permute(program, PERMUTATIONS // 10)


def _written_by_both(a: Footprint, b: Footprint) -> bool:
    return bool(a.writes & b.writes)


def _read_by_the_later(a: Footprint, b: Footprint) -> bool:
    return bool(a.writes & (b.reads | b.writes))


def _never(a: Footprint, b: Footprint) -> bool:
    return False


@pytest.mark.parametrize("relation", [_written_by_both, _read_by_the_later, _never])
def test_a_relation_that_misses_conflicts_is_found_out(relation: Relation) -> None:
    with pytest.raises((AssertionError, Nondeterministic)):
        permute(programs.lastzero(3), PERMUTATIONS, relation)


def _footprints() -> list[Footprint]:
    """All over three objects."""
    return [Footprint(reads, writes) for reads, writes in product(range(8), repeat=2)]


def test_the_relation_is_total_symmetric_and_says_what_it_says() -> None:
    """On all pairs over three objects: a common object, and one of the two writes it."""
    for a, b in product(_footprints(), repeat=2):
        expected = any(
            (a.reads | a.writes) >> number & 1
            and (b.reads | b.writes) >> number & 1
            and (a.writes | b.writes) >> number & 1
            for number in range(3)
        )
        assert conflicts(a, b) is expected
        assert conflicts(b, a) is expected
        at = [a.conflicts_at(b, number) for number in range(3)]
        assert any(at) is expected


@pytest.mark.parametrize("number", [29, 30, 31, 32, 61, 62, 63, 64, 200])
def test_the_relation_holds_for_any_number_of_objects(number: int) -> None:
    for a, b in product(_footprints(), repeat=2):
        higher = [Footprint(one.reads << number, one.writes << number) for one in (a, b)]
        assert conflicts(*higher) is conflicts(a, b)
