"""POS: partial order sampling, a random walk that does not care in how many ways a class is run.

Every pending event has a random priority, and the highest goes next. Then the priorities of the
events that race with it are drawn anew: what the step made undecided is decided again, what it did
not touch keeps its place. So rare orders of a few events are not drowned by the interleavings of
everything else.

Yuan, Yang, Gu: Partial Order Aware Concurrency Sampling (CAV 2018).
"""

from __future__ import annotations

from verify.exploration.chances import failing
from verify.exploration.strategy import Strategy, View
from verify.operation import Access, Footprint, Operation, conflicts
from verify.scheduling.dice import Dice
from verify.scheduling.event import Choice, Execution


class Pos(Strategy):
    """Seeded executions by random priorities of events, without end."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.executions = 0
        self._count = 0
        self._random = Dice()
        self._priorities: dict[int, float] = {}

    def begin(self) -> bool:
        self._random = Dice(f"{self.seed}:{self._count}")
        self._count += 1
        self._priorities = {}
        return True

    def choose(self, view: View) -> Choice | None:
        if view.execution.events:
            done = view.execution.events[-1]
            self._priorities.pop(done.task, None)
            for task in [t for t in self._priorities if _races(view.pending(t), done.footprint)]:
                del self._priorities[task]
        for task in view.enabled:
            if task not in self._priorities:
                self._priorities[task] = self._random.random()
        task = max(view.enabled, key=self._priorities.__getitem__)
        return task, self._random.randrange(view.options(task))

    def end(self, execution: Execution) -> None:
        """Every execution stands for itself."""
        self.executions += 1

    @property
    def guarantee(self) -> str:
        return failing(self.executions)


def _races(pending: Operation | None, done: Footprint) -> bool:
    """Whether a pending event would depend on one that has just happened, as far as can be told."""
    if pending is None:
        return False
    reads = writes = 0
    for cell, access in zip(pending.cells, pending.kind.footprint, strict=True):
        if access is Access.WRITE:
            writes |= cell.bit
        elif access is Access.READ:
            reads |= cell.bit
    return conflicts(Footprint(reads, writes), done)
