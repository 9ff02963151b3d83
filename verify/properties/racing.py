"""The racing pair: the two steps of a failing execution whose order decides.

They are the first two of which the nearest passing execution has the later one without the earlier
one before it, and that could have been so here. In full, an event `early` and a later one, `late`,
such that

    they are of different tasks, and depend on each other: both touch an object, one writes it
    late could have happened where early did: it was ready in the states that early found (so the
    release of a lock races with nobody, but the two who acquire it do)
    the passing execution has late, and early after it or not at all
    early had happened when the property was first seen violated

and of all these pairs the one with the earliest `late`, and of those the one with the latest
`early`. Events of two executions are the same if they are the same task's, the same operation on
the same objects, and as many of these come before it.

There need not be such a pair. Where a task is blocked for ever, what decides may be an operation
that it never came to; and a choice or a time-out is no order at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from verify.operation import conflicts
from verify.scheduling.event import Event, Execution

Key = tuple[int, str, tuple[int, ...]]


def racing(failing: Execution, passing: Execution) -> tuple[int, ...]:
    """The steps, from 1, of the racing pair in the failing execution; empty if there is none."""
    violated = min(failure.step for failure in failing.failures)
    events = failing.events
    there = {key: position for position, key in enumerate(_keys(passing.events))}
    never = len(passing.events)
    here = [there.get(key, never) for key in _keys(events)]
    for position, late in enumerate(events):
        states = {cell.number: state for cell, state in zip(late.cells, late.before, strict=True)}
        for before in range(position - 1, -1, -1):
            early = events[before]
            for cell, state in zip(early.cells, early.before, strict=True):
                if cell.number in states:
                    states[cell.number] = state
            if (
                before < violated
                and early.task != late.task
                and here[position] < here[before]
                and conflicts(early.footprint, late.footprint)
                and _ready(late, states)
            ):
                return before + 1, position + 1
    return ()


def _ready(event: Event, states: dict[int, Any]) -> bool:
    """Whether an event could have happened in these states of the objects that it names."""
    found = tuple(states[cell.number] for cell in event.cells)
    return event.never_disabled or event.kind.ready(found, event.task, event.argument)


def _keys(events: Sequence[Event]) -> Iterator[tuple[Key, int]]:
    """What each event is called in both executions."""
    so_far: Counter[Key] = Counter()
    for event in events:
        key = event.task, event.kind.name, tuple(cell.number for cell in event.cells)
        so_far[key] += 1
        yield key, so_far[key]
