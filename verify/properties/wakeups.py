"""Wake-ups that were lost: why the tasks that sleep were not woken.

    asleep       who sleeps, since which event, and what each waits to become true
    wrong_wake   the latest wake-up that went to a task which could do nothing with it, while others
                 slept: that task went back to sleep without having changed anything
    missed       otherwise: which wake-ups there were, before and after it fell asleep

What a task changes in plain variables is not seen here, so the wrong task is only accused if its
own predicate, or that of somebody passed over, is known from the source.
"""

from __future__ import annotations

from dataclasses import dataclass

from verify.operation import Kind
from verify.properties.predicates import Predicate, predicate
from verify.properties.wait_for import Want
from verify.scheduling.event import Event
from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import ExploredCell
from verify.sync import condition, descriptor, flag, semaphore
from verify.sync.lock import Lock
from verify.sync.rlock import RLock

ENQUEUE: tuple[Kind, ...] = (condition.WAIT, flag.WAIT, descriptor.WAIT)
"""The operations with which a task falls asleep; elsewhere asking is falling asleep."""
WAKERS: tuple[Kind, ...] = (
    condition.NOTIFY,
    condition.NOTIFY_ALL,
    flag.SET,
    *descriptor.DELIVER.values(),
    semaphore.RELEASE,
)


@dataclass(frozen=True)
class Asleep:
    """A task that anybody could let go on: `since` is how many events came before it asked."""

    want: Want
    since: int
    predicate: Predicate | None

    @property
    def name(self) -> str:
        """The task's name."""
        return self.want.task.name

    @property
    def could_go_on(self) -> bool:
        """Whether it is known that what it waits for is true now."""
        return self.predicate is not None and self.predicate.holds is True


@dataclass(frozen=True)
class WrongWake:
    """A wake-up that was lost on `woken`, which could do nothing with it.

    `woken` is asleep again if it is one of the sleepers. `passed_over` slept then and still do.
    """

    waker: Event
    woken: int
    again: Asleep | None
    passed_over: tuple[Asleep, ...]


@dataclass(frozen=True)
class Missed:
    """The wake-ups at an object as one sleeper sees them.

    `before`: the last one before it fell asleep. `after`: the last one after that, which woke
    others. `undone`: for an event's flag, the `clear` between `before` and its wait. `change`: the
    last event that changed what its predicate reads.
    """

    before: Event | None
    after: Event | None
    undone: Event | None
    change: tuple[int, Event] | None


def asleep(engine: Explored, want: Want) -> Asleep:
    """Since when a task sleeps, and what for."""
    return Asleep(want, want.task.position + 1, predicate(engine, want.task))


def wrong_wake(engine: Explored, cell: ExploredCell, sleepers: list[Asleep]) -> WrongWake | None:
    """The latest wake-up at an object that was wasted while somebody could have used it."""
    suspect: WrongWake | None = None
    for index, waker, woken in _wasted(engine, cell):
        over = [
            sleeper
            for sleeper in sleepers
            if sleeper.since <= index  # so it slept then, and has not been woken since
            and (sleeper.predicate is None or sleeper.predicate.holds is not False)
        ]
        again = next((s for s in sleepers if s.want.task.number == woken), None)
        able = [sleeper for sleeper in over if sleeper.could_go_on]
        if able:
            return WrongWake(waker, woken, again, tuple(able))
        if over and suspect is None and again is not None and again.predicate is not None:
            suspect = WrongWake(waker, woken, again, tuple(over))
    return suspect


def _wasted(engine: Explored, cell: ExploredCell) -> list[tuple[int, Event, int]]:
    """Wake-ups whose task came back without having changed anything, the latest first.

    Each with its position, which is that of the permit's acquire for a semaphore, where whoever
    comes first takes what was released.
    """
    events = engine.execution.events
    found = []
    latest_release: Event | None = None
    for index, event in enumerate(events):
        if cell not in event.cells or event.error is not None:
            continue
        if event.kind is semaphore.RELEASE:
            latest_release = event
        elif event.kind is semaphore.ACQUIRE and latest_release is not None and not event.gave_up:
            if _came_back(engine, cell, event.task, index):
                found.append((index, latest_release, event.task))
        elif event.kind in WAKERS and event.kind is not flag.SET:
            found += [
                (index, event, task) for task in event.woke if _came_back(engine, cell, task, index)
            ]
    return found[::-1]


def _came_back(engine: Explored, cell: ExploredCell, task: int, index: int) -> bool:
    """Whether after an event a task asked for the same again, having changed nothing but locks."""
    for event in engine.execution.events[index + 1 :]:
        if event.task != task:
            continue
        here = cell in event.cells
        if here and (event.kind in ENQUEUE or event.kind is semaphore.ACQUIRE):
            return True
        if (here and event.kind in WAKERS) or _changes(event):
            return False
    pending = engine.pending(task)
    return pending is not None and pending.kind is semaphore.ACQUIRE and cell in pending.cells


def _changes(event: Event) -> bool:
    """Whether an event wrote anything that is not there for locking."""
    locking = (Lock, RLock, condition.Condition, semaphore.Semaphore)
    return any(
        event.writes & cell.bit and cell.of is not None and not issubclass(cell.of, locking)
        for cell in event.cells
    )


def missed(engine: Explored, sleeper: Asleep) -> Missed:
    """The wake-ups before and after a task fell asleep."""
    cell = sleeper.want.operation.cells[0]
    before = after = undone = None
    change = None
    reads = 0 if sleeper.predicate is None else sleeper.predicate.reads
    for index, event in enumerate(engine.execution.events):
        if cell in event.cells and event.kind in WAKERS and event.error is None:
            if index < sleeper.since:
                before, undone = event, None
            else:
                after = event
        if cell in event.cells and event.kind is flag.CLEAR and index < sleeper.since:
            undone = undone or event
        if event.writes & reads and event.error is None:
            change = (index, event)
    return Missed(before, after, undone, change)
