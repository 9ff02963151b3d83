"""The frame for a monitor with one mistake in it.

`Faulty` is the explored monitor with kinds of operation that others may be put in for, and methods
to be overridden. What a call means is still told by the right kind: the mistake is in how it is
carried out. So the same checks apply as to the real one.
"""

from __future__ import annotations

import time
from typing import Any, ClassVar, NamedTuple

from tests.internal.exploring import Tasks
from tests.internal.menus import Menu
from verify.operation import Kind, Operation, States
from verify.scheduling.internal import Internal

_PARTS = (
    "step",
    "ready",
    "give_up",
    "may_give_up",
    "footprint",
    "reads_if",
    "wakes",
    "queue",
    "waits_for",
)


class Altered(NamedTuple):
    """A kind of operation, and the one that is carried out instead."""

    right: Kind
    wrong: Kind


def altered(kind: Kind, **changes: Any) -> Altered:
    """A kind, and one that differs from it in this."""
    parts = {name: getattr(kind, name) for name in _PARTS}
    return Altered(kind, Kind(kind.name, **{**parts, **changes}))


class Faulty(Internal):
    """A monitor with a mistake: its docstring says which.

    `tasks` is a program over `menu` that shows it, `told` a part of what is then found wrong.
    """

    menu: ClassVar[Menu]
    tasks: ClassVar[Tasks]
    told: ClassVar[str]
    instead: ClassVar[Altered | None] = None

    def perform(
        self,
        kind: Kind,
        cells: tuple[Any, ...],
        argument: Any,
        blocking: object,
        timeout: float | None,
    ) -> Any:
        if self.instead is not None and kind is self.instead.right:
            kind = self.instead.wrong
        return self.carry(Operation(kind, cells, argument), bool(blocking), timeout)

    def carry(self, operation: Operation, blocking: bool, timeout: float | None) -> Any:
        """What `perform` does, to be done wrong."""
        kind, cells, argument = operation.kind, operation.cells, operation.argument
        return super().perform(kind, cells, argument, blocking, timeout)

    def do(self, operation: Operation, states: States, task: int) -> Any:
        """Carry out what is ready; the guard is held."""
        return self._carry_out(operation.kind, operation.cells, operation.argument, states, task)

    def give_up(self, operation: Operation, states: States, task: int) -> Any:
        """Give up; the guard is held."""
        return self._give_up(operation.kind, operation.cells, operation.argument, states, task)

    def look(self, operation: Operation, task: int) -> tuple[Any, bool]:
        """The states, and whether they are ready; the guard is held."""
        states = self.load(operation.cells)
        return states, operation.kind.ready(states, task, operation.argument)

    def fall_asleep(
        self, operation: Operation, states: Any, task: int, timeout: float | None
    ) -> bool:
        """Park once; whether it was woken."""
        deadline = None if timeout is None else time.monotonic() + timeout
        return self.park(operation, task, operation.kind.queue(states, task), deadline)
