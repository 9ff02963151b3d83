"""What every primitive is: cells on a scheduler, and operations performed on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verify.operation import Kind, Operation
from verify.scheduling.scheduler import Scheduler, current


class Primitive:
    """An object with one cell. `shared=False` makes one that fork copies, held or not."""

    def __init__(self, state: Any, *, shared: bool = True, beside: Primitive | None = None) -> None:
        self._scheduler: Scheduler = current() if beside is None else beside._scheduler
        self._cell: Any = self._scheduler.cell(
            state, None if beside is None else beside._cell, shared, type(self)
        )

    def _perform(
        self,
        kind: Kind,
        argument: Any = None,
        blocking: bool = True,
        timeout: float | None = None,
    ) -> Any:
        return self._scheduler.perform(Operation(kind, (self._cell,), argument), blocking, timeout)

    @staticmethod
    def show(state: Any, name: Callable[[int], str]) -> str:
        """A state in words for a person; `name` turns a task's number into its name."""
        return repr(state)

    def __deepcopy__(self, memo: dict[int, Any]) -> Primitive:
        """Shared between processes: a copied address space holds the same object."""
        return self

    @property
    def wakeups(self) -> int:
        """How many sleepers at this object have been woken so far, counted by the scheduler."""
        return self._scheduler.wakeups(self._cell)


def check_acquire(blocking: bool, timeout: float) -> float | None:
    """The time-out of a lock's acquire as `threading` checks it; None for ever."""
    if not blocking and timeout != -1:
        raise ValueError("can't specify a timeout for a non-blocking call")
    if timeout < 0 and timeout != -1:
        raise ValueError("timeout value must be a non-negative number")
    return None if timeout == -1 else timeout
