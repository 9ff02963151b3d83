"""Moments: what a replayed program looks like between two of its steps.

look   (before each step, and at the end) notes every object's state and where each task stands
at     one of these moments, in words, once the run is over: only then are all names settled
"""

from __future__ import annotations

from typing import Any, NamedTuple

from verify.operation import Operation
from verify.scheduling.event import Place
from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import ExploredCell, ExploredTask
from verify.scheduling.sources import shown_place, source_line
from verify.traces.labels import Labels, known_cells
from verify.traces.recording import shown_request, shown_state


class Stand(NamedTuple):
    """Where a task stands: what it asks for, whether it gets it, the line of the user's that asks.

    `doing` is empty once it has ended.
    """

    task: str
    doing: str
    blocked: bool
    place: str
    line: str


class Moment(NamedTuple):
    """The objects, each with its state, and the tasks that have been started."""

    objects: tuple[tuple[str, str], ...]
    tasks: tuple[Stand, ...]


class _Look(NamedTuple):
    objects: list[tuple[ExploredCell, Any]]
    tasks: list[tuple[ExploredTask, Operation | None, bool, Place | None]]


class Moments:
    """The moments of one run on a recording engine, by the number of steps before them."""

    def __init__(self) -> None:
        self._looks: list[_Look] = []
        self._engine: Explored | None = None
        self._labels: Labels | None = None

    def look(self, engine: Explored) -> None:
        """Note what there is now. What is looked at twice in one moment is there once."""
        self._engine = engine
        self._labels = None
        del self._looks[len(engine.execution.events) :]
        self._looks.append(
            _Look(
                [(cell, cell.state) for cell in known_cells(engine)],
                [(task, task.pending, task.enabled, task.place) for task in engine.tasks],
            )
        )

    def at(self, step: int) -> Moment:
        """The moment after so many steps."""
        assert self._engine is not None
        if self._labels is None:
            self._labels = Labels(self._engine)
        labels = self._labels
        look = self._looks[step]
        return Moment(
            tuple(
                (labels.object(cell), shown_state(cell, labels.task, state))
                for cell, state in look.objects
            ),
            tuple(
                Stand(task.name, "", False, "", "")
                if operation is None
                else Stand(
                    task.name,
                    shown_request(operation, labels.object),
                    not enabled,
                    shown_place(place),
                    source_line(place),
                )
                for task, operation, enabled, place in look.tasks
            ),
        )
