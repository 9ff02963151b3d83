"""Data races: accesses to a plain field that nothing orders, in one execution after another.

A race is a pair of accesses of two tasks to one plain field, an attribute, a global or a variable
of a closure, of which one is a write, such that neither happens before the other. What happens
before what follows from synchronisation alone: the order within a task, the edges of start, join
and wake-up, and the accesses, read-write wise, to whatever is no plain field: locks, queues, cells,
and builtin containers, of which the interpreter makes each operation atomic. That these two
happened in some order in this execution is no order: it was luck.

    look    (at an execution's end, or where it is cut) take the events that it has not in common
            with the latest one
    _take   give the next event its past: the plain accesses that happen before it
    _touch  hold an access to a field against the latest of each other task

These are the vector clocks of Djit+ (Pozniansky and Schuster, PPoPP 2003), with what FastTrack
(Flanagan and Freund, PLDI 2009) says of them: whether there is a race is a question about single
accesses. As only plain accesses are asked about, a clock is a bit mask with a bit for each, and
to join two clocks is one `|`. Unlike FastTrack's, each task's latest read and write are kept,
so that for every access and other task it is exact whether that task has one that races with it.

Of an execution, the first race (by its later access) is one that can happen: up to there plain
accesses are ordered as synchronisation orders them, so what comes between the two can be moved away
until they stand side by side, in this order or the other. A later one may be an effect of it, as
what a racy flag guards.
"""

from __future__ import annotations

from typing import Any, Final

from verify.operation import WRITE, bits
from verify.scheduling.event import Event, Execution, Failure, Race
from verify.scheduling.naming import Names
from verify.scheduling.plain_fields import of_container, which_of

NEVER: Final = -1
Which = tuple[int, Any]
"""A field by its number, and which of the holders that go by its holder's name, if several do."""


class DataRaces:
    """The races of one execution after another of one search; `found` are those of the latest, in
    the order of their later accesses.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self.found: list[Race] = []
        self._events: list[Event] = []
        self._pasts: list[int] = []  # of each event, with itself if it is a plain access
        self._accesses: list[int] = []  # the positions of the plain accesses: what each bit means
        self._tasks: list[int] = []  # the past of each task's latest event
        self._written: list[int] = []  # of the latest write of each object that is no field
        self._read: list[int] = []  # of all reads of each, together
        self._writes: dict[Which, list[int]] = {}  # of a field: the bit of each task's latest
        self._reads: dict[Which, list[int]] = {}
        self._fields = 0  # the bits of all fields
        self._undo: list[tuple[list[int], int, int]] = []  # what was overwritten: where, with what
        self._marks: list[int] = []  # how much there was to undo before each event

    def look(self, execution: Execution, common: int = NEVER) -> None:
        """Find the races of an execution that goes no further.

        `common` is how many events it shares with the latest one, if they cannot be told apart.
        """
        events = execution.events
        if common == NEVER:
            known = self._events
            common = 0
            most = min(len(known), len(events))
            while common < most and known[common] is events[common]:
                common += 1
        self._cut(common)
        self._events = events
        execution.known_races = len(self.found)
        virtual = 0  # an invariant is nothing that two tasks could meet at
        for bit in execution.invariants:
            virtual |= bit
        for position in range(common, len(events)):
            self._take(events[position], position, ~virtual)
        execution.races = self.found.copy()
        execution.failures += self._failures(execution)

    def _failures(self, execution: Execution) -> list[Failure]:
        """What an execution that was looked at fails with: one failure for each race.

        The message says no more than which field and which tasks; words are found by whoever
        records the execution (race_words.py).
        """
        if self._names.plain.races_allowed:
            return []
        events = execution.events
        return [
            Failure(
                "race",
                f"field {race.field}, tasks {events[race.early].task} and {events[race.late].task}",
                events[race.late].task,
                race.late + 1,
                events[race.late].place,
            )
            for race in execution.races
        ]

    def _cut(self, position: int) -> None:
        """Forget the events from a position on."""
        if position >= len(self._marks):
            return
        mark = self._marks[position]
        while len(self._undo) > mark:
            where, index, value = self._undo.pop()
            where[index] = value
        del self._marks[position:]
        del self._pasts[position:]
        while self._accesses and self._accesses[-1] >= position:
            self._accesses.pop()
        while self.found and self.found[-1].late >= position:
            self.found.pop()

    def _take(self, event: Event, position: int, real: int) -> None:
        step = event.step
        task = step.task
        self._marks.append(len(self._undo))
        past = _at(self._tasks, task)
        for enabler in event.after:
            past |= self._pasts[enabler]
        for waker in event.woken_by:
            past |= self._pasts[waker]
        plain = step.operation.kind.plain and not of_container(step.operation.cells[0])
        reads, writes = 0, event.ends  # its task may end with it, whatever it is
        if plain:
            for cell in step.operation.cells:
                self._fields |= cell.bit
        else:
            reads = step.reads & real & ~self._fields
            writes |= step.writes & real & ~self._fields
        numbers = bits(reads | writes)
        for number in numbers:
            past |= _at(self._written, number)
            if writes >> number & 1:
                past |= _at(self._read, number)
        if plain:
            bit = 1 << len(self._accesses)
            self._accesses.append(position)
            self._touch(event, position, past)
            past |= bit
        self._pasts.append(past)
        self._set(self._tasks, task, past)
        for number in numbers:
            if writes >> number & 1:
                self._set(self._written, number, past)
            else:
                self._set(self._read, number, _at(self._read, number) | past)

    def _touch(self, event: Event, position: int, past: int) -> None:
        step = event.step
        latest = len(self._accesses) - 1
        for index, cell in enumerate(step.operation.cells):
            access = step.effect.accesses[index]
            field: int = cell.number
            which = field, which_of(step.operation)
            if which not in self._writes:
                self._writes[which] = []
                self._reads[which] = []
            writes, reads = self._writes[which], self._reads[which]
            self._compare(writes, position, step.task, past, field)
            if access is WRITE:
                self._compare(reads, position, step.task, past, field)
            self._set(writes if access is WRITE else reads, step.task, latest + 1)

    def _compare(self, others: list[int], position: int, task: int, past: int, field: int) -> None:
        """Hold an access against the latest one of each task; those of its own are in its past."""
        for other in range(len(others)):
            access = others[other] - 1
            if access != NEVER and not past >> access & 1:
                between = field, other, task
                self.found.append(Race(self._accesses[access], position, between))

    def _set(self, where: list[int], index: int, value: int) -> None:
        self._undo.append((where, index, _at(where, index)))
        where[index] = value


def _at(where: list[int], index: int) -> int:
    while len(where) <= index:
        where.append(0)
    return where[index]
