"""Outcomes: in which states a program can end, and how it gets to each.

    outcomes_of   search all classes, and put those that end alike together
    _ended        (after each execution) what it ended as: its failure if it has one, the state of
                  every object, what it printed
    _told         for each end: the smallest schedule that leads to it (minimising.py), run once
                  more with eyes open, so that everything gets its name

Programs are re-executed, since what they print belongs to what they end as, and so do objects that
no event names. Two executions of one class end alike, so nothing is missed.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from verify.errors import Nondeterministic
from verify.exploration.follow import Follow
from verify.exploration.health import DATA_RACE
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.minimising import Cost, minimised
from verify.exploration.report import Report
from verify.exploration.supervision import Supervision
from verify.exploration.survey import survey
from verify.scheduling.event import PRECEDENCE, Execution
from verify.scheduling.explored import Explored
from verify.scheduling.naming import Names
from verify.scheduling.scheduler import active
from verify.traces.labels import Labels, is_known, known_cells
from verify.traces.recording import record_on, shown_state
from verify.traces.trace import Trace

OK = "ok"


@dataclass(frozen=True)
class Outcome:
    """One way to end: "ok" or a kind of failure, the final states by object, what was printed.

    `classes` is how many equivalence classes end so; `trace` the smallest execution that does,
    `cost` what that asks for.
    """

    kind: str
    message: str
    states: tuple[tuple[str, str], ...]
    printed: str
    classes: int
    trace: Trace
    cost: Cost

    @property
    def rank(self) -> tuple[int, str, tuple[tuple[str, str], ...], str]:
        """Their order: the right ones first."""
        kind = -1 if self.kind == OK else PRECEDENCE.index(self.kind)
        return kind, self.message, self.states, self.printed


@dataclass
class Outcomes:
    """All that were found. `report` is that of the search: whether these are all there are."""

    report: Report
    found: list[Outcome] = field(default_factory=list)

    @property
    def differing(self) -> set[str]:
        """The objects that do not end in the same state every time."""
        states = [dict(outcome.states) for outcome in self.found]
        names = {name for each in states for name in each}
        return {name for name in names if len({each.get(name) for each in states}) > 1}


def outcomes_of(program: Callable[[], object], model: str, limits: Limits) -> Outcomes:
    """The outcomes of a program, whose key is `model`, as far as the limits allow.

    Raises ModelError as `explore` does.
    """
    return _Finding(program, model, limits).run()


End = tuple[object, ...]


@dataclass
class _Found:
    execution: Execution
    names: Names
    classes: int = 1


class _Finding:
    """One search for outcomes."""

    def __init__(
        self,
        program: Callable[[], object],
        model: str,
        limits: Limits,
    ) -> None:
        self._program = program
        self._model = model
        self._limits = limits
        self._page = io.StringIO()
        self._engine = Explored(limits.max_steps)  # whichever runs the program
        self._ends: dict[End, _Found] = {}
        self._search = Search(
            self._begin,
            limits=limits,
            stop_at_first=False,
            memoise=False,
            suppress=[DATA_RACE],  # what it ends as is asked for
            model=model,
            on_execution=self._tally,
        )
        self._report = self._search.report

    def run(self) -> Outcomes:
        began = time.perf_counter()
        report = self._search.run()
        outcomes = Outcomes(report)
        if report.nondeterminism:
            return outcomes
        try:
            found = self._told(began)
        except Nondeterministic as difference:
            report.nondeterminism = str(difference)
            return outcomes
        outcomes.found = sorted(found, key=lambda outcome: outcome.rank)
        report.elapsed = time.perf_counter() - began
        return outcomes

    def _begin(self) -> None:
        """The program, on a page of its own: what it prints is what this execution prints."""
        engine = active()
        assert isinstance(engine, Explored)
        self._engine = engine
        self._page = sys.stdout = io.StringIO()  # supervision gives the right one back
        self._program()

    def _tally(self, execution: Execution, names: Names) -> None:
        if self._search.report is not self._report:  # it has begun again
            self._report = self._search.report
            self._ends.clear()
        end = self._ended(execution)
        found = self._ends.get(end)
        if found is None:
            self._ends[end] = _Found(execution, names)
            return
        found.classes += 1
        if len(execution.events) < len(found.execution.events):
            found.execution = execution

    def _ended(self, execution: Execution) -> End:
        failure = execution.failure
        cells = sorted(filter(is_known, self._engine.cells), key=lambda cell: cell.number)
        states = [(cell.number, shown_state(cell, "task {}".format, cell.state)) for cell in cells]
        what = (OK, "") if failure is None else (failure.kind, failure.message)
        return (*what, tuple(states), self._page.getvalue())

    # ------------------------------------------------------------------ in words

    def _told(self, began: float) -> list[Outcome]:
        idle = Explored(self._limits.max_steps)
        supervision = Supervision(idle, self._model, survey(self._program).holders)

        def enough() -> bool:
            idle.progress += 1  # or the watchdog would take this for a program that hangs
            seconds = self._limits.max_seconds
            late = seconds is not None and time.perf_counter() >= began + seconds
            return late or supervision.interrupts.requested

        with supervision.on():
            return [self._outcome(end, found, enough) for end, found in self._ends.items()]

    def _outcome(self, end: End, found: _Found, enough: Callable[[], bool]) -> Outcome:
        small = minimised(
            self._begin,
            found.execution,
            found.names,
            self._limits.max_steps,
            self._search.awaits,
            enough,
            same=lambda execution: self._ended(execution) == end,
        )
        engine = Explored(len(small.schedule) + 1, recording=True, names=found.names)
        try:
            settings = {"minimal": small.minimal}
            follow = Follow(small.schedule).choose
            trace = record_on(engine, self._program, follow, self._model, settings)
            labels = Labels(engine)
            states = tuple(
                (labels.object(cell), shown_state(cell, labels.task, cell.state))
                for cell in known_cells(engine)
            )
        finally:
            engine.close()
        return Outcome(
            trace.kind, trace.message, states, trace.output, found.classes, trace, small.cost
        )
