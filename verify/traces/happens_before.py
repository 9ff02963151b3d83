"""Happens-before of one recorded execution, as far as a picture needs it: what comes just before.

`just_before` gives for each event the events of other tasks that happen before it with nothing in
between: the edges of the transitive reduction, but for those along a task, which anybody can see.

What happens before an event follows from four things: the order within its task; the events without
which it could not be (the start of its task, the end that it joins); those that ended its sleep;
and the accesses to a common object before it, of which one of the two is a write. So an event comes
right after some of a few candidates: its task's latest event, what started or woke it, and for each
object the latest write and, if it writes, the reads since then. Everything earlier comes before one
of these. A candidate that comes before another one is no edge of the reduction.

An invariant is written by whatever writes an object that it reads, as in the search. Of an
execution that is too long for any picture nothing is told: the sets that are kept grow with its
square.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from verify.operation import bits
from verify.properties.invariants import Reads, implied
from verify.scheduling.event import Event

MOST_EVENTS = 20_000
"""Of an execution that is looked at: the sets then take some 25 megabytes."""


def just_before(events: Sequence[Event], invariants: Reads) -> list[tuple[int, ...]]:
    """For each event the steps, from 1, of other tasks that happen just before it, in order."""
    if len(events) > MOST_EVENTS:
        return [()] * len(events)
    found: list[tuple[int, ...]] = []
    pasts: list[int] = []  # the positions of what happens before an event and of itself, as bits
    latest: dict[int, int] = {}  # by task
    written: dict[int, int] = {}  # by the number of an object: its latest write
    read: defaultdict[int, list[int]] = defaultdict(list)  # and the reads since
    for position, event in enumerate(events):
        candidates = {*event.after, *event.woken_by}
        if event.task in latest:
            candidates.add(latest[event.task])
        writes = event.writes | implied(event.writes, invariants)
        for number in bits(writes | event.reads):
            if number in written:
                candidates.add(written[number])
            if writes >> number & 1:
                candidates.update(read.pop(number, ()))
                written[number] = position
            else:
                read[number].append(position)
        past = 0
        edges = []
        for candidate in sorted(candidates, reverse=True):  # what comes before one is earlier
            if not past >> candidate & 1:
                edges.append(candidate)
                past |= pasts[candidate]
        pasts.append(past | 1 << position)
        latest[event.task] = position
        steps = [edge + 1 for edge in edges if events[edge].task != event.task]
        found.append(tuple(reversed(steps)))
    return found
