"""Lock order: locks that are taken in a circle, although no execution that was run got stuck in it.

An edge is that a task takes a lock while it holds another one. A cycle of edges is a potential
deadlock: each of its tasks has its first lock, and waits for that of the next. It is none if

    all edges are one task's, or two of them are      a task does not wait for itself
    two of its tasks hold a lock in common there      that one, the gate, lets only one of them in
    one edge is over before another can begin         a start or a join puts them in order
    a task only tries, or waits for so long           then it does not wait for ever

    look      (an execution without failure) note the edges that have not been seen yet
    cycles    of all executions together

This is Goodlock (Havelund, SPIN 2000) with gates, and with the order of starts and joins (Bensalem
and Havelund, HVC 2005). What else may keep the tasks apart, a queue or a flag, it does not know: so
a cycle is a sign, not a counterexample, and where every class was run and none is a deadlock, there
is nothing to be said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from verify.scheduling.event import Choice, Event, Execution
from verify.scheduling.explored_task import ExploredCell
from verify.scheduling.life import START
from verify.sync.lock import Lock
from verify.sync.rlock import RLock

MOST_EDGES = 1_000
MOST_TRIES = 100_000
"""Bounds on the search for cycles: programs with so many orders of locks are rare."""

Clock = dict[int, int]
"""Of how many starts and of which ends of each task one knows."""


class Edge(NamedTuple):
    """A task takes a lock while it holds others, one of which is `held`; locks by their numbers.

    `taken` is the position at which it took that one, `position` that of this event, both in the
    execution with the schedule. `clock` is what it knows of the others by then, through starts and
    joins.
    """

    task: int
    held: int
    acquired: int
    holds: frozenset[int]
    clock: Clock
    taken: int
    position: int
    schedule: tuple[Choice, ...]


Key = tuple[int, int, tuple[int, ...]]


class LockOrder:
    """The edges of all executions of one search that were looked at."""

    def __init__(self) -> None:
        self._edges: list[Edge] = []
        self._seen: set[Key] = set()
        self._locks: dict[type | None, bool] = {}
        self._place: dict[int, int] = {}
        self._tries = 0

    def __len__(self) -> int:
        """How many there are."""
        return len(self._edges)

    def look(self, execution: Execution) -> None:
        """Note the edges of an execution that have not been seen yet."""
        if len(self._edges) >= MOST_EDGES:
            return
        events = execution.events
        held: dict[int, dict[int, int]] = {}  # by task: where it took what it holds
        found: list[tuple[int, dict[int, int], int]] = []
        for position, event in enumerate(events):
            effect = event.step.effect
            if effect.states is effect.before:
                continue
            for cell, before, after in zip(event.cells, effect.before, effect.states, strict=True):
                if after is before or not self._is_lock(cell):
                    continue
                lock = cell.number
                if before is None and after is not None:
                    mine = held.setdefault(event.task, {})
                    if mine and not event.never_disabled:
                        key = (event.task, lock, tuple(sorted(mine)))
                        if key not in self._seen:
                            self._seen.add(key)
                            found.append((position, mine.copy(), lock))
                    mine[lock] = position
                elif after is None and before is not None:
                    held.get(before[0], {}).pop(lock, None)
        if found:
            self._note(events, found, execution.schedule)

    def cycles(self) -> list[tuple[Edge, ...]]:
        """The cycles, the shortest first; of those over the same locks one."""
        self._tries = 0
        found: dict[frozenset[int], tuple[Edge, ...]] = {}
        for cycle in sorted(self._from_each(), key=len):
            found.setdefault(frozenset(edge.held for edge in cycle), cycle)
        return list(found.values())

    def _is_lock(self, cell: ExploredCell) -> bool:
        known = self._locks.get(cell.of)
        if known is None:
            known = cell.of is not None and issubclass(cell.of, (Lock, RLock))
            self._locks[cell.of] = known
        return known

    def _note(
        self,
        events: Sequence[Event],
        found: list[tuple[int, dict[int, int], int]],
        schedule: tuple[Choice, ...],
    ) -> None:
        clocks = _clocks(events)
        for position, mine, lock in found:
            task = events[position].task
            for held, taken in mine.items():
                clock = clocks[position]
                holds = frozenset(mine)
                self._edges.append(Edge(task, held, lock, holds, clock, taken, position, schedule))

    def _from_each(self) -> Iterator[tuple[Edge, ...]]:
        """All cycles, each from the edge that holds the lock that was held in an edge first."""
        after: dict[int, list[Edge]] = {}
        for edge in self._edges:
            after.setdefault(edge.held, []).append(edge)
        self._place = {lock: place for place, lock in enumerate(after)}
        for edge in self._edges:
            yield from self._go_on(after, (edge,))

    def _go_on(
        self, after: dict[int, list[Edge]], path: tuple[Edge, ...]
    ) -> Iterator[tuple[Edge, ...]]:
        self._tries += 1
        first, last, place = path[0], path[-1], self._place
        for edge in after.get(last.acquired, ()):
            if self._tries > MOST_TRIES:
                return
            if place[edge.held] < place[first.held]:
                continue
            if any(not _apart(edge, other) for other in path):
                continue
            longer = (*path, edge)
            if edge.acquired == first.held:
                yield longer
            elif all(edge.acquired != other.held for other in path):
                yield from self._go_on(after, longer)


def _apart(a: Edge, b: Edge) -> bool:
    """Whether two tasks can be at these two edges at the same time."""
    return a.task != b.task and not a.holds & b.holds and not _before(a, b) and not _before(b, a)


def _before(a: Edge, b: Edge) -> bool:
    """Whether b's task knows of something that a's did after the edge: a start, or its end."""
    return b.clock.get(a.task, 0) > a.clock.get(a.task, 0)


def _clocks(events: Sequence[Event]) -> list[Clock]:
    """For each event, what its task knows of starts and ends."""
    found: list[Clock] = []
    latest: dict[int, Clock] = {}
    for event in events:
        clock = dict(latest.get(event.task, {}))
        for position in event.after:
            other = events[position]
            known = dict(found[position])
            known[other.task] = known.get(other.task, 0) + 1  # what comes after it is unknown
            for task, count in known.items():
                clock[task] = max(count, clock.get(task, 0))
        found.append(clock)
        latest[event.task] = clock
        if event.kind is START:
            later = dict(clock)
            later[event.task] = later.get(event.task, 0) + 1
            latest[event.task] = later
    return found
