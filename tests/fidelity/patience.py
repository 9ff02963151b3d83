"""Patience: one random schedule in which time passes only when nothing else can happen.

The interpreter's own tests sleep for a moment where others are to get somewhere, and wait with
time-outs that they mean never to reach. So among the tasks that can go on, one is drawn that need
neither sleep nor give up; if there is none, the one whose time is over first goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any
from unittest.mock import patch

from tests.fidelity.fake_thread import Passed
from verify.exploration import supervision
from verify.exploration.supervision import Supervision
from verify.exploration.survey import survey
from verify.exploration.watchdog import Watchdog
from verify.scheduling.dice import Dice
from verify.scheduling.event import Choice, Execution
from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import TIMED, states_of
from verify.scheduling.life import SLEEP

MAX_STEPS = 1_000_000
STUCK = 60.0
"""Seconds without any visible operation: longer than a test computes, or a subprocess takes."""


def explored_once(program: Callable[[], object], seed: int) -> Execution:
    """Run a program under one such schedule. ModelError if a task is stuck somewhere."""
    engine = Explored(MAX_STEPS)
    try:
        with patch.object(supervision, "Watchdog", partial(Watchdog, patience=STUCK)):
            watched = Supervision(engine, "a test of the interpreter's", survey(program).holders)
        with watched.on():
            return engine.run(program, Patience(seed).choose)
    finally:
        engine.close()


class Patience:
    """Chooses the next task of one such schedule, and knows how late it is for all of them."""

    def __init__(self, seed: int) -> None:
        self._random = Dice(seed)
        self._now = 0.0
        self._due: dict[int, tuple[object, float]] = {}  # by task: what it asks for, and until when

    def choose(self, engine: Any) -> Choice | None:
        """The next step."""
        due = {task: self._when(task) for task in engine.live if task.enabled}
        in_time = [task for task, when in due.items() if when is None]
        if in_time:
            chosen = self._random.choice(in_time)
        else:
            chosen = min(due, key=lambda task: due[task])
            self._now = due[chosen]
        return chosen.number, self._random.randrange(chosen.options)

    def _when(self, task: Any) -> float | None:
        """When the time is over without which a task cannot go on; None if it can."""
        if _can_go_on(task):
            return None
        asked, when = self._due.get(task.number, (None, 0.0))
        if asked is not task.pending:
            when = self._now + _waits_for(task)
            self._due[task.number] = task.pending, when
        return when


def _can_go_on(task: Any) -> bool:
    operation = task.pending
    if operation.kind is SLEEP:
        return isinstance(operation.argument, Passed)
    if task.mode != TIMED or operation.kind.always:
        return True
    states = states_of(operation.cells)
    return bool(operation.kind.ready(states, task.number, operation.argument))


def _waits_for(task: Any) -> float:
    if task.pending.kind is SLEEP:
        return float(task.pending.argument)
    return _time_out(task.carrier.gr_frame or sys._getframe())  # it chooses itself: not parked


def _time_out(frame: Any) -> float:
    """How long a parked call is to wait: the engine does not know, but the primitive does."""
    while frame is not None:
        seconds = frame.f_locals.get("timeout")
        if isinstance(seconds, int | float) and seconds >= 0:
            return seconds
        frame = frame.f_back
    return 0.0
