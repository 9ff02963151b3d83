"""Failures: what a search keeps of the executions that failed.

tally    counts one; the first of each failure is made as small as it can be (minimising.py), set
         beside the nearest execution that passes (nearest.py) and recorded as a trace, and takes
         its place among the others, the least costly first
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from verify.errors import ModelError, Nondeterministic
from verify.exploration.follow import Follow
from verify.exploration.minimising import Cost, Schedule, minimised
from verify.exploration.nearest import Nearest, nearest
from verify.exploration.race_lines import RaceLines
from verify.exploration.report import Counterexample, Report
from verify.scheduling.event import Ending, Execution, Failure
from verify.scheduling.explored import Explored
from verify.traces.recording import RACES_ALLOWED, record, shown_place
from verify.traces.trace import Trace

MOST_FAILURES = 20
"""Different failures of one program that are recorded; all are counted."""


class Tally(Protocol):
    """Where the executions go that failed, or in which there is a data race."""

    @property
    def found(self) -> bool:
        """Whether there was a failure."""

    def clear(self) -> None:
        """Forget them: the search begins again."""

    def recorded(self, execution: Execution) -> Trace:
        """The trace of an execution, whatever came of it."""

    def allow(self, execution: Execution, report: Report) -> None:
        """Count the data races of an execution, if they are no failures."""

    def tally(self, execution: Execution, report: Report, executions: int, events: int) -> None:
        """Count an execution that failed; so many there have been, with so many events."""


class Failures:
    """The failures of one search, as they go into its report."""

    def __init__(
        self,
        program: Callable[[], object],
        engine: Explored,
        max_steps: int,
        model: str,
        settings: dict[str, Any],
        enough: Callable[[], bool],
    ) -> None:
        """`enough` is asked now and then while one is made smaller, and ends that."""
        self._program = program
        self._engine = engine
        self._max_steps = max_steps
        self._model = model
        self._settings = settings
        self._enough = enough
        self.races = RaceLines(program, engine.names)
        """The data races of the search, as failures or allowed, by their lines."""
        self._seen: set[tuple[str, str]] = set()
        self._costs: list[Cost] = []  # of the failures in the report, the least first

    @property
    def found(self) -> bool:
        """Whether there is one in the report."""
        return bool(self._costs)

    def clear(self) -> None:
        """Forget them: the search begins again."""
        self.races.clear()
        self._seen.clear()
        self._costs.clear()

    def recorded(self, execution: Execution) -> Trace:
        """The trace of an execution, whatever came of it."""
        return record(self._program, execution.schedule, self._engine.names, self._model, {})

    def allow(self, execution: Execution, report: Report) -> None:
        """Count the data races of an execution, if they are no failures."""
        if self._engine.names.plain.races_allowed:
            self.races.new(execution, execution.known_races)
            report.allowed_races = len(self.races)

    def tally(self, execution: Execution, report: Report, executions: int, events: int) -> None:
        """Count an execution that failed, and record the first of each failure.

        `executions` and `events` are how many there have been, with this one.
        """
        report.outcomes[execution.outcome] += 1
        failure = execution.failure
        assert failure is not None
        if failure.kind == "exception" and not execution.events:
            raise ModelError(
                f"{self._model} failed before its first operation, at "
                f"{shown_place(failure.place)}: {failure.message}"
            )
        statistics = {
            "executions": executions,
            "blocked_executions": report.blocked_executions,
            "events": events,
        }
        if failure.kind == "race":
            for race in self.races.new(execution):
                if len(self._costs) < MOST_FAILURES:
                    failure = execution.failures_of_races()[execution.races.index(race)]
                    self._add(*self._smallest(execution, failure), report, statistics)
        elif (failure.kind, failure.message) not in self._seen and len(self._costs) < MOST_FAILURES:
            self._seen.add((failure.kind, failure.message))
            self._add(*self._smallest(execution, failure), report, statistics)

    def _add(self, trace: Trace, cost: Cost, report: Report, statistics: dict[str, int]) -> None:
        """Give a trace its place among the counterexamples of a report."""
        trace = replace(trace, statistics=statistics)
        place = bisect_right(self._costs, cost)
        self._costs.insert(place, cost)
        report.failures.insert(place, Counterexample(trace.kind, trace.message, trace))

    def _smallest(self, execution: Execution, failure: Failure) -> tuple[Trace, Cost]:
        """The trace of the smallest execution that fails so, and what that one asks for."""
        engine = self._engine
        cut = execution.ending is Ending.MAX_STEPS
        small = minimised(
            self._program,
            execution,
            engine.names,
            max(failure.step, 1) if cut else self._max_steps,
            engine.awaiting.on,
            self._enough,
            same=lambda other: _fails_so(other, failure),
        )
        settings = {**self._settings, "minimal": small.minimal}
        if engine.names.plain.races_allowed:
            settings[RACES_ALLOWED] = True
        if failure.kind == "race":
            near, racing = Nearest(), self._race(small.schedule, failure)
        else:
            near = nearest(
                self._program,
                small.schedule,
                engine.names,
                self._max_steps,
                engine.awaiting.on,
                self._enough,
            )
            racing = near.racing
        if near.hopeless:
            settings["hopeless"] = True
        trace = record(self._program, small.schedule, engine.names, self._model, settings, racing)
        if trace.kind != failure.kind:
            raise Nondeterministic(
                f"the run ended as {failure.kind} the first time, as {trace.kind} when the "
                "same schedule was run again"
            )
        return self._beside(trace, near), small.cost

    def _race(self, schedule: Schedule, failure: Failure) -> tuple[int, ...]:
        """The steps, from 1, of the two accesses of a race in an execution that has it."""
        execution = self._engine.run(self._program, Follow(schedule).choose)
        for race, found in zip(execution.races, execution.failures_of_races(), strict=True):
            if found.message == failure.message:
                return race.early + 1, race.late + 1
        return ()

    def _beside(self, trace: Trace, near: Nearest) -> Trace:
        """A trace with what comes instead in the nearest execution that passes, if there is one."""
        if not near.parted:
            return trace
        try:
            other = record(self._program, near.schedule, self._engine.names, self._model, {})
        except Nondeterministic:
            return trace
        if other.kind != "ok":
            return trace
        return replace(trace, parted=near.parted, passing=other.events[near.parted - 1 :])


def _fails_so(execution: Execution, failure: Failure) -> bool:
    """Whether an execution fails in the same way: a race may be one of several that it has."""
    counted = execution.failure
    if counted is None or counted.kind != failure.kind:
        return False
    found = execution.failures if failure.kind == "race" else (counted,)
    return any(one.kind == failure.kind and one.message == failure.message for one in found)
