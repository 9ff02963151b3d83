"""Minimising: of all executions that fail in the same way, one that a person can read.

The fewest preemptions count first, then the fewest events. In call order:

    minimised   the schedule to show, for one that failed
    _shorten    move pieces of the schedule that was found to where they cost no switch, as long as
                the run then fails in the same way
    _regroup    of the executions in one class with that, which all fail alike, find one with the
                fewest preemptions (regrouping.py)
    _prove      search without reduction, by number of preemptions: what is found first has the
                fewest, and the rest of that search finds the fewest events

The search by number of preemptions is that of Musuvathi and Qadeer (Iterative Context Bounding,
PLDI 2007); moving pieces is the simplification of Jalbert and Sen (FSE 2010). Both run the program
for real, as often as they may (spending.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from verify.errors import Nondeterministic
from verify.exploration.bounded import Bounded
from verify.exploration.follow import Follow
from verify.exploration.regrouping import Regrouping
from verify.exploration.spending import Spending, Spent
from verify.exploration.strategy import View
from verify.scheduling.event import Choice, Execution
from verify.scheduling.explored import Explored
from verify.scheduling.naming import Names

BUDGET = 25_000
"""Events that may be spent on one counterexample; a fraction of a second."""

Schedule = tuple[Choice, ...]


class Cost(NamedTuple):
    """What a schedule asks of its reader; less is better."""

    preemptions: int
    events: int


@dataclass(frozen=True)
class Minimised:
    """A failing schedule and its cost. `minimal`: all schedules with fewer preemptions were tried,
    and none fails so."""

    schedule: Schedule
    cost: Cost
    minimal: bool


def minimised(
    program: Callable[[], object],
    execution: Execution,
    names: Names,
    max_steps: int,
    awaiting: bool,
    enough: Callable[[], bool],
    same: Callable[[Execution], bool] | None = None,
) -> Minimised:
    """The smallest schedule found that fails as this execution does.

    `names` are those of its search, `awaiting` says whether it looks for await loops. Returns the
    execution's own schedule if there is no better one; `enough` is asked now and then, and ends it.
    `same`, if given, says instead whether an execution that has just ended is as it should be.
    """
    engine = Explored(max_steps, names=names)
    engine.awaiting.on = awaiting
    try:
        failure = _known(execution)
        as_before = same or (lambda other: _known(other) == failure)
        spending = Spending(engine, program, BUDGET, enough)
        return _Minimising(spending, execution, as_before).run()
    finally:
        engine.close()


class _Minimising:
    """The best schedule so far, and what is left to spend on a better one."""

    def __init__(
        self, spending: Spending, execution: Execution, same: Callable[[Execution], bool]
    ) -> None:
        self._spending = spending
        self._same = same
        self._tried = 0  # all schedules with fewer preemptions were
        self._best = execution.schedule
        self._cost = Cost(len(execution.events), len(execution.events))

    def run(self) -> Minimised:
        with suppress(Spent, Nondeterministic):
            self._try(self._best)  # how many preemptions it has
            self._shorten()
            self._regroup()
            self._prove()
        return Minimised(self._best, self._cost, self._tried >= self._cost.preemptions)

    def _shorten(self) -> None:
        """Take the first change that is for the better, until there is none."""
        better = True
        while better:
            better = any(self._try(changed) for changed in _changes(self._best))

    def _try(self, schedule: Schedule) -> bool:
        before = self._cost
        leaning = _Leaning(schedule)
        execution = self._spending.run(leaning.choose)
        self._keep(execution, leaning.preemptions)
        return self._cost < before

    def _regroup(self) -> None:
        """Try the class of the best, by number of preemptions, with half of what is left."""
        if not self._cost.preemptions:
            return
        put_aside = self._spending.left // 2
        self._spending.left -= put_aside
        engine = self._spending.engine
        with suppress(Spent):
            best = engine.run(self._spending.program, Follow(self._best).choose)
            for preemptions in range(self._cost.preemptions):
                search = Regrouping(best, preemptions)
                while search.begin() and preemptions < self._cost.preemptions:
                    script = engine.execution.events[: search.kept]
                    execution = self._spending.run(search.choose, script)
                    self._keep(execution, search.preemptions)
                    search.end(execution)
        self._spending.left += put_aside

    def _prove(self) -> None:
        """Try all schedules with fewer preemptions, and then those with as many."""
        while self._tried <= self._cost.preemptions:
            bounded = Bounded(self._tried)
            while bounded.begin():
                script = self._spending.engine.execution.events[: bounded.kept]
                execution = self._spending.run(bounded.choose, script)
                self._keep(execution, bounded.spent)
                bounded.end(execution)
            self._tried += 1

    def _keep(self, execution: Execution, preemptions: int) -> None:
        """Keep the schedule if it fails as it should and is the best."""
        cost = Cost(preemptions, len(execution.events))
        if cost < self._cost and self._same(execution):
            self._best, self._cost = execution.schedule, cost


def _known(execution: Execution) -> tuple[str, str]:
    """What the execution counts as: equal for two that fail in the same way."""
    failure = execution.failure
    return ("", "") if failure is None else (failure.kind, failure.message)


def _changes(schedule: Schedule) -> Iterator[Schedule]:
    """The schedule with one piece, all that a task does in one turn, next to another of its task.

    Each piece comes at once behind the one before it, or waits for the next one; or for the end.
    """
    pieces = [list(piece) for _, piece in groupby(schedule, key=lambda choice: choice[0])]
    for at, piece in enumerate(pieces):
        rest = pieces[:at] + pieces[at + 1 :]
        task = piece[0][0]
        before = [i for i in range(at - 1) if pieces[i][0][0] == task]
        after = [i for i in range(at + 2, len(pieces)) if pieces[i][0][0] == task]
        if before:
            yield _flat([*rest[: before[-1] + 1], piece, *rest[before[-1] + 1 :]])
        if after:
            yield _flat([*rest[: after[0] - 1], piece, *rest[after[0] - 1 :]])
        yield _flat([*rest, piece])


def _flat(pieces: list[list[Choice]]) -> Schedule:
    return tuple(choice for piece in pieces for choice in piece)


class _Leaning:
    """Chooses what comes next in a schedule and can happen; where nothing can, as few switches as
    there may be. `preemptions` counts the switches away from a task that could have gone on."""

    def __init__(self, schedule: Schedule) -> None:
        self._left = list(schedule)
        self.preemptions = 0

    def choose(self, view: View) -> Choice:
        """The next step."""
        enabled = view.enabled
        choice = self._next(view, enabled)
        if view.last in enabled and choice[0] != view.last:
            self.preemptions += 1
        return choice

    def _next(self, view: View, enabled: list[int]) -> Choice:
        for place, (task, option) in enumerate(self._left):
            if task in enabled:
                del self._left[place]
                return task, option if option < view.options(task) else 0
        return (view.last if view.last in enabled else enabled[0]), 0
