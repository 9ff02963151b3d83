"""Patience: one random schedule in which time passes only when nothing else can happen.

The interpreter's own tests sleep for a moment where others are to get somewhere, and wait with
time-outs that they mean never to reach. So among the tasks that can go on, one is drawn that need
neither sleep nor give up; if there is none, the one whose time is over first goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from tests.fidelity.fake_thread import Passed
from verify.exploration.supervision import Supervision
from verify.exploration.survey import survey
from verify.scheduling.dice import Dice
from verify.scheduling.event import Choice, Execution
from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import TIMED, states_of
from verify.scheduling.life import SLEEP

MAX_STEPS = 1_000_000


def explored_once(program: Callable[[], object], seed: int) -> Execution:
    """Run a program under one such schedule."""
    engine = Explored(MAX_STEPS)
    try:
        with Supervision(
            engine, "a test of the interpreter's", survey(program).holders, watched=False
        ).on():
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
        seconds = _waits_for(task)
        if seconds is None:
            return None
        asked, when = self._due.get(task.number, (None, 0.0))
        if asked is not task.pending:
            when = self._now + seconds
            self._due[task.number] = task.pending, when
        return when


def _waits_for(task: Any) -> float | None:
    operation = task.pending
    if operation.kind is SLEEP:
        return None if isinstance(operation.argument, Passed) else float(operation.argument)
    if task.mode != TIMED or operation.kind.always:
        return None
    if operation.kind.ready(states_of(operation.cells), task.number, operation.argument):
        return None
    frame = task.carrier.gr_frame or sys._getframe()  # it chooses itself, and is not parked
    return _time_out(frame)


def _time_out(frame: Any) -> float:
    """How long a parked call is to wait: the engine does not know, but the primitive does."""
    while frame is not None:
        seconds = frame.f_locals.get("timeout")
        if isinstance(seconds, int | float) and seconds >= 0:
            return seconds
        frame = frame.f_back
    return 0.0
