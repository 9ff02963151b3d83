"""Labels: what a person calls the tasks and objects of one recorded execution.

An object is called by the variable it was first put into; several that were made by one expression
are numbered from 0 like a list, other namesakes from 2 up. The lock that a Condition makes for
itself is called after the condition.
"""

from __future__ import annotations

from collections import Counter

from verify.scheduling import sources
from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import ExploredCell


class Labels:
    """The names of one execution's tasks and objects, each different from all others of its sort."""

    def __init__(self, engine: Explored) -> None:
        self._engine = engine
        self._objects: dict[int, str] = {}

    def task(self, number: int) -> str:
        """The name of a task by its number."""
        for task in self._engine.tasks:
            if task.number == number:
                return task.name
        return f"task {number}"

    def object(self, cell: ExploredCell) -> str:
        """The name of an object; of a task's end, "end of" the task."""
        if not self._objects:
            self._name_all()
        return self._objects[cell.number]

    def _name_all(self) -> None:
        for task in self._engine.tasks:
            self._objects[task.end.number] = f"end of {task.name}"
        made_here: Counter[sources.CallSite | None] = Counter()
        used: Counter[str] = Counter()
        cells = [cell for cell in self._engine.cells if cell.of is not None]
        for cell, after in zip(cells, [*cells[1:], None], strict=True):
            own_lock = (
                after is not None
                and after.of is not cell.of
                and after.place == cell.place
                and cell.place is not None
            )
            named, several = sources.variable_name(cell.place)
            name = named or (cell.of.__name__.lower() if cell.of is not None else "object")
            if several:
                name = f"{name}[{made_here[cell.place]}]"
            if own_lock:
                name += ".lock"
            else:
                made_here[cell.place] += 1
            used[name] += 1
            self._objects[cell.number] = name if used[name] == 1 else f"{name}#{used[name]}"
