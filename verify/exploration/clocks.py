"""Happens-before within one execution.

Events are numbered without the local ones (start, join, sleep), which are never in a race: the
`index` of an event. `past` is the set of the indices of what happens before it, itself included, as
an int bit mask. It follows from the order within a task, from the edges of start, join and wake-up,
and from the order of dependent accesses to a common object. `base` leaves the last of these out:
what must happen before an event for its task to get there at all; in a case of a program (case.py),
also what it waits for there.

In call order: `add` takes the next events, `suspend` adds the operations that tasks stopped in at a
maximal end, treated as events about to happen, `find_rest` leaves an event out, with all that
depends on it, and `cut` goes back to an earlier position: the clocks of a beginning that executions
have in common are kept.

Ends of tasks are left out: whoever looks at one is searched for in another way (dpor.py), and
nobody else could tell.

Abdulla, Aronis, Jonsson, Sagonas: Source Sets: A Foundation for Optimal Dynamic Partial Order
Reduction (JACM 2017).
"""

from __future__ import annotations

from typing import Final

from verify.exploration.case import Case
from verify.operation import bits
from verify.properties.invariants import implied
from verify.scheduling.event import Event, Stopped
from verify.scheduling.step import NOWHERE, Step

NOTHING: Final = Event(Step(-1))
_made: Final = [0]
"""How many of these there have been: one may be given events that another one has numbered."""


class Line:
    """A task's clock, and the set of the indices of its events."""

    __slots__ = ("own", "past")

    def __init__(self) -> None:
        self.own = 0
        self.past = 0


class Mark:
    """That an event names, reads or writes an object, and the one that did so before it.

    The marks of an object are its history, from the latest one back.
    """

    __slots__ = ("earlier", "event", "number", "reads", "writes")

    def __init__(self) -> None:
        self.number = 0
        self.event = NOTHING
        self.reads = False
        self.writes = False
        self.earlier: Mark | None = None


