"""Failures: what a search keeps of the executions that failed.

tally    counts one; the first of each failure is made as small as it can be (minimising.py), set
         beside the nearest execution that passes (nearest.py) and recorded as a trace, and takes
         its place among the others, the least costly first
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from verify.errors import ModelError, Nondeterministic
from verify.exploration.minimising import Cost, minimised
from verify.exploration.nearest import Nearest, nearest
from verify.exploration.report import Counterexample, Report
from verify.scheduling.event import Execution
from verify.scheduling.explored import Explored
from verify.traces.recording import record, shown_place
from verify.traces.trace import Trace

MOST_FAILURES = 20
"""Different failures of one program that are recorded; all are counted."""


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
        self._seen: set[tuple[str, str]] = set()
        self._costs: list[Cost] = []  # of the failures in the report, the least first

    def clear(self) -> None:
        """Forget them: the search begins again."""
        self._seen.clear()
        self._costs.clear()

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
        if (failure.kind, failure.message) in self._seen or len(self._seen) >= MOST_FAILURES:
            return
        self._seen.add((failure.kind, failure.message))
        trace, cost = self._smallest(execution)
        if trace.kind != failure.kind:
            raise Nondeterministic(
                f"the run ended as {failure.kind} the first time, as {trace.kind} when the "
                "same schedule was run again"
            )
        statistics = {
            "executions": executions,
            "blocked_executions": report.blocked_executions,
            "events": events,
        }
        trace = replace(trace, statistics=statistics)
        place = bisect_right(self._costs, cost)
        self._costs.insert(place, cost)
        report.failures.insert(place, Counterexample(trace.kind, trace.message, trace))

    def _smallest(self, execution: Execution) -> tuple[Trace, Cost]:
        """The trace of the smallest execution that fails so, and what that one asks for."""
        engine = self._engine
        small = minimised(
            self._program,
            execution,
            engine.names,
            self._max_steps,
            engine.awaiting.on,
            self._enough,
        )
        near = nearest(
            self._program,
            small.schedule,
            engine.names,
            self._max_steps,
            engine.awaiting.on,
            self._enough,
        )
        settings = {**self._settings, "minimal": small.minimal}
        if near.hopeless:
            settings["hopeless"] = True
        trace = record(
            self._program, small.schedule, engine.names, self._model, settings, near.racing
        )
        return self._beside(trace, near), small.cost

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
