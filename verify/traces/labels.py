"""Labels: what a person calls the tasks and objects of one recorded execution.

An object is called by the variable it was first put into (variables.py), looked for where it was
created and, if it got no name there, at the callers. The lock that a Condition makes for itself is
called after the condition, a copy after its original and the process that it was made for. One that
was there before the run is called as the program calls it.
Namesakes are told apart by the first of these that does:

    the object whose attribute it is    a.lock, b.lock; accounts[0].lock, accounts[1].lock
    the task that created it            worker-1.done, worker-2.done
    a number                            lock, lock#2

A field of a plain object is called after its holder: counter.n, table['k'], items. A closure's
variable and a module's global have their own names.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise
from types import CellType, ModuleType
from typing import Any

from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import ExploredCell
from verify.scheduling.history import History, Slot
from verify.scheduling.plain_fields import FieldCell, Scope
from verify.scheduling.plain_names import STRUCTURE
from verify.scheduling.sources import CallSite
from verify.sync.condition import Condition
from verify.sync.rlock import RLock
from verify.sync.wire import Listener, Wire
from verify.traces.variables import Variable, variable


def is_known(cell: ExploredCell) -> bool:
    """Whether the program made this object; the ends of tasks and records of calls are ours."""
    return cell.of not in (None, History, Slot)


def known_cells(engine: Explored) -> list[ExploredCell]:
    """The objects that the program has made, in an order that is the same in every execution."""
    names = engine.names
    cells = [cell for cell in engine.cells if is_known(cell)]
    return sorted(cells, key=lambda cell: names.object_path(cell.number))


class Labels:
    """The names of one execution's tasks and objects, each different from all others of its sort.

    An object's name is settled when the first is asked for, so ask when the execution has ended.
    """

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
        cells = [cell for cell in self._engine.cells if cell.of is not None and not cell.copy_of]
        history: dict[int, int] = {}  # whose further slot a cell is
        for cell in [cell for cell in cells if cell.of is History or cell.of is Slot]:
            if cell.of is History:
                first = cell.number
            else:
                history[cell.number] = first
        fields = [cell for cell in cells if isinstance(cell, FieldCell)]
        holders = {id(cell.holder): cell for cell in reversed(fields)}
        known = {cell.number for cell in fields} - {cell.number for cell in holders.values()}
        cells = [cell for cell in cells if cell.number not in history and cell.number not in known]
        own_locks = {
            lock.number: owner
            for lock, owner in pairwise(cells)
            if lock.place == owner.place
            and lock.called == owner.called
            and _is(lock, RLock)
            and _is(owner, Condition)
        }
        self._name([cell for cell in cells if cell.number not in own_locks])
        self._name_fields(fields, holders)
        for lock, owner in own_locks.items():
            self._objects[lock] = self._objects[owner.number] + ".lock"
        for cell in self._engine.cells:
            if cell.copy_of is not None:
                whose = self.task(cell.copied_for)
                self._objects[cell.number] = f"{whose}'s {self._objects[cell.copy_of.number]}"
        for slot, first in history.items():
            self._objects[slot] = self._objects[first]
        for task in self._engine.tasks:
            self._objects[task.end.number] = f"end of {task.name}"

    def _name_fields(self, fields: list[FieldCell], holders: dict[int, FieldCell]) -> None:
        """Each field after its holder, which until now has the name of one of them."""
        names = {key: self._objects[cell.number] for key, cell in holders.items()}
        used: Counter[str] = Counter(self._objects.values())
        used.subtract(names.values())
        for cell in fields:
            text, holder = cell.field.text, names[id(cell.holder)]
            if issubclass(type(cell.holder), Scope | ModuleType | CellType):
                label = text[1:]
            else:
                label = holder if text == STRUCTURE else f"{holder}{text}"
            used[label] += 1
            self._objects[cell.number] = label if used[label] == 1 else f"{label}#{used[label]}"

    def _name(self, cells: list[ExploredCell]) -> None:
        plain, owned = _Indices(self._creator), _Indices(self._creator)
        labels = {cell.number: plain.name(cell.place, cell) for cell in cells}
        with_owner = {cell.number: owned.name_with_owner(cell) for cell in cells}
        ways: list[Callable[[ExploredCell], str]] = [
            lambda cell: with_owner[cell.number],
            lambda cell: f"{self._creator(cell)}.{labels[cell.number]}",
        ]
        for way in ways:
            namesakes: defaultdict[str, list[ExploredCell]] = defaultdict(list)
            for cell in cells:
                namesakes[labels[cell.number]].append(cell)
            for group in namesakes.values():
                told_apart = {cell.number: way(cell) for cell in group}
                if len(set(told_apart.values())) > 1:
                    labels.update(told_apart)
        used: Counter[str] = Counter()
        for cell in cells:
            label = labels[cell.number]
            used[label] += 1
            self._objects[cell.number] = label if used[label] == 1 else f"{label}#{used[label]}"

    def _creator(self, cell: ExploredCell) -> str:
        return self.task(self._engine.names.object_keys[cell.number][1])


def _is(cell: ExploredCell, kind: type) -> bool:
    return cell.of is not None and issubclass(cell.of, kind)


class _Indices:
    """Names objects, and counts those that one expression makes for one task."""

    def __init__(self, creator: Callable[[ExploredCell], str]) -> None:
        self._creator = creator
        self._made: Counter[tuple[object, ...]] = Counter()

    def name(self, site: CallSite | None, cell: ExploredCell) -> str:
        """The name given at a site or by the callers; after its class if there is none."""
        assert cell.of is not None
        by_class = cell.of.__name__.lower()
        if cell.called:
            return cell.called
        if isinstance(cell, FieldCell):
            kind: Any = type(cell.holder)
            if issubclass(kind, type):
                kind = cell.holder
            by_class = cell.known_as or kind.__name__
        if cell.of is Wire or cell.of is Listener:  # made for the user, who has no variable for it
            return by_class
        generated = False  # a dataclass's __init__ has no source, and is not where a name is given
        while site is not None:
            found = variable(site)
            if found is not None:
                name = self._indexed(found, site, cell)
                return f"{name}.{by_class}" if generated else name
            generated = generated or site.span.file.startswith("<")
            site = site.caller
        return by_class

    def name_with_owner(self, cell: ExploredCell) -> str:
        """ "account.lock" for an attribute of an object that has a name; else as `name`."""
        site = cell.place
        plain = self.name(site, cell)
        found = None if site is None or cell.of is Wire else variable(site)
        if site is None or found is None or not found.owned or site.caller is None:
            return plain
        owner = variable(site.caller)
        return plain if owner is None else f"{self._indexed(owner, site.caller, cell)}.{plain}"

    def _indexed(self, found: Variable, site: CallSite, cell: ExploredCell) -> str:
        if not found.several:
            return found.name
        key = dict(site.locals).get(found.key)
        if key is None:
            assert cell.place is not None
            made = (self._creator(cell), found.name, site.spans, cell.place.spans)
            key = str(self._made[made])
            self._made[made] += 1
        return f"{found.name}[{key}]"
