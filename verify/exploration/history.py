"""History: the executions that a search has to see again if it is to go on in another process.

What it has learnt of the program, what failed, and what there was to see besides, all came of
single executions. So a search that is to be saved notes their schedules, in order:

    LEARNT   the search began again after it: more events depend on each other
    AWAITS   no execution: the search began again, looking for await loops
    UNDIVIDED  none either: it began again, as a whole (case.py)
    FAILED   it failed in a new way
    RACED    it has a data race that is allowed, and new
    LOOKED   there was something new to see in it; LEFT: also in the engine that had just run it

    Failing, Looks   stand before what judges executions, and note those that change it
    relive           runs them again, in a search that has run nothing

Nothing that was found is kept itself: it comes out again, or the program is no longer the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from verify.errors import Nondeterministic
from verify.exploration.case import WHOLE
from verify.exploration.failures import Failures
from verify.exploration.follow import Follow
from verify.exploration.health import Health
from verify.exploration.report import Report
from verify.scheduling.event import Choice, Execution
from verify.scheduling.explored import Explored
from verify.traces.trace import Trace

if TYPE_CHECKING:
    from verify.exploration.loop import Search

LEARNT, AWAITS, UNDIVIDED, FAILED, RACED, LOOKED, LEFT = range(7)
KINDS = 7


class Entry(NamedTuple):
    """An execution to be seen again: why, and how many of each there had been, with it."""

    kind: int
    schedule: tuple[Choice, ...]
    executions: int = 0
    events: int = 0
    blocked: int = 0


class History:
    """The entries of one search, in order."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    @property
    def lasting(self) -> list[Entry]:
        """Those that still count when the search begins again: what failed is found again."""
        return [entry for entry in self.entries if entry.kind not in (FAILED, RACED)]


class Failing:
    """The failures of a search; executions that are among them for the first time are noted."""

    def __init__(self, failures: Failures, history: History) -> None:
        self.failures = failures
        self._history = history

    @property
    def found(self) -> bool:
        """As in Failures."""
        return self.failures.found

    def clear(self) -> None:
        """As in Failures."""
        self.failures.clear()

    def recorded(self, execution: Execution) -> Trace:
        """As in Failures."""
        return self.failures.recorded(execution)

    def allow(self, execution: Execution, report: Report) -> None:
        """As in Failures."""
        before = report.allowed_races
        self.failures.allow(execution, report)
        if report.allowed_races != before:
            self._history.entries.append(Entry(RACED, execution.schedule))

    def tally(self, execution: Execution, report: Report, executions: int, events: int) -> None:
        """As in Failures."""
        schedule = execution.schedule  # before others are run on the engine
        before = len(report.failures), len(self.failures.races)
        self.failures.tally(execution, report, executions, events)
        if (len(report.failures), len(self.failures.races)) != before:
            blocked = report.blocked_executions
            self._history.entries.append(Entry(FAILED, schedule, executions, events, blocked))


class Looks:
    """The health of a search; executions in which there is something new to see are noted."""

    def __init__(self, health: Health, history: History) -> None:
        self._health = health
        self._history = history

    def look(self, execution: Execution, engine: Explored | None) -> None:
        """As in Health."""
        before = self._health.seen
        self._health.look(execution, engine)
        self._note(before, execution, engine)

    def look_closely(self, execution: Execution, engine: Explored | None) -> None:
        """As in Health."""
        before = self._health.seen
        self._health.look_closely(execution, engine)
        self._note(before, execution, engine)

    def _note(self, before: int, execution: Execution, engine: Explored | None) -> None:
        if self._health.seen != before:
            kind = LOOKED if engine is None else LEFT
            self._history.entries.append(Entry(kind, execution.schedule))


def relive(search: Search, entries: list[Entry], failures: Failures) -> None:
    """Run executions again, so that the search knows what it knew after them.

    Nondeterministic if one does not show what it has shown.
    """
    engine, carrier = search.engine, search.carrier
    for entry in entries:
        if entry.kind == AWAITS:
            engine.awaiting.on = True
            continue
        if entry.kind == UNDIVIDED:
            search.cases = WHOLE
            continue
        execution = engine.run(search.program, Follow(entry.schedule).choose)
        if entry.kind == LEARNT:
            if not carrier.grew() and execution.failures:  # it was as the failure was made small
                failures.tally(execution, Report("dpor"), 0, 0)
                failures.clear()
                carrier.taught = () if carrier.grew() else None
            if carrier.taught is None:
                raise Nondeterministic(
                    "tasks shared something in one run that they did not share when the same "
                    "schedule was run again"
                )
            carrier.taught = None
        elif entry.kind == FAILED:
            if execution.failure is None:
                raise Nondeterministic(
                    "an execution failed in one run, and not when the same schedule was run again"
                )
            search.report.blocked_executions = entry.blocked
            failures.tally(execution, search.report, entry.executions, entry.events)
        elif entry.kind == RACED:
            failures.allow(execution, search.report)
        else:
            search.health.look_closely(execution, engine if entry.kind == LEFT else None)
