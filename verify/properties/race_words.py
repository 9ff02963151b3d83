"""Data races in words: who accesses what, in which lines, and which locks they hold there."""

from __future__ import annotations

from verify.operation import WRITE
from verify.scheduling.event import Event, Race
from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import ExploredCell
from verify.scheduling.sources import shown_place
from verify.sync.lock import Lock
from verify.sync.rlock import RLock
from verify.traces.labels import Labels
from verify.traces.wording import listed


class RaceWords:
    """What there is to say of one race of a recorded execution."""

    def __init__(self, engine: Explored, labels: Labels, race: Race) -> None:
        self._engine = engine
        self._labels = labels
        self._race = race
        self._held = [self._holds(position) for position in (race.early, race.late)]

    @property
    def message(self) -> str:
        """The two accesses, in one line: "count: read by a (f.py:3) and written by b (f.py:5)"."""
        events = self._engine.execution.events
        early, late = events[self._race.early], events[self._race.late]
        field = next(cell for cell in late.cells if cell.number == self._race.field)
        return (
            f"{self._labels.object(field)} is {self._access(early, 0)}, and "
            f"{self._access(late, 1)}, in no order"
        )

    @property
    def diagnosis(self) -> str:
        """Why that is a race, and the cure: a paragraph."""
        one, other = self._held
        if one and other:
            why = "Each holds a lock there, but not the same one"
        elif one or other:
            why = "Only one of the two holds a lock there"
        else:
            why = "Neither holds a lock there"
        return (
            f"{why}, and no start or join, no queue, no event puts the two in an order. Holding "
            "the same lock at both would do."
        )

    def _access(self, event: Event, which: int) -> str:
        does = "read"
        for cell, access in zip(event.cells, event.effect.accesses, strict=True):
            if cell.number == self._race.field and access is WRITE:
                does = "written"
        names = [self._labels.object(cell) for cell in self._held[which]]
        place = shown_place(event.place)
        return (
            f"{does} by {self._labels.task(event.task)} ({place + ', ' if place else ''}"
            f"holding {listed(names) if names else 'no lock'})"
        )

    def _holds(self, position: int) -> list[ExploredCell]:
        """What the task of an event holds there, in the order of its acquisitions."""
        events = self._engine.execution.events
        task = events[position].task
        held: dict[int, ExploredCell] = {}
        for event in events[:position]:
            for cell, before, after in zip(event.cells, event.before, event.states, strict=True):
                if after is before or cell.of is None or not issubclass(cell.of, (Lock, RLock)):
                    continue
                if after is not None and after[0] == task:
                    held.setdefault(cell.number, cell)
                else:
                    held.pop(cell.number, None)
        return list(held.values())