class Clocks:
    """The happens-before order of the execution that has been added.

    `events` begins with the `added` ones, all that happened; `steps` are those of them that are not
    local and, behind the first `length` of them, one for each operation that a task stopped in.
    `marks` are those of each step, by its index, `latest` the last of what happened to each object.
    Marks are made once and used again, so there may be more of them than steps, and than a step
    has objects. `case` is which events wait for which: see case.py.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.added = 0
        self.steps: list[Event] = []
        self.length = 0
        self.lines: list[Line] = []
        self.invariants: dict[int, int] = {}
        self.marks: list[list[Mark]] = []
        self.latest: list[Mark | None] = []
        self.case: Case = ()
        self._in_order = True  # whoever waited did so for what it depended on anyway
        _made[0] += 1
        self._execution = _made[0] << 40  # a new number for each; see Event.rest_of

    def line(self, task: int) -> Line:
        """What is known of a task."""
        while len(self.lines) <= task:
            self.lines.append(Line())
        return self.lines[task]

    def mark(self, event: Event, number: int) -> Mark:
        """That of an event at an object to whose history it belongs."""
        marks = self.marks[event.index]
        at = 0
        while marks[at].number != number:
            at += 1
        return marks[at]

    def add(self, events: list[Event], end: int) -> None:
        """Take the events of the execution up to a position.

        Those that have been taken are kept as they were, whatever the list begins with. Most lists
        are that of the latest execution, gone back and gone on, and so need no copy.
        """
        if events is not self.events:
            if self.added:
                events = [*self.events[: self.added], *events[self.added :]]
            self.events = events
        while self.added < end:
            self._take(events[self.added])
            self.added += 1

    def _take(self, event: Event) -> None:
        step = event.step
        if step.local:
            line = self.line(event.task)
            past = event.before_it = line.past
            for enabler in event.after:
                past |= self.events[enabler].past
            event.index = -1
            event.past = event.base = line.past = past
        else:
            if step.numbers is NOWHERE:
                step.place()
            self._add(event)
            marks = self.marks[self.length]
            self.length += 1
            for at in range(len(step.numbers)):
                mark = marks[at]
                self.latest[mark.number] = mark

    def suspend(self, stopped: list[Stopped]) -> None:
        """Treat the operations that tasks stopped in as events about to happen, until `cut`."""
        for one in stopped:
            step = one.step
            step.writes |= implied(step.writes, self.invariants)
            if step.reads | step.writes:
                step.place()
                pending = Event(step)
                pending.after = one.after
                pending.woken_by = one.woken_by
                self._add(pending)

    def cut(self, position: int) -> None:
        """Forget all events from a position on."""
        self._execution += 1
        while len(self.steps) > self.length:
            self._take_back(self.steps.pop())
        while self.added > position:
            self.added -= 1
            event = self.events[self.added]
            if event.index < 0:
                self.lines[event.task].past = event.before_it
                continue
            self.steps.pop()
            self._take_back(event)
            marks = self.marks[event.index]
            for at in range(len(event.step.numbers)):
                mark = marks[at]
                self.latest[mark.number] = mark.earlier
        self.length = len(self.steps)

    def _take_back(self, event: Event) -> None:
        line = self.lines[event.task]
        line.past = event.before_it
        line.own ^= event.bit

    def _add(self, event: Event) -> None:
        line = self.line(event.task)
        step = event.step
        index = len(self.steps)
        base = event.before_it = line.past
        for enabler in event.after:
            base |= self.events[enabler].past
        past = base
        if event.woken_by:
            for waker in event.woken_by:
                past |= self.events[waker].past
            if not step.never_disabled:
                base = past
        bit = event.bit = 1 << index
        past |= bit
        event.index = index
        if index == len(self.marks):
            self.marks.append([])
        marks = self.marks[index]
        for at, number in enumerate(step.numbers):
            if at == len(marks):
                marks.append(Mark())
            mark = marks[at]
            self._note(mark, event, number)
            past |= self._depends_on(mark)
        if self.case:
            base |= self._waits_for(event, past)
        self.steps.append(event)
        event.past = line.past = past
        event.base = base
        line.own |= bit

    def count(self, event: Event) -> int:
        """How many events of its task come before an event."""
        return (self.line(event.task).own & (event.bit - 1)).bit_count()

    def nth(self, task: int, count: int) -> Event | None:
        """The event of a task before which there are so many, if it has happened."""
        happened = self.happened(task)
        return happened[count] if count < len(happened) else None

    def happened(self, task: int) -> list[Event]:
        """The events of a task."""
        return [self.steps[at] for at in bits(self.line(task).own) if at < self.length]

    def fits(self) -> bool:
        """Whether all pairs of events in the case have come, and depended on each other."""
        if not self._in_order:
            return False
        return all(self.nth(order.later, order.later_nth) is not None for order in self.case)

    def _waits_for(self, event: Event, past: int) -> int:
        """The past of what an event that comes next waits for in this case."""
        found = 0
        count = self.line(event.task).own.bit_count()
        for order in self.case:
            if order.later == event.task and order.later_nth == count:
                awaited = self.nth(order.task, order.nth)
                if awaited is not None and past & awaited.bit:
                    found |= awaited.past
                else:
                    self._in_order = False
        return found

    def _note(self, mark: Mark, event: Event, number: int) -> None:
        """An event comes next in the history of an object."""
        while len(self.latest) <= number:
            self.latest.append(None)
        step = event.step
        mark.number = number
        mark.event = event
        mark.reads = bool(step.reads >> number & 1)
        mark.writes = bool(step.writes >> number & 1)
        mark.earlier = self.latest[number]

    def _depends_on(self, mark: Mark) -> int:
        """The past of those events on which one depends because of one object.

        What comes before the last write is in the past of that.
        """
        past = 0
        if mark.reads or mark.writes:
            earlier = mark.earlier
            while earlier is not None:
                if earlier.writes:
                    return past | earlier.event.past
                if mark.writes and earlier.reads:
                    past |= earlier.event.past
                earlier = earlier.earlier
        return past

    def find_rest(self, early: Event) -> None:
        """Note the events behind this one that do not depend on it: all of v but its last event."""
        if early.rest_of == self._execution:
            return
        rest = reads = writes = 0
        bit = early.bit
        steps = self.steps
        for index in range(early.index + 1, self.length):
            event = steps[index]
            if not event.past & bit:
                rest |= event.bit
                step = event.step
                reads |= step.reads
                writes |= step.writes
        early.rest = rest
        early.rest_reads = reads
        early.rest_writes = writes
        early.rest_of = self._execution
