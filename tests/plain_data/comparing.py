"""Comparing what two searches find of a program over plain data, and how they name it.

By dpor, with events only where two tasks share a field; and by brute force, where each access of
every object is an event, and each order of all events is run. Both must find the same outcomes:
what every task has found, and what the objects are at the end.

What an event touches must follow from what comes before it, or the search compares what cannot be
compared. So this is looked at, too: in all executions, what a task asks for is the same wherever
the same has come before.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Hashable, Sequence
from functools import cache
from typing import Protocol

from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.report import Report
from verify.operation import conflicts
from verify.scheduling.event import Event, Execution
from verify.scheduling.naming import Names

PROGRAMS_PER_RUN = int(os.environ.get("VERIFY_CROSSCHECK_PLAIN", "16"))
SEED = int(os.environ.get("VERIFY_CROSSCHECK_SEED", "0"))
MOST = int(os.environ.get("VERIFY_CROSSCHECK_PLAIN_MOST", "1500"))
"""Executions by brute force; a program that has more is not compared."""


class Noting(Protocol):
    """A program that notes the outcome of its latest execution."""

    outcome: Hashable

    def __call__(self) -> None: ...


class Canonical:
    """Whether what a task asks for next is the same wherever the same has come before.

    What has come before an event: which of its task's it is, and of what else it depends on, all
    earlier events. Of a task that is started, the start.
    """

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._asked: dict[Hashable, Hashable] = {}
        self.different = 0

    def look_at(self, events: Sequence[Event]) -> None:
        """Compare an execution with those that have been looked at."""
        pasts: list[int] = []
        latest: dict[int, int] = {}
        for position, event in enumerate(events):
            before = latest.get(event.task, -1)
            reached = (event.task, tuple(sorted(pasts[at] for at in {before, *event.after} - {-1})))
            asks = event.kind.name, tuple(cell.number for cell in event.cells)
            self.different += self._asked.setdefault(reached, asks) != asks
            depends = {
                pasts[at]
                for at in range(position)
                if conflicts(events[at].footprint, event.footprint) or at in event.woken_by
            }
            key = (*reached, tuple(sorted(depends)), asks)
            pasts.append(self._numbers.setdefault(key, len(self._numbers)))
            latest[event.task] = position


class Outcomes:
    """All outcomes of a program that a search finds, and how often each."""

    def __init__(
        self, program: Noting, strategy: str, everything: bool, most: int = 10 * MOST
    ) -> None:
        self.found: Counter[Hashable] = Counter()
        self.events: Counter[int] = Counter()
        """How many events each task has had in the latest execution."""
        self.canonical = Canonical()
        self._program = program
        self._everything = everything
        self._search = Search(
            self._program,
            strategy=strategy,
            limits=Limits(most),
            stop_at_first=False,
            minimise=False,
            suppress=["data_race"],
            on_execution=self._tally,
        )
        self._search.engine.names.plain.everything = everything
        self._report = self._search.report
        self.report: Report = self._search.run()
        self.begun_again = self._search.report is not self._report

    def _tally(self, execution: Execution, names: Names) -> None:
        if self._search.report is not self._report:
            self._report = self._search.report
            self.found.clear()
            self.canonical = Canonical()
        self.events = Counter(event.task for event in execution.events)
        if not self._everything:
            self.canonical.look_at(execution.events)
        self.found[execution.outcome, self._program.outcome] += 1


def is_small(program: Noting) -> bool:
    """Whether a program has few enough orders, as far as one run of it shows."""
    events = Outcomes(program, "brute_force", everything=True, most=1).events
    del events[0]
    return orders(tuple(events.values())) <= MOST


def orders(lengths: tuple[int, ...]) -> int:
    """How many orders there are of the events of tasks that have so many each, which another one
    starts, one after the other, and then waits for.
    """
    count = len(lengths)

    @cache
    def rest(done: int, left: tuple[int, ...]) -> int:
        if done == 2 * count:
            return 1
        found = sum(
            rest(done, (*left[:task], left[task] - 1, *left[task + 1 :]))
            for task in range(min(done, count))
            if left[task]
        )
        if done < count or not left[done - count]:
            found += rest(done + 1, left)
        return found

    return rest(0, lengths)


def difference(program: Noting) -> str | None:
    """How the searches differ; empty if they do not, None if there is too much to do."""
    expected = Outcomes(program, "brute_force", everything=True, most=MOST)
    if not expected.report.complete:
        told = expected.report.nondeterminism
        return f"brute force: {told}" if told else None
    found = Outcomes(program, "dpor", everything=False)
    if not found.report.complete:
        return f"not complete: {found.report.stop_reason} {found.report.nondeterminism}"
    if found.report.blocked_executions:
        return f"{found.report.blocked_executions} redundant runs"
    lost = expected.found.keys() - found.found.keys()
    invented = found.found.keys() - expected.found.keys()
    every = Outcomes(program, "brute_force", everything=False)
    if every.canonical.different or found.canonical.different:
        return "objects have other names in other executions"
    if every.report.complete and every.found.keys() != expected.found.keys():
        return "brute force finds other outcomes where not all is an event"
    if lost or invented:
        return f"{len(lost)} of {len(expected.found)} outcomes lost, {len(invented)} invented"
    return ""
