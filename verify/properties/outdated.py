"""Outdated: a task went on by what it had seen, and by then that was no longer so.

What is said here follows from the events alone, up to where the execution failed:

    overtaken   a task that failed had been woken, and another one came in between: it waits under
                an `if`, and so did not test again
    lost        a task overwrote what another one had written since it had looked
    stale       a task had looked, another one wrote, and it went on without another look
    order       otherwise: the order of the two steps that decide, and no more

The last three are about the racing pair (racing.py), so that the order of these very steps is known
to decide; `lost` is told without it, too, because nobody overwrites on purpose what they never saw.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from verify.operation import Access
from verify.properties.wakeup_words import at
from verify.scheduling.event import Event, Failure, Place
from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import ExploredCell
from verify.scheduling.plain_fields import shown_cell
from verify.scheduling.sources import around
from verify.sync import condition, lock, rlock, shared
from verify.traces.labels import Labels

_OVERWRITES = (shared.SET, shared.STORE)
"""What writes a value whatever was there."""
_SHARED = (shared.Shared, shared.Atomic)
_TAKES = (lock.ACQUIRE, rlock.ACQUIRE, condition.WAKE)


class Outdated:
    """Puts into words on what outdated knowledge a task went on."""

    def __init__(
        self, engine: Explored, labels: Labels, failure: Failure, racing: tuple[int, ...]
    ) -> None:
        self._labels = labels
        self._failure = failure
        self._all = engine.execution.events
        self._events = self._all[: failure.step]
        self._racing = tuple(step - 1 for step in racing)

    def paragraphs(self) -> list[str]:
        """The plainest that can be said."""
        return self._overtaken() or self._lost() or self._stale() or self._order()

    # ------------------------------------------------------------------ woken, and overtaken

    def _overtaken(self) -> list[str]:
        own = [
            position
            for position, event in enumerate(self._events)
            if event.task == self._failure.task and event.kind is condition.WAKE
        ]
        if not own or not self._events[own[-1]].woken_by:
            return []
        wake = self._events[own[-1]]
        notify = wake.woken_by[-1]
        if not _under_an_if(wake.place):
            return []
        for position in range(notify + 1, own[-1]):
            event = self._events[position]
            if event.kind in _TAKES and event.cells[-1] is wake.cells[-1]:
                return [self._came_between(event, position, own[-1], notify)]
        return []

    def _came_between(self, event: Event, position: int, woken: int, notify: int) -> str:
        who, wake = self._labels.task(event.task), self._events[woken]
        me, name = self._labels.task(wake.task), self._labels.object(wake.cells[0])
        return (
            f"{me} was woken by the notify by {self._labels.task(self._events[notify].task)}"
            f"{self._step(notify)}, but {who} had {self._labels.object(wake.cells[-1])} first"
            f"{self._step(position)}. {me} waits on {name} under an `if`{at(wake.place)}, and did "
            "not test again when it came back. `while` instead of `if` would do."
        )

    # ------------------------------------------------------------------ a lost update

    def _lost(self) -> list[str]:
        found = list(self._unseen())
        racing = set(self._racing)
        for look, write, overwrite in found:
            if racing and racing <= {look, write, overwrite}:
                return [self._lost_update(look, write, overwrite)]
        return [self._lost_update(*found[0])] if found else []

    def _unseen(self) -> Iterator[tuple[int, int, int]]:
        """A task's look, another one's write after it, and the first one's write over that.

        Between its look and its own write, the first one neither looks nor writes there.
        """
        latest: dict[tuple[int, ExploredCell], tuple[int, bool]] = {}
        written: dict[ExploredCell, int] = {}
        for position, event in enumerate(self._events):
            if event.kind.plain:
                cell: ExploredCell = shown_cell(event.cells)
                overwrites = changed = not self._looks(event)
            elif len(event.cells) == 1 and event.cells[0].of in _SHARED:
                cell = event.cells[0]
                overwrites = event.kind in _OVERWRITES
                changed = event.states is not event.before
            else:
                continue
            before, looked = latest.get((event.task, cell), (-1, False))
            write = written.get(cell, -1)
            if overwrites and looked and before < write:
                yield before, write, position
            if changed:
                written[cell] = position
            latest[event.task, cell] = position, not overwrites

    def _lost_update(self, look: int, write: int, overwrite: int) -> str:
        first, second = self._events[look], self._events[write]
        me, other = self._labels.task(first.task), self._labels.task(second.task)
        name = self._labels.object(_seen(first))
        cure = "" if first.kind.plain else ", or one step of an Atomic,"
        return (
            f"An update of {name} is lost: {me} looked at it{self._step(look)}, {other} wrote it"
            f"{self._step(write)}, and {me}, which had not seen that, wrote over it"
            f"{self._step(overwrite)}. One lock around looking and writing{cure} would do."
        )

    # ------------------------------------------------------------------ a stale look

    def _stale(self) -> list[str]:
        """A look, and somebody else's write behind it: the racing pair, or the first half of it."""
        if not self._racing:
            return []
        early, late = self._racing
        first, second = self._all[early], self._all[late]
        if not self._looks(first):
            looks = [
                position
                for position, event in enumerate(self._events[:early])
                if event.task == second.task and set(event.cells) & set(first.cells)
            ]
            if not looks or not self._looks(self._events[looks[-1]]):
                return []
            return self._went_on(looks[-1], early, late)
        later = self._events[early + 1 :]
        if any(event.task == first.task and set(event.cells) & set(first.cells) for event in later):
            return []
        return self._went_on(early, late, -1)

    def _looks(self, event: Event) -> bool:
        if event.kind.plain:
            return Access.WRITE not in event.kind.footprint
        return event.kind.footprint == (Access.READ,) and not event.error

    def _went_on(self, look: int, write: int, act: int) -> list[str]:
        first, second = self._all[look], self._all[write]
        cell = _seen(first)
        if not second.writes & cell.bit:
            return []
        me, other = self._labels.task(first.task), self._labels.task(second.task)
        text = (
            f"{me} went on by an old look: it looked at {self._labels.object(cell)}"
            f"{self._step(look)}, {other} changed it{self._step(write)}"
        )
        if act < 0:
            return [
                f"{text}, and {me} did not look again. One lock around the look and what rests on "
                "it, or waiting for the change, would do."
            ]
        return [
            f"{text}, and {me} went on with {self._did(act)}. One lock around the look and what "
            "rests on it would do."
        ]

    # ------------------------------------------------------------------ no more than the order

    def _order(self) -> list[str]:
        if not self._racing:
            return []
        early, late = self._racing
        return [
            f"What decides is who comes first: {self._by(early)}, before {self._by(late)}. In the "
            "nearest schedule that passes it is not so."
        ]

    def _did(self, position: int) -> str:
        """ "add inside at models/room.py:22 (step 11)"."""
        event = self._all[position]
        cells = [_seen(event)] if event.kind.plain else event.cells
        names = list(dict.fromkeys(self._labels.object(cell) for cell in cells))
        words = " ".join([event.kind.name, *names[:1]])
        return f"{words}{self._step(position)}"

    def _by(self, position: int) -> str:
        """ "add inside by visitor-1 at models/room.py:22 (step 11)"."""
        event = self._all[position]
        by = f" by {self._labels.task(event.task)}{at(event.place)}"
        return self._did(position).replace(at(event.place), by, 1)

    def _step(self, position: int) -> str:
        """ " at models/buffer.py:31 (step 7)"."""
        return f"{at(self._all[position].place)} (step {position + 1})"


def _seen(event: Event) -> ExploredCell:
    """The object that an event is told to be at: of several fields, the one that is shown."""
    seen: ExploredCell = shown_cell(event.cells) if event.kind.plain else event.cells[0]
    return seen


def _under_an_if(place: Place | None) -> bool:
    """Whether the nearest test around a `wait` in this line is that of an `if`, in no loop."""
    if place is None:
        return False
    tests = [
        node
        for node in around(place)
        if isinstance(node, ast.If | ast.While | ast.For)
        and any(_waits(part, place.line) for part in node.body)
    ]
    return bool(tests) and all(isinstance(node, ast.If) for node in tests)


def _waits(statement: ast.stmt, line: int) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "wait"
        and node.lineno <= line <= (node.end_lineno or line)
        for node in ast.walk(statement)
    )
