"""A cell with lanes: the state of an object whose tasks share one process, and who sleeps there.

What the guard protects are properties. The explored monitor has cells and sleepers of its own
(guards.py), which see to it that nobody touches these without the guard, and runs the same code.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import Any

from verify.compiling import mypyc_attr
from verify.operation import Operation

NO_LANES: dict[int, deque[Parked]] = {}
NOBODY: dict[int, Parked] = {}
"""Never changed. Most cells have no sleeper as long as they live, and there may be 100 000."""


@mypyc_attr(allow_interpreted_subclasses=True)
class LanedCell:
    """A state, and those who sleep at it: in lanes, and by the task's number where in none.

    There is no lane without a sleeper.
    """

    __slots__ = ("_lanes", "_named", "_state", "_woken", "label")

    def __init__(self, state: Any, label: str = "") -> None:
        self._state = state
        self.label = label
        self._lanes = NO_LANES
        self._named = NOBODY
        self._woken = 0

    @property
    def state(self) -> Any:
        """The current state. Only a scheduler may assign it."""
        return self._state

    @state.setter
    def state(self, state: Any) -> None:
        self._state = state

    @property
    def lanes(self) -> dict[int, deque[Parked]]:
        """The sleepers that stand in line, by the numbers of their lanes."""
        return self._lanes

    @lanes.setter
    def lanes(self, lanes: dict[int, deque[Parked]]) -> None:
        self._lanes = lanes

    @property
    def named(self) -> dict[int, Parked]:
        """The sleepers that are only woken by name, by the numbers of their tasks."""
        return self._named

    @named.setter
    def named(self, named: dict[int, Parked]) -> None:
        self._named = named

    @property
    def woken(self) -> int:
        """How many sleepers have been woken here."""
        return self._woken

    @woken.setter
    def woken(self, woken: int) -> None:
        self._woken = woken


@mypyc_attr(allow_interpreted_subclasses=True)
class Parked(ABC):
    """One parked task."""

    __slots__ = ("_linked", "cell", "operation", "task", "timed")

    def __init__(self, task: int, cell: LanedCell, operation: Operation, timed: bool) -> None:
        self.task = task
        self.cell = cell
        self.operation = operation
        self.timed = timed
        self._linked = True

    @property
    def linked(self) -> bool:
        """Whether nobody has woken it, which is decided under the guard."""
        return self._linked

    @linked.setter
    def linked(self, linked: bool) -> None:
        self._linked = linked

    @abstractmethod
    def release(self) -> None:
        """Let the task go on; a second time does nothing."""
