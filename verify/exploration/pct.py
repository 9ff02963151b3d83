"""PCT: random priorities with a few changes, and a guarantee.

Every task gets a random priority when it first appears, and the highest that can go on always does.
At DEPTH - 1 random steps the task that runs falls below all others. If the program has n tasks and
executions of at most k steps, one execution finds a bug of depth d (one that needs d steps of
different tasks in a certain order) with probability at least 1/(n·k^(d-1)). Both numbers are
measured: n and k are the largest seen so far, and the first execution assumes that it will be
short. So only the executions since k was seen to be so large count towards the probability that all
have missed such a bug.

Burckhardt, Kothari, Musuvathi, Nagarakatte: A Randomized Scheduler with Probabilistic Guarantees of
Finding Bugs (ASPLOS 2010).
"""

from __future__ import annotations

from verify.exploration.chances import missing
from verify.exploration.strategy import Strategy, View
from verify.scheduling.dice import Dice
from verify.scheduling.event import Choice, Execution

DEPTH = 3
"""The depth of bug that is aimed at: most known ones have at most this."""
FIRST_GUESS = 20
"""Steps that the first execution is taken to have."""


class Pct(Strategy):
    """Seeded executions by random priorities, without end."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.tasks = 1
        self.steps = FIRST_GUESS
        self._count = 0
        self._worth = 0  # executions whose change points were among all the steps
        self._random = Dice()
        self._priorities: dict[int, float] = {}
        self._changes: dict[int, int] = {}

    def begin(self) -> bool:
        self._random = Dice(f"{self.seed}:{self._count}")
        self._count += 1
        self._priorities = {}
        points = self._random.sample(range(1, max(self.steps, DEPTH) + 1), DEPTH - 1)
        self._changes = {step: -index for index, step in enumerate(points, start=1)}
        return True

    def choose(self, view: View) -> Choice | None:
        for task in view.enabled:
            if task not in self._priorities:
                self._priorities[task] = self._random.random()
        fallen = self._changes.get(len(view.execution.events))
        if fallen is not None and view.last >= 0:
            self._priorities[view.last] = fallen
        task = max(view.enabled, key=self._priorities.__getitem__)
        return task, self._random.randrange(view.options(task))

    def end(self, execution: Execution) -> None:
        events = len(execution.events)
        self.tasks = max(self.tasks, len(self._priorities))
        if self._count == 1 or events > self.steps:
            self._worth = 0  # in those before, the last of these steps could not be a change point
            self.steps = events
        else:
            self._worth += 1

    @property
    def guarantee(self) -> str:
        bound = max(1, self.tasks * self.steps ** (DEPTH - 1))
        return (
            f"each execution finds a bug of depth {DEPTH} with probability at least 1 in "
            f"{bound} ({self.tasks} tasks, {self.steps} steps); the {self._worth} since these "
            f"numbers are known all miss it with probability at most {missing(self._worth, bound)}"
        )
