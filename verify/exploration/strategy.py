"""The strategy interface: what chooses the next task in an explored run.

For each execution the driver calls `begin`, the engine calls `choose` before every step, and the
driver calls `end` with what happened. A strategy owns no Python frames: what it still has to do is
plain data, so that it can be looked at, kept and handed on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

from verify.operation import Operation
from verify.scheduling.event import Choice, Execution


class View(Protocol):
    """What a strategy sees of the engine before a step."""

    enabled: list[int]
    """The tasks that can go on, in the order in which they were started."""
    last: int | None
    """The task that took the latest step; None before the first."""
    execution: Execution
    """The events so far, each with its footprint."""

    def pending(self, task: int) -> Operation | None:
        """What a task will do if it is chosen."""

    def options(self, task: int) -> int:
        """How many options that has."""


class Strategy(ABC):
    """One way to go through the executions of a program."""

    exhaustive = False
    """Whether having nothing left to run means that every equivalence class was run."""

    @abstractmethod
    def begin(self) -> bool:
        """Prepare the next execution; False if nothing is left to run."""

    @abstractmethod
    def choose(self, view: View) -> Choice | None:
        """The next step: an enabled task and an option; None cuts a redundant execution short."""

    @abstractmethod
    def end(self, execution: Execution) -> None:
        """Learn what happened in the execution that was begun last."""
