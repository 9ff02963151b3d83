"""Happens-before within one execution, and the races in it.

`past[i]` is the set of positions that happen before event i, itself included, as an int bit mask.
It follows from the order within a task, from the edges of start, join and wake-up, and from the
order of dependent accesses to a common object. `base[i]` leaves the last of these out: what must
happen before event i for its task to get there at all.

In call order: `add` takes the next event, `find_races` lists the races of one event with earlier
ones, `suspend` adds the operations that tasks stopped in at a maximal end, treated as events about
to happen, and `cut` goes back to an earlier position: the clocks of a beginning that executions
have in common are kept.

A race of an event j (the paper's e') is an event i (e) that could have come after it: i is a direct
predecessor of j on some object, is not in base[j], and j was possible before i. For each object
that j reads, the candidate is the last write before which j was possible (only `Queue.join` is a
read that can be disabled). For each that it writes: walk the object's accesses backwards, skip
those before which j was not possible, collect the reads, stop at the first write before which j was
possible, and take that if no read was collected. A try and a timed call are always possible; before
the wake-up that let it succeed, a timed sleeper could have timed out.

What an event touches where it is moved to is computed from the states there (`_touches`), with the
invariants that it writes by what it writes. Ends of tasks are left out: whoever looks at one makes
the search stop planning (dpor.py), and nobody else could tell.

Abdulla, Aronis, Jonsson, Sagonas: Source Sets: A Foundation for Optimal Dynamic Partial Order
Reduction (JACM 2017), section 10 for operations that can be disabled.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from verify.operation import Access, Effect, Footprint, States, carry_out, conflicts
from verify.properties.invariants import implied
from verify.scheduling.event import Event, Stopped


def bits(mask: int) -> list[int]:
    """The positions of the ones in a mask, from the lowest."""
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found


class Race(Footprint):
    """Event `early` could have come after event `late`; what `late` would read and write there.

    `late_past` is the past of `late` in the sequence v that leaves out `early` and all that depends
    on it. `moved` tells whether `late` touches something else there than it did, `settled` that the
    search has nothing left to do for it.
    """

    __slots__ = ("early", "late", "late_past", "moved", "settled")

    def __init__(self, early: int, late: int, late_past: int) -> None:
        super().__init__()
        self.early = early
        self.late = late
        self.late_past = late_past
        self.moved = False
        self.settled = False


class Clocks:
    """The happens-before order of the execution that has been added.

    `events` has the execution's events, each with its `past` and `base`, and, behind them, one for
    each operation that a task stopped in; `length` is the number of those that happened. `own[t]`
    is the set of positions of task t's events.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.length = 0
        self.own: list[int] = []
        self.invariants: dict[int, int] = {}
        self._accesses: list[list[int]] = []  # by object: positions that read or write it
        self._named: list[list[int]] = []  # by object: positions that name it

    def add(self, event: Event) -> None:
        """Take the next event of the execution."""
        self._add(event)
        position = self.length
        self.length += 1
        for number in event.touched:
            self._accesses[number].append(position)

    def suspend(self, stopped: list[Stopped]) -> None:
        """Treat the operations that tasks stopped in as events about to happen, until `cut`."""
        for one in stopped:
            pending = _about_to_happen(one)
            pending.writes |= implied(pending.writes, self.invariants)
            if pending.reads | pending.writes:
                self._add(pending)

    def cut(self, length: int) -> None:
        """Forget all events from a position on."""
        for position in range(len(self.events) - 1, length - 1, -1):
            event = self.events.pop()
            if position < self.length:
                for number in event.touched:
                    self._accesses[number].pop()
            for cell in event.operation.cells:
                self._named[cell.number].pop()
            self.own[event.task] ^= 1 << position
        if self.length > length:
            self.length = length

    def _add(self, event: Event) -> None:
        position = len(self.events)
        while len(self.own) <= event.task:
            self.own.append(0)
        previous = self.own[event.task].bit_length() - 1
        base = 0 if previous < 0 else self.events[previous].past
        for enabler in event.after:
            base |= self.events[enabler].past
        wakes = 0
        for waker in event.woken_by:
            wakes |= self.events[waker].past
        if not event.never_disabled:
            base |= wakes
        past = base | wakes | 1 << position
        direct: list[int] = []
        touched = bits((event.reads | event.writes) & ~event.ends)
        for number in touched:
            while len(self._accesses) <= number:
                self._accesses.append([])
                self._named.append([])
            accesses = self._accesses[number]
            writes = bool(event.writes >> number & 1)
            for index in range(len(accesses) - 1, -1, -1):
                other = accesses[index]
                is_write = bool(self.events[other].writes >> number & 1)
                if is_write or writes:
                    past |= self.events[other].past
                    direct.append(other)
                if is_write:
                    break
        if event.never_disabled:
            direct.extend(event.woken_by)
        self.events.append(event)
        event.past = past
        event.base = base
        event.touched = touched
        event.direct = direct
        event.previous = previous
        self.own[event.task] |= 1 << position
        for cell in event.operation.cells:
            while len(self._named) <= cell.number:
                self._accesses.append([])
                self._named.append([])
            self._named[cell.number].append(position)

    def find_races(self, late: int) -> list[Race]:
        """The races of an event with earlier ones."""
        event = self.events[late]
        base = event.base
        candidates: list[int] = []
        for number in event.touched:
            self._find_candidates(candidates, late, number)
        if event.never_disabled:
            for waker in event.woken_by:
                self._find_last_chance(candidates, late, waker)
        found: list[Race] = []
        if not candidates:
            return found
        candidates.sort()
        latest = -1
        for early in candidates:
            if early == latest or base >> early & 1:
                continue
            latest = early
            race = Race(early, late, base | 1 << late)
            self._find_footprint(race)
            # Where it touches something else, it depends on others.
            predecessors = self._conflicting(race) if race.moved else event.direct
            for other in predecessors:
                if not self.events[other].past >> early & 1:
                    race.late_past |= self.events[other].past
            found.append(race)
        return found

    def without(self, early: int) -> int:
        """The set of the positions behind an event that do not depend on it."""
        remaining = 0
        for position in range(early + 1, self.length):
            if not self.events[position].past >> early & 1:
                remaining |= 1 << position
        return remaining

    def _conflicting(self, race: Race) -> list[int]:
        """The events before the late one, behind the early one, that depend on what it does now."""
        found = []
        for other in range(race.early + 1, min(race.late, self.length)):
            if conflicts(self.events[other], race):
                found.append(other)
        return found

    def _find_last_chance(self, found: list[int], late: int, waker: int) -> None:
        """The event before which a sleeper could time out last: the one that woke it, or earlier.

        Who stands before a barrier cannot give up while its action runs.
        """
        number = self.events[late].operation.cells[0].number
        accesses = self._accesses[number]
        for index in range(bisect_left(accesses, waker), -1, -1):
            other = accesses[index]
            if other <= self.events[late].previous:
                return
            if self.events[other].writes >> number & 1 and self._possible(late, other, number):
                found.append(other)
                return

    def _find_footprint(self, race: Race) -> None:
        """What the late event of a race will read and write once the early one is out of its way.

        A try may succeed that failed, a wait may time out that was woken, a release may raise that
        did not, or the other way round. Too large a footprint is as bad as one too small: it adds
        branches that the tree does not need and that later ones are then wrongly taken to be in.
        """
        event = self.events[race.late]
        race.reads = event.reads
        race.writes = event.writes
        before = event.effect.before
        cells = event.operation.cells
        states = []
        same = True
        for index in range(len(cells)):
            state = self._state_within(cells[index].number, race.early, race.late)
            states.append(state)
            same = same and state is before[index]
        if not same:
            self._touches(event, tuple(states), race)
            race.moved = race.reads != event.reads or race.writes != event.writes

    def _touches(self, event: Event, states: States, there: Footprint) -> Effect:
        """Note what an event would read and write if its cells were in these states."""
        cells = event.operation.cells
        effect = carry_out(event.operation.kind, states, event.task, event.operation.argument)
        accesses = effect.accesses
        own = reads = writes = 0
        for index in range(len(cells)):
            bit = cells[index].bit
            own |= bit
            if accesses[index] is Access.READ:
                reads |= bit
            elif accesses[index] is Access.WRITE:
                writes |= bit
        for invariant, seen in self.invariants.items():
            if event.writes & seen:  # it has written this one only because of what it wrote
                own |= invariant
        there.reads = reads | event.reads & ~own
        writes |= event.writes & ~own
        there.writes = writes | implied(writes, self.invariants)
        return effect

    def _state_within(self, number: int, early: int, late: int) -> Any:
        """The state of an object when the late event comes in the sequence of those that remain."""
        named = self._named[number]
        events = self.events
        index = len(named) - 1
        happened = min(late, self.length)
        while index >= 0 and named[index] >= happened:
            index -= 1
        following = late  # the first event, from the early one on, that names it
        while index >= 0:
            position = named[index]
            if position < early:
                break
            # What is no write (a sleeper leaving) happens in any order with what we leave out, so
            # the state that was seen after it may hold the effect of that.
            event = events[position]
            if event.writes >> number & 1 and not event.past >> early & 1:
                return event.effect.states[_place(event, number)]
            following = position
            index -= 1
        event = events[following]
        return event.effect.before[_place(event, number)]

    def _find_candidates(self, found: list[int], late: int, number: int) -> None:
        accesses = self._accesses[number]
        events = self.events
        writes = bool(events[late].writes >> number & 1)
        collected = False
        index = len(accesses) - 1
        while index >= 0 and accesses[index] >= late:
            index -= 1
        while index >= 0:
            other = accesses[index]
            index -= 1
            is_write = bool(events[other].writes >> number & 1)
            if not (writes or is_write) or not self._possible(late, other, number):
                continue
            if is_write:
                if not collected:
                    found.append(other)
                return
            collected = True
            found.append(other)

    def _possible(self, late: int, early: int, number: int) -> bool:
        """Whether an event could have happened in the place of an earlier one on an object."""
        event = self.events[late]
        operation = event.operation
        kind, cells = operation.kind, operation.cells
        simple = len(cells) == 1 and cells[0].number == number
        if simple and kind.always:
            return True
        before = event.effect.before
        same = True
        found = []
        for index in range(len(cells)):
            # what it needs came only later, or to another object, without need of the early one
            state = self._state_within(cells[index].number, early, late)
            found.append(state)
            same = same and state is before[index]
        if same and late < self.length:
            return simple or event.conflicts_at(self.events[early], number)
        states: States = tuple(found)
        if not kind.ready(states, event.task, operation.argument) and not (
            event.never_disabled and kind.may_give_up(states, event.task, operation.argument)
        ):
            return False
        if simple:
            return True
        # There it may touch something else: a wake that times out has nothing to do with the lock.
        there = Footprint()
        self._touches(event, states, there)
        return there.conflicts_at(self.events[early], number)


def _place(event: Event, number: int) -> int:
    """Which of the objects that an event names is the one with this number."""
    cells = event.operation.cells
    place = 0
    while cells[place].number != number:
        place += 1
    return place


def _about_to_happen(stopped: Stopped) -> Event:
    """The event that a disabled operation would be."""
    operation = stopped.operation
    states = stopped.states
    effect = Effect(states, None, None, states, operation.kind.footprint, False)
    event = Event(stopped.task, operation, effect, 0)
    event.after = stopped.after
    event.woken_by = stopped.woken_by
    event.never_disabled = stopped.never_disabled
    for cell, wanted in zip(operation.cells, operation.kind.footprint, strict=True):
        if wanted is Access.READ:
            event.reads |= cell.bit
        elif wanted is Access.WRITE:
            event.writes |= cell.bit
    return event
