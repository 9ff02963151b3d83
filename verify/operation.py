"""What an operation is, and which operations depend on each other.

A primitive is data: a small immutable state (kept by a scheduler in a cell of its own) and a few
`Kind`s of operation, each a handful of pure functions over the states of the one or two cells
that it names. A kind is declared once and carried out by every scheduler:

    ready(states, task, argument) -> bool                  may it happen now?
    step(states, task, argument)  -> (result, new states)  what it does; may raise: the states stay
    give_up(states, task, argument) -> (result, new states)  what a failed try or a time-out does
    may_give_up(states, task, argument) -> bool            is giving up possible at this point?
    wakes(before, after, argument) -> Wake                 whom a real scheduler wakes afterwards
    queue(states, task) -> lane                            where a real sleeper stands

Steps never block, never look at a clock and run no user code but comparisons.

The footprint of an event (which objects it read, which it wrote) is known only after the step:
`footprint` gives it for a success (`carry_out`); a step that raises, or gives up and leaves every
state as it was, has only *read* what it names. `conflicts` is the one dependency relation: two
events of different tasks depend on each other iff they touch a common object and one of them writes
it (Mazurkiewicz 1977; Abdulla, Aronis, Jonsson, Sagonas, JACM 2017). Two operations of one task are
always ordered.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, Final, NamedTuple

States = tuple[Any, ...]
"""The states of the cells that an operation names, in the order in which it names them."""

Outcome = tuple[Any, States]
"""The result of a step and the states that it leaves."""


class Access(enum.IntEnum):
    """What an event does to an object, as far as other tasks can tell."""

    NOTHING = 0
    READ = 1
    WRITE = 2


NOTHING: Final = Access.NOTHING
READ: Final = Access.READ
WRITE: Final = Access.WRITE
"""The same, for the core: to look a member up in its class takes longer than a step."""


class Lane(NamedTuple):
    """A first-in first-out line of real sleepers at one of an operation's cells."""

    position: int  # which of the operation's cells
    number: int  # which line there: a queue has one for takers, one for putters


class Wake(NamedTuple):
    """Whom a real scheduler wakes: the first `number` in `lane`, and the `tasks` by name."""

    lane: Lane | None
    number: int
    tasks: tuple[int, ...]


EVERYONE: Final = 1 << 62
EVERY_LANE: Final = -2
"""In a `Wake`, the number that stands for all lanes of a cell."""
NOBODY: Final = Wake(None, 0, ())
FIRST_LANE: Final = Lane(0, 0)


def _always(states: States, task: int, argument: Any) -> bool:
    return True


def _fail(states: States, task: int, argument: Any) -> Outcome:
    return False, states


def _first_lane(states: States, task: int) -> Lane | None:
    return FIRST_LANE


def _whole(argument: Any) -> Any:
    return argument


class Kind:
    """One kind of operation, such as the acquiring of a lock: see the module's prose.

    `footprint` has an `Access` for each cell. `reads_if(states, task, argument)`, if given, says
    before which states a success is only a read. `queue` returns None for a sleeper that stands
    in no line because it is only ever woken by name. `waits_for(states, task, argument)` names
    the tasks that alone could let a sleeper go on (the owner of a lock), or is empty. `shows_…`:
    whether a person who reads a trace wants to see the argument, the result. `looks_at_an_end`:
    whether what it finds depends on a task's having ended. `local`: it touches nothing that others
    could tell, has one outcome, and once it can happen nothing prevents it any more: happening at
    once or later is the same to everybody. `steady`: whenever it is ready it succeeds, and touches
    just what `footprint` says. `compares`: it may look only, but compares values of the user's, and
    what they do then is to happen under the guard. `shown` gives what of the argument is shown.
    `plain`: it is an access to plain data, which the program itself makes right after it.
    """

    __slots__ = (
        "always",
        "footprint",
        "give_up",
        "glances",
        "local",
        "looks",
        "looks_at_an_end",
        "may_give_up",
        "name",
        "plain",
        "queue",
        "reads_if",
        "ready",
        "shown",
        "shows_argument",
        "shows_result",
        "steady",
        "step",
        "waits_for",
        "wakes",
    )

    def __init__(
        self,
        name: str,
        step: Callable[[States, int, Any], Outcome],
        *,
        ready: Callable[[States, int, Any], bool] = _always,
        give_up: Callable[[States, int, Any], Outcome] = _fail,
        may_give_up: Callable[[States, int, Any], bool] = _always,
        footprint: tuple[Access, ...] = (Access.WRITE,),
        reads_if: Callable[[States, int, Any], bool] | None = None,
        wakes: Callable[[States, States, Any], Wake] | None = None,
        queue: Callable[[States, int], Lane | None] = _first_lane,
        waits_for: Callable[[States, int, Any], tuple[int, ...]] | None = None,
        shows_argument: bool = False,
        shows_result: bool = False,
        looks_at_an_end: bool = False,
        local: bool = False,
        steady: bool = False,
        compares: bool = False,
        plain: bool = False,
        shown: Callable[[Any], Any] = _whole,
    ) -> None:
        self.name = name
        self.step = step
        self.ready = ready
        self.always = ready is _always
        """It is never disabled, whatever the states are."""
        self.give_up = give_up
        self.may_give_up = may_give_up
        self.footprint = footprint
        self.reads_if = reads_if
        self.wakes = wakes
        self.queue = queue
        self.waits_for = waits_for
        self.shows_argument = shows_argument
        self.shows_result = shows_result
        self.looks_at_an_end = looks_at_an_end
        self.local = local
        self.steady = steady
        self.plain = plain
        self.looks = reads_if is not None or Access.WRITE not in footprint
        """It may succeed and be no more than a look."""
        self.shown = shown
        self.glances = self.looks and self.always and len(footprint) == 1 and not compares
        """It is never disabled, may be no more than a look at one object, and runs no user code."""

    def __repr__(self) -> str:
        return f"<operation {self.name}>"


