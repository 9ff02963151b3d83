"""What comes just before each event: derived anew from the definition, and seen by swapping.

The definition takes all pairs of events and leaves the reduction to networkx. And what it means is
tried out: two neighbours that no edge joins can change places, and all is as it was; two that one
joins cannot, or something is in another order then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import networkx
import pytest

import verify
from models.bank import watched_too_closely
from models.counter import lost_update
from models.events import cleared_after_looking
from models.processes import ended_while_holding
from models.producer_consumer import one_condition_notify
from tests.crosscheck import as_verify
from tests.crosscheck.generator import describe
from verify.errors import Nondeterministic
from verify.exploration.follow import Follow
from verify.exploration.random_walk import RandomWalk
from verify.operation import Footprint, conflicts
from verify.properties.invariants import implied
from verify.scheduling.event import Choice, Execution
from verify.scheduling.explored import Explored
from verify.traces import happens_before
from verify.traces.happens_before import just_before

Program = Callable[[], object]
Key = tuple[int, int]
"""A task, and which of its events."""
MODELS = [
    lost_update,
    watched_too_closely,
    cleared_after_looking,
    ended_while_holding,
    one_condition_notify,
]


def programs() -> Iterator[tuple[str, Program]]:
    for model in MODELS:
        yield model.__name__, getattr(model, "__wrapped__", model)
    for number in range(30):
        yield f"program {number}", as_verify.program(describe(number, seed=11))


def executions(program: Program) -> Iterator[Execution]:
    """A few executions that end in different ways."""
    for seed in range(3):
        engine = Explored()
        walk = RandomWalk(seed)
        walk.begin()
        yield engine.run(program, walk.choose)
        engine.close()


def by_definition(execution: Execution) -> list[tuple[int, ...]]:
    """The transitive reduction of all that orders two events, but for what is of one task."""
    order: networkx.DiGraph[int] = networkx.DiGraph()
    order.add_nodes_from(range(len(execution.events)))
    prints = []
    for event in execution.events:
        writes = event.writes | implied(event.writes, execution.invariants)
        prints.append(Footprint(event.reads, writes))
    for late, event in enumerate(execution.events):
        for early in range(late):
            same = execution.events[early].task == event.task
            told = early in (*event.after, *event.woken_by)
            if same or told or conflicts(prints[early], prints[late]):
                order.add_edge(early, late)
    reduced = networkx.transitive_reduction(order)
    return [
        tuple(
            early + 1
            for early in sorted(reduced.predecessors(late))
            if execution.events[early].task != event.task
        )
        for late, event in enumerate(execution.events)
    ]


def test_it_is_the_transitive_reduction_of_what_orders_two_events() -> None:
    edges = 0
    for name, program in programs():
        for execution in executions(program):
            found = just_before(execution.events, execution.invariants)
            assert found == by_definition(execution), name
            edges += sum(map(len, found))
    assert edges > 500


def in_keys(execution: Execution) -> dict[Key, set[Key]]:
    """The edges between events as both executions know them."""
    own: Counter[int] = Counter()
    keys = []
    for event in execution.events:
        own[event.task] += 1
        keys.append((event.task, own[event.task]))
    edges = just_before(execution.events, execution.invariants)
    return {key: {keys[step - 1] for step in steps} for key, steps in zip(keys, edges, strict=True)}


def swapped(program: Program, engine: Explored, schedule: list[Choice]) -> Execution | None:
    """The execution along a schedule; None if there is none."""
    try:
        return engine.run(program, Follow(schedule).choose)
    except Nondeterministic:
        return None


@pytest.mark.parametrize("model", [lost_update, cleared_after_looking, one_condition_notify])
def test_neighbours_without_an_edge_can_change_places_and_others_cannot(model: Program) -> None:
    program = getattr(model, "__wrapped__", model)
    free = bound = 0
    for seed in range(6):
        engine = Explored()
        walk = RandomWalk(seed)
        walk.begin()
        execution = engine.run(program, walk.choose)
        schedule = [event.choice for event in execution.events]
        tasks = [event.task for event in execution.events]
        edges, known = just_before(execution.events, execution.invariants), in_keys(execution)
        for at in range(len(schedule) - 1):
            if tasks[at] == tasks[at + 1]:
                continue
            turned = [*schedule[:at], schedule[at + 1], schedule[at], *schedule[at + 2 :]]
            other = swapped(program, engine, turned)
            if at + 1 in edges[at + 1]:
                assert other is None or in_keys(other) != known
                bound += 1
            else:
                assert other is not None and in_keys(other) == known
                free += 1
        engine.close()
    assert free and bound


def test_a_trace_says_it_in_steps() -> None:
    """main starts two (steps 1 and 2), who both read 0 (3 and 4) and write 1 (5 and 6)."""
    trace = verify.explore(getattr(lost_update, "__wrapped__", lost_update)).failures[0].trace
    after = {
        (event.task, event.operation): event.after
        for event in trace.events
        if event.task.startswith("increment")
    }
    first, second = trace.events[2].task, trace.events[3].task
    assert after[first, "get"] == (int(first[-1]),)  # the start of its task
    assert after[second, "get"] == (int(second[-1]),)
    assert after[second, "set"] == (3,)  # the other one's read; its own comes before anyhow
    assert after[first, "set"] == (5,)  # the other one's write, which comes after its read
    joins = [event.after for event in trace.events if event.operation == "join"]
    assert joins == [(6,), ()]  # what ended second comes before step 6, and so before step 7


def test_of_what_is_too_long_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    program = getattr(lost_update, "__wrapped__", lost_update)
    execution = next(executions(program))
    assert any(just_before(execution.events, {}))
    monkeypatch.setattr(happens_before, "MOST_EVENTS", len(execution.events) - 1)
    assert just_before(execution.events, {}) == [()] * len(execution.events)
