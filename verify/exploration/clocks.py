"""Happens-before within one execution, and the races in it.

`past[i]` is the set of positions that happen before event i, itself included, as an int bit mask.
It follows from the order within a task, from the edges of start, join and wake-up, and from the
order of dependent accesses to a common object. `base[i]` leaves the last of these out: what must
happen before event i for its task to get there at all.

`races` lists, for an event j (the paper's e'), the events i (e) that could have come after it: i is
a direct predecessor of j on some object, is not in base[j], and j was possible before i. For each
object that j reads, the candidate is the last write before which j was possible (only
`Queue.join` is a read that can be disabled). For each that it writes: walk the object's accesses
backwards, skip those before which j was not possible, collect the reads, stop at the first write
before which j was possible, and take that if no read was collected. A try and a timed call are
always possible; before the wake-up that let it succeed, a timed sleeper could have timed out.

What an event touches where it is moved to is computed from the states there (`_touches`), with the
invariants that it writes by what it writes.

At a maximal end the operations that tasks stopped in are treated as events about to happen.

Abdulla, Aronis, Jonsson, Sagonas: Source Sets: A Foundation for Optimal Dynamic Partial Order
Reduction (JACM 2017), section 10 for operations that can be disabled.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Any

from verify.operation import Access, Footprint, Kind, States, carry_out, conflicts
from verify.properties.invariants import implied
from verify.scheduling.event import Event, Execution, Stopped


def bits(mask: int) -> Iterator[int]:
    """The positions of the ones in a mask, from the lowest."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


class Race:
    """Event `early` could have come after event `late`.

    In the sequence v that leaves out `early` and all that depends on it, `remaining` is the set of
    the positions of its events, `late_past` is the past of `late`, and `late_footprint` what it
    will read and write there.
    """

    __slots__ = ("early", "late", "late_footprint", "late_past", "remaining")

    def __init__(self, early: int, late: int, late_past: int, remaining: int) -> None:
        self.early = early
        self.late = late
        self.late_past = late_past
        self.remaining = remaining
        self.late_footprint = Footprint(0, 0)


