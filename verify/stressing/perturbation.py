"""Perturbation: seeded disturbances of the timing, at the primitives.

Real schedulers switch rarely and always in the same places, so a bug that needs a switch between
two operations may not show in a million runs. Before some of its operations a task therefore lets
the others go first, or sleeps for some microseconds. Before which ones, and for how long, is a
function of (seed, run, task) alone: each task follows a plan of its own, whatever the others do.
What the operating system makes of it is not; a seed repeats the disturbances, not the run.

The same place counts operations: it is passed once for each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, MutableMapping
from random import Random

MEAN_GAP = 6
"""Operations from one disturbance to the next, on average."""
YIELDS = 0.6
"""How many of the disturbances only let others go first."""
LONGEST = 50e-6
"""Seconds of the longest sleep."""


def disturbances(seed: int, run: int, task: int) -> Iterator[tuple[int, float]]:
    """A task's plan: pairs of how many operations later, and how many seconds (0: just yield)."""
    random = Random(f"{seed} {run} {task}")
    while True:
        gap = random.randrange(1, 2 * MEAN_GAP)
        yield gap, 0.0 if random.random() < YIELDS else random.uniform(1e-6, LONGEST)


class Plan:
    """Where a task stands in its disturbances: the next one is due at operation `due`."""

    __slots__ = ("_steps", "delay", "due")

    def __init__(self, steps: Iterator[tuple[int, float]]) -> None:
        self._steps = steps
        self.due, self.delay = next(steps)

    def advance(self) -> None:
        """Look for the disturbance after this one."""
        gap, self.delay = next(self._steps)
        self.due += gap


class Perturbation:
    """What every operation of one run passes first: counts it, and sometimes disturbs.

    `counts` holds the operations begun, by task number. Only the task itself writes its entry.
    `pause` makes a task sleep for some seconds; for 0, it lets others go first. Threads sleep.
    """

    def __init__(
        self,
        seed: int,
        run: int,
        current: Callable[[], int],
        counts: MutableMapping[int, int],
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self.counts = counts
        self._seed = seed
        self._run = run
        self._current = current
        self._pause = time.sleep if pause is None else pause
        self._plans: dict[int, Plan] = {}

    def before_operation(self) -> None:
        """Hook of the monitor: called by a task about to begin an operation."""
        task = self._current()
        try:
            plan = self._plans[task]
        except KeyError:
            plan = self._plans[task] = Plan(disturbances(self._seed, self._run, task))
            self.counts[task] = 0
        count = self.counts[task] = self.counts[task] + 1
        if count == plan.due:
            self._pause(plan.delay)
            plan.advance()
