"""The strategy interface: what chooses the next task in an explored run.

For each execution the driver calls `begin`, the engine calls `choose` before every step, and the
driver calls `end` with what happened. A strategy owns no Python frames: what it still has to do is
plain data, so that it can be looked at, kept and handed on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

from verify.errors import Nondeterministic
from verify.operation import Kind, Operation
from verify.scheduling.event import Choice, Execution

Signature = tuple[Kind, int]
"""What a task asks for, as far as it can be compared between runs: the kind, the objects' bits."""


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

    def signature(self, task: int) -> Signature:
        """What that is, to be compared with another run's."""


def check_same(
    enabled: list[int], signature: Signature | None, view: View, task: int, step: int
) -> Signature:
    """Raise Nondeterministic unless a point that is reached again is as it was the first time.

    `signature` is what the chosen task asked for then, None if it was not chosen there yet; returns
    what it asks for now.
    """
    if view.enabled != enabled:
        raise Nondeterministic(
            f"step {step + 1}: tasks {enabled} could go on the first time, "
            f"tasks {view.enabled} when the same schedule was run again"
        )
    found = view.signature(task)
    if signature is not None and signature != found:
        raise Nondeterministic(
            f"step {step + 1}: task {task} asked for {signature[0].name} the first time, "
            f"for {found[0].name} when the same schedule was run again"
        )
    return found


class Strategy(ABC):
    """One way to go through the executions of a program."""

    exhaustive = False
    """Whether having nothing left to run means that every equivalence class was run."""

    @property
    def guarantee(self) -> str:
        """What executions that found nothing are worth, in words; empty if nothing is known."""
        return ""

    @abstractmethod
    def begin(self) -> bool:
        """Prepare the next execution; False if nothing is left to run."""

    @abstractmethod
    def choose(self, view: View) -> Choice | None:
        """The next step: an enabled task and an option; None cuts a redundant execution short."""

    @abstractmethod
    def end(self, execution: Execution) -> None:
        """Learn what happened in the execution that was begun last."""
