"""The strategy interface: what chooses the next task in an explored run.

For each execution the driver calls `begin` and has the first `kept` events of the latest execution
repeated; the engine calls `choose` before every further step; and the driver calls `end` with what
happened. A strategy may also be asked from the first step on, and then repeats them itself. It owns
no Python frames: what it still has to do is plain data, so that it can be looked at, kept and
handed on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from verify.errors import Nondeterministic
from verify.exploration.case import Cases
from verify.scheduling.event import Choice, Execution
from verify.scheduling.view import View as View


def check_same(enabled: list[int], view: View, step: int) -> None:
    """Raise Nondeterministic unless a point that is reached again is as it was the first time."""
    now = view.enabled
    if now != enabled:
        raise Nondeterministic(
            f"step {step + 1}: tasks {enabled} could go on the first time, "
            f"tasks {now} when the same schedule was run again"
        )


class Strategy(ABC):
    """One way to go through the executions of a program."""

    exhaustive: ClassVar[bool] = False
    """Whether having nothing left to run means that every equivalence class was run."""
    local_first: ClassVar[bool] = False
    """It would choose what others cannot tell whenever there is such a step, of the first task that
    has one: an engine need not ask."""
    unplannable = False
    """The program is one that this strategy cannot search: begin again with `exhaustive`."""
    cases: Cases | None = None
    """Begin again with these: the program turned out to fall into them, or not to (case.py)."""
    kept = 0
    """How many events the next execution has in common with the latest one, to be repeated."""

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