class Clocks:
    """The happens-before order of one execution.

    `events` has the execution's events and, behind them, one for each operation that a task stopped
    in; `length` is the number of those that happened.
    """

    def __init__(self, execution: Execution) -> None:
        self.events = list(execution.events)
        self.length = len(self.events)
        self._invariants = execution.invariants
        self.past: list[int] = []
        self.base: list[int] = []
        self._accesses: dict[int, list[int]] = {}  # by object: positions that read or write it
        self._named: dict[int, list[int]] = {}  # by object: positions that name it
        self._direct: list[tuple[int, ...]] = []
        self._previous: list[int] = []
        last: dict[int, int] = {}
        for position, event in enumerate(self.events):
            self._add(position, event, last.get(event.task, -1))
            last[event.task] = position
        for stopped in execution.stopped:
            pending = _about_to_happen(stopped)
            pending.writes |= implied(pending.writes, self._invariants)
            if pending.reads | pending.writes:
                self.events.append(pending)
                self._add(len(self.events) - 1, pending, last.get(stopped.task, -1))

    def _add(self, position: int, event: Event, previous: int) -> None:
        base = 0 if previous < 0 else self.past[previous]
        self._previous.append(previous)
        for enabler in event.after:
            base |= self.past[enabler]
        wakes = 0
        for waker in event.woken_by:
            wakes |= self.past[waker]
        if not event.never_disabled:
            base |= wakes
        past = base | wakes | 1 << position
        direct = []
        for number in bits(event.reads | event.writes):
            accesses = self._accesses.setdefault(number, [])
            for other in self._predecessors(accesses, number, bool(event.writes >> number & 1)):
                past |= self.past[other]
                direct.append(other)
        if event.never_disabled:
            direct.extend(event.woken_by)
        self.past.append(past)
        self.base.append(base)
        self._direct.append(tuple(direct))
        if position < self.length:
            for number in bits(event.reads | event.writes):
                self._accesses[number].append(position)
        for cell in event.cells:
            self._named.setdefault(cell.number, []).append(position)

    def _predecessors(self, accesses: list[int], number: int, writes: bool) -> Iterator[int]:
        """The accesses that come directly before one to be added."""
        for other in reversed(accesses):
            if self.events[other].writes >> number & 1:
                yield other
                return
            if writes:
                yield other

    def races(self, late: int) -> list[Race]:
        """The races of an event with earlier ones."""
        event = self.events[late]
        base = self.base[late]
        candidates: list[int] = []
        for number in bits(event.reads | event.writes):
            candidates.extend(self._candidates(late, number))
        for waker in event.woken_by if event.never_disabled else ():
            candidates.extend(self._last_chance(late, waker))
        found = []
        for early in sorted(set(candidates)):
            if base >> early & 1:
                continue
            race = Race(early, late, base | 1 << late, self._without(early) | 1 << late)
            race.late_footprint = self._footprint(race)
            if race.late_footprint == event.footprint:
                predecessors: Iterable[int] = self._direct[late]
            else:  # it touches something else there, and so depends on others
                predecessors = self._conflicting(race)
            for other in predecessors:
                if not self.past[other] >> early & 1:
                    race.late_past |= self.past[other]
            found.append(race)
        return found

    def _conflicting(self, race: Race) -> Iterator[int]:
        """The events before the late one, behind the early one, that depend on what it does now."""
        for other in range(race.early + 1, min(race.late, self.length)):
            if conflicts(self.events[other].footprint, race.late_footprint):
                yield other

    def _last_chance(self, late: int, waker: int) -> Iterator[int]:
        """The event before which a sleeper could time out last: the one that woke it, or earlier.

        Who stands before a barrier cannot give up while its action runs.
        """
        number = self.events[late].cells[0].number
        accesses = self._accesses[number]
        for index in range(bisect_left(accesses, waker), -1, -1):
            other = accesses[index]
            if other <= self._previous[late]:
                return
            if self.events[other].writes >> number & 1 and self._possible(late, other, number):
                yield other
                return

    def _footprint(self, race: Race) -> Footprint:
        """What the late event of a race will read and write once the early one is out of its way.

        A try may succeed that failed, a wait may time out that was woken, a release may raise that
        did not, or the other way round. Too large a footprint is as bad as one too small: it adds
        branches that the tree does not need and that later ones are then wrongly taken to be in.
        """
        event = self.events[race.late]
        states = tuple(
            self._state_within(cell, race.early, race.late, race.remaining) for cell in event.cells
        )
        if all(now is then for now, then in zip(states, event.before, strict=True)):
            return event.footprint
        return self._touches(event, states)

    def _touches(self, event: Event, states: States) -> Footprint:
        """What an event would read and write if its cells were in these states."""
        accesses = carry_out(event.kind, states, event.task, event.argument).accesses
        own = reads = writes = 0
        for cell, access in zip(event.cells, accesses, strict=True):
            own |= cell.bit
            if access is Access.READ:
                reads |= cell.bit
            elif access is Access.WRITE:
                writes |= cell.bit
        for invariant, seen in self._invariants.items():
            if event.writes & seen:  # it has written this one only because of what it wrote
                own |= invariant
        reads |= event.reads & ~own
        writes |= event.writes & ~own
        return Footprint(reads, writes | implied(writes, self._invariants))

    def _without(self, early: int) -> int:
        """The positions behind an event that do not depend on it."""
        remaining = 0
        for position in range(early + 1, self.length):
            if not self.past[position] >> early & 1:
                remaining |= 1 << position
        return remaining

    def _state_within(self, cell: Any, early: int, late: int, remaining: int) -> Any:
        """The state of a cell when the late event comes in the sequence of those that remain."""
        named = self._named[cell.number]
        for index in range(bisect_left(named, late) - 1, -1, -1):
            position = named[index]
            if position < early:
                break
            event = self.events[position]
            # What is no write (a sleeper leaving) happens in any order with what we leave out, so
            # the state that was seen after it may hold the effect of that.
            if remaining >> position & 1 and event.writes & cell.bit:
                return event.states[event.cells.index(cell)]
        return self._state(cell, early)

    def _candidates(self, late: int, number: int) -> Iterator[int]:
        event = self.events[late]
        accesses = self._accesses.get(number, [])
        writes = bool(event.writes >> number & 1)
        collected = False
        for index in range(bisect_left(accesses, late) - 1, -1, -1):
            other = accesses[index]
            is_write = bool(self.events[other].writes >> number & 1)
            if not writes:
                if is_write and self._possible(late, other, number):
                    yield other
                    return
                continue
            if not self._possible(late, other, number):
                continue
            if is_write:
                if not collected:
                    yield other
                return
            collected = True
            yield other

    def _possible(self, late: int, early: int, number: int) -> bool:
        """Whether an event could have happened in the place of an earlier one on an object."""
        event = self.events[late]
        kind = event.kind
        named = any(cell.number == number for cell in event.cells)
        simple = named and len(event.cells) == 1
        if simple and self._previous[late] < early:
            states: States = (self._state(event.cells[0], early),)
        else:  # what it needs came only later, or to another object, without need of the early one
            remaining = self._without(early)
            states = tuple(self._state_within(cell, early, late, remaining) for cell in event.cells)
        if not kind.ready(states, event.task, event.argument) and not (
            event.never_disabled and kind.may_give_up(states, event.task, event.argument)
        ):
            return False
        if simple:
            return True
        # There it may touch something else: a wake that times out has nothing to do with the lock.
        there = self._touches(event, states)
        before = self.events[early]
        return bool(
            (there.writes & (before.reads | before.writes) | there.reads & before.writes) >> number
            & 1
        )

    def _state(self, cell: Any, before: int) -> Any:
        named = self._named[cell.number]
        index = bisect_left(named, before)
        if index == len(named):
            return cell.state
        event = self.events[named[index]]
        return event.before[event.cells.index(cell)]


def _about_to_happen(stopped: Stopped) -> Event:
    """The event that a disabled operation would be."""
    operation = stopped.operation
    kind: Kind = operation.kind
    event = Event(stopped.task, kind, operation.cells, 0)
    event.argument = operation.argument
    event.after = stopped.after
    event.woken_by = stopped.woken_by
    event.never_disabled = stopped.never_disabled
    event.before = tuple(cell.state for cell in operation.cells)
    for cell, wanted in zip(operation.cells, kind.footprint, strict=True):
        if wanted is Access.READ:
            event.reads |= cell.bit
        elif wanted is Access.WRITE:
            event.writes |= cell.bit
    return event
