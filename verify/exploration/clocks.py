"""Happens-before within one execution.

Events are numbered without the local ones (start, join, sleep), which are never in a race: the
`index` of an event. `past` is the set of the indices of what happens before it, itself included, as
an int bit mask. It follows from the order within a task, from the edges of start, join and wake-up,
and from the order of dependent accesses to a common object. `base` leaves the last of these out:
what must happen before an event for its task to get there at all.

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

from verify.properties.invariants import implied
from verify.scheduling.event import Event, Stopped
from verify.scheduling.step import NOWHERE


def bits(mask: int) -> list[int]:
    """The positions of the ones in a mask, from the lowest."""
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found


class Line:
    """A task's clock, and the set of the indices of its events."""

    __slots__ = ("own", "past")

    def __init__(self) -> None:
        self.own = 0
        self.past = 0


class Clocks:
    """The happens-before order of the execution that has been added.

    `events` begins with the `added` ones, all that happened; `steps` are those of them that are not
    local and, behind the first `length` of them, one for each operation that a task stopped in.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.added = 0
        self.steps: list[Event] = []
        self.length = 0
        self.lines: list[Line] = []
        self.invariants: dict[int, int] = {}
        self.histories: list[list[Event]] = []  # by object: what names, reads or writes it
        self._execution = 1  # a new number for each; see Event.rest_of

    def line(self, task: int) -> Line:
        """What is known of a task."""
        while len(self.lines) <= task:
            self.lines.append(Line())
        return self.lines[task]

    def history(self, number: int) -> list[Event]:
        """What has happened to an object."""
        while len(self.histories) <= number:
            self.histories.append([])
        return self.histories[number]

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
            self.length += 1
            for number in step.numbers:
                self.histories[number].append(event)

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
            for number in event.step.numbers:
                self.histories[number].pop()
        self.length = len(self.steps)

    def _take_back(self, event: Event) -> None:
        line = self.lines[event.task]
        line.past = event.before_it
        line.own ^= 1 << event.index

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
        bit = 1 << index
        past |= bit
        for number in step.numbers:
            history = self.history(number)
            if step.writes >> number & 1:
                for at in range(len(history) - 1, -1, -1):
                    other = history[at]
                    if other.step.writes >> number & 1:
                        past |= other.past
                        break
                    if other.step.reads >> number & 1:
                        past |= other.past
            elif step.reads >> number & 1:
                for at in range(len(history) - 1, -1, -1):
                    other = history[at]
                    if other.step.writes >> number & 1:
                        past |= other.past
                        break
        self.steps.append(event)
        event.index = index
        event.past = line.past = past
        event.base = base
        line.own |= bit

    def find_rest(self, early: Event) -> None:
        """Note the events behind this one that do not depend on it: all of v but its last event."""
        if early.rest_of == self._execution:
            return
        rest = reads = writes = 0
        at = early.index
        steps = self.steps
        for index in range(at + 1, self.length):
            event = steps[index]
            if not event.past >> at & 1:
                rest |= 1 << index
                step = event.step
                reads |= step.reads
                writes |= step.writes
        early.rest = rest
        early.rest_reads = reads
        early.rest_writes = writes
        early.rest_of = self._execution
