"""Estimating: how many classes a program has, while a search is looking at them one by one.

    keep_up   while the search runs: so many probes as its time allows
    finish    when a limit has stopped it: as many probes as are enough, whatever the time
    estimate  what they say

Probe number i is the same whenever it is run: what is said of a search that a number of executions
has stopped does not depend on how fast it was. The probes have an engine of their own, with names
of its own, so that nothing of theirs gets into the search; but a probe that fails is a
counterexample like any other, and when a limit has stopped the search, `failing` hands it over.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable

from verify.exploration.estimate import FEWEST, Estimate, estimate
from verify.exploration.probing import Prober
from verify.scheduling.dice import Dice
from verify.scheduling.event import Choice, Execution
from verify.scheduling.explored import Explored
from verify.scheduling.naming import MAIN, Names

PROBES = 1_000
"""So many are enough."""
WALKS = 50
"""Random walks before the first probe."""
EVENTS = 100_000
"""The events of all probes together after which no further one is begun."""
FREE = 10_000
TIMES = 2
"""So many times the events of a search may go into probes of it, or so many as are free."""
UNWATCHED = 0.5
"""Seconds that a search has run before probes begin: most are over by then."""
SHARE = 0.04
"""Of the time after that, for probes."""


class Estimator:
    """The probes of one program."""

    def __init__(
        self, program: Callable[[], object], max_steps: int, races_allowed: bool = False
    ) -> None:
        self._program = program
        self._races_allowed = races_allowed
        self._max_steps = max_steps
        self._spent = 0.0
        self._impossible = False
        self._failing: list[tuple[tuple[int, ...], int]] = []
        self._begin(awaiting=False)

    def _begin(self, awaiting: bool) -> None:
        self._engine = Explored(self._max_steps)
        self._engine.awaiting.on = awaiting
        self._engine.names.plain.races_allowed = self._races_allowed
        self._prober = Prober(self._engine, Dice("probes"))
        self._walks = 0
        self._events = 0
        self._probes: list[float] = []
        self._ends: list[int] = []  # the events of all until the end of each probe

    def keep_up(self, elapsed: float, executions: int, enough: Callable[[], bool]) -> None:
        """Run some probes for a search that has run so many executions in so many seconds; `enough`
        as in finish. None for one that has run few: a person may be looking on.
        """
        share = SHARE * (elapsed - UNWATCHED)
        most = _worth(executions)
        while self._spent < share and not self._enough(most) and not enough():
            self._next()

    def finish(self, executions: int, events: int, enough: Callable[[], bool]) -> None:
        """Run all probes that a search of so many executions, of so many events, is worth, unless
        there is no time.

        `enough` is asked before each, and so learns that the search is not stuck.
        """
        most = _worth(executions)
        while self._events < _affordable(events) and not self._enough(most) and not enough():
            self._next()

    def estimate(self, executions: int, events: int) -> Estimate | None:
        """What is known, when so many classes have been run; None where nothing can be said."""
        if self._impossible:
            return None
        most = min(_worth(executions), bisect_right(self._ends, _affordable(events)))
        return estimate(self._probes[:most], executions)

    def failing(self, names: Names) -> list[Choice]:
        """The schedule of the first execution that failed, in these names; empty if none did, or if
        the search may have other events.
        """
        schedule: list[Choice] = []
        if self._engine.names.plain.used:
            return schedule
        for path, option in self._failing:
            number = MAIN
            for index in path:
                number = names.task(number, index)
            schedule.append((number, option))
        return schedule

    def close(self) -> None:
        """End what still runs of the program."""
        self._engine.close()

    def _enough(self, probes: int) -> bool:
        return self._impossible or len(self._probes) >= probes or self._events >= EVENTS

    def _next(self) -> None:
        """One more random walk, or probe."""
        began = time.perf_counter()
        if self._walks < WALKS:
            self._walks += 1
            execution = self._prober.walk(self._program)
        else:
            probe, execution = self._prober.probe(self._program)
            self._probes.append(probe)
            self._ends.append(self._events + len(execution.events))
        self._events += len(execution.events)
        self._look_at(execution)
        self._spent += time.perf_counter() - began

    def _look_at(self, execution: Execution) -> None:
        """Whether what has been found until now is of any use."""
        engine = self._engine
        if execution.failures and not self._failing:
            path = engine.names.path
            self._failing = [(path(task), option) for task, option in execution.schedule]
        if execution.late or not execution.events:  # ends of tasks are objects then: see dpor.py
            self._impossible = True
        elif engine.awaiting.needed and not engine.awaiting.on:
            engine.close()
            self._begin(awaiting=True)
        elif engine.invariants.grew:  # events that were thought independent are not
            engine.invariants.grew = False
            self._probes.clear()
            self._ends.clear()
        elif engine.names.plain.grew:  # what was no event is one
            engine.names.plain.begin_again()
            self._probes.clear()
            self._ends.clear()


def _worth(executions: int) -> int:
    """How many probes are enough for a search that has run so many executions."""
    probes = min(PROBES, 2 * executions)
    return probes if probes >= FEWEST else 0


def _affordable(events: int) -> int:
    """How many events of probes a search of so many events can afford."""
    return max(FREE, TIMES * events)
