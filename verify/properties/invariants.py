"""Invariants: predicates that must hold after every event.

For the dependency relation an invariant is a virtual object, written by every event that writes an
object the predicate reads; otherwise two events that the program orders nowhere would be swapped
by the reduction, and the state between them, where the invariant fails, would never be seen. What
a predicate reads is found out by watching it. When the set grows, earlier reductions may have been
too bold, so `grew` tells the driver to begin the search again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from verify.errors import Misuse
from verify.operation import Access, Operation
from verify.scheduling.event import Place


class Invariant:
    """A predicate and the virtual object that it is."""

    __slots__ = ("bit", "name", "number", "place", "predicate")

    def __init__(
        self, predicate: Callable[[], object], name: str, number: int, place: Place | None
    ) -> None:
        self.predicate = predicate
        self.name = name
        self.number = number
        self.bit = 1 << number
        self.place = place


Reads = dict[int, int]
"""By the bit of an invariant: the bits of the objects that it has been seen to read."""


def implied(writes: int, reads: Reads) -> int:
    """The bits of the invariants that an event writes, given the objects it writes."""
    bits = 0
    for bit, read in reads.items():
        if writes & read:
            bits |= bit
    return bits


class Invariants:
    """The invariants of one execution, and what each has been seen to read in the whole search."""

    def __init__(self) -> None:
        self.active: list[Invariant] = []
        self.observing = False
        """A predicate is being evaluated: operations are looks, not events."""
        self.grew = False
        """A predicate has read an object that it had not read before."""
        self.reads: Reads = {}
        """Of all that any execution has demanded: one that comes later depends on events before."""
        self.sees_ends = False
        """A predicate has looked at a task's end."""
        self._seen = 0

    def forget(self) -> None:
        """Begin another execution: no invariant is demanded yet."""
        self.active = []

    def add(self, invariant: Invariant) -> None:
        """Demand an invariant from now on."""
        self.reads.setdefault(invariant.bit, 0)
        self.active.append(invariant)

    def written_by(self, writes: int) -> int:
        """The bits of the invariants that an event writes, given the objects it writes."""
        return implied(writes, self.reads)

    def violated(self) -> Iterator[tuple[Invariant, str, str]]:
        """Evaluate all; those that do not hold, each with the kind of failure and a message."""
        for invariant in self.active:
            message = f"{invariant.name} does not hold"
            kind = "invariant"
            holds = False
            self.observing = True
            self._seen = 0
            try:
                holds = bool(invariant.predicate())
            except Misuse as error:
                kind, message = "misuse", str(error)
            except Exception as error:
                message = f"{invariant.name} raised {type(error).__name__}: {error}"
            finally:
                self.observing = False
            known = self.reads[invariant.bit]
            if self._seen & ~known:
                self.reads[invariant.bit] = known | self._seen
                self.grew = True
            if not holds:
                yield invariant, kind, message

    def watch(self, predicate: Callable[[], object]) -> tuple[object, int]:
        """Evaluate a predicate that is no invariant: its value, and the bits of what it looked at.

        Raises what the predicate raises; Misuse if it does more than look.
        """
        self.observing = True
        self._seen = 0
        try:
            return predicate(), self._seen
        finally:
            self.observing = False

    def saw(self, cell: Any) -> None:
        """The predicate under evaluation depends on this object."""
        self._seen |= cell.bit

    def look(self, operation: Operation, task: int) -> Any:
        """Carry out a predicate's operation: it may only read, and is no event."""
        kind = operation.kind
        if any(wanted is not Access.READ for wanted in kind.footprint):
            raise Misuse(f"an invariant may only look, but it called {kind.name}")
        self.sees_ends |= kind.looks_at_an_end
        for cell in operation.cells:
            self.saw(cell)
        states = tuple(cell.state for cell in operation.cells)
        return kind.step(states, task, operation.argument)[0]
