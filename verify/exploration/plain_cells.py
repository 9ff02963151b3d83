"""Plain cells: plain data that tasks share, as objects of a memoised search.

A memoised search runs a task's code for one history of results, whatever the others have done
meanwhile (closed.py). So what is really in a field that tasks share cannot decide anything. Such a
field becomes an object like any other: its state is what the program has there, and the real place
is only where the instruction behind an announcement finds it.

    read, write   a field is about to be touched: an event, if the field is shared. What a read has
                  as its result is put into the real place; what is written goes into the state, and
                  the instruction behind puts it into the real place, too, which is of no importance
    hide          before the next event, and at the end of the code: takes away again what is there
    start         before a task is started: names what it is given; before the first, looks at what
                  is in the shared fields, which are their first states
    shared        for a walk (walk.py): the fields of an object that it has to leave out

Which fields are shared is known from the executions that were run for real before (plain_data.py),
and fixed. A field that is shared all the same is one that changes although two tasks reach it: a
program that has it is not closed. Names are those of plain_data.py, but kept for each piece of code
that runs by itself: it knows what its starter knew, and what it names itself. An object that one
task has named and another meets without having it from there has a name that depends on the order:
then the program is not memoised.

Memoised are attributes of instances and modules, globals and closure variables, with values that
never change. Refused are items of containers, attributes of classes, several fields in one step,
objects whose class is their name, and what an execution might find left by the one before: a field
of an object that was there before the run must be written in the run before anybody reads it.

Code that touches a shared field without an announcement would find whatever is there. Such code is
refused before it is run (announced.py); for what escapes this there is something in the real place
that nothing can be done with (real_places.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn

from verify.errors import TaskKilled
from verify.exploration.announced import Announced
from verify.exploration.immutable import immutable
from verify.exploration.looks import AWAITS
from verify.exploration.real_places import Hidden, has_place, present, put
from verify.operation import Kind, Operation
from verify.scheduling.explored_task import BLOCKING, ExploredCell
from verify.scheduling.naming import MAIN, Names
from verify.scheduling.patience import Patience
from verify.scheduling.plain_data import Touched
from verify.scheduling.plain_fields import (
    ABSENT,
    DELETE_STATE,
    READ_STATE,
    WRITE_STATE,
    FieldCell,
    Scope,
)
from verify.scheduling.plain_names import STRUCTURE, Field, Holder
from verify.scheduling.plain_reach import NO_DATA, name_all, parts_of, sort_of

if TYPE_CHECKING:
    from verify.exploration.carriers import Run
    from verify.exploration.code_runs import CodeRuns

GONE: Final = object()
"""What a deletion writes."""
Known = dict[int, tuple[object, Holder]]
"""Objects and what they go by, by address: its own, while the object is kept."""


class Met:
    """What a piece of code that runs by itself knows of plain objects.

    `written` are the fields that it has written before there was a second task; `put` is what has
    been put into fields since the latest event.
    """

    def __init__(self, known: Known) -> None:
        self.known = known
        self.named = 0
        self.written: set[tuple[int, str]] = set()
        self.put: dict[tuple[int, str], tuple[object, str, tuple[Any, ...]]] = {}


class PlainCells:
    """The plain data of one memoised search, as the hooks know it."""

    def __init__(self, runs: CodeRuns, names: Names, number: int) -> None:
        self._runs = runs
        self._names = names
        self._number = number
        fields = [field.text for field in names.plain.shared if field.text.startswith(".")]
        self.announced = Announced(frozenset([text[1:] for text in fields]))
        """Looks whether code says what it touches."""
        self._standing: dict[int, object] = {}  # what was there before the run
        self._everything: dict[int, tuple[object, int, Holder]] = {}  # and which task named it
        self._given: dict[int, tuple[object, Known]] = {}  # what was known, by the body started
        self._cells: dict[int, ExploredCell] = {}
        self._saved: dict[tuple[int, str], tuple[object, str, tuple[Any, ...]]] = {}
        self._patience = Patience()
        self._events = 0

    @property
    def size(self) -> int:
        """How many objects it keeps, as a measure of the memory in use."""
        return len(self._everything)

    def before_the_run(self, standing: dict[int, object]) -> None:
        """These are there before the program begins."""
        self._standing = standing

    def met(self, body: object) -> Met:
        """What code with this body knows as it begins."""
        given = self._given.get(id(body))
        return Met({} if given is None else dict(given[1]))

    def close(self) -> None:
        """Give back what was in fields before the program was run."""
        for holder, name, state in self._saved.values():
            put(holder, name, state)
        self._saved.clear()

    # What the hooks call.

    def read(self, holder: object, field: object) -> None:
        """The running task is about to read a field."""
        if type(field) is not str or field == STRUCTURE:
            self.access(holder, (field,))
            return
        run = self._runs.running
        if run is None:
            return
        known = self._meet(holder, run)
        found = known.field(field)
        if not found.shared:
            if self._patience.ends(found.looked(self._events)):
                self._runs.refuse(AWAITS)
        elif self._begun(run):
            state = self._ask(run, READ_STATE, holder, found)
            put(holder, field, state)
            self._put(run, holder, field, state)
        elif self._stands(holder, known) and (id(holder), field) not in run.met.written:
            self._refuse_left(found)

    def write(self, holder: object, field: object, value: object = GONE) -> None:
        """The running task is about to write a value into a field, or to delete it."""
        if type(field) is not str or field == STRUCTURE:
            self.access(holder, (), (field,))
            return
        run = self._runs.running
        if run is None:
            return
        known = self._meet(holder, run)
        found = known.field(field)
        if not found.shared:
            return
        if not self._begun(run):
            if self._stands(holder, known):
                self._demand_simple(holder, found)
                self._save(holder, field)
                run.met.written.add((id(holder), field))
            return
        if value is GONE:
            put(holder, field, self._ask(run, DELETE_STATE, holder, found))
            self._put(run, holder, field, ABSENT)
        else:
            self._demand_immutable(found, value)
            self._ask(run, WRITE_STATE, holder, found, (value,))
            self._put(run, holder, field, (value,))

    def access(
        self, holder: object, reads: Sequence[object] = (), writes: Sequence[object] = ()
    ) -> None:
        """The running task is about to touch several fields of one holder at once."""
        self.access_all(((holder, reads, writes),))

    def access_all(self, touched: Iterable[Touched]) -> None:
        """The running task is about to touch several holders at once.

        Of all these fields only one may be shared, an attribute that is looked for in several
        places, and found in the first that has it.
        """
        run = self._runs.running
        if run is None:
            return
        looks = []
        for holder, reads, writes in touched:
            known = self._meet(holder, run)
            for name, field in known.fields.items() if self._begun(run) else ():
                if field.shared and not field.text.startswith("."):
                    self._refuse_container(holder)
                if field.shared and name in writes:
                    self._runs.refuse(f"tasks share {field.text[1:]}, changed beside others")
                if field.shared and name in reads:
                    looks.append((holder, name))
        if len(looks) > 1:
            self._runs.refuse(f"tasks share {looks[1][1]}, which is looked at beside others")
        for holder, name in looks:
            self.read(holder, name)

    def created(self, value: object) -> None:
        """The running task has made an object."""
        run = self._runs.running
        if run is not None:
            self._meet(value, run)

    def scope(self) -> Scope:
        """A holder for the variables of one invocation of a function."""
        scope = Scope()
        self.created(scope)
        return scope

    def publish(self, value: object) -> None:
        """The running task is about to put a value where others may find it."""
        run = self._runs.running
        if run is None or sort_of(type(value)) == NO_DATA:
            return
        name_all(value, run.met.known, lambda one: self._name(one, run))

    def start(self, body: Any, run: Run) -> None:
        """The running task is about to start another one, which runs this."""
        for part in parts_of(body):
            self.publish(part)
        if not self._begun(run):
            for holder, known in run.met.known.values():
                for field in known.fields.values():
                    if field.shared:
                        self._take_in(run, holder, field, known)
        self._given[id(body)] = body, dict(run.met.known)

    def is_shared(self, holder: object, name: Any) -> bool:
        """Whether the running task's accesses to a field are events."""
        run = self._runs.running
        entry = None if run is None else run.met.known.get(id(holder))
        return entry is not None and name in entry[1].fields and entry[1].fields[name].shared

    def may_be_of_class(self, name: str) -> bool:
        """Whether accesses to an attribute of this name may be events for a class's sake."""
        return self._names.plain.may_be_of_class(name)

    # What a walk asks for.

    def shared(self, value: object) -> Collection[str]:
        """The names of the fields of an object that are objects of the search."""
        entry = self._everything.get(id(value))
        known = self._names.plain.lasting(value) if entry is None else entry[2]
        if known is None:
            return ()
        return [name for name, field in known.fields.items() if field.shared and type(name) is str]

    # ------------------------------------------------------------------ events

    def _begun(self, run: Run) -> bool:
        return run.task != MAIN or run.children > 0

    def _ask(self, run: Run, kind: Kind, holder: object, field: Field, argument: Any = None) -> Any:
        number = self._names.plain_number(field)
        cell = self._cells.get(number)
        if cell is None:
            cell = self._cells[number] = FieldCell(number, self._number, field, None)
        self._demand_simple(holder, field)
        result = self._runs.ask(Operation(kind, (cell,), argument), BLOCKING)
        now = present(holder, field.text[1:])
        hidden = bool(now) and type(now[0]) is Hidden
        if not hidden and not self._stands(holder, field.holder):  # there, runs for real change it
            self._runs.refuse(f"{field.text[1:]} was changed by code that is not instrumented")
        return result

    def hide(self, run: Run) -> str:
        """An event comes, or the end: what code finds by itself is nothing to rely on any more.

        Returns why the program cannot be memoised, if something else is there than there must be.
        """
        self._events += 1
        if not run.met.put:
            return ""
        for holder, name, state in run.met.put.values():
            now = present(holder, name)
            if len(now) != len(state) or (now and now[0] is not state[0]):
                return f"{name} was changed by code that is not instrumented"
        for holder, name, _ in run.met.put.values():
            put(holder, name, (Hidden(self._refuse_unannounced),))
        run.met.put.clear()
        return ""

    def _take_in(self, run: Run, holder: object, field: Field, known: Holder) -> None:
        """What is in a shared field is its first state."""
        self._demand_simple(holder, field)
        name = field.text[1:]
        if self._stands(holder, known) and (id(holder), name) not in run.met.written:
            self._refuse_left(field)
        state = present(holder, name)
        for value in state:
            self._demand_immutable(field, value)
        run.created.append((self._names.plain_number(field), state))
        self._put(run, holder, name, state)

    def _put(self, run: Run, holder: object, name: str, state: tuple[Any, ...]) -> None:
        """By the next event, this is what is in a field."""
        run.met.put[id(holder), name] = holder, name, state

    def _stands(self, holder: object, known: Holder) -> bool:
        """Whether an object was there before the run, so that it may be as another run left it."""
        return (known.creator == MAIN and known.index == 0) or id(holder) in self._standing

    def _save(self, holder: object, name: str) -> None:
        if (id(holder), name) not in self._saved:
            self._saved[id(holder), name] = holder, name, present(holder, name)

    # ------------------------------------------------------------------ names

    def _meet(self, value: object, run: Run) -> Holder:
        entry = run.met.known.get(id(value))
        return self._name(value, run) if entry is None else entry[1]

    def _name(self, value: object, run: Run) -> Holder:
        """An object that this code has not met yet."""
        plain = self._names.plain
        known = plain.lasting(value)
        fresh = False
        if known is None:
            run.met.named += 1
            known = plain.made(run.task, run.met.named)
            before = self._everything.get(id(value))
            fresh = before is None
            if before is None:
                self._everything[id(value)] = value, run.task, known
            elif before[1] != run.task:
                self._runs.refuse(
                    f"two tasks have come upon {_words(value)}, and neither has it from the other"
                )
            elif before[2] is not known and (_shares(known) or _shares(before[2])):
                self._runs.refuse(f"{_words(value)} goes by several names")
        run.met.known[id(value)] = value, known
        if self._begun(run):
            for field in known.fields.values():
                if field.shared:
                    if not fresh:
                        self._refuse_left(field)
                    self._take_in(run, value, field, known)
        return known

    # ------------------------------------------------------------------ refusals

    def _demand_simple(self, holder: object, field: Field) -> None:
        if not field.text.startswith(".") or field.holder.several:
            self._refuse_container(holder)
        if issubclass(type(holder), type):
            self._runs.refuse(f"tasks share {field.text[1:]}, an attribute of a class")
        if not has_place(holder, field.text[1:]):
            self._runs.refuse(f"tasks share {field.text[1:]}, a variable of a function")

    def _demand_immutable(self, field: Field, value: object) -> None:
        if not immutable(value):
            self._runs.refuse(f"tasks share {field.text[1:]}, with {_words(value)} in it")

    def _refuse_container(self, holder: object) -> None:
        self._runs.refuse(f"tasks share what is in {_words(holder)}")

    def _refuse_left(self, field: Field) -> None:
        self._runs.refuse(f"{field.text[1:]} may be as another execution has left it")

    def _refuse_unannounced(self) -> NoReturn:
        if self._runs.running is None:
            raise TaskKilled  # code comes to its end by force, and nobody needs what it finds
        self._runs.refuse("shared data is looked at by code that is not instrumented")


def _shares(known: Holder) -> bool:
    return any(field.shared for field in known.fields.values())


def _words(value: object) -> str:
    return f"a {type(value).__name__}"
