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
from typing import Protocol

from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.report import Report
from verify.operation import conflicts
from verify.scheduling.event import Event, Execution
from verify.scheduling.naming import Names

PROGRAMS_PER_RUN = int(os.environ.get("VERIFY_CROSSCHECK_PLAIN", "40"))
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

    def __init__(self, program: Noting, strategy: str, everything: bool) -> None:
        self.found: Counter[Hashable] = Counter()
        self.canonical = Canonical()
        self._program = program
        self._search = Search(
            self._program,
            strategy=strategy,
            limits=Limits(MOST if everything else 10 * MOST, None, 10_000, 256),
            stop_at_first=False,
            minimise=False,
            suppress=["data_race"],
            on_execution=self._tally,
        )
        self._search._engine.names.plain.everything = everything
        self._report = self._search.report
        self.report: Report = self._search.run()
        self.begun_again = self._search.report is not self._report

    def _tally(self, execution: Execution, names: Names) -> None:
        if self._search.report is not self._report:
            self._report = self._search.report
            self.found.clear()
            self.canonical = Canonical()
        self.canonical.look_at(execution.events)
        self.found[execution.outcome, self._program.outcome] += 1


def difference(program: Noting) -> str | None:
    """How the searches differ; empty if they do not, None if there is too much to do."""
    expected = Outcomes(program, "brute_force", everything=True)
    if not expected.report.complete:
        return None
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