class Operation:
    """A call that a task is about to make: a kind, the cells it names, an argument."""

    __slots__ = ("argument", "cells", "kind")

    def __init__(self, kind: Kind, cells: tuple[Any, ...], argument: Any = None) -> None:
        self.kind = kind
        self.cells = cells
        self.argument = argument

    def __repr__(self) -> str:
        return f"<{self.kind.name}>"


def bits(mask: int) -> list[int]:
    """The positions of the ones in a mask, from the lowest."""
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found


class Footprint:
    """The objects an event read and the objects it wrote, as bit masks over object numbers."""

    __slots__ = ("reads", "writes")

    def __init__(self, reads: int = 0, writes: int = 0) -> None:
        self.reads = reads
        self.writes = writes

    def conflicts_at(self, other: Footprint, number: int) -> bool:
        """Whether two events of different tasks depend on each other because of one object."""
        dependent = self.writes & (other.reads | other.writes) | self.reads & other.writes
        return bool(dependent >> number & 1)


def conflicts(a: Footprint, b: Footprint) -> bool:
    """Whether two events of different tasks depend on each other. Total and symmetric."""
    return bool(a.writes & (b.reads | b.writes) or b.writes & a.reads)


class Effect:
    """What an operation did: its result or error, the states it left, what it did to each cell.

    `before` are the states it found.
    """

    __slots__ = ("accesses", "before", "error", "gave_up", "result", "states")

    def __init__(
        self,
        before: States,
        result: Any,
        error: Exception | None,
        states: States,
        accesses: tuple[Access, ...],
        gave_up: bool,
    ) -> None:
        self.before = before
        self.result = result
        self.error = error
        self.states = states
        self.accesses = accesses
        self.gave_up = gave_up


def as_reads(accesses: tuple[Access, ...]) -> tuple[Access, ...]:
    """The accesses of a step that only looks at what it would have written."""
    return tuple([READ if access is WRITE else access for access in accesses])


def carry_out(kind: Kind, states: States, task: int, argument: Any) -> Effect:
    """Apply a step, or give up if it is not ready, and find the footprint (see the prose)."""
    result: Any = None
    error: Exception | None = None
    after = states
    ready = kind.always or kind.ready(states, task, argument)
    try:
        if ready:
            result, after = kind.step(states, task, argument)
        else:
            result, after = kind.give_up(states, task, argument)
    except Exception as raised:
        error = raised
    if ready and error is None:
        accesses = kind.footprint
        if kind.reads_if is not None and kind.reads_if(states, task, argument):
            accesses = as_reads(accesses)
    else:
        changed = [a is not b for a, b in zip(states, after, strict=True)]
        if any(changed):
            accesses = tuple([WRITE if c else NOTHING for c in changed])
        else:
            accesses = as_reads(kind.footprint)
    return Effect(states, result, error, after, accesses, not ready)
