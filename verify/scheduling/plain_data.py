"""Plain data: accesses to attributes, globals, closure variables and items of containers as events.

Instrumented code says what it is about to touch, and then touches it with nothing in between:

    read, write   a field of a holder: an attribute, a global, an item, the structure of a container
    access        several fields of one holder, in one step
    access_all    of several holders
    publish       a value is about to be put where others may find it: it gets a name, and all that
                  can be reached from it
    created       the running task has made an object
    scope         stands for the variables of one invocation of a function

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

The present values are only looked at while recording, and no code of the user's is run for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from verify.operation import NOTHING, READ, WRITE, Access, Kind, Operation
from verify.scheduling import plain_values, sources
from verify.scheduling.explored_task import BLOCKING, ExploredCell, ExploredTask
from verify.scheduling.ordering import precedes
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
from verify.scheduling.plain_names import OTHER, STRUCTURE, Field, Holder
from verify.scheduling.plain_reach import (
    FUNCTION,
    KEYED,
    NO_DATA,
    SEQUENCES,
    TUPLE,
    holds_nothing,
    is_atom,
    reached,
    sort_of,
)

if TYPE_CHECKING:
    from verify.scheduling.explored import Explored

Touched = tuple[object, Iterable[object], Iterable[object]]
"""A holder, the fields of it that are read, and those that are written."""


class PlainData:
    """The plain data of the executions of one engine."""

    def __init__(self, engine: Explored) -> None:
        self._engine = engine
        self._known: dict[int, Holder] = {}
        self._kept: list[object] = []  # what is known, so that no address comes to mean another
        self._numbers: dict[int, int] = {}  # by address, of those who share a name
        self._named: list[int] = []  # how many objects each task has named
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

    def write(self, holder: object, field: object) -> None:
        """The running task is about to write or delete a field."""
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
        self, holder: object, reads: Iterable[object] = (), writes: Iterable[object] = ()
    ) -> None:
        """The running task is about to touch several fields of one holder at once."""
        self.access_all(((holder, reads, writes),))

    def access_all(self, touched: Iterable[Touched]) -> None:
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

    def _met(self, holder: object, task: ExploredTask) -> Holder:
        """What is known of a holder that a task touches."""
        known = self._known.get(id(holder))
        if known is None:
            known = self._name(holder, task)
        elif not known.seen & task.bit:
            self._meet(holder, known, task)
        return known

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
            if name == STRUCTURE:
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
        return field

    # ------------------------------------------------------------------ names

    def created(self, value: object) -> None:
        """The running task has made an object."""
        task = self._engine._running
        if task is not None and not self._engine._killing and id(value) not in self._known:
            known = self._name(value, task)
            if self._engine.recording:
                known.place = sources.call_site()

    def scope(self) -> Scope:
        """A holder for the variables of one invocation of a function."""
        scope = Scope()
        self.created(scope)
        return scope

    def publish(self, value: object) -> None:
        """The running task is about to put a value where others may find it."""
        if sort_of(type(value)) == NO_DATA:
            return
        task = self._engine._running
        if task is None or self._engine._killing:
            return
        known = self._known.get(id(value))
        if known is not None:
            if not known.seen & task.bit:
                self._meet(value, known, task)
            return
        todo: list[Any] = [value]
        while todo:
            one = todo.pop()
            sort = sort_of(type(one))
            if sort == NO_DATA or id(one) in self._known:
                continue
            if sort == TUPLE:
                inner = list(one)
            elif sort == FUNCTION and holds_nothing(one):
                continue
            else:
                self._name(one, task)
                inner = reached(one)
            inner.reverse()
            todo += inner

    def publish_body(self, body: Any) -> None:
        """The running task is about to start another one, which runs this."""
        self.publish(body)
        for part in vars(body).values():
            kind = type(part)
            if kind is dict:
                for value in part.values():
                    self.publish(value)
            elif kind is not str:
                self.publish(part)

    def _name(self, value: object, task: ExploredTask) -> Holder:
        """An object that nobody in this execution has named yet."""
        names = self._engine.names.plain
        if not names.used:
            names.use()
        known = names.lasting(value)
        if known is None:
            number = task.number
            while len(self._named) <= number:
                self._named.append(0)
            self._named[number] += 1
            known = names.made(number, self._named[number])
            known.by = number
            known.position = task.started if task.position < 0 else task.position
            known.seen = -1 if known.position < 0 else task.bit
        self._known[id(value)] = known
        self._kept.append(value)
        known.place = None
        return known

    def _meet(self, value: object, known: Holder, task: ExploredTask) -> None:
        """A task meets an object for the first time that another one has named."""
        known.seen |= task.bit
        events = self._engine.execution.events
        after = task.after + task.woken_by
        if not precedes(events, known.position, task.position, after):
            self._engine.names.plain.escape(value, plain_values.global_name(value))
