"""Division: whether a search goes on by cases (case.py), and by which.

    note   after each of the first executions: which pairs of events have come in some order so far
    cases  when the search could be shared out: the cases, if it is worth while

The subtrees of a search by optimal DPOR tell each other what they ask for above themselves. Mostly
that is little. But there are programs with many races far from each other, as in lastzero and
readers, of which most classes are asked for from far away: there, as many branches wait high up in
the tree as there have been executions, and telling costs about as much as exploring. It is such
programs that fall into cases.

A pair that has come in both orders may do so again in any case; one that has not is decided nearer
to the root, so the rest of the search is about its other order: those are taken first.
"""

from __future__ import annotations

from itertools import pairwise, product

from verify.exploration.case import Case, Cases, Order, Place
from verify.exploration.frontier import LEAST
from verify.exploration.races import Races

MOST = 10
"""Pairs, at most: there are 2 to the power of it cases."""
ENOUGH = 64
"""Pairs to choose from: there are as many as races in a long execution."""
CROWDED = 1 / 4
"""The least number of branches that wait, to one execution, where it is worth while."""

Pairs = list[tuple[Order, bool]]
"""Events in the order in which they came first, and whether they have come in the other, too."""


class Division:
    """The pairs of events that all executions have had in one order or the other."""

    def __init__(self, pairs: Pairs | None = None) -> None:
        self.pairs: Pairs = [] if pairs is None else list(pairs)
        self._begun = pairs is not None

    def note(self, races: Races) -> None:
        """Another execution has been run."""
        if not self._begun:
            self._begun = True
            for late in races.steps[: races.length]:
                for early in races.candidates(late):
                    order = Order(early.task, races.count(early), late.task, races.count(late))
                    self.pairs.append((order, False))
                if len(self.pairs) >= ENOUGH:
                    return
            return
        tasks = {task for order, _ in self.pairs for task in (order.task, order.later)}
        happened = {task: races.happened(task) for task in tasks}
        kept: Pairs = []
        for order, turned in self.pairs:
            ones, others = happened[order.task], happened[order.later]
            if order.nth < len(ones) and order.later_nth < len(others):
                one, other = ones[order.nth], others[order.later_nth]
                if other.past & one.bit:
                    kept.append((order, turned))
                elif one.past & other.bit:
                    kept.append((order, True))
        self.pairs = kept

    def cases(self, executions: int, waiting: int) -> Cases | None:
        """The cases, after so many executions, with so many branches to be explored; None if the
        program is not to be divided."""
        if executions < LEAST or waiting < executions * CROWDED or not self.pairs:
            return None
        orders = [order for order, _ in sorted(self.pairs, key=lambda pair: pair[1])]
        return by_orders(orders, min(MOST, (len(orders) + 1) // 2))


def by_orders(orders: list[Order], most: int) -> list[Case]:
    """The cases by the first of these orders that can come in all combinations, as far as is known.

    Where the other half of them can, too, each case has at least as many classes as there are
    cases: `most` need be no more than half.
    """
    chosen: list[Order] = []
    for order in orders:
        if len(chosen) < most and not _go_round(chosen, order):
            chosen.append(order)
    return list(product(*[(order, order.reversed) for order in chosen]))


def _go_round(chosen: list[Order], order: Order) -> bool:
    """Whether an order, or its other way round, is against one that follows from these, in some
    combination, and from those of the tasks' own events."""
    after: dict[Place, set[Place]] = {}
    for one in (*chosen, order):
        for place in one.places:
            after[place] = set()
    for earlier, later in pairwise(sorted(after)):
        if earlier[0] == later[0]:
            after[earlier].add(later)
    for one in chosen:
        earlier, later = one.places
        after[earlier].add(later)
        after[later].add(earlier)
    earlier, later = order.places
    return _leads_to(after, earlier, later) or _leads_to(after, later, earlier)


def _leads_to(after: dict[Place, set[Place]], start: Place, end: Place) -> bool:
    met, todo = {start}, [start]
    while todo:
        new = after[todo.pop()] - met
        met |= new
        todo += new
    return end in met
