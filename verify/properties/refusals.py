"""Refusals: an operation that raised because a task did what was not its to do.

    refused     why the operation raised with which a task failed: a lock that it does not hold, a
                permit or an item that it has given back already
    in_use      a generator that two tasks share was asked for more while one of them was in it
    too_many    permits of a semaphore that nobody had taken, though nothing raised

Who did it is told, and who holds the thing instead, with the usual cure.
"""

from __future__ import annotations

from collections import Counter

from verify.properties.wakeup_words import at
from verify.scheduling.event import Event, Failure
from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import ExploredCell
from verify.scheduling.failing import without_addresses
from verify.sync import condition, lock, rlock, semaphore, stock
from verify.sync.rlock import RLock
from verify.traces.labels import Labels

_OF_OWNER = (lock.RELEASE, rlock.RELEASE)
_OF_CONDITION = (condition.WAIT, condition.NOTIFY, condition.NOTIFY_ALL)


class Refusals:
    """Puts into words what was refused, or should have been, up to where an execution failed."""

    def __init__(self, engine: Explored, labels: Labels, failure: Failure) -> None:
        self._engine = engine
        self._labels = labels
        self._failure = failure
        self._events = engine.execution.events[: failure.step]

    def refused(self) -> list[str]:
        """Why the operation raised whose error is the failure."""
        for position in range(len(self._events) - 1, -1, -1):
            event = self._events[position]
            if event.task == self._failure.task and event.error is not None:
                return self._raised(event, position)
        return []

    def _raised(self, event: Event, position: int) -> list[str]:
        """The same of the last of its operations that raised, if the failure is that error."""
        error, failure = event.error, self._failure
        message = without_addresses(f"{type(error).__name__}: {error}")
        if (message, event.place) != (failure.message, failure.place):
            return []
        if isinstance(error, RuntimeError) and event.kind in (*_OF_OWNER, *_OF_CONDITION):
            return [self._not_held(event, position)]
        if event.kind is semaphore.RELEASE and isinstance(error, ValueError):
            return [self._over_released(event.cells[0], position)]
        if event.kind is stock.TASK_DONE and isinstance(error, ValueError):
            return [self._over_reported(event.cells[0], position)]
        return []

    def in_use(self) -> list[str]:
        """That another task was in a generator, which Python itself does not say."""
        if self._failure.message != "ValueError: generator already executing":
            return []
        return [
            "Another task was in the middle of this generator, at an operation of the generator's "
            "own code: tasks can share one only if they take turns. Holding one lock at each "
            "next() would do."
        ]

    def too_many(self) -> list[str]:
        """The first release of each semaphore that left more permits than it began with.

        A semaphore that began with none is no bound, but a signal.
        """
        began: dict[ExploredCell, int] = {}
        found: dict[ExploredCell, str] = {}
        for position, event in enumerate(self._events):
            if event.kind not in (semaphore.ACQUIRE, semaphore.RELEASE) or event.error is not None:
                continue
            cell = event.cells[0]
            first: int = began.setdefault(cell, event.before[0])
            if 0 < first < event.states[0] and cell not in found:
                found[cell] = (
                    f"{self._labels.object(cell)} began with {_permits(first)}, and had "
                    f"{event.states[0]} after step {position + 1}. "
                    f"{self._over_released(cell, position)}"
                )
        return list(found.values())

    def _not_held(self, event: Event, position: int) -> str:
        """Who called for a lock that it does not hold, and who does."""
        cell: ExploredCell = event.cells[-1]
        name, task = self._labels.object(cell), self._labels.task(event.task)
        called = f"called {event.kind.name}"
        if event.kind in _OF_CONDITION:
            called += f" of {self._labels.object(event.cells[0])}"
        text = f"{task} {called}{self._step(position)} without holding {name}. "
        changes = [
            (index, earlier)
            for index, earlier in enumerate(self._events[:position])
            for touched, before, after in zip(
                earlier.cells, earlier.before, earlier.states, strict=True
            )
            if touched is cell and (before is None) != (after is None)
        ]
        held = event.before[-1]
        if held is not None:
            text += f"It was held by {self._labels.task(held[0])}"
            text += f", which took it{self._step(changes[-1][0])}. " if changes else ". "
        elif changes:
            who = self._labels.task(changes[-1][1].task)
            text += f"Nobody held it: {who} had let it go{self._step(changes[-1][0])}. "
        else:
            text += "Nobody ever had it. "
        if event.kind in _OF_CONDITION:
            around = self._labels.object(event.cells[0])
            return f"{text}Calling it inside `with {around}:` would do."
        if held is not None and cell.of is not None and issubclass(cell.of, RLock):
            return f"{text}Releasing it in the task that has acquired it would do."
        return f"{text}One release for each acquire, as `with {name}:` has it, would do."

    def _over_released(self, cell: ExploredCell, position: int) -> str:
        """Up to a release too many: which release had no acquire of its task before it."""
        held: Counter[int] = Counter()
        given_back: dict[int, int] = {}  # by task: where it gave back its last permit
        for here, event in enumerate(self._events[: position + 1]):
            if cell not in event.cells or (event.error is not None and here < position):
                continue
            if event.kind is semaphore.ACQUIRE and not event.gave_up:
                held[event.task] += 1
            elif event.kind is semaphore.RELEASE:
                held[event.task] -= event.argument[0]
                if held[event.task] < 0:
                    who, name = self._labels.task(event.task), self._labels.object(cell)
                    already = given_back.get(event.task)
                    why = (
                        "which it had not acquired"
                        if already is None
                        else f"which it had given back{self._step(already)} already"
                    )
                    return (
                        f"{who} released {name}{self._step(here)}, {why}. One release for each "
                        f"acquire, as `with {name}:` has it, would do."
                    )
                given_back[event.task] = here
        return "More permits were given back than were taken."

    def _over_reported(self, cell: ExploredCell, position: int) -> str:
        """How many items a queue had, and who has reported them as done."""
        here = [(i, e) for i, e in enumerate(self._events[:position]) if cell in e.cells]
        here = [(index, event) for index, event in here if not (event.error or event.gave_up)]
        put = sum(event.kind is stock.PUT for _, event in here)
        done = [(index, event) for index, event in here if event.kind is stock.TASK_DONE]
        event, name = self._events[position], self._labels.object(cell)
        text = (
            f"{self._labels.task(event.task)} called task_done of {name}{self._step(position)}, "
            f"but only {put} item{' was' if put == 1 else 's were'} put there"
        )
        if done and len(done) == put:  # a shutdown may have taken others away
            index, last = done[-1]
            who = self._labels.task(last.task)
            text += f", and {who} had reported the last one as done{self._step(index)} already"
        return f"{text}. One task_done() for each item taken would do."

    def _step(self, position: int) -> str:
        """ " at models/buffer.py:31 (step 7)"."""
        return f"{at(self._events[position].place)} (step {position + 1})"


def _permits(count: int) -> str:
    return "1 permit" if count == 1 else f"{count} permits"
