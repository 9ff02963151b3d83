"""Probing: one random execution, and how many classes it stands for.

All classes are the leaves of a tree of decisions. At each point, of the tasks that are awake, one
that has no rivals goes on: nobody does anything later that could come before what it asks for
instead. Where all have rivals, a coin decides about the first of them: it goes on, or it *sleeps*
until something happens that depends on what it asks for. So each class is at exactly one leaf (this
is the search with sleep sets, depth_first.py, a decision at a time), and one over the probability
of a leaf that was come to is, on average, the number of leaves: Knuth's estimate.

What makes it useful is that few probes end where all sleep, and that independent parts of a program
do not spoil each other's numbers:

    rivals     of a task, by what it asks for: who was seen to race with that, and may still do so
    _feasible  nobody is put to sleep whom no rival that is awake, or can be woken, will wake
    coin       leans towards the side below which earlier probes have found more classes; they have
               been weighed with the probability that they had, so this keeps the average

Races are found in the probes themselves, and first in random walks (`learn`). A race that none has
shown yet is not decided about, and the classes behind it are not counted.

Knuth: Estimating the Efficiency of Backtrack Programs (1975). Balasubramanian, Khoshechin Jorshari,
Majumdar, Mathur, Zhang: State Space Estimation for DPOR-based Model Checkers (PLDI 2026) probe the
tree of another optimal search, with several probes at a time.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

from verify.exploration.races import Races
from verify.operation import Operation, conflicts
from verify.properties.invariants import implied
from verify.scheduling.dice import Dice
from verify.scheduling.event import Choice, Ending, Execution
from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import BLOCKING, states_of
from verify.scheduling.step import Step

Asked = tuple[int, str, tuple[int, ...]]
"""A task, the kind of operation that it asks for, and the objects that this names."""

NOBODY: dict[int, int] = {}
LEAST = 0.03
"""No side of a coin is less likely: what was learnt may be wrong."""
TRUST = 8
"""So many probes weigh as much as the first guess: each of the rivals goes first equally often."""


class Coin:
    """What has been found on the two sides of a decision: to go, and to sleep."""

    __slots__ = ("found", "tossed")

    def __init__(self) -> None:
        self.tossed = [0, 0]
        self.found = [0.0, 0.0]  # classes below that side, as each probe has estimated them

    def chance(self, rivals: int) -> float:
        """How likely the task should go."""
        going, sleeping = 1.0, float(rivals)
        if all(self.tossed):
            means = [found / tossed for found, tossed in zip(self.found, self.tossed, strict=True)]
            guess = max(means[0], means[1] / rivals)
            if guess > 0:
                going = (guess * TRUST + self.found[0]) / (TRUST + self.tossed[0])
                sleeping = (rivals * guess * TRUST + self.found[1]) / (TRUST + self.tossed[1])
        return min(max(going / (going + sleeping), LEAST), 1 - LEAST)


class Prober:
    """Random executions of one program on an engine of its own, each weighed."""

    def __init__(self, engine: Explored, random: Dice) -> None:
        self._engine = engine
        self._random = random
        self._racing: dict[Asked, dict[int, int]] = {}  # with whom, up to which of its events
        self._coins: dict[tuple[Asked, tuple[int, ...]], Coin] = {}
        self._begin()

    def _begin(self) -> None:
        self._weight = 1.0
        self._asleep: dict[int, Step] = {}
        self._done: dict[int, int] = {}  # the number of each task's events
        self._against: dict[int, dict[int, int]] = {}  # see _rivals; noted until a task goes on
        self._tossed: list[tuple[Coin, int, float]] = []  # the coins, their sides, the weight then

    def walk(self, program: Any) -> Execution:
        """Run a random walk, which is not weighed, to see races."""
        execution = self._engine.run(program, self._stroll)
        self.learn(execution)
        return execution

    def probe(self, program: Any) -> tuple[float, Execution]:
        """Run a probe: what it estimates the number of classes to be."""
        self._begin()
        execution = self._engine.run(program, self.choose)
        weight = self._weight
        if execution.ending is Ending.REDUNDANT or execution.ending is Ending.MAX_STEPS:
            weight = 0.0
        if isfinite(weight):  # it would take more than a thousand coins
            for coin, side, before in self._tossed:
                coin.tossed[side] += 1
                coin.found[side] += weight / before
        self.learn(execution)
        return weight, execution

    def learn(self, execution: Execution) -> None:
        """Note the races of an execution."""
        races = Races()
        races.invariants = execution.invariants
        races.add(execution.events, len(execution.events))
        races.suspend(execution.stopped)
        done: dict[int, int] = {}
        numbers: dict[int, int] = {}  # which of its task's events each is
        for event in [*execution.events, *races.steps[races.length :]]:
            numbers[event.index] = done.get(event.task, 0)
            done[event.task] = done.get(event.task, 0) + 1
        for late in races.steps:
            for early in races.candidates(late):
                rivals = self._racing.setdefault(_asked(early.task, early.operation), {})
                rivals[late.task] = max(rivals.get(late.task, 0), numbers[late.index])

    def _stroll(self, engine: Explored) -> Choice:
        task = self._random.choice(engine.names.ordered(engine.ready))
        return task, self._random.randrange(engine.options(task))

    def choose(self, engine: Explored) -> Choice | None:
        """The next step of a probe; None where all sleep, or one for ever."""
        self._take_in(engine)
        local = engine.ready & engine.local
        if local:
            return self._go(engine.names.first(local))
        awake = [task for task in engine.names.ordered(engine.ready) if task not in self._asleep]
        if not awake or (self._asleep and not self._feasible()):
            return None
        for task in awake:
            if not self._rivals(task):
                return self._go(task)
        for task in awake[:-1]:
            if not self._feasible(task) or self._toss(task):
                return self._go(task)
            self._asleep[task] = self._ahead(task)
        return self._go(awake[-1])

    def _take_in(self, engine: Explored) -> None:
        """The step that was chosen last has been made: it wakes those who depend on it."""
        events = engine.execution.events
        if events:
            step = events[-1].step
            self._done[step.task] = self._done.get(step.task, 0) + 1
            self._against.pop(step.task, None)
            if not step.local and self._asleep:
                for task in [one.task for one in self._asleep.values() if conflicts(one, step)]:
                    del self._asleep[task]

    def _go(self, task: int) -> Choice:
        options = self._engine.options(task)
        self._weight *= options
        return task, self._random.randrange(options) if options > 1 else 0

    def _toss(self, task: int) -> bool:
        """Whether a task goes on; the weight takes in how likely that was."""
        rivals = self._rivals(task)
        key = self._asks(task), tuple(rivals)
        coin = self._coins.get(key)
        if coin is None:
            coin = self._coins[key] = Coin()
        chance = coin.chance(len(rivals))
        goes = self._random.random() < chance
        self._weight /= chance if goes else 1 - chance
        self._tossed.append((coin, 0 if goes else 1, self._weight))
        return goes

    def _asks(self, task: int) -> Asked:
        operation = self._engine.pending(task)
        assert operation is not None
        return _asked(task, operation)

    def _rivals(self, task: int) -> list[int]:
        """Who may still do something that could have come before what a task asks for."""
        against = self._against.get(task)
        if against is None:
            against = self._against[task] = self._racing.get(self._asks(task), NOBODY)
        if not against:
            return []
        done = self._done
        return [other for other, last in against.items() if done.get(other, 0) <= last]

    def _feasible(self, task: int | None = None) -> bool:
        """Whether all that sleep, and this task if it did, can still be woken."""
        asleep = list(self._asleep) if task is None else [*self._asleep, task]
        waiting = {one: self._rivals(one) for one in asleep}
        while waiting:
            woken = [one for one, rivals in waiting.items() if not waiting.keys() >= set(rivals)]
            if not woken:
                return False
            for one in woken:
                del waiting[one]
        return True

    def _ahead(self, number: int) -> Step:
        """The step that a task would take now."""
        task = self._engine.task_numbered(number)
        operation = task.pending
        assert operation is not None
        step = Step(number, 0, 1, operation)
        step.never_disabled = task.mode != BLOCKING
        step.awaited = task.awaits
        ahead = step.elsewhere(states_of(operation.cells))
        ahead.writes |= implied(ahead.writes, self._engine.execution.invariants)
        return ahead


def _asked(task: int, operation: Operation) -> Asked:
    return task, operation.kind.name, tuple(cell.number for cell in operation.cells)
