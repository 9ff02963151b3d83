"""Random walk: every enabled choice with the same probability at each step, from a seed.

Execution number i of seed s is the same whatever ran before it. Finds shallow bugs fast; proves
nothing.
"""

from __future__ import annotations

from verify.exploration.chances import failing
from verify.exploration.strategy import Strategy, View
from verify.scheduling.dice import Dice
from verify.scheduling.event import Choice, Execution


class RandomWalk(Strategy):
    """Seeded random schedules, without end."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.executions = 0
        self._count = 0
        self._random = Dice()

    def begin(self) -> bool:
        self._random = Dice(f"{self.seed}:{self._count}")
        self._count += 1
        return True

    def choose(self, view: View) -> Choice | None:
        choices = [(task, option) for task in view.enabled for option in range(view.options(task))]
        return self._random.choice(choices)

    def end(self, execution: Execution) -> None:
        """Every execution stands for itself."""
        self.executions += 1

    @property
    def guarantee(self) -> str:
        return failing(self.executions)
