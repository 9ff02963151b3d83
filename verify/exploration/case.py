"""Cases: a program divided by the order in which certain pairs of its events come.

Say that two events happen in every execution, and that one of them always happens before the other.
Then each class has them in one order or in the other, and is a class of just one of two programs:
in each, one of the two events waits for the other. Neither of these has anything to tell the other.
So it is with several pairs, and all combinations of their orders.

A case is the orders of such a combination. In a search of it (piece.py) an event that is to come
later is left alone until it may; its clock has the earlier one among what it waits for (clocks.py),
as if that had started it, so they are in no race.

That the two events always happen, one before the other, is not known beforehand: it is guessed from
some executions (division.py), and each execution of each case is looked at. If there is a class in
which it is not so, then that is a class of one of the cases, or of several, and so it is met. For
choose any execution of it: of each pair it has both events, in an order, or one of them, or none,
and all of that is possible in the case that demands this order, or that the missing one comes
later; and where nobody could go on without the case, nobody can within it. If such a class is met,
or if the demanded orders go round in a circle and nobody can go on, the search begins again, as a
whole; but a failure is a failure, and ends a search for the first.

Who waits depends on what it waits for, and the clocks should have that in everybody's past. They
have it in what cannot be reversed alone. That is enough: as long as each execution is as it should
be, the one event of a pair depends on the other anyway; and after the first that is not, nothing
that was planned matters any more.

Dividing by assumptions that exclude each other: Heule, Kullmann, Wieringa, Biere, Cube and Conquer
(HVC 2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

Place = tuple[int, int]
"""A task, and how many events it has before one of them; local events are not counted."""


class Order(NamedTuple):
    """Event number `nth` of a task comes before event number `later_nth` of task `later`."""

    task: int
    nth: int
    later: int
    later_nth: int

    @property
    def places(self) -> tuple[Place, Place]:
        """Of both events, the earlier one first."""
        return (self.task, self.nth), (self.later, self.later_nth)

    @property
    def reversed(self) -> Order:
        """The same events, the other way round."""
        return Order(self.later, self.later_nth, self.task, self.nth)


Case = tuple[Order, ...]

Cases = Sequence[Case | None]
"""What a search consists of. None is all of the program, which may yet be divided; the empty case
is all of it once and for all."""

UNDIVIDED: Final[Cases] = (None,)
WHOLE: Final[Cases] = ((),)
