"""Spending: executions that are run to show a failure better, and not for ever.

What may be spent is counted in events, not in seconds: the same program is shown in the same way on
every machine. The reader's patience may end sooner.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from verify.scheduling.event import Choice, Event, Execution
from verify.scheduling.explored import Explored


class Spent(Exception):
    """The budget, or the reader's patience, is used up."""


class Spending:
    """A program, an engine to run it on, and how many events may still happen there."""

    def __init__(
        self,
        engine: Explored,
        program: Callable[[], object],
        budget: int,
        enough: Callable[[], bool],
    ) -> None:
        """`enough` is asked before each run, and ends it all."""
        self.engine = engine
        self.program = program
        self.left = budget
        self.enough = enough

    def run(
        self, choose: Callable[[Explored], Choice | None], script: Sequence[Event] = ()
    ) -> Execution:
        """Run once, as `Explored.run`. Spent if that may not be done any more."""
        if self.left <= 0 or self.enough():
            raise Spent
        execution = self.engine.run(self.program, choose, script=script)
        self.left -= len(execution.events) + 1
        return execution
