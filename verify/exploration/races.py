"""The races of an execution: which event could have come after which later one.

In call order: `candidates` finds what one event races with, `weigh` what it would do where it comes
first.

A race of an event j (the paper's e') is an event i (e) that could have come after it: i is a direct
predecessor of j on some object, is not in the base of j, and j was possible before i. For each
object that j reads, the candidate is the last write before which j was possible (only `Queue.join`
is a read that can be disabled). For each that it writes: walk the object's history backwards, skip
the events before which j was not possible, collect the reads, stop at the first write before which
j was possible, and take that if no read was collected. A try and a timed call are always possible;
before the wake-up that let it succeed, a timed sleeper could have timed out.

An event that begins an iteration again (scheduling/await_loops.py) reads all that it has awaited,
and is possible as soon as *one* of these objects has been written after its task looked at it. So
it was possible before i if one of these writes does not depend on i. It is enough to know the first
such write to each object: the others to that object depend on it. A task that spins at the end is
in no race: where nobody writes what it has looked at, it could not have come before anything.

What an event touches where it is moved to is computed from the states there (`Step.elsewhere`),
with the invariants that it writes by what it writes.

Abdulla, Aronis, Jonsson, Sagonas: Source Sets: A Foundation for Optimal Dynamic Partial Order
Reduction (JACM 2017), section 10 for operations that can be disabled.
"""

from __future__ import annotations

from typing import Any, Final

from verify.exploration.clocks import Clocks, Mark
from verify.operation import Footprint, conflicts
from verify.properties.invariants import implied
from verify.scheduling.await_loops import read_by
from verify.scheduling.event import Event
from verify.scheduling.step import Step

NO_EVENTS: Final[list[Event]] = []


class Race(Footprint):
    """Event `early` could have come after event `late`; what `late` would read and write there.

    `late_past` is the past of `late` in the sequence v that leaves out `early` and all that depends
    on it. `moved` tells whether `late` touches something else there than it did.
    """

    __slots__ = ("early", "late", "late_past", "moved")

    def __init__(self, early: Event, late: Event) -> None:
        super().__init__()
        self.early = early
        self.late = late
        self.late_past = 0
        self.moved = False


