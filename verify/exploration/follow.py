"""Replay: follow a schedule to its end, and say where the program leaves it.

`Follow` knows a schedule by task numbers, which hold within one search; `Retrace` by the stable
names that a stored trace carries, which hold anywhere. Both run one execution.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from verify.errors import Nondeterministic
from verify.exploration.strategy import Strategy, View
from verify.scheduling.event import Choice, Ending, Execution


class Step(NamedTuple):
    """One step of a stored schedule: whose it is, by stable name, and what it should be."""

    path: tuple[int, ...]
    option: int
    operation: str


class Divergence(NamedTuple):
    """The first step at which a program no longer does what a trace says."""

    step: int  # counted from 1
    expected: str
    found: str


class Follow(Strategy):
    """One execution along a schedule of the same search; cut where the schedule ends."""

    def __init__(self, schedule: Sequence[Choice]) -> None:
        self._schedule = schedule
        self._begun = False

    def begin(self) -> bool:
        begun, self._begun = self._begun, True
        return not begun

    def choose(self, view: View) -> Choice | None:
        step = len(view.execution.events)
        if step >= len(self._schedule):
            view.execution.ending = Ending.STOPPED
            return None
        task, option = self._schedule[step]
        if task not in view.enabled or option >= view.options(task):
            raise Nondeterministic(
                f"step {step + 1}: task {task} could go on the first time, but not when the same "
                "schedule was run again"
            )
        return task, option

    def end(self, execution: Execution) -> None:
        """There is only one."""


class Retrace(Strategy):
    """One execution along a stored trace; `divergence` says where it could not be followed."""

    def __init__(
        self, steps: Sequence[Step], number_of: Callable[[tuple[int, ...]], int | None]
    ) -> None:
        self._steps = steps
        self._number_of = number_of
        self._begun = False
        self.divergence: Divergence | None = None

    def begin(self) -> bool:
        begun, self._begun = self._begun, True
        return not begun

    def choose(self, view: View) -> Choice | None:
        step = len(view.execution.events)
        if step >= len(self._steps):
            view.execution.ending = Ending.STOPPED
            return None
        path, option, expected = self._steps[step]
        task = self._number_of(path)
        operation = None if task is None else view.pending(task)
        found = ""
        if task is None:
            found = "there is no such task"
        elif operation is None:
            found = "the task has ended"
        elif operation.kind.name != expected:
            found = operation.kind.name
        elif task not in view.enabled:
            found = f"{expected}, which cannot go on"
        elif option >= view.options(task):
            found = f"{expected} without option {option}"
        if task is None or found:
            self.divergence = Divergence(step + 1, expected, found)
            view.execution.ending = Ending.STOPPED
            return None
        return task, option

    def end(self, execution: Execution) -> None:
        """There is only one."""
