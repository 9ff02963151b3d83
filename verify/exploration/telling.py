"""Telling: what a search lets be known of itself before it is over, and when a limit has ended it.

due      is it time to tell?
tell     how far it has come, and of how many classes in all, as far as probes can say
finish   of a search that a limit has stopped, how many classes there are in all
"""

from __future__ import annotations

import time
from collections.abc import Callable

from verify.exploration.estimating import Estimator
from verify.exploration.report import Report
from verify.scheduling.event import Choice
from verify.scheduling.naming import Names

PROGRESS_EVERY = 0.05
"""Seconds between two calls of `on_progress`."""


class Telling:
    """What is told of one search, whose report is up to date whenever something is told of it.

    It is told while it runs if there is an `on_progress` to tell it to, or if it is `limited` in
    time: the estimator has to keep up with it then.
    """

    def __init__(
        self,
        estimator: Estimator | None = None,
        on_progress: Callable[[Report, int], None] | None = None,
        limited: bool = False,
    ) -> None:
        self._wanted = on_progress is not None or limited
        self._estimator = estimator
        self._on_progress = on_progress
        self._began = self._due = 0.0
        self._told = 0  # failures that have been told

    def begin(self, began: float) -> None:
        """The search begins, or begins again; it began for the first time then."""
        self._began = self._due = began
        self._told = 0

    def due(self, report: Report) -> bool:
        """Whether somebody wants to know, and there is a new counterexample or it is time."""
        return self._wanted and (
            len(report.failures) > self._told or time.perf_counter() >= self._due
        )

    def tell(self, report: Report, enough: Callable[[], bool]) -> None:
        """Let whoever wants to know look at the report; `enough`: whether there is no more time."""
        now = time.perf_counter()
        self._due = now + PROGRESS_EVERY
        self._told = len(report.failures)
        elapsed = report.elapsed = now - self._began
        if self._estimator is not None:
            self._estimator.keep_up(elapsed, report.executions, enough)
            report.estimate = self._estimator.estimate(report.executions, report.events)
        if self._on_progress is not None:
            self._on_progress(report, report.steps)

    def finish(self, report: Report, names: Names, enough: Callable[[], bool]) -> list[Choice]:
        """Say of a search that a limit has stopped how many classes there are in all.

        The schedule of an execution that failed while that was found out; empty if there is none.
        """
        report.estimate = None
        estimator = self._estimator
        if estimator is None or report.complete or report.failures:
            return []
        estimator.finish(report.executions, report.events, enough)
        report.estimate = estimator.estimate(report.executions, report.events)
        return estimator.failing(names)

    def close(self) -> None:
        """End what still runs of the program."""
        if self._estimator is not None:
            self._estimator.close()
