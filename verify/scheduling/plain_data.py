"""Plain data: accesses to attributes, globals, closure variables and items of containers as events.

Instrumented code says what it is about to touch, and then touches it with nothing in between:

    read, write   a field of a holder: an attribute, a global, an item, the structure of a container
    access        several fields of one holder, in one step
    access_all    of several holders
    publish       a value is about to be put where others may find it (plain_publishing.py)

The event carries no effect: what it stands for happens right behind it, before any other event, and
is the program's own. So an execution does what the program would do natively, whatever is an event
and whatever is not; which accesses are events only decides which executions are told apart.

Most accesses are no events. What only one task touches, or nobody writes any more once there is a
second task, no other task can tell. The search finds out as it goes: an access that conflicts with
one by another task of the same execution, while neither was an event, is found here, noted, and
makes the search begin again with events in its place (`PlainNames.shared`, loop.py), as invariants
do. This is sound. Suppose that a search ends in which nothing was found, and that some execution
has such a conflict. Take the shortest beginning of any execution that has one. All that comes
before its last step is without conflict, so there steps that the search takes for independent do
commute, and the theory of the reduction holds: the search has run the beginning, or one equivalent
to it. There whoever comes second finds the conflict, and it does not matter who that is. But
nothing was found. Of course a dependency must be the same in all executions: names only depend on
what comes before an event (plain_names.py), and that a task meets an object which might have had
another name is found, and dealt with, in the same way.

To touch the structure of a container and no item of it is to look at all items, or to change them.
To add or delete a key is to write its item and the structure, but no other item; where items have
positions instead of keys, whatever writes the structure may move them all.

To store under a key changes the structure only where the key is not there, which may be another
question by the time of the task's turn; what an event touches must not depend on it. So it is found
out in the same way which keys are ever stored while they are not there (GROWTH): at first none, and
where one is found, the search begins again, and all stores under it write the structure.

The present values are only looked at while recording, and no code of the user's is run for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from verify.operation import NOTHING, READ, WRITE, Access, Kind, Operation
from verify.scheduling import plain_values
from verify.scheduling.explored_task import BLOCKING, ExploredCell, ExploredTask
from verify.scheduling.patience import Patience
from verify.scheduling.plain_fields import (
    READ_FIELD,
    WRITE_FIELD,
    FieldCell,
    Scope as Scope,
    is_plain as is_plain,
    kind_of,
    of_container as of_container,
    shown_cell,
)
from verify.scheduling.plain_names import GROWTH, OTHER, STRUCTURE, Field, Holder
from verify.scheduling.plain_publishing import Publishing
from verify.scheduling.plain_reach import KEYED, SEQUENCES, has_key, is_atom

if TYPE_CHECKING:
    from verify.scheduling.explored import Explored

Touched = tuple[object, Sequence[object], Sequence[object]]
"""A holder, the fields of it that are read, and those that are written."""


class PlainData(Publishing):
    """The plain data of the executions of one engine."""

    def __init__(self, engine: Explored) -> None:
        super().__init__(engine)
        self._numbers: dict[int, int] = {}  # by address, of those who share a name
        self._patience = Patience()
        self.found: dict[int, str] = {}
        """While recording: what was in the field that each access touched, by its step."""

    def forget(self) -> None:
        """An execution is over."""
        if self._kept:
            self._known.clear()
            self._named.clear()
            self._numbers.clear()
            self._kept.clear()

    def read(self, holder: object, field: object) -> None:
        """The running task is about to read a field."""
        if type(field) is str and field != STRUCTURE:
            self._attribute(holder, field, False)
        else:
            self.access(holder, (field,))

    def write(self, holder: object, field: object, value: object = None) -> None:
        """The running task is about to write or delete a field; what it writes is its own."""
        if type(field) is str and field != STRUCTURE:
            self._attribute(holder, field, True)
        else:
            self.access(holder, (), (field,))

    def may_be_of_class(self, name: str) -> bool:
        """Whether accesses to an attribute of this name may be events for a class's sake."""
        return self._engine.names.plain.may_be_of_class(name)

    def _attribute(self, holder: object, name: str, writes: bool) -> None:
        engine = self._engine
        task = engine._running
        if task is None or engine._killing or engine._stepping:
            return
        known = self._met(holder, task)
        if len(engine.tasks) == 1 and not engine.invariants.active:
            return
        field = known.fields.get(name)
        if field is None:
            field = self._expected(known.field(name))
        if not field.shared:
            self._note(field, task, writes)
            return
        cell = self._cell(field, holder)
        if engine.invariants.observing:
            engine.invariants.saw(cell)
        else:
            self._ask(WRITE_FIELD if writes else READ_FIELD, cell, self._which(known, holder))

    def _ask(self, kind: Kind, cell: ExploredCell, which: int | None) -> None:
        engine = self._engine
        if not engine._repeating or engine._repeat_at_once(kind, cell, which) is None:
            self._ask_for(Operation(kind, (cell,), which))

    def _ask_for(self, operation: Operation) -> None:
        engine = self._engine
        engine.ask(operation, BLOCKING)
        if engine.recording:
            self.found[len(engine.execution.events)] = shown_cell(operation.cells).present

    def access(
        self, holder: object, reads: Sequence[object] = (), writes: Sequence[object] = ()
    ) -> None:
        """The running task is about to touch several fields of one holder at once."""
        self.access_all(((holder, reads, writes),))

    def access_all(self, touched: Sequence[Touched]) -> None:
        """The running task is about to touch several holders at once: one event."""
        engine = self._engine
        task = engine._running
        if task is None or engine._killing or engine._stepping:
            return
        cells: dict[ExploredCell, Access] = {}
        which: int | None = None
        for one in touched:
            holder, known = one[0], self._met(one[0], task)
            if len(engine.tasks) == 1 and not engine.invariants.active:
                continue
            for field, wanted in self._touched(one, known, task):
                cell = self._cell(field, holder)
                cells[cell] = max(wanted, cells.get(cell, NOTHING))
                which = self._which(known, holder) if which is None else which
        if engine.invariants.observing:
            for cell in cells:
                engine.invariants.saw(cell)
            return
        several, kind = tuple(cells), kind_of(tuple(cells.values()))
        if len(several) == 1:
            self._ask(kind, several[0], which)
        elif several:
            self._ask_for(Operation(kind, several, which))
        for one in touched:
            if GROWTH in one[2]:
                self._look_for_growth(one, task)

    def _look_for_growth(self, touched: Touched, task: ExploredTask) -> None:
        """The task goes on to store under a key: the structure changes if that is a new one."""
        names = self._engine.names.plain
        holder, _, writes = touched
        item: Any = next(iter(writes))
        known = self._known[id(holder)]
        field = self._find(holder, known, item)
        if field is None or field.grows or has_key(holder, item[1]):
            return
        structure = known.fields.get(STRUCTURE) or self._expected(known.field(STRUCTURE))
        if structure.shared:
            names.find_growth(field)
        else:
            self._note_item(structure, task, True)
            self._note(structure, task, True)

    def _touched(
        self, touched: Touched, known: Holder, task: ExploredTask
    ) -> list[tuple[Field, Access]]:
        """The fields of which the access is an event; of the others it is noted."""
        holder, reads, writes = touched
        found: dict[Field, Access] = {}
        structure = NOTHING
        alone = False
        for wanted, names in ((READ, reads), (WRITE, writes)):
            for name in names:
                field = self._find(holder, known, name)
                if field is not None:
                    found[field] = wanted
                elif name == GROWTH and not any(item.grows for item in found):
                    pass  # until it is found that a key is new
                else:
                    structure = wanted
        if structure is not NOTHING:
            alone = not found or (structure is WRITE and not issubclass(type(holder), KEYED))
            self._add_structure(known, task, found, structure, alone)
        events = []
        for field, wanted in found.items():
            if field.shared:
                events.append(field)
            else:
                self._note_item(field, task, wanted is WRITE)
                self._note(field, task, wanted is WRITE)
        if alone and events:  # it is told as an access to the whole, whatever of that is shared
            whole = known.field(STRUCTURE)
            events = [whole, *[field for field in events if field is not whole]]
        return [(field, found[field]) for field in events]

    def _find(self, holder: object, known: Holder, name: Any) -> Field | None:
        """A field; None for the structure, or for a key that may be equal to any other."""
        if type(name) is str:
            if name in (STRUCTURE, GROWTH):
                return None
            return known.fields.get(name) or self._expected(known.field(name))
        key = name[1]
        if issubclass(type(holder), SEQUENCES):
            # Which item is the last one may be another question by the time it is touched.
            if type(key) is not int or key < 0:
                return None
        elif not issubclass(type(holder), KEYED):
            return None
        elif not is_atom(key):
            kind: Any = type(key)
            if kind.__eq__ is not object.__eq__:
                return None
            key = OTHER
        field = known.fields.get((key,))
        return self._expected(known.item(key)) if field is None else field

    def _add_structure(
        self,
        known: Holder,
        task: ExploredTask,
        found: dict[Field, Access],
        wanted: Access,
        alone: bool,
    ) -> None:
        """Touch the structure, too; if it stands alone, for the whole, all items with it."""
        field = known.fields.get(STRUCTURE) or self._expected(known.field(STRUCTURE))
        found[field] = wanted
        if not alone:
            return
        names, run = self._engine.names.plain, self._engine._run
        writes = wanted is WRITE
        for item in known.items:
            if item.shared and not names.everything:  # where more of them turn up as it goes
                found[item] = wanted
            elif item.conflicts(run, task.number, writes):
                names.find(item)
                names.find(field)
        known.whole.touch(run, task.number, writes)

    def _note_item(self, field: Field, task: ExploredTask, writes: bool) -> None:
        """An item was touched: somebody else may have looked at all of them, or changed them."""
        whole = field.holder.whole
        if whole.conflicts(self._engine._run, task.number, writes):
            self._engine.names.plain.find(field)
            self._engine.names.plain.find(field.holder.field(STRUCTURE))

    def _note(self, field: Field, task: ExploredTask, writes: bool) -> None:
        """A field is touched, and that is no event.

        While a task awaits a change there (patience.py), nobody else has a turn to make one.
        """
        engine = self._engine
        names = engine.names.plain
        if engine.invariants.observing or field.touch(engine._run, task.number, writes):
            names.find(field)
        waits = not writes and self._patience.ends(field.looked(len(engine.execution.events)))
        if waits and len(engine.live) > 1 and not engine.invariants.observing:
            names.find(field)
            engine.cut()

    def _which(self, known: Holder, holder: object) -> int | None:
        """Which one an object is of those that go by its name; None if no other one does."""
        if not known.several:
            return None
        return self._numbers.setdefault(id(holder), len(self._numbers))

    def is_shared(self, holder: object, name: Any) -> bool:
        """Whether accesses to a field, or to an item under the tuple of its key, are events."""
        known = self._known.get(id(holder))
        return known is not None and name in known.fields and known.fields[name].shared

    def _cell(self, field: Field, holder: object) -> ExploredCell:
        """The object that a field is in this execution."""
        engine = self._engine
        known = field.cell
        if known is not None:
            cell: ExploredCell = known
            if cell.run == engine._run:
                return cell
        made = FieldCell(engine.names.plain_number(field), engine._run, field, holder)
        engine.cells.append(made)
        field.cell = made
        if engine.recording:
            made.place = field.holder.place
            made.known_as = plain_values.called(holder)
        return made

    def _expected(self, field: Field) -> Field:
        names = self._engine.names
        expected = names.plain.expected
        if names.plain.everything or (expected and names.plain_field(field) in expected):
            field.shared = True
            field.grows = names.plain_field(field) + GROWTH in expected
        return field