class Races(Clocks):
    """The clocks of an execution, and the races in it."""

    def __init__(self) -> None:
        super().__init__()
        self._let_go: list[Event] = NO_EVENTS

    def candidates(self, late: Event) -> list[Event]:
        """What an event may be in a race with, from the earliest on."""
        found = NO_EVENTS
        step = late.step
        if step.awaited:
            self._let_go = self._find_first_writes(late)
            if not self._let_go:
                return found  # it spins: there is nothing before which it could have come
        marks = self.marks[late.index]
        for at in range(len(step.numbers)):
            mark = marks[at]
            if mark.reads or mark.writes:
                found = self._find_candidates(found, mark)
        if step.never_disabled:
            for waker in late.woken_by:
                found = self._find_last_chance(found, late, self.events[waker])
        if len(found) > 1:
            indices = sorted({event.index for event in found})
            return [self.steps[index] for index in indices]
        return found

    def weigh(self, race: Race) -> None:
        """What the late event would do where it comes first, and what must come before it there."""
        late, early = race.late, race.early
        self._find_footprint(race)
        past = late.base | late.bit
        # Where it touches something else, it depends on others; where it awaits several objects, an
        # earlier write to one of them may remain though the last one does not.
        if race.moved or late.step.awaited:
            for index in range(early.index + 1, min(late.index, self.length)):
                other = self.steps[index]
                if not other.past & early.bit and conflicts(other.step, race):
                    past |= other.past
        else:
            step = late.step
            marks = self.marks[late.index]
            for at in range(len(step.numbers)):
                mark = marks[at]
                if not mark.writes and not mark.reads:
                    continue
                earlier = mark.earlier
                while earlier is not None:
                    if earlier.writes or (mark.writes and earlier.reads):
                        before = earlier.event.past
                        if not before & early.bit:
                            past |= before
                        if earlier.writes:
                            break
                    earlier = earlier.earlier
            if step.never_disabled:
                for waker in late.woken_by:
                    woke = self.events[waker]
                    if not woke.past & early.bit:
                        past |= woke.past
        race.late_past = past

    def _find_last_chance(self, found: list[Event], late: Event, waker: Event) -> list[Event]:
        """The event before which a sleeper could time out last: the one that woke it, or earlier.

        Who stands before a barrier cannot give up while its action runs.
        """
        number = late.step.named[0]
        own = self.lines[late.task].own & (late.bit - 1)
        previous = own.bit_length() - 1
        mark = self.mark(late, number).earlier
        while mark is not None:
            other = mark.event
            if other.index <= previous:
                break
            if mark.writes and other.index <= waker.index and self._possible(late, other, number):
                return found if late.base & other.bit else [*found, other]
            mark = mark.earlier
        return found

    def _find_footprint(self, race: Race) -> None:
        """What the late event of a race will read and write once the early one is out of its way.

        A try may succeed that failed, a wait may time out that was woken, a release may raise that
        did not, or the other way round. Too large a footprint is as bad as one too small: it adds
        branches that the tree does not need and that later ones are then wrongly taken to be in.
        """
        late = race.late
        step = late.step
        race.reads = step.reads
        race.writes = step.writes
        race.moved = False
        kind = step.operation.kind
        if kind.steady and (kind.always or not step.never_disabled):
            return  # it is ready there, or this would be no race
        states = self._states_within(race.early, late)
        if states is not None:
            self._footprint_there(step, step.elsewhere(states), race)
            race.moved = race.reads != step.reads or race.writes != step.writes

    def _footprint_there(self, step: Step, there: Step, found: Footprint) -> None:
        """What an event reads and writes where it is that step."""
        found.reads = there.reads
        found.writes = there.writes
        if self.invariants:
            own = 0
            for number in step.named:
                own |= 1 << number
            for invariant, seen in self.invariants.items():
                if step.writes & seen:  # it has written this one only because of what it wrote
                    own |= invariant
            found.reads |= step.reads & ~own
            writes = found.writes | step.writes & ~own
            found.writes = writes | implied(writes, self.invariants)

    def _states_within(self, early: Event, late: Event) -> tuple[Any, ...] | None:
        """The states of all that the late event names, in the sequence of those that remain.

        None if it has found them as they are there.
        """
        step = late.step
        if step.single >= 0:
            state = self._state_within(step.single, early, late)
            return None if state is step.before[0] else (state,)
        found = []
        same = True
        for index in range(len(step.named)):
            state = self._state_within(step.named[index], early, late)
            found.append(state)
            same = same and state is step.before[index]
        return None if same else tuple(found)

    def _state_within(self, number: int, early: Event, late: Event) -> Any:
        """The state of an object when the late event comes in the sequence of those that remain."""
        there = early.step
        if there.single == number and (there.reads | there.writes) >> number & 1:
            return there.before[0]  # all that changed it later depends on it
        following = late  # the first event, from the early one on, that names it
        mark = self.mark(late, number).earlier
        while mark is not None:
            event = mark.event
            if event.index < early.index:
                break
            # What is no write (a sleeper leaving) happens in any order with what we leave out, so
            # the state that was seen after it may hold the effect of that. Who has only awaited it
            # has kept no state of it.
            if mark.writes and not event.past & early.bit:
                return event.step.after[event.step.named.index(number)]
            if not event.step.awaited or number in event.step.named:
                following = event
            mark = mark.earlier
        return following.step.before[following.step.named.index(number)]

    def _find_candidates(self, found: list[Event], mark: Mark) -> list[Event]:
        late = mark.event
        collected = False
        earlier = mark.earlier
        while earlier is not None:
            if earlier.writes or (mark.writes and earlier.reads):
                other = earlier.event
                if late.base & other.bit:
                    if earlier.writes:
                        break  # whatever comes before it must come before the late event, too
                elif self._possible(late, other, mark.number):
                    if earlier.writes and collected:
                        break
                    collected = True
                    found = [*found, other] if found else [other]
                    if earlier.writes:
                        break
            earlier = earlier.earlier
        return found

    def _find_first_writes(self, late: Event) -> list[Event]:
        """For each object that an event has awaited, the first write after its task's last look."""
        found: list[Event] = []
        awaited = late.step.awaited
        for number in late.step.numbers:
            if not awaited >> number & 1:
                continue
            first: Event | None = None
            mark = self.mark(late, number).earlier
            while mark is not None:
                other = mark.event
                if mark.writes:
                    first = other
                elif other.task == late.task and read_by(other) >> number & 1:
                    break
                mark = mark.earlier
            if first is not None:
                found.append(first)
        return found

    def _let_go_without(self, early: Event) -> bool:
        """Whether one of the first writes remains where an event is left out."""
        return any(not write.past & early.bit for write in self._let_go)

    def _possible(self, late: Event, early: Event, number: int) -> bool:
        """Whether an event could have happened in the place of an earlier one on an object."""
        step = late.step
        if step.awaited and not self._let_go_without(early):
            return False
        simple = step.single == number
        if simple and step.operation.kind.always:
            return True
        # what it needs came only later, or to another object, without need of the early one
        states = self._states_within(early, late)
        if states is None:
            if late.index < self.length:
                return simple or step.conflicts_at(early.step, number)
            states = step.before
        there = step.elsewhere(states)
        if not there.possible:
            return False
        if simple:
            return True
        # There it may touch something else: a wake that times out has nothing to do with the lock.
        found = Footprint()
        self._footprint_there(step, there, found)
        return found.conflicts_at(early.step, number)
