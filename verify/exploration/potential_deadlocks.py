"""Potential deadlocks: the cycles of a search's lock-order graph, in words.

The graph (properties/lock_order.py) knows numbers; each edge is run once more, with eyes open, for
the names and the lines.

Nothing is said where every class was run: then no order of steps gets stuck, and a cycle that
cannot close is a way to write code. Nor where a deadlock was found, which says it better. It is
worth saying of a search that a limit or a failure has stopped, or that samples: there the deadlock
may be in what was not run, and cost thousands of executions to meet.
"""

from __future__ import annotations

from collections.abc import Callable

from verify.errors import Nondeterministic
from verify.exploration.follow import Follow
from verify.exploration.report import Report
from verify.properties.lock_order import Edge, LockOrder
from verify.scheduling.explored import Explored
from verify.scheduling.naming import Names
from verify.scheduling.sources import shown_place
from verify.traces.labels import Labels

MOST_CYCLES = 3
"""Cycles that are told: who reads of three looks at the order of locks altogether."""


def potential_deadlocks(
    order: LockOrder, report: Report, program: Callable[[], object], names: Names
) -> list[str]:
    """The cycles of a search, each in a sentence or two."""
    if report.complete or report.outcomes["deadlock"]:
        return []
    try:
        cycles = order.cycles()[:MOST_CYCLES]
        return [_told([_edge(edge, program, names) for edge in cycle]) for cycle in cycles]
    except Nondeterministic:  # the search finds that out by itself
        return []


def _told(edges: list[tuple[str, str]]) -> str:
    locks = sorted({lock for _, lock in edges})
    return (
        f"{', and '.join(text for text, _ in edges)}: once each of them has its first, nobody can "
        f"go on. Take {', '.join(locks[:-1])} and {locks[-1]} in the same order everywhere"
    )


def _edge(edge: Edge, program: Callable[[], object], names: Names) -> tuple[str, str]:
    """What the task of an edge does, and the name of the lock that it takes."""
    engine = Explored(len(edge.schedule) + 1, recording=True, names=names)
    try:
        events = engine.run(program, Follow(edge.schedule).choose).events
        labels = Labels(engine)
        called = {cell.number: labels.object(cell) for cell in engine.cells if cell.of is not None}
        task = labels.task(edge.task)
    finally:
        engine.close()
    held, acquired = called[edge.held], called[edge.acquired]
    takes, took = (events[at].place for at in (edge.position, edge.taken))
    return (
        f"{task} takes {acquired} ({shown_place(takes)}) while it holds {held} "
        f"({shown_place(took)})",
        acquired,
    )
